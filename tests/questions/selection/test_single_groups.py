"""Questions on one estimate per study: against metafor, by hand, and what is left out."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from small_tables import TAXONOMY, frame

from trialpool.audit.context import AuditContext
from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence
from trialpool.figures import draw_forest
from trialpool.measures import Endpoint, get_measure
from trialpool.questions.registry import stage
from trialpool.questions.shared.selection.files import read_selection, write_selection
from trialpool.questions.shared.selection.library import Library
from trialpool.records.base import kind_of
from trialpool.records.files import read_result, write_record
from trialpool.reviews import example
from trialpool.settings import load_settings
from trialpool.settings.kinds import question_schema
from trialpool.settings.schemas import violations
from trialpool.survival import read_raw

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = json.loads((ROOT / "tests/reference/singles.json").read_text("utf-8"))
KIND = "single_group"
POOLING: dict[str, Any] = {"tau2": "REML", "pi": "t", "level": 0.95, "primary": "hk"}
ENDPOINTS = {
    "LDL": Endpoint("LDL", "LDL cholesterol", higher_is_good=False),
    "falls": Endpoint("falls", "falls", higher_is_good=False),
    "adherence": Endpoint("adherence", "adherence", higher_is_good=True),
}
ASKED: dict[str, Any] = {
    **{"title": "t", "question": "q", "kind": KIND, "trials": {}, "single_arm": {}},
    **{"report_policy": "surest-number", "overall": None, "overall_reason": "none"},
}
CORRELATIONS = {
    **{"table": "correlations", "measure": "ZCOR", "endpoints": ["adherence"]},
    "variables": ["conscientiousness", "neuroticism"],
}
RATES = {"table": "rates", "measure": "IRLN", "endpoints": ["falls"], "per": 100}
MEANS = {"table": "means", "measure": "MN", "endpoints": ["LDL"], "unit": "mmol/L"}


def row(table: str, number: int = 1, trial: str = "one", **cells: str) -> dict[str, str]:
    endpoint = {"means": "LDL", "rates": "falls", "correlations": "adherence"}[table]
    return {
        **{"row_id": f"{trial}.{number}", "trial_id": trial, "arm_id": "x", "endpoint": endpoint},
        **{"source_id": "s2020", "extraction": "single"},
    } | cells


def correlation(r: str, n: str = "", number: int = 1, trial: str = "one", **cells: str):
    at = {"variable": "conscientiousness"}
    return row("correlations", number, trial, **at, r=r, n=n) | cells


def library(*rows: dict[str, str], table: str = "correlations") -> Library:
    arms = dict.fromkeys((one["trial_id"], one["arm_id"]) for one in rows)
    trials = dict.fromkeys(trial for trial, _ in arms)
    evidence = Evidence(
        {
            "trials": frame(
                "trials", [{"trial_id": t, "trial": t, "design": "single-arm"} for t in trials]
            ),
            "arms": frame(
                "arms",
                [
                    {"trial_id": trial, "arm_id": arm, "label": arm, "agents": "drug"}
                    for trial, arm in arms
                ],
            ),
            "sources": frame("sources", [{"source_id": "s2020", "year": "2020"}]),
            table: frame(table, rows),
        }
    )
    return Library(evidence, derive_effects(evidence), TAXONOMY, {})


def ask(known: Library, **settings: Any):
    room = stage(KIND, "select")
    return room.select(known, room.asked("q", ASKED | settings, POOLING, ENDPOINTS))


def pool(question, trials):
    return stage(KIND, "pool").build_result(question, trials)


def of_example(name: str, changed: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Pool the single groups of an example, under other settings too."""
    settings, faults = load_settings(example(name) / "config/config.yaml")
    assert faults == []
    evidence, faults = read_raw(settings.path("raw"), settings.tables)
    assert faults == []
    known = Library(evidence, derive_effects(evidence), settings.taxonomy, {})
    own = {n: q for n, q in settings.questions.items() if q["kind"] == KIND}
    own |= {f"{n}-{m}": own[n] | {"measure": m} for n, ms in changed.items() for m in ms}
    room = stage(KIND, "select")
    return {
        n: pool(
            *room.select(
                known, room.asked(n, asked, settings.config["pooling"], settings.endpoints)
            )
        )
        for n, asked in own.items()
    }


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    changed = {"stay-under-routine-care": ["MNLN"], "strokes-by-treatment": ["IR", "IRFT"]}
    return of_example("stroke-care", changed) | of_example("adherence", {})


