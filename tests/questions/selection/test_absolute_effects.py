"""Absolute effects of groups: which control risk is used, and what is said of it."""

from __future__ import annotations

import math

import pooled_records
import pytest
from small_tables import row, run

from trialpool.questions.comparison.page import parts
from trialpool.questions.comparison.pool import build_result

MEDIANS = {"median_experimental": "18.0", "median_control": "12.0", "time_unit": "months"}


def rate(row_id, trial_id="one", **cells):
    return {
        **{"row_id": row_id, "trial_id": trial_id, "arm_id": "c", "endpoint": "PFS"},
        **{"measure": "survival", "time_months": "12", "value": "55", "unit": "percent"},
        **{"source_id": "s2020", "extraction": "single"},
        **cells,
    }


def curve(trial_id, survival, **cells):
    return {
        **{"row_id": f"{trial_id}.12", "trial_id": trial_id, "experimental_arm": "x"},
        **{"control_arm": "c", "endpoint": "PFS", "horizon_months": "12", "pmid": "123"},
        **{"survival_control": survival, "hr": "0.8", "hr_ci_lower": "0.64", "hr_ci_upper": "1"},
        **cells,
    }


def result(rows, landmark=12, control_risk=None, **tables):
    asked = {"landmark_months": landmark}
    if control_risk is not None:
        asked["control_risk"] = control_risk
    return build_result(*run(rows, tables=tables, absolute=asked))


def absolute(*args, **kwargs):
    return result(*args, **kwargs).groups[0].absolute


def test_a_printed_rate_comes_before_the_curve_and_the_curve_before_the_exponential():
    rows = [row("pfs", **MEDIANS)]
    curves = [curve("one", "0.52")]
    found = absolute(rows, baseline_risk=[rate("k")], reconstructed_survival=curves)
    assert found.control_risk == pytest.approx(0.45)
    assert found.control_risk_source == "control arm of ONE at 12 months, printed rate"
    found = absolute(rows, reconstructed_survival=curves)
    assert found.control_risk == pytest.approx(0.48)
    assert found.assumptions == ("control risk taken as fixed",)
    found = absolute(rows)
    assert found.control_risk == pytest.approx(0.5)
    assert found.assumptions == ("control risk taken as fixed", "exponential assumed")
    # S₁ = S₀^HR, HR 0.80 (0.64 to 1.00).
    assert found.treatment_risk.estimate == pytest.approx(1 - 0.5**0.8)
    assert found.per_1000.ci_lower == pytest.approx(1000 * (1 - 0.5**0.64 - 0.5))
    assert found.number_needed.estimate.value == math.ceil(1 / (0.5**0.8 - 0.5))
    # Hazards that do not change: 12 / 0.8 months.
    assert found.median_gain.difference.estimate == pytest.approx(3.0)
    assert found.median_gain.assumption == "exponential assumed"


def test_without_a_control_risk_there_is_none_and_the_medians_stand():
    rows = [row("pfs", **MEDIANS | {"median_control": "NR"})]
    group = result(rows).groups[0]
    assert group.absolute is None
    assert [(m.experimental, m.control) for m in group.medians] == [("18.0", "NR")]
    # An exponential curve says nothing far from its median: 60 months are five medians.
    assert absolute([row("pfs", **MEDIANS)], landmark=60) is None
    # A rate at another time, of another endpoint, of a part of the trial is no rate of this one.
    others = [
        rate("time", time_months="24"),
        rate("endpoint", endpoint="OS"),
        rate("part", biomarker="mark", biomarker_level="yes"),
    ]
    assert absolute([row("pfs")], baseline_risk=others) is None
    assert build_result(*run([row("pfs", **MEDIANS)])).groups[0].absolute is None


def test_the_median_of_a_control_arm_stands_in_where_the_row_has_none():
    """HOPES printed weeks."""
    median = rate("k", measure="median", time_months="", value="52.18", unit="weeks")
    (group,) = result([row("pfs")], baseline_risk=[median]).groups
    (medians,) = group.medians
    assert (medians.experimental, medians.control, medians.unit) == ("", "52.18", "weeks")
    # 52.18 weeks are 12.0 months: half have had the event.
    assert group.absolute.control_risk == pytest.approx(0.5, abs=1e-4)
    assert group.absolute.control_risks[0].row_id == "k"


