"""Intervals between landmarks: closed forms, simulation, individual data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from public_data import load

from trialpool.survival.hazards import compare_hazards, interval_hazard_ratios
from trialpool.survival.kaplan_meier import kaplan_meier, survival_at
from trialpool.survival.landmarks import (
    LogRatio,
    averaged,
    hazard_ratio,
    increments,
    merged,
)


def of_curve(curve, times):
    marks = [survival_at(curve, time) for time in times]
    return increments(curve.n, times, [m.estimate for m in marks], [m.se for m in marks])


def test_without_censoring_the_exposed_are_the_numbers_at_risk():
    curve = kaplan_meier(np.arange(1.0, 101.0), np.ones(100, dtype=int))
    parts = of_curve(curve, [10.0, 40.0, 80.0])
    assert [part.exposed for part in parts] == pytest.approx([100.0, 90.0, 60.0], rel=1e-9)
    assert [part.survival for part in parts] == pytest.approx([0.9, 60 / 90, 20 / 60], rel=1e-12)
    # Greenwood within each interval alone: (1 - p) / (n p).
    expected = [
        (1 - p.survival) / (n * p.survival) for p, n in zip(parts, (100, 90, 60), strict=True)
    ]
    assert [part.variance for part in parts] == pytest.approx(expected, rel=1e-9)


def test_merged_increments_are_the_increment_of_the_whole():
    time, event, arm = load()["gbsg2"]
    curve = kaplan_meier(time[arm], event[arm])
    whole = merged(of_curve(curve, [300.0, 700.0, 1200.0]))
    (direct,) = of_curve(curve, [1200.0])
    for name in ("start", "end", "survival", "variance", "exposed"):
        assert getattr(whole, name) == pytest.approx(getattr(direct, name), rel=1e-9)


def test_an_interval_without_events_keeps_those_whom_the_one_before_left():
    first, second, third = increments(50, [1.0, 2.0, 3.0], [0.8, 0.8, 0.6], [0.057, 0.057, 0.07])
    assert second.survival == 1.0
    assert second.variance == 0.0
    assert second.exposed == pytest.approx(0.8 * first.exposed)
    assert hazard_ratio(second, third) is None
    start, *_ = increments(50, [1.0, 2.0], [1.0, 0.9], [0.0, 0.04])
    assert start.exposed == 50.0


def test_nothing_is_known_after_the_last_survivor():
    assert [part.end for part in increments(9, [1.0, 2.0], [0.5, 0.0], [0.1, 0.0])] == [1.0]


@pytest.mark.parametrize(
    ("times", "survival", "se", "message"),
    [
        ([2.0, 1.0], [0.9, 0.8], [0.1, 0.1], "ascending"),
        ([1.0, 2.0], [0.8, 0.9], [0.1, 0.1], "never rises"),
        ([1.0], [1.2], [0.1], "never rises"),
        ([1.0], [0.9], [-0.1], "at least 0"),
        ([1.0], [0.9, 0.8], [0.1], "1 times, 2 survivals"),
    ],
)
def test_bad_landmarks_are_named(times, survival, se, message):
    with pytest.raises(ValueError, match=message):
        increments(10, times, survival, se)
    with pytest.raises(ValueError, match="empty"):
        merged([])


def test_hazard_ratio_in_closed_form():
    # S = 0.8 and 0.9 of 100 uncensored patients each: ΔH = -ln S, var = (1 - S) / (100 S).
    parts = [increments(100, [1.0], [s], [math.sqrt(s * (1 - s) / 100)])[0] for s in (0.8, 0.9)]
    found = hazard_ratio(*parts)
    assert found.estimate == pytest.approx(math.log(math.log(0.8) / math.log(0.9)), rel=1e-12)
    variance = 0.25 / 100 / math.log(0.8) ** 2 + (1 / 9) / 100 / math.log(0.9) ** 2
    assert found.se == pytest.approx(math.sqrt(variance), rel=1e-12)


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 2)), min_size=1, max_size=6))
def test_an_average_lies_inside_and_is_surer_than_its_parts(pairs):
    ratios = [LogRatio(estimate, se) for estimate, se in pairs]
    found = averaged(ratios)
    assert min(r.estimate for r in ratios) - 1e-9 <= found.estimate
    assert found.estimate <= max(r.estimate for r in ratios) + 1e-9
    assert found.se <= min(r.se for r in ratios) * (1 + 1e-9)
    assert averaged([]) is None


def landmark_arrays(rng, hazards, n, times):
    """Kaplan-Meier and Greenwood at landmarks, by definition, of one simulated arm."""
    early, late, turn = hazards
    spent = rng.exponential(1.0, n)
    event = np.where(spent < early * turn, spent / early, turn + (spent - early * turn) / late)
    lost = rng.uniform(10.0, 40.0, n)
    time, died = np.minimum(event, lost), event <= lost
    order = np.argsort(time)
    time, died = time[order], died[order]
    left = n - np.arange(n)
    log_s = np.cumsum(np.where(died, np.log1p(-1.0 / np.maximum(left, 2)), 0.0))
    var = np.cumsum(np.where(died, 1.0 / (left * np.maximum(left - 1, 1)), 0.0))
    at = np.searchsorted(time, times, side="right") - 1
    survival = np.exp(log_s[at])
    return increments(n, times, survival, survival * np.sqrt(var[at]))


def test_simulated_intervals_have_the_bias_spread_and_independence_that_is_claimed():
    """Crossing hazards: ratios 1.6 up to month 6 and 0.6 after; 600 trials of 2 × 250."""
    rng = np.random.default_rng(20)
    times = [6.0, 12.0, 24.0]
    truth = np.log([1.6, 0.6, 0.6])
    estimates, errors = np.empty((600, 3)), np.empty((600, 3))
    for i in range(600):
        ours = landmark_arrays(rng, (0.08, 0.03, 6.0), 250, times)
        theirs = landmark_arrays(rng, (0.05, 0.05, 6.0), 250, times)
        for j, pair in enumerate(zip(ours, theirs, strict=True)):
            found = hazard_ratio(*pair)
            estimates[i, j], errors[i, j] = found.estimate, found.se
    spread = estimates.std(axis=0)
    # Monte Carlo error of a mean is 4 % of a standard error, of a spread 3 %.
    assert (np.abs(estimates.mean(axis=0) - truth) < 0.13 * spread).all()
    np.testing.assert_allclose(errors.mean(axis=0) / spread, 1.0, atol=0.09)
    inside = (np.abs(estimates - truth) < 1.959963984540054 * errors).mean(axis=0)
    assert ((inside > 0.92) & (inside < 0.98)).all()
    between = np.corrcoef(estimates.T)[np.triu_indices(3, 1)]
    assert (np.abs(between) < 0.13).all()


@pytest.mark.parametrize(("name", "times"), [("gbsg2", [500, 1000, 1500]), ("rossi", [20, 35])])
def test_near_to_the_cox_model_within_the_interval(name, times):
    time, event, arm = load()[name]
    parts = [of_curve(kaplan_meier(time[a], event[a]), times) for a in (arm, ~arm)]
    cox = interval_hazard_ratios(time, event, arm, times)
    for truth, *both in zip(cox, *parts, strict=False):
        found = hazard_ratio(*both)
        assert abs(found.estimate - truth.log_hr) < 0.25 * truth.se
        assert found.se == pytest.approx(truth.se, rel=0.05)


def test_intervals_hold_the_events_up_to_their_end():
    """An event at a landmark counts to survival there, and so to the interval before."""
    time = np.array([1.0, 2.0, 3.0, 4.0, 1.5, 2.0, 3.0, 5.0])
    arm = np.repeat([1, 0], 4)
    first, second, third = interval_hazard_ratios(time, np.ones(8), arm, [2.0, 4.0])
    assert (first.events_experimental, first.events_control) == (2, 2)
    assert (second.events_experimental, second.events_control) == (2, 1)
    assert (third.events_experimental, third.events_control) == (0, 1)
    assert third.log_hr is None


def test_a_ratio_without_end_is_not_estimated():
    """All of one arm's events come after the other arm is gone: the ratio would be infinite."""
    time, event = np.array([1.0, 2.0, 3.0, 5.0, 6.0, 7.0]), np.array([1, 1, 0, 1, 1, 1])
    arm = np.repeat([1, 0], 3)
    (only, _) = interval_hazard_ratios(time, event, arm, [6.5])
    assert only.log_hr is None
    assert (only.events_experimental, only.events_control) == (2, 2)
    with pytest.raises(ValueError, match="cannot be estimated"):
        compare_hazards(time, event, arm)


def test_the_exposed_of_an_interval_by_hand():
    curve = kaplan_meier([1.0, 2.0, 2.5, 3.0, 6.0, 7.0], [1, 0, 1, 0, 1, 0])
    # After month 1: five at risk, one event, two censored up to month 4.
    exposed, share = curve.conditional(1.0, 4.0)
    assert exposed == 5 - 0.5 * 2
    assert share == pytest.approx(1 - 1 / 4)
    assert curve.conditional(4.0, 8.0) is None
