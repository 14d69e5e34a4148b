"""Pooled curves and parametric fits, against closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from public_data import load

from trialpool.questions.mean_time.pooled_curve import pool_curves
from trialpool.survival.kaplan_meier import kaplan_meier
from trialpool.survival.parametric import FAMILIES, fit_parametric


def test_one_uncensored_trial_is_its_own_curve():
    curve = kaplan_meier(np.arange(1.0, 101.0), np.ones(100, dtype=int))
    pooled = pool_curves([curve], [10.0, 40.0, 80.0])
    np.testing.assert_allclose(pooled.survival, [0.9, 0.6, 0.2], rtol=1e-12)
    assert pooled.k.tolist() == [1, 1, 1]
    # The delta method on arcsine is Greenwood's variance of a binomial share.
    half = 1.959963985 * math.sqrt(0.1 / (0.9 * 100))
    assert pooled.ci_lower[0] == pytest.approx(0.9 * math.exp(-half), rel=1e-6)


def test_identical_trials_pool_to_their_curve_with_a_smaller_interval():
    time, event, arm = load()["gbsg2"]
    curve = kaplan_meier(time[arm], event[arm])
    one, four = (pool_curves([curve] * k, [500.0, 1000.0, 1500.0]) for k in (1, 4))
    np.testing.assert_allclose(four.survival, one.survival, rtol=1e-12)
    assert (four.tau2 == 0.0).all()
    ratio = np.log(one.ci_upper / one.survival) / np.log(four.ci_upper / four.survival)
    np.testing.assert_allclose(ratio, 2.0, rtol=1e-9)


def test_trials_that_differ_are_covered_by_the_pooled_curve():
    rng = np.random.default_rng(3)
    curves = []
    for rate in (0.08, 0.1, 0.12, 0.1, 0.09, 0.11):
        death, lost = rng.exponential(1 / rate, 400), rng.uniform(5, 20, 400)
        curves.append(kaplan_meier(np.minimum(death, lost), death <= lost))
    pooled = pool_curves(curves, [2.0, 4.0, 6.0, 8.0, 10.0])
    truth = np.exp(-0.1 * pooled.time)
    np.testing.assert_allclose(pooled.survival, truth, atol=0.03)
    assert ((pooled.ci_lower < truth) & (truth < pooled.ci_upper)).sum() >= 4
    assert (np.diff(pooled.survival) < 0).all()


@pytest.mark.parametrize(
    ("curves", "times", "message"),
    [([], [1.0], "empty"), ([1], [2.0, 1.0], "ascend"), ([1], [500.0], "which no trial")],
)
def test_bad_input_is_named(curves, times, message):
    curve = kaplan_meier([1.0, 2.0, 3.0], [1, 1, 0])
    with pytest.raises(ValueError, match=message):
        pool_curves([curve for _ in curves], times)


def test_exponential_fit_in_closed_form_and_weibull_contains_it():
    time, event, _ = load()["gbsg2"]
    fits = {fit.family: fit for fit in fit_parametric(time, event)}
    assert set(fits) <= set(FAMILIES)
    rate = event.sum() / time.sum()
    expected = event.sum() * math.log(rate) - rate * time.sum()
    assert fits["exponential"].log_likelihood == pytest.approx(expected, rel=1e-6)
    assert fits["exponential"].aic == pytest.approx(2 - 2 * expected, rel=1e-6)
    assert fits["exponential"].median == pytest.approx(math.log(2) / rate, rel=1e-5)
    assert fits["weibull"].log_likelihood >= fits["exponential"].log_likelihood - 1e-6
    found = [fit.aic for fit in fits.values()]
    assert found == sorted(found)


def test_a_parametric_fit_needs_events_and_positive_times():
    with pytest.raises(ValueError, match="no event"):
        fit_parametric([1.0, 2.0], [0, 0])
    with pytest.raises(ValueError, match="a time is 0"):
        fit_parametric([0.0, 2.0], [1, 0])
