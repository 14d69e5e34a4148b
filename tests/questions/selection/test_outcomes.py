"""Means, rates and published differences as questions: against metafor, units, times, arms."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from small_tables import TAXONOMY, frame

from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence
from trialpool.measures import Endpoint
from trialpool.questions.registry import stage
from trialpool.questions.shared.selection.files import read_selection, write_selection
from trialpool.questions.shared.selection.library import Library
from trialpool.questions.shared.selection.outcomes import months_of
from trialpool.questions.shared.synthesis.multiarm import pool_members, shared_arms
from trialpool.reviews import example
from trialpool.settings import load_settings
from trialpool.survival import read_raw

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = json.loads((ROOT / "tests/reference/outcomes.json").read_text("utf-8"))
ENDPOINTS = {
    "LDL": Endpoint("LDL", "LDL cholesterol", higher_is_good=False),
    "walk": Endpoint("walk", "walking distance", higher_is_good=True),
    "falls": Endpoint("falls", "falls", higher_is_good=False),
}
POOLING: dict[str, Any] = {"tau2": "REML", "pi": "t", "level": 0.95, "primary": "hk"}
ASKED: dict[str, Any] = {
    **{"title": "t", "question": "q", "kind": "comparison", "table": "means", "measure": "MD"},
    **{"endpoints": ["LDL"], "trials": {"design": ["rct"]}, "unit": "mmol/L"},
    **{"contrasts": ["strategy"], "report_policy": "surest-number", "multiarm": "choose"},
    **{"overall": None, "overall_reason": "none"},
}


def mean(trial: str, arm: str, number: str, **cells: str) -> dict[str, str]:
    return {
        **{"row_id": f"{trial}.ldl.{arm}", "trial_id": trial, "arm_id": arm, "endpoint": "LDL"},
        **{"value": "final", "unit": "mmol/L", "n": "50", "mean": number, "sd": "0.8"},
        **{"timepoint": "12 weeks", "source_id": "s2020", "extraction": "single"},
    } | cells


def rate(trial: str, arm: str, events: str, time: str, **cells: str) -> dict[str, str]:
    return {
        **{"row_id": f"{trial}.falls.{arm}", "trial_id": trial, "arm_id": arm},
        **{"endpoint": "falls", "events": events, "person_time": time, "time_unit": "years"},
        **{"source_id": "s2020", "extraction": "single"},
    } | cells


def published(trial: str, estimate: str, lower: str, upper: str, **cells: str) -> dict[str, str]:
    return {
        **{"row_id": f"{trial}.ldl.d", "trial_id": trial, "experimental_arm": "x"},
        **{"control_arm": "c", "endpoint": "LDL", "timepoint": "12 weeks", "measure": "MD"},
        **{"value": "final", "unit": "mmol/L", "estimate": estimate, "ci_lower": lower},
        **{"ci_upper": upper, "ci_level": "95", "adjusted": "no", "source_id": "s2020"},
        **{"extraction": "single"},
    } | cells


def library(**tables: list[dict[str, str]]) -> Library:
    rows = [row for name in tables for row in tables[name]]
    trials = dict.fromkeys(row["trial_id"] for row in rows)
    named = {row["trial_id"]: set() for row in rows}
    for row in rows:
        for column in ("arm_id", "experimental_arm", "control_arm"):
            if row.get(column):
                named[row["trial_id"]].add(row[column])
    arms = [
        {"trial_id": trial, "arm_id": arm, "label": arm, "n": "60"}
        | {"agents": "care" if arm == "c" else "drug"}
        | {"role": "control" if arm == "c" else "experimental"}
        for trial in trials
        for arm in sorted(named[trial])
    ]
    evidence = Evidence(
        {
            "trials": frame(
                "trials", [{"trial_id": t, "trial": t.title(), "design": "rct"} for t in trials]
            ),
            "arms": frame("arms", arms),
            "sources": frame("sources", [{"source_id": "s2020", "year": "2020"}]),
            **{name: frame(name, rows) for name, rows in tables.items()},
        }
    )
    return Library(evidence, derive_effects(evidence), TAXONOMY, {})


def ask(tables: Library, **settings: Any):
    wanted = {name: value for name, value in (ASKED | settings).items() if value is not None}
    room = stage("comparison", "select")
    asked = room.asked("q", {"overall": None, **wanted}, POOLING, ENDPOINTS)
    return room.select(tables, asked)


def pool(question, trials):
    return stage("comparison", "pool").build_result(question, trials)


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """The questions of the example, pooled from its raw tables."""
    settings, faults = load_settings(example("stroke-care") / "config/config.yaml")
    assert faults == []
    evidence, faults = read_raw(settings.path("raw"), settings.tables)
    assert faults == []
    known = Library(evidence, derive_effects(evidence), settings.taxonomy, {})
    found = {}
    for name, asked in settings.questions.items():
        if asked["kind"] != "comparison":
            continue
        room = stage("comparison", "select")
        one = room.asked(name, asked, settings.config["pooling"], settings.endpoints)
        found[name] = pool(*room.select(known, one))
    return found


@pytest.mark.parametrize("name", [one for one in REFERENCE if one.startswith(("length", "stroke"))])
def test_the_example_equals_metafor(results, name: str) -> None:
    result, expected = results[name], REFERENCE[name]
    (group,) = result.groups
    trials = sorted((trial.estimate, trial.se**2) for trial in result.trials)
    theirs = sorted(zip(expected["yi"], expected["vi"], strict=True))
    for ours, other in zip(trials, theirs, strict=True):
        assert ours == pytest.approx(other, rel=1e-8, abs=1e-12)
    models = {
        "common-effect": group.models.common_effect,
        "hk": group.models.hk,
        "hk-adhoc": group.models.hk_adhoc,
    }
    for model, fit in models.items():
        for key, value in expected[model].items():
            assert getattr(fit, key) == pytest.approx(value, rel=1e-8, abs=1e-9), (model, key)
    assert group.tau2 == pytest.approx(expected["tau2"], rel=1e-6)
    assert group.q == pytest.approx(expected["q"], rel=1e-8)


def test_the_example_speaks_of_its_outcomes_and_the_right_side(results) -> None:
    stay = results["length-of-stay"]
    assert stay.favours.lower == "Favours specialist care"
    assert stay.measure_name == "mean difference (days)"
    assert "MD −15.11 [−36.32 to 6.11] days" in stay.groups[0].sentence
    warfarin = results["stroke-on-warfarin"]
    assert warfarin.groups[0].verdict.word == "benefit"
    assert warfarin.favours.higher == "Favours control"
    assert [trial.control.time for trial in warfarin.trials if trial.label == "AFASAK"] == [398.0]
    words = stage("comparison", "words")
    assert words.describe_side("lower", stay).startswith("lower stay in hospital")


def test_more_of_what_one_hopes_for_is_a_benefit() -> None:
    rows = [
        mean(trial, arm, value, endpoint="walk", unit="m", sd="20")
        for trial in ("one", "two", "three")
        for arm, value in (("x", "420"), ("c", "400"))
    ]
    result = pool(*ask(library(means=rows), endpoints=["walk"], unit="m"))
    assert result.benefit == "higher"
    assert result.favours.higher == "Favours experimental"
    assert result.groups[0].verdict.p_benefit > 0.9
    assert "higher walking distance" in stage("comparison", "words").describe_side("higher", result)


def test_units_are_converted_as_declared_and_else_left_out() -> None:
    rows = [
        *(mean("one", arm, value) for arm, value in (("x", "2.4"), ("c", "2.9"))),
        *(
            mean("two", arm, value, unit="mg/dL", sd="31")
            for arm, value in (("x", "93"), ("c", "112"))
        ),
    ]
    question, trials = ask(library(means=rows))
    assert [trial.trial_id for trial in trials] == ["one"]
    assert {row.reason for row in question.excluded} == {
        "unit mg/dL: the question is in mmol/L and declares no conversion of it"
    }
    _, trials = ask(library(means=rows), units={"mg/dL": 0.02586})
    two = next(trial for trial in trials if trial.trial_id == "two")
    assert two.estimate == pytest.approx(-19 * 0.02586)
    assert two.se == pytest.approx(0.02586 * math.sqrt(31**2 / 50 * 2))
    assert two.experimental.sd == pytest.approx(31 * 0.02586)
    assert two.flags == ("converted: mg/dL",)
    # A standardised difference needs no conversion, and turns a scale that runs the other way.
    _, trials = ask(
        library(means=rows), measure="SMD", unit=None, values=["final"], units={"mg/dL": -0.02586}
    )
    one, two = (next(t for t in trials if t.trial_id == name) for name in ("one", "two"))
    assert one.estimate < 0 < two.estimate
    assert two.flags == ("scale turned round: mg/dL",)


def test_arms_in_two_units_are_not_compared() -> None:
    rows = [mean("one", "x", "93", unit="mg/dL"), mean("one", "c", "2.9")]
    question, trials = ask(library(means=rows), units={"mg/dL": 0.02586})
    assert trials == ()
    assert {row.reason for row in question.excluded} == {
        "the arms are in different units: mg/dL and mmol/L"
    }


def test_the_latest_time_comes_first_unless_the_question_names_one() -> None:
    rows = [
        mean("one", arm, value, timepoint=time, row_id=f"one.{arm}.{time[3:]}")
        for time, shift in (("12 weeks", 0.0), ("12 months", 0.2))
        for arm, value in (("x", "2.4"), ("c", f"{2.9 + shift:.1f}"))
    ]
    _, trials = ask(library(means=rows))
    assert trials[0].definition == "12 months"
    question, trials = ask(library(means=rows), timepoints=["12 weeks"])
    assert trials[0].estimate == pytest.approx(-0.5)
    assert {row.reason for row in question.excluded} == {"time point: 12 months"}
    question, trials = ask(library(means=rows), timepoints=["12 weeks", "12 months"])
    assert trials[0].definition == "12 weeks"
    assert all("at 12 weeks before 12 months" in row.reason for row in question.excluded)


def test_changes_and_values_mix_in_differences_only_in_the_order_asked() -> None:
    rows = [
        *(mean("one", arm, value) for arm, value in (("x", "2.4"), ("c", "2.9"))),
        *(
            mean("one", arm, value, value="change", row_id=f"one.{arm}.change")
            for arm, value in (("x", "-1.1"), ("c", "-0.5"))
        ),
    ]
    _, trials = ask(library(means=rows), values=["change", "final"])
    assert trials[0].estimate == pytest.approx(-0.6)
    assert "change from baseline" in trials[0].flags
    question, trials = ask(library(means=rows), values=["final"])
    assert trials[0].estimate == pytest.approx(-0.5)
    assert {row.reason for row in question.excluded} == {"value: change from baseline"}


def test_arms_come_before_what_was_published_of_them() -> None:
    rows = [mean("one", arm, value) for arm, value in (("x", "2.4"), ("c", "2.9"))]
    contrasts = [
        published("one", "-0.48", "-0.8", "-0.16"),
        published("two", "-0.3", "-0.5", "-0.1"),
    ]
    question, trials = ask(library(means=rows, outcome_contrasts=contrasts))
    assert {trial.trial_id: len(trial.row_ids) for trial in trials} == {"one": 2, "two": 1}
    assert "means before a published effect" in question.excluded[0].reason
    assert question.excluded[0].printed == "MD -0.48 (-0.8 to -0.16)"
    two = next(trial for trial in trials if trial.trial_id == "two")
    assert two.se == pytest.approx(0.4 / (2 * 1.959963984540054))
    assert two.experimental.n == 60 or two.experimental.n is None
    assert "effect as published, not computed from the arms" in two.flags


def test_estimated_means_are_flagged_and_less_sure() -> None:
    blank = {"mean": "", "sd": ""}
    rows = [
        mean("one", arm, "", **blank, median=middle, q1=low, q3=high)
        for arm, middle, low, high in (("x", "2.4", "1.9", "2.9"), ("c", "2.9", "2.4", "3.4"))
    ]
    _, trials = ask(library(means=rows))
    assert any("estimated from the median" in flag for flag in trials[0].flags)
    assert trials[0].estimate == pytest.approx(-0.5)


def test_rates_in_other_units_and_without_events() -> None:
    rows = [
        rate("one", "x", "10", "100"),
        rate("one", "c", "20", "36525", time_unit="days"),
        rate("two", "x", "0", "50"),
        rate("two", "c", "3", "50"),
        rate("three", "x", "0", "50"),
        rate("three", "c", "0", "50"),
    ]
    settings = {"table": "rates", "measure": "IRR", "endpoints": ["falls"], "unit": None}
    question, trials = ask(library(rates=rows), **settings)
    one, two = trials if trials[0].trial_id == "one" else reversed(trials)
    assert one.estimate == pytest.approx(math.log(0.5))
    assert one.se == pytest.approx(math.sqrt(1 / 10 + 1 / 20))
    assert two.estimate == pytest.approx(math.log(0.5 / 3.5))
    assert two.flags == ("0.5 added to the events of both arms (one has none)",)
    assert {row.trial_id for row in question.excluded} == {"three"}
    _, trials = ask(library(rates=rows), **settings | {"measure": "IRD"})
    assert len(trials) == 3


def test_input_csv_keeps_the_arms(tmp_path: Path) -> None:
    rows = [mean("one", arm, value) for arm, value in (("x", "2.4"), ("c", "2.9"))]
    question, trials = ask(library(means=rows))
    write_selection(tmp_path, question, trials)
    assert read_selection(tmp_path) == (question, trials)
    header = (tmp_path / "input.csv").read_text("utf-8").partition("\n")[0]
    assert header.endswith("experimental_mean,experimental_sd,control_mean,control_sd")


def test_comparisons_that_share_an_arm_are_pooled_with_the_covariance_of_its_mean() -> None:
    rows = [
        mean("one", "x", "5", sd="10", n="40"),
        mean("one", "y", "7", sd="12", n="50"),
        mean("one", "c", "9", sd="8", n="60"),
    ]
    contrasts = [published("two", "-1.5", "-3.851957", "0.851957")]
    tables = library(means=rows, outcome_contrasts=contrasts)
    question, trials = ask(tables, multiarm="gls")
    (shared,) = shared_arms(trials, "MD")
    assert shared.covariance.source == "means"
    assert shared.covariance.covariance == pytest.approx(8**2 / 60)
    fit = pool_members(trials, "MD", question.pooling, tau2="CE", ci="wald")
    assert fit.estimate == pytest.approx(REFERENCE["shared"]["estimate"], rel=1e-6)
    assert fit.se == pytest.approx(REFERENCE["shared"]["se"], rel=1e-6)
    # Ratios of means, and standardised differences (Gleser and Olkin 2009).
    _, trials = ask(tables, multiarm="gls", measure="ROM", unit=None, values=["final"])
    (shared,) = shared_arms(trials, "ROM")
    assert shared.covariance.covariance == pytest.approx(8**2 / (60 * 9**2))
    _, trials = ask(tables, multiarm="gls", measure="SMD", unit=None, values=["final"])
    (shared,) = shared_arms(trials, "SMD")
    g = [trial.estimate for trial in trials]
    assert shared.covariance.covariance == pytest.approx(1 / 60 + g[0] * g[1] / (2 * 150))


def test_rates_that_share_an_arm_have_the_variance_of_its_events() -> None:
    rows = [
        rate("one", arm, events, "100") for arm, events in (("x", "10"), ("y", "12"), ("c", "20"))
    ]
    settings = {"table": "rates", "endpoints": ["falls"], "unit": None, "multiarm": "gls"}
    for measure, expected in (("IRR", 1 / 20), ("IRD", 20 / 100**2)):
        _, trials = ask(library(rates=rows), measure=measure, **settings)
        (shared,) = shared_arms(trials, measure)
        assert shared.covariance.covariance == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "months"),
    [("12 months", 12), ("1 year", 12), ("26 weeks", 26 * 84 / 365.25), ("discharge", None)],
)
def test_lengths_of_time(text: str, months: float | None) -> None:
    assert months_of(text) == (None if months is None else pytest.approx(months))
