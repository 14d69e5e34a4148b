"""Restricted means on small tables: horizon, curves that end early, flags, what else they say."""

from __future__ import annotations

import math
from typing import Any

import pooled_records
import pytest
from small_tables import TAXONOMY, Selected, frame, select

from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence
from trialpool.pooling import bayesian_random_effects
from trialpool.questions.mean_time.curve_measures import curves_sensitivity
from trialpool.questions.mean_time.pool import build_result
from trialpool.questions.mean_time.tau_prior import months_per_log_ratio
from trialpool.questions.shared.selection.library import Library
from trialpool.questions.shared.synthesis.members import by_group

QUESTION: dict[str, Any] = {
    **{"kind": "mean_time", "title": "t", "question": "q", "overall": None},
    "table": "reconstructed_survival",
    "measure": "RMSTD",
    "endpoints": ["PFS"],
    "trials": {"design": ["rct"]},
    "contrasts": ["strategy"],
    "report_policy": "curve",
    "horizon_months": 12,
}


def curve(trial_id: str, horizon: str, **cells: str) -> dict[str, str]:
    return {
        "row_id": f"{trial_id}.{horizon}",
        "trial_id": trial_id,
        "experimental_arm": "x",
        "control_arm": "c",
        "endpoint": "PFS",
        "horizon_months": horizon,
        "n_experimental": "100",
        "n_control": "90",
        "events_experimental": "60",
        "events_control": "70",
        "hr": "0.80",
        "hr_ci_lower": "0.64",
        "hr_ci_upper": "1.00",
        "ph_p_value": "0.40",
        "rmst_experimental": "9.5",
        "rmst_experimental_se": "0.3",
        "rmst_control": "8.0",
        "rmst_control_se": "0.4",
        "survival_experimental": "0.6",
        "survival_experimental_se": "0.03",
        "survival_control": "0.5",
        "survival_control_se": "0.04",
        "pmid": "123",
        "figure": "2A",
    } | cells


def run(
    rows: list[dict[str, str]], reports: list[dict[str, str]] | None = None, **settings: Any
) -> Selected:
    ids = sorted({row["trial_id"] for row in rows})
    arms = [
        {"trial_id": t, "arm_id": a, "agents": agents, "role": role, "n": "100"}
        for t in ids
        for a, agents, role in (("x", "drug; care", "experimental"), ("c", "care", "control"))
    ]
    evidence = Evidence(
        {
            "trials": frame("trials", [{"trial_id": t, "trial": t, "design": "rct"} for t in ids]),
            "arms": frame("arms", arms),
            "sources": frame("sources", [{"source_id": "s", "year": "2015", "pmid": "123"}]),
            "reconstructed_survival": frame("reconstructed_survival", rows),
            "time_to_event": frame("time_to_event", reports or []),
        }
    )
    return select(Library(evidence, derive_effects(evidence), TAXONOMY, {}), QUESTION | settings)


def test_one_row_at_the_horizon_with_the_variance_of_independent_arms():
    found = run([curve("one", "6"), curve("one", "12"), curve("one", "24")])
    (trial,) = found.trials
    assert trial.row_ids == ("one.12",)
    assert trial.estimate == pytest.approx(1.5)
    assert trial.se == pytest.approx(0.5)
    assert trial.source == "s"
    assert trial.locator == "figure 2A"
    reasons = {item.row_id: item.reason for item in found.question.excluded}
    assert reasons == {
        "one.6": "horizon of 6 months, 12 months are pooled",
        "one.24": "horizon of 24 months, 12 months are pooled",
    }


def test_a_curve_that_ends_early_is_listed_and_enters_a_shorter_horizon():
    variant = {"id": "short", "label": "Within 6", "settings": {"horizon_months": 6}}
    found = run([curve("one", "6"), curve("one", "12"), curve("two", "6")], variants=[variant])
    assert [trial.trial_id for trial in found.trials] == ["one"]
    (short,) = [item for item in found.question.excluded if item.trial_id == "two"]
    assert short.stage == "not poolable"
    assert short.reason == "its curves are known to 6 months, not to 12"
    assert [trial.trial_id for trial in found.question.variants[0].trials] == ["one", "two"]


SHARED: dict[str, Any] = {"horizon_months": None}


def test_each_group_has_the_largest_horizon_that_all_its_curves_reach():
    rows = [curve(t, h) for t, hs in (("one", "6 12 24"), ("two", "6 12")) for h in hs.split()]
    found = run(rows, **SHARED)
    assert [trial.row_ids for trial in found.trials] == [("one.12",), ("two.12",)]
    (group,) = found.question.groups
    assert group.label.endswith(", within 12 months")
    assert {trial.group for trial in found.trials} == {group.label}
    assert {trial.curve.horizon_months for trial in found.trials if trial.curve} == {12.0}
    assert found.question.short_curves == ()
    alone = run(rows[:3], **SHARED)
    assert [trial.row_ids for trial in alone.trials] == [("one.24",)]


