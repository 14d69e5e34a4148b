"""Rates of events per time at risk: metafor, exact likelihoods, symmetries, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, special, stats

import trialpool as tp
from trialpool.pooling.counts import mantel_haenszel_rates, rate_glmm, rate_ratio_glmm

CATHETERS = tp.datasets.load("catheter_infections")
COLUMNS = ("events_experimental", "time_experimental", "events_control", "time_control")
NIELWEISE = tuple(CATHETERS[name].to_numpy(dtype=float) for name in COLUMNS)
SPARSE = (
    np.array([3.0, 0, 12, 0, 7]), np.array([100.5, 40, 300, 25, 88]),
    np.array([5.0, 2, 9, 0, 12]), np.array([98, 42.25, 310, 30, 92]),
)  # fmt: skip
# metafor 3.8 rma.mh(x1i=, t1i=, x2i=, t2i=, measure=): estimate, SE, QE, MH.
METAFOR = [
    (NIELWEISE, "IRR", -0.4151752334922758, 0.1834392084905383, 9.8652024464622237, 4.79504816866),
    (NIELWEISE, "IRD", -0.000992500060138465, 0.000435568699265958, 7.95318827781582, None),
    (SPARSE, "IRR", -0.212363893116628, 0.284909186013637, 2.759359424737659, 0.366423047295183),
    (SPARSE, "IRD", -0.00938630482251854, 0.01255057621942094, None, None),
]


@pytest.mark.parametrize(("data", "measure", "estimate", "se", "q", "test"), METAFOR)
def test_mantel_haenszel_is_metafors(data, measure, estimate, se, q, test):
    got = mantel_haenszel_rates(*data, measure=measure)
    assert (got.estimate, got.se) == pytest.approx((estimate, se), rel=1e-12)
    if q is not None:
        assert got.q == pytest.approx(q, rel=1e-11)
    if test is not None:
        assert got.tests["cochran-mantel-haenszel"].value == pytest.approx(test, rel=1e-10)
    weighted = np.dot(got.weights, _own(data, measure, got.rows))
    shown = math.exp(got.estimate) if measure == "IRR" else got.estimate
    assert shown == pytest.approx(weighted, rel=1e-12)


def _own(data, measure, rows):
    x1, t1, x2, t2 = (values[list(rows)] for values in data)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(x2 > 0, (x1 / t1) / (x2 / t2), 0.0)
    return ratios if measure == "IRR" else x1 / t1 - x2 / t2


# The trapezoidal rule is exact to rounding for a smooth integrand that vanishes at both ends.
GRID = np.linspace(-9.0, 9.0, 721)
WEIGHTS = stats.norm.pdf(GRID) * (GRID[1] - GRID[0])


def conditional(x1, t1, x2, t2, mean, tau):
    """Log likelihood of x1 given x1 + x2, the random effect integrated on a fine grid."""
    odds = np.exp(mean + tau * GRID) * (t1 / t2)[:, None]
    masses = stats.binom.pmf(x1[:, None], (x1 + x2)[:, None], odds / (1 + odds))
    return float(np.log(masses @ WEIGHTS).sum())


def unconditional(x1, t1, x2, t2, mean, tau):
    """The same of both Poisson counts, at the best intercept of each trial."""

    def of_trial(a, b, c, d):
        def minus(own):
            up, down = own + mean + tau * GRID / 2, own - tau * GRID / 2
            logs = a * up - b * np.exp(up) + c * down - d * np.exp(down)
            return -special.logsumexp(logs, b=WEIGHTS)

        start = math.log((a + c) / (b + d))
        constant = (
            a * math.log(b) + c * math.log(d) - special.gammaln(a + 1) - special.gammaln(c + 1)
        )
        found = optimize.minimize_scalar(minus, (start - 0.5, start + 0.5), tol=1e-9)
        return constant - found.fun

    return sum(of_trial(*row) for row in zip(x1, t1, x2, t2, strict=True))


def single(x, t, mean, tau):
    """The same of one Poisson count per trial."""
    means = t[:, None] * np.exp(mean + tau * GRID)
    return float(np.log(stats.poisson.pmf(x[:, None], means) @ WEIGHTS).sum())


MODELS = {
    "conditional": (conditional, lambda: rate_ratio_glmm(*NIELWEISE, model="conditional"),
                    NIELWEISE),
    "unconditional": (unconditional, lambda: rate_ratio_glmm(*NIELWEISE), NIELWEISE),
    "single": (single, lambda: rate_glmm(*NIELWEISE[:2]), NIELWEISE[:2]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_mixed_model_stands_at_the_maximum_of_the_exact_likelihood(name):
    """The slopes in mean and tau of the likelihood on a fine grid are 0."""
    exact, fitted, data = MODELS[name]
    found, step = fitted(), 2e-3
    tau = math.sqrt(found.tau2)
    at = exact(*data, found.estimate, tau)
    assert found.log_likelihood == pytest.approx(at, abs=1e-8)
    for move in ((step, 0.0), (0.0, step)):
        up, down = (exact(*data, found.estimate + s * move[0], tau + s * move[1]) for s in (1, -1))
        curvature = (up - 2 * at + down) / step**2
        assert curvature < 0
        assert abs((up - down) / (2 * step) / curvature) < 2e-5
    assert found.tau2 > 0.05


def test_both_models_share_the_common_effect():
    """Given a trial's total its intercept drops out of the Poisson likelihood."""
    even = (NIELWEISE[0], NIELWEISE[1], NIELWEISE[0] + 3, NIELWEISE[1] * 1.1)
    found = [rate_ratio_glmm(*even, model=model) for model in ("conditional", "unconditional")]
    assert found[0].q == pytest.approx(found[1].q, rel=1e-9)
    if found[0].tau2 == found[1].tau2 == 0:
        assert found[0].estimate == pytest.approx(found[1].estimate, rel=1e-9)