@pytest.mark.parametrize(
    ("name", "place", "reference"),
    [
        ("adherence", 0, "ZCOR"),
        ("adherence-by-design", 0, "prospective"),
        ("adherence-by-design", 1, "cross-sectional"),
        ("stay-under-routine-care", 0, "MN"),
        ("stay-under-routine-care-MNLN", 0, "MNLN"),
        ("strokes-by-treatment", 0, "IRLN"),
        ("strokes-by-treatment", 1, "control"),
        ("strokes-by-treatment-IR", 0, "IR"),
        ("strokes-by-treatment-IRFT", 0, "IRFT"),
    ],
)
def test_the_examples_equal_metafor(results, name: str, place: int, reference: str) -> None:
    expected, result = REFERENCE[reference], results[name]
    group = result.groups[place]
    trials = sorted((one.estimate, one.se**2) for one in result.trials if one.group == group.label)
    theirs = sorted(zip(expected["yi"], expected["vi"], strict=True))
    for ours, other in zip(trials, theirs, strict=True):
        assert ours == pytest.approx(other, rel=1e-8, abs=1e-12)
    models = {"common-effect": group.models.common_effect, "hk": group.models.hk}
    for model, fit in (models | {"hk-adhoc": group}).items():
        for key, value in expected[model].items():
            assert getattr(fit, key) == pytest.approx(value, rel=1e-8, abs=1e-9), (model, key)
    for key, value in expected["shown"].items():
        assert getattr(group.shown, key) == pytest.approx(value, rel=1e-8, abs=1e-9), key
    assert group.tau2 == pytest.approx(expected["tau2"], rel=1e-6, abs=1e-9)
    assert group.q == pytest.approx(expected["q"], rel=1e-8)
    assert group.primary_model == "hk-adhoc"


def test_numbers_are_said_on_their_printed_scale(results) -> None:
    said = {name: [group.sentence for group in result.groups] for name, result in results.items()}
    # Molloy 2014: r = 0.15, 95% CI 0.09 to 0.21 by another interval.
    assert said["adherence"] == ["All studies: correlation 0.15 (0.08 to 0.22), 16 studies."]
    rate = REFERENCE["IRLN"]["shown"]
    numbers = f"{rate['estimate']:.3f} per 100 person-years ({rate['ci_lower']:.3f} to"
    assert said["strokes-by-treatment"][0].startswith(
        f"Vitamin K antagonist: incidence rate {numbers}"
    )
    assert said["stay-under-routine-care"][0].startswith("Routine care: mean 53.98 days (")
    afasak = next(t for t in results["strokes-by-treatment"].trials if t.trial_id == "afasak")
    assert (afasak.own.ci_lower, afasak.own.ci_upper) == pytest.approx(REFERENCE["exact"], rel=1e-8)
    # A correlation of none is a value to test against; a mean or a rate of none is not.
    assert results["adherence"].groups[0].p_value is not None
    assert results["strokes-by-treatment"].groups[0].p_value is None


def test_the_whole_way_of_a_correlation(results, tmp_path) -> None:
    result = results["adherence"]
    write_record(tmp_path / "result.json", result)
    again = read_result(tmp_path / "result.json")
    assert again == result
    assert kind_of(again) == KIND
    room = {name: stage(KIND, name) for name in ("words", "table", "page", "verification")}
    group = result.groups[0]
    assert room["words"].conclude(group, result).text == group.sentence
    (rates,) = room["table"].tables(results["strokes-by-treatment"])
    assert rates.heading.endswith("(incidence rate, per 100 person-years; single groups).")
    (table,) = room["table"].tables(result)
    assert table.rows[0][3].text == "0.15 [0.08 to 0.22]"
    (part,) = room["page"].parts(result)
    assert part.shown.groups[0].effect == "0.15 [0.08 to 0.22]"
    assert part.shown.trials[0].effect.startswith("0.19 [")
    assert {pool.group for pool in room["verification"].contents(result).pools} == {"All studies"}
    drawn = draw_forest(result)
    texts = " ".join(entry.effect for entry in drawn.table.rows if entry.effect)
    assert "0.15 [0.08 to 0.22]" in texts


def test_selection_survives_its_files(tmp_path) -> None:
    question, trials = ask(library(correlation("0.2", "50")), **CORRELATIONS)
    write_selection(tmp_path, question, trials)
    again, read = read_selection(tmp_path)
    assert again == question
    assert [(one.estimate, one.experimental.n) for one in read] == [(math.atanh(0.2), 50)]


def test_a_correlation_without_patients_takes_its_interval() -> None:
    limits = {"ci_lower": "0.08", "ci_upper": "0.56"}
    _, (trial,) = ask(library(correlation("0.34", **limits)), **CORRELATIONS)
    assert trial.se == pytest.approx(REFERENCE["of_interval"], rel=1e-8)
    assert "standard error from the interval of the correlation" in trial.flags