def test_a_reanalysis_keeps_labels_and_horizons_of_the_groups():
    rows = [curve("one", h) for h in ("6", "12")] + [curve("two", h) for h in ("6", "12", "24")]
    variants = [
        {"id": "without", "label": "A", "settings": {"exclude_trials": {"one": "so"}}},
        {"id": "short", "label": "B", "settings": {"horizon_months": 6}},
    ]
    found = run(rows, variants=variants, **SHARED)
    without, short = found.question.variants
    assert [trial.row_ids for trial in without.trials] == [("two.12",)]
    assert [trial.row_ids for trial in short.trials] == [("one.6",), ("two.6",)]
    (label,) = {trial.group for v in (without, short) for trial in v.trials}
    assert label == found.question.groups[0].label


def test_a_curve_that_is_not_the_printed_analysis_enters_a_reanalysis_only():
    """BOLERO-1: medians of 20.5 and 17.2 months on the curve, 14.95 and 14.49 printed."""
    report = {"row_id": "one.t", "trial_id": "one", "experimental_arm": "x", "control_arm": "c",
              "endpoint": "PFS", "population": "ITT", "measure": "HR", "estimate": "0.80",
              "median_experimental": "14.95", "median_control": "14.49", "time_unit": "months",
              "maturity": "final", "source_id": "s", "extraction": "double"}  # fmt: skip
    medians = {"median_experimental": "20.5", "median_control": "17.2"}
    variant = {"id": "all", "label": "All", "settings": {"other_analyses": True}}
    rows = [curve("one", "12", **medians), curve("two", "12")]
    found = run(rows, [report], variants=[variant], **SHARED)
    assert [trial.trial_id for trial in found.trials] == ["two"]
    (out,) = found.question.excluded
    assert out.reason == (
        "the curve is not the printed analysis: median months: experimental 20.50 on the curve, "
        "14.95 printed; control 17.20 on the curve, 14.49 printed"
    )
    (again,) = found.question.variants
    assert [trial.trial_id for trial in again.trials] == ["one", "two"]
    # One median that a report prints near that of the curve is enough for an arm.
    both = [report, {**report, "row_id": "one.u", "median_experimental": "20.1",
                     "median_control": "17.0"}]  # fmt: skip
    assert len(run(rows, both, **SHARED).trials) == 2


@pytest.mark.parametrize(("hazard", "horizon"), [(0.05, 12.0), (0.02, 60.0), (0.3, 24.0)])
def test_months_for_each_log_hazard_ratio_of_an_exponential_curve(hazard, horizon):
    """∫ λt exp(−λt) dt from 0 to H = (1 − exp(−λH)(1 + λH)) / λ; known at any landmarks."""
    marks = [(m, math.exp(-hazard * m)) for m in (6.0, 12.0, 24.0, 36.0, 48.0, 60.0)]
    known = [mark for mark in marks if mark[0] <= horizon]
    exact = (1 - math.exp(-hazard * horizon) * (1 + hazard * horizon)) / hazard
    assert months_per_log_ratio(known, horizon) == pytest.approx(exact, rel=1e-12)


def test_months_for_each_log_hazard_ratio_are_the_slope_of_the_restricted_mean():
    """Numerical derivative of ∫ S^HR dt at HR = 1, for a curve with a plateau."""
    knots = [(6.0, 0.8), (12.0, 0.5), (24.0, 0.5)]

    def mean(ratio: float) -> float:
        total, time, hazard = 0.0, 0.0, 0.0
        for end, survival in knots:
            later = -math.log(survival)
            rate = ratio * (later - hazard) / (end - time)
            start = math.exp(-ratio * hazard)
            width = end - time
            total += start * (width if rate == 0 else -math.expm1(-rate * width) / rate)
            time, hazard = end, later
        return total

    slope = (mean(math.exp(-1e-5)) - mean(math.exp(1e-5))) / 2e-5
    assert months_per_log_ratio(knots, 24.0) == pytest.approx(slope, rel=1e-7)