def test_the_unit_of_time_cancels_in_ratios_and_arms_can_be_exchanged():
    for model in (
        lambda x: mantel_haenszel_rates(*x), lambda x: rate_ratio_glmm(*x),
        lambda x: rate_ratio_glmm(*x, model="conditional"),
    ):  # fmt: skip
        one = model(NIELWEISE)
        years = model((NIELWEISE[0], NIELWEISE[1] / 365.25, NIELWEISE[2], NIELWEISE[3] / 365.25))
        turned = model((*NIELWEISE[2:], *NIELWEISE[:2]))
        assert years.estimate == pytest.approx(one.estimate, rel=1e-8)
        assert turned.estimate == pytest.approx(-one.estimate, rel=1e-8)
        assert turned.se == pytest.approx(one.se, rel=1e-8)
    rate = rate_glmm(*NIELWEISE[:2])
    yearly = rate_glmm(NIELWEISE[0], NIELWEISE[1] / 365.25)
    assert yearly.estimate == pytest.approx(rate.estimate + math.log(365.25), rel=1e-9)
    assert (rate.measure, rate.p_value) == ("IRLN", None)


def test_silent_trials_and_impossible_numbers():
    got = mantel_haenszel_rates(*SPARSE)
    assert got.rows == (0, 1, 2, 4)
    assert [x.row for x in got.left_out] == [3]
    assert rate_ratio_glmm(*SPARSE).k == 4
    assert mantel_haenszel_rates(*SPARSE, measure="IRD").k == 5
    with pytest.raises(ValueError, match="ratio of rates is 0"):
        mantel_haenszel_rates([0, 0], [1, 1], [2, 3], [1, 1])
    with pytest.raises(ValueError, match="ratio of rates goes to infinity"):
        rate_ratio_glmm([2, 3], [1, 1], [0, 0], [1, 1])
    with pytest.raises(ValueError, match=r"time_control\[1\]=0.0; allowed: finite numbers above 0"):
        mantel_haenszel_rates([1, 2], [1, 1], [2, 3], [1, 0])
    with pytest.raises(ValueError, match=r"events_experimental\[0\]=1.5"):
        mantel_haenszel_rates([1.5], [1], [2], [1])
    with pytest.raises(ValueError, match="no trial has an event"):
        rate_glmm([0, 0], [5, 6])