def test_a_curve_that_is_not_the_printed_analysis_gives_no_risk():
    """BOLERO-1 prints 14.49 months, its curve has 17.2."""
    rows = [row("pfs", median_experimental="14.95", median_control="14.49")]
    other = curve("one", "0.647", median_experimental="20.5", median_control="17.2")
    found = absolute(rows, reconstructed_survival=[other])
    assert found.control_risks[0].basis == "exponential"
    near = curve("one", "0.5", median_experimental="15.0", median_control="14.0")
    found = absolute(rows, reconstructed_survival=[near])
    assert found.control_risks[0].basis == "curve"


def test_several_trials_give_the_median_of_their_control_arms():
    rows = [row("a", "one"), row("b", "two"), row("c", "three")]
    rates = [rate("k1"), rate("k2", "two", value="60"), rate("k3", "three", value="40")]
    found = absolute(rows, baseline_risk=rates)
    assert found.control_risk == pytest.approx(0.45)
    assert found.control_risk_source == (
        "median of the 3 control arms of its trials at 12 months (printed rate: ONE, THREE, TWO)"
    )
    assert {risk.row_id for risk in found.control_risks} == {"k1", "k2", "k3"}


def test_of_several_rates_of_an_arm_the_one_with_an_interval_then_the_later():
    rates = [
        rate("later", source_id="s2024", value="54"),
        rate("first"),
        rate("limits", value="56", ci_lower="50", ci_upper="62"),
    ]
    assert absolute([row("pfs")], baseline_risk=rates).control_risks[0].row_id == "limits"
    assert absolute([row("pfs")], baseline_risk=rates[:2]).control_risks[0].row_id == "later"


def test_a_risk_from_other_patients_carries_its_interval_and_an_own_one_does_not():
    limits = rate("k", "two", ci_lower="45", ci_upper="65")
    rows = [row("pfs"), row("os", "two", endpoint="OS")]
    found = absolute(rows, control_risk="k", baseline_risk=[limits])
    assert (found.control_risk_ci_lower, found.control_risk_ci_upper) == pytest.approx((0.35, 0.55))
    assert found.assumptions == ()
    assert found.control_risk_source.endswith("named by the review")
    own = absolute([row("pfs")], baseline_risk=[rate("k", ci_lower="45", ci_upper="65")])
    assert own.control_risk_ci_lower is None
    assert own.assumptions == ("control risk taken as fixed",)
    # What is not known of the risk widens the interval.
    width = [a.treatment_risk.ci_upper - a.treatment_risk.ci_lower for a in (found, own)]
    assert width[0] > width[1]


def test_turned_arms_turn_the_medians_with_them():
    medians = {"median_experimental": "20", "median_control": "15"}
    arms = {"experimental_arm": "two", "control_arm": "one"}
    selection = run(
        [row("pfs", "long", **arms, **medians)],
        contrasts=["schedule"],
        absolute={"landmark_months": 12},
    )
    (baseline,) = selection.question.baselines.trials
    assert (baseline.medians.experimental, baseline.medians.control) == ("15", "20")
    assert baseline.control_median == 20.0


def test_counts_take_the_risk_of_the_pools_control_arms():
    def arms(events, n):
        return {"events": events, "n": n}

    trials = [
        {
            **{"group": "G", "trial_id": t, "label": t, "row_ids": [t], "estimate": math.log(2)},
            **{"se": 0.2, "experimental": arms(60, 100), "control": arms(*control)},
        }
        for t, control in (("a", (40, 100)), ("b", (50, 100)))
    ]
    question = pooled_records.question(
        measure="OR", benefit="higher", groups=[{"label": "G"}], endpoints=["pCR"],
        endpoint_names={"pCR": "complete response"},
    )  # fmt: skip
    made = build_result(question, [pooled_records.trial(one) for one in trials])
    found = made.groups[0].absolute
    assert found.landmark_months is None
    assert found.control_risk == pytest.approx(0.45)
    # Odds 9/11 doubled.
    assert found.treatment_risk.estimate == pytest.approx(18 / 29)
    assert found.number_needed.estimate.to == "benefit"
    (part,) = parts(made)
    assert part.shown.what == "with complete response"
    assert part.shown.rows[0].per_1000.startswith("171 more")


def test_a_retracted_report_gives_no_control_risk():
    sources = [
        {"source_id": "s2020"},
        {"source_id": "bad", "status": "retracted", "pmid": "123"},
    ]
    rows = [row("pfs", **MEDIANS)]
    wrong = rate("k", source_id="bad")
    tables = {"sources": sources, "baseline_risk": [wrong]}
    # Neither the printed rate nor the curve of the same report: the median of another one is left.
    found = absolute(rows, reconstructed_survival=[curve("one", "0.52")], **tables)
    assert found.control_risk == pytest.approx(0.5)
    assert absolute(rows, control_risk="k", **tables).control_risk == pytest.approx(0.5)
