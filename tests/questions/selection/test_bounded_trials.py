"""Trials whose standard error a p-value bounds: beside the main analysis, at both ends."""

import math
from statistics import NormalDist

import pytest
from small_tables import row, run, used
from test_marker_levels import ASKED

from trialpool.questions.registry import stage
from trialpool.records.reanalyses import P_VALUE_BOUNDS

NO_INTERVAL = {"ci_lower": "", "ci_upper": "", "ci_level": ""}
NULL = {"estimate": "1.05", "p_value": "0.78", **NO_INTERVAL}
# ln(1.045) / z(1 − .775/2) and ln(1.055) / z(1 − .785/2): see tests/effects/test_p_bounds.py.
LOW, HIGH = 0.15399087144228, 0.19625729534456


def reanalysis(selection):
    result, _ = stage("comparison", "pool").pool(*selection)
    found = [entry for entry in result.sensitivity if entry.id == P_VALUE_BOUNDS]
    return result, found


def test_a_null_result_stays_out_and_enters_at_both_ends_beside():
    rows = [row("a", "one"), row("b", "two"), row("null", "three", **NULL)]
    selection = run(rows)
    assert used(selection) == ["a", "b"]
    (bounded,) = selection.question.bounded.trials
    assert bounded.row_ids == ("null",)
    assert bounded.derivation.se_lower == pytest.approx(LOW, rel=1e-9)
    assert bounded.derivation.se_upper == pytest.approx(HIGH, rel=1e-9)
    result, (entry,) = reanalysis(selection)
    assert result.groups[0].k == 2
    smallest, largest = entry.results
    assert (smallest.k, largest.k) == (3, 3)
    # Nearer to no difference than without, and nearer with the more precise trial.
    assert 0.0 > smallest.estimate > largest.estimate > result.groups[0].estimate
    assert smallest.analysis.startswith("at the smallest standard error: ")
    assert smallest.trials == ("THREE (SE 0.154)",)


def test_the_pool_at_an_end_is_that_of_the_trial_with_this_standard_error():
    z = 1.959963984540054
    limits = [f"{1.05 * 2.718281828459045 ** (side * z * HIGH):.6f}" for side in (-1, 1)]
    known = {"estimate": "1.05", "ci_lower": limits[0], "ci_upper": limits[1]}
    _, (entry,) = reanalysis(run([row("a", "one"), row("null", "three", **NULL)]))
    result, none = reanalysis(run([row("a", "one"), row("known", "three", **known)]))
    assert none == []
    largest = entry.results[1]
    assert largest.estimate == pytest.approx(result.groups[0].estimate, abs=1e-5)
    assert largest.ci_lower == pytest.approx(result.groups[0].ci_lower, abs=1e-5)
    assert largest.ci_upper == pytest.approx(result.groups[0].ci_upper, abs=1e-5)


def test_a_known_standard_error_is_never_displaced():
    rows = [row("known", "one", maturity="interim"), row("null", "one", maturity="final", **NULL)]
    selection = run(rows, endpoints=["PFS"])
    assert used(selection) == ["known"]
    assert selection.question.bounded is None


def test_an_open_end_has_no_row():
    rows = [row("a", "one"), row("open", "two", estimate="0.80", p_value=">0.05", **NO_INTERVAL)]
    selection = run(rows)
    (bounded,) = selection.question.bounded.trials
    assert bounded.derivation.se_upper is None
    _, (entry,) = reanalysis(selection)
    assert [one.analysis.split(":")[0] for one in entry.results] == [
        "at the smallest standard error"
    ]


def test_a_joint_analysis_does_not_enter_beside_its_members():
    joint = {"population": "ITT", **NULL}
    rows = [row("a", "one"), row("b", "two"), row("all", "joint", **joint)]
    selection = run(rows, joint_analyses=["joint"])
    assert used(selection) == ["a", "b"]
    assert selection.question.bounded is None


def test_an_interaction_has_the_ends_of_both_levels():
    """Positive 0.50, p = .02; negative 0.90 with an interval: the variances add up at each end."""
    marked = {"biomarker": "marker", "population": "marked"}
    rows = [
        row("p", "one", biomarker_level="positive", **marked)
        | {"estimate": "0.50", "p_value": "0.02 (two-sided)", "p_sides": "", **NO_INTERVAL},
        row("n", "one", biomarker_level="negative", **marked)
        | {"estimate": "0.90", "ci_lower": "0.72", "ci_upper": "1.125"},
    ]
    selection = run(rows, **ASKED)
    assert used(selection) == []
    (bounded,) = selection.question.bounded.trials
    z = NormalDist().inv_cdf
    known = math.log(1.125 / 0.72) / (2 * z(0.975))
    ends = math.log(0.505) / z(0.015 / 2), math.log(0.495) / z(0.025 / 2)
    assert bounded.derivation.se_lower == pytest.approx(math.hypot(known, ends[0]), rel=1e-9)
    assert bounded.derivation.se_upper == pytest.approx(math.hypot(known, ends[1]), rel=1e-9)
    assert bounded.estimate == pytest.approx(math.log(0.50 / 0.90), rel=1e-9)