def test_two_trials_are_pooled_under_the_prior_scaled_to_months():
    """Against the model with the inverse gamma (2.42, 0.30) of Bartoš 2023 times the factor."""
    rows = [curve("one", "12"), curve("two", "12", rmst_experimental="10.5")]
    found = run(rows, **SHARED)
    result = build_result(found.question, found.trials)
    (group,) = result.groups
    assert result.measure_name.endswith("restricted mean survival time within 12 months")
    # One landmark, 12 months with survival 0.5: a constant hazard ln 2 / 12.
    hazard = math.log(2) / 12
    factor = (1 - 0.5 * (1 + math.log(2))) / hazard
    assert group.tau_prior_factor == pytest.approx(factor, rel=1e-12)
    assert group.primary_model == "bayes"
    assert group.horizon_months == 12
    expected = bayesian_random_effects(
        [1.5, 2.5], [0.25, 0.25], prior=("inverse-gamma", (2.42, 0.30 * factor)), measure="RMSTD"
    )
    assert group.estimate == pytest.approx(expected.estimate, rel=1e-9)
    assert (group.ci_lower, group.ci_upper) == pytest.approx(
        (expected.ci_lower, expected.ci_upper), rel=1e-9
    )


def test_hazards_that_are_not_proportional_are_flagged_beside_the_hazard_ratio():
    found = run([curve("one", "12", ph_p_value="0.003"), curve("two", "12")])
    flags = {trial.trial_id: trial.flags for trial in found.trials}
    assert flags["one"] == (
        "hazards not proportional (test: p = 0.003), HR of the same curves 0.80 [0.64 to 1.00]",
    )
    assert flags["two"] == ("HR of the same curves 0.80 [0.64 to 1.00]",)


def test_hazard_ratio_and_landmark_survival_are_pooled_beside():
    found = run([curve("one", "12", ph_p_value="0.003"), curve("two", "12")])
    groups = by_group(pooled_records.trial(one) for one in found.trials)
    hazard, landmark = curves_sensitivity(groups, pooled_records.pooling())
    assert (hazard.measure, landmark.measure) == ("HR", "RD")
    (row,) = hazard.results
    assert row.estimate == pytest.approx(math.log(0.8))
    assert row.trials == ("one (hazards not proportional)", "two")
    (row,) = landmark.results
    assert row.estimate == pytest.approx(0.1)
    # Two equal trials of variance 0.03² + 0.04²: the floor makes the standard error the Wald one,
    # and t on one degree of freedom is 12.706.
    half = 12.706204736 * math.sqrt(0.0025 / 2)
    assert row.ci_lower == pytest.approx(0.1 - half, rel=1e-8)


def test_a_report_known_by_its_pubmed_number_alone_is_cited_by_it():
    found = run([curve("one", "12", pmid="999")])
    assert found.trials[0].source == "pmid:999"
    assert found.question.sources["pmid:999"].url == "https://pubmed.ncbi.nlm.nih.gov/999/"


def test_a_hazard_ratio_whose_curve_is_not_proportional_is_flagged():
    found = run(
        [curve("one", "12", ph_p_value="0.003"), curve("two", "12")],
        reports=[
            {"row_id": f"{t}.t", "trial_id": t, "experimental_arm": "x", "control_arm": "c",
             "endpoint": "PFS", "population": "ITT", "measure": "HR", "estimate": "0.80",
             "ci_lower": "0.64", "ci_upper": "1.00", "ci_level": "95", "maturity": "final",
             "source_id": "s", "extraction": "double"}
            for t in ("one", "two")
        ],
        kind="comparison",
        table="time_to_event",
        measure="HR",
        populations=["itt"],
        report_policy="latest",
    )  # fmt: skip
    flags = {trial.trial_id: trial.flags for trial in found.trials}
    assert flags == {"one": ("hazards not proportional on its curve (p = 0.003)",), "two": ()}


def test_a_curve_unlike_its_own_article_is_flagged():
    report = {"row_id": "one.t", "trial_id": "one", "experimental_arm": "x", "control_arm": "c",
              "endpoint": "PFS", "population": "ITT", "measure": "HR", "estimate": "0.80",
              "median_experimental": "9.0", "median_control": "7.0", "time_unit": "months",
              "maturity": "final", "source_id": "s", "extraction": "double"}  # fmt: skip
    medians = {"median_experimental": "12.04", "median_control": "7.1"}
    found = run([curve("one", "12", **medians)], reports=[report], other_analyses=True)
    words = "its article prints medians of 9.00 and 7.00 months, the curve has 12.04 and 7.10"
    assert words in found.trials[0].flags
    far = run([curve("one", "12")], reports=[report | {"estimate": "0.55"}])
    assert "its article prints HR 0.55, far from that of the curve" in far.trials[0].flags
    near = run([curve("one", "12")], reports=[report | {"median_experimental": "NR"}])
    assert len(near.trials[0].flags) == 1
