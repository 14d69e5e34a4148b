"""Covariance of contrasts that share an arm, against its definition and a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.pooling.dependent.shared_arms import (
    arm_variance,
    correlation_from_sizes,
    shared_arm_covariance,
)


def test_counts_give_the_variance_of_the_shared_arm():
    # Variances of the three contrasts of a trial with 20/100, 30/100 and 40/120 patients.
    arms = {"a": (20, 100), "b": (30, 100), "s": (40, 120)}
    for measure in ("OR", "RR", "RD"):
        parts = {arm: arm_variance(measure, *counts) for arm, counts in arms.items()}
        first, second = parts["a"] + parts["s"], parts["b"] + parts["s"]
        third = parts["a"] + parts["b"]
        by_events = shared_arm_covariance(first, second, shared=parts["s"])
        by_third = shared_arm_covariance(first, second, third=third)
        assert by_events.source == "events"
        assert by_third.source == "third contrast"
        assert by_events.covariance == pytest.approx(by_third.covariance, rel=1e-12)
    assert arm_variance("OR", 20, 100) == pytest.approx(1 / 20 + 1 / 80)
    assert arm_variance("RD", 20, 100) == pytest.approx(0.2 * 0.8 / 100)
    assert arm_variance("HR", 40, None) == pytest.approx(1 / 40)
    for measure, events, n in (("HR", 0, 10), ("OR", 10, 10), ("RR", 5, None), ("RD", 0, 10)):
        assert arm_variance(measure, events, n) is None


def test_n_gives_one_half_at_equal_allocation():
    assert correlation_from_sizes(None) == 0.5
    assert correlation_from_sizes((70.0, 70.0, 70.0)) == pytest.approx(0.5)
    # A control twice as large is shared by contrasts that depend less on it.
    assert correlation_from_sizes((100.0, 100.0, 200.0)) == pytest.approx(1 / 3)
    found = shared_arm_covariance(0.04, 0.09, sizes=(50.0, 50.0, 50.0))
    assert (found.source, found.covariance) == ("n", pytest.approx(0.5 * 0.06))


def test_the_order_of_the_ways_and_why_one_is_passed_over():
    found = shared_arm_covariance(0.04, 0.04, shared=0.05, third=0.05)
    assert found.source == "third contrast"
    assert found.covariance == pytest.approx(0.015)
    assert "from events the correlation would be 1.25" in found.note
    found = shared_arm_covariance(0.04, 0.04, third=0.09)
    assert found.source == "n"
    assert found.note
    turned = shared_arm_covariance(0.04, 0.04, shared=0.02, opposite=True)
    assert (turned.covariance, turned.correlation) == (-0.02, -0.5)
    with pytest.raises(ValueError, match="numbers above 0"):
        shared_arm_covariance(0.0, 0.1)


@given(st.floats(0.001, 10), st.floats(0.001, 10), st.floats(0.001, 10))
def test_any_three_arms_give_a_proper_covariance(a, b, s):
    found = shared_arm_covariance(a + s, b + s, shared=s, third=a + b)
    assert abs(found.correlation) < 1
    assert found.correlation == pytest.approx(
        found.covariance / math.sqrt((a + s) * (b + s)), rel=1e-12
    )
    if found.source == "events":
        assert found.covariance == pytest.approx(s, rel=1e-12)


def test_one_over_the_events_of_the_shared_arm_in_simulated_trials():
    # Exponential survival without censoring: a log hazard ratio is the difference of log rates
    # (events / time at risk), so the covariance of two that share an arm is about 1/events.
    rng = np.random.default_rng(7)
    rate = -np.log(rng.gamma(60.0, 1.0, (20_000, 3)) / 60.0)
    first, second = rate[:, 0] - rate[:, 2], rate[:, 1] - rate[:, 2]
    assert np.cov(first, second)[0, 1] == pytest.approx(arm_variance("HR", 60, None), rel=0.05)