def test_arms_of_one_study_make_one_estimate() -> None:
    two = [correlation("0.2", "50"), correlation("0.4", "100", 2, arm_id="y")]
    _, (trial,) = ask(library(*two), **CORRELATIONS)
    together = REFERENCE["together"]
    assert (trial.estimate, trial.se) == pytest.approx(
        (together["estimate"], together["se"]), rel=1e-8
    )
    assert trial.experimental.n == 150
    rates = [
        row("rates", 1, events="0", person_time="50", time_unit="years"),
        row("rates", 2, events="4", person_time="600", time_unit="months", arm_id="y"),
    ]
    _, (trial,) = ask(library(*rates, table="rates"), **RATES)
    # 4 events in 50 + 50 years, per 100 years.
    assert trial.estimate == pytest.approx(math.log(4))
    assert trial.se == pytest.approx(math.sqrt(1 / 4))


@pytest.mark.parametrize(
    ("rows", "settings", "reason"),
    [
        ([correlation("0.3", "3")], {}, "fewer than 4 patients"),
        ([correlation("1.0", "30")], {}, "no Fisher's z"),
        ([correlation("0.3")], {}, "neither the number of patients nor an interval"),
        ([correlation("", "30")], {}, "no correlation was printed"),
        ([correlation("0.3", "30", variable="age")], {}, "variable: age"),
        (
            [correlation("0.3", "30", timepoint="1 year")],
            {"timepoints": ["6 months"]},
            "time point: 1 year",
        ),
        (
            [correlation("0.3", "30", definition="pills")],
            {"definitions": ["diary"]},
            "definition: pills",
        ),
        (
            [correlation("0.3", "30"), correlation("0.1", "30", 2, variable="neuroticism")],
            {},
            "one.1 is preferred",
        ),
    ],
)
def test_rows_that_stay_out(rows, settings, reason: str) -> None:
    question, _ = ask(library(*rows), **(CORRELATIONS | settings))
    (left,) = question.excluded
    assert reason in left.reason
    assert not rows[0]["r"] or left.printed.startswith("r ")


def test_units_and_signs_of_means() -> None:
    rows = [
        row("means", 1, "one", mean="100", sd="20", n="25", unit="mg/dL", value="final"),
        row("means", 2, "two", mean="3", sd="1", n="25", unit="g/L", value="final"),
    ]
    question, (trial,) = ask(library(*rows, table="means"), **MEANS, units={"mg/dL": 0.02586})
    assert (trial.estimate, trial.se) == pytest.approx((2.586, 20 * 0.02586 / 5))
    (left,) = question.excluded
    assert "declares no conversion" in left.reason
    rows = [row("means", 1, "one", mean="-1", sd="1", n="25", unit="mmol/L", value="change")]
    question, trials = ask(library(*rows, table="means"), **(MEANS | {"measure": "MNLN"}))
    assert trials == ()
    assert question.excluded[0].stage == "not poolable"


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        (CORRELATIONS, ""),
        (RATES, ""),
        (MEANS, ""),
        (CORRELATIONS | {"measure": "MN"}, "const"),
        ({k: v for k, v in CORRELATIONS.items() if k != "variables"}, "required"),
        ({k: v for k, v in RATES.items() if k != "per"}, "required"),
        (RATES | {"unit": "days"}, "place"),
        (MEANS | {"per": 100}, "place"),
        (MEANS | {"measure": "IRLN"}, "enum"),
        (MEANS | {"table": "time_to_event"}, "enum"),
    ],
)
def test_what_may_be_asked(settings: dict[str, Any], rule: str) -> None:
    found = [fault.rule for fault in violations(ASKED | settings, question_schema(KIND))]
    assert (f"config-{rule}" in found) if rule else found == []


def test_a_variable_that_no_row_has_is_named() -> None:
    settings, _ = load_settings(example("adherence") / "config/config.yaml")
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    settings.questions["adherence"]["variables"] = ["conscience"]
    from trialpool.audit.configuration.questions import check_questions

    told = [one for one in check_questions(AuditContext(evidence, settings)) if one]
    assert [one.value for one in told if "variable" in one.column] == ["conscience"]


def test_measures_on_their_printed_scale() -> None:
    printed = get_measure("ZCOR").as_printed
    assert (printed.scale, printed.null, printed.limits) == ("identity", 0.0, (-1.0, 1.0))
    assert get_measure("IRLN").as_printed.null is None
