"""The second engine against closed forms."""

import math

import numpy as np
import pytest
from scipy import stats

from trialpool.pooling import random_effects
from trialpool.verification.compute import PM_STOP, combined, cox, hartung_knapp, kaplan_meier

# Two effects d apart with one variance v: Q = d²/2v, and τ² = d²/2 − v by every estimator.
V, APART, MIDDLE = 0.04, 0.9, -0.2
TWO = np.array([MIDDLE - APART / 2, MIDDLE + APART / 2]), np.array([V, V])


def test_the_common_effect_is_the_weighted_mean():
    yi, vi = np.array([0.1, 0.4, 0.3]), np.array([0.1, 0.2, 0.4])
    weights = np.array([10.0, 5.0, 2.5])
    pool = combined(yi, vi, "CE", level=0.9)
    mean, se = float(weights @ yi / 17.5), 17.5**-0.5
    half = stats.norm.ppf(0.95) * se
    assert [pool.estimate, pool.se] == pytest.approx([mean, se], abs=1e-14)
    assert [pool.ci_lower, pool.ci_upper] == pytest.approx([mean - half, mean + half], abs=1e-14)
    q = float(weights @ (yi - mean) ** 2)
    assert [pool.q, pool.q_p_value] == pytest.approx([q, math.exp(-q / 2)], abs=1e-14)
    assert pool.tau2 == 0.0


@pytest.mark.parametrize(("method", "within"), [("DL", 1e-13), ("PM", PM_STOP * (V + APART**2))])
def test_two_trials_of_one_variance(method, within):
    pool = combined(*TWO, method)
    tau2 = APART**2 / 2 - V
    assert pool.tau2 == pytest.approx(tau2, abs=within)
    se = math.sqrt((V + tau2) / 2)
    assert [pool.estimate, pool.se] == pytest.approx([MIDDLE, se], abs=within)
    half = stats.norm.ppf(0.975) * se
    assert pool.ci_upper == pytest.approx(MIDDLE + half, abs=2 * within)


def test_an_estimate_below_0_is_bounded_and_noted():
    yi = np.array([0.0, 0.1])
    pool = combined(yi, TWO[1], "DL")
    # d²/2 − v = 0.005 − 0.04
    assert pool.note == "tau2 of statsmodels, -0.035, is bounded at 0"
    common = combined(yi, TWO[1], "CE")
    assert (pool.tau2, pool.estimate, pool.se) == (0.0, common.estimate, common.se)


def test_large_effects_lose_no_digits_in_q():
    pool = combined(TWO[0] + 1e6, TWO[1], "DL")
    assert pool.tau2 == pytest.approx(APART**2 / 2 - V, abs=1e-9)


def test_paule_mandel_is_never_lost_to_a_start_above_the_root():
    rng = np.random.default_rng(7)
    for _ in range(300):
        k = int(rng.integers(2, 12))
        vi = np.exp(rng.normal(-2.0, 1.5, k))
        yi = rng.normal(0.0, np.sqrt(vi + rng.exponential(0.3)))
        tau2 = combined(yi, vi, "PM").tau2
        w = 1.0 / (vi + tau2)
        q = float(w @ (yi - w @ yi / w.sum()) ** 2)
        at_0 = float((yi - yi @ (1 / vi) / (1 / vi).sum()) ** 2 @ (1 / vi))
        assert q == pytest.approx(k - 1, abs=2e-5) if at_0 > k - 1 + PM_STOP else tau2 == 0.0


def test_hartung_knapp_of_equal_weights_is_the_t_test():
    yi, vi = np.array([0.1, 0.5, 0.9, 0.2, 0.4]), np.full(5, 0.01)
    expected = stats.ttest_1samp(yi, 0.0)
    interval = expected.confidence_interval(0.95)
    for floor in (False, True):
        pool = hartung_knapp(yi, vi, 0.02, floor=floor)
        assert [pool.estimate, pool.se] == pytest.approx([yi.mean(), stats.sem(yi)], abs=1e-14)
        assert [pool.ci_lower, pool.ci_upper] == pytest.approx(list(interval), abs=1e-13)
        assert pool.p_value == pytest.approx(expected.pvalue, abs=1e-13)


def test_the_floor_is_the_standard_error_at_scale_1():
    yi, vi = np.array([0.1, 0.11, 0.12]), np.full(3, 0.01)
    se = math.sqrt(0.03 / 3)
    pool = hartung_knapp(yi, vi, 0.02, floor=True, level=0.9)
    assert pool.se == pytest.approx(se, abs=1e-14)
    assert pool.ci_upper == pytest.approx(0.11 + stats.t.ppf(0.95, 2) * se, abs=1e-14)
    assert hartung_knapp(yi, vi, 0.02, floor=False).se == pytest.approx(0.01 / math.sqrt(3))


def test_equal_effects_have_no_spread():
    pool = hartung_knapp(np.full(3, 0.5), np.array([0.1, 0.2, 0.3]), 0.0, floor=False)
    ours = random_effects([0.5] * 3, [0.1, 0.2, 0.3], ci="hk")
    assert [pool.estimate, pool.se] == pytest.approx([ours.estimate, ours.se], abs=1e-12)


def test_kaplan_meier_by_hand():
    time, event = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.0, 1.0, 1.0])
    marks = kaplan_meier(time, event, np.array([0.5, 1.0, 3.5, 4.0]))
    assert [m.survival for m in marks] == pytest.approx([1.0, 0.75, 0.375, 0.0])
    greenwood = [0.0, 0.75 * math.sqrt(1 / 12), 0.375 * math.sqrt(1 / 12 + 1 / 2), 0.0]
    assert [m.se for m in marks] == pytest.approx(greenwood)


def test_cox_by_hand():
    # Deaths: experimental of 2 + 2 at risk, then control of 1 + 2. Partial likelihood
    # θ/(2θ + 2) · 1/(θ + 2), greatest at θ = √2.
    time, event = np.array([1.0, 3.0, 2.0, 3.0]), np.array([1.0, 0.0, 1.0, 0.0])
    log_hr, se = cox(time, event, np.array([1.0, 1.0, 0.0, 0.0]))
    theta = math.sqrt(2)
    information = theta / (theta + 1) ** 2 + 2 * theta / (theta + 2) ** 2
    assert log_hr == pytest.approx(math.log(theta), abs=1e-8)
    assert se == pytest.approx(information**-0.5, abs=1e-8)
