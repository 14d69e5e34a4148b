"""What holds for the Bayesian model whatever the trials, and what it refuses."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.pooling import bayesian_random_effects

EFFECTS = st.floats(-3, 3).map(lambda x: round(x, 4))
VARIANCES = st.floats(0.001, 4).map(lambda x: round(x, 4))
TRIALS = st.lists(st.tuples(EFFECTS, VARIANCES), min_size=1, max_size=7)
PRIORS = st.sampled_from([("half-normal", 0.5), ("half-cauchy", 0.3), ("uniform", 2.0)])
NAMES = ["estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper"]


def split(trials):
    return np.array([y for y, _ in trials]), np.array([v for _, v in trials])


def numbers(pooled):
    return np.array([getattr(pooled, name) for name in NAMES])


@given(TRIALS, PRIORS, st.floats(-50, 50))
@settings(max_examples=40, deadline=None)
def test_a_shift_moves_the_mean_and_nothing_else(trials, prior, shift):
    y, v = split(trials)
    name, scale = prior
    here = bayesian_random_effects(y, v, prior=name, scale=scale)
    there = bayesian_random_effects(y + shift, v, prior=name, scale=scale)
    assert numbers(there) == pytest.approx(numbers(here) + shift, abs=1e-8)
    assert there.tau.upper == pytest.approx(here.tau.upper, rel=1e-8)
    assert there.weights == pytest.approx(here.weights, abs=1e-9)


@given(TRIALS, PRIORS, st.integers(-90, 90), st.sampled_from([1.0, 1.37, -2.9]))
@settings(max_examples=40, deadline=None)
def test_units_do_not_matter_where_the_prior_has_them_too(trials, prior, power, factor):
    """From effects near 1e-27 to effects near 1e27, and with the sign turned."""
    y, v = split(trials)
    name, scale = prior
    unit = factor * 2.0**power
    here = bayesian_random_effects(y, v, prior=name, scale=scale)
    there = bayesian_random_effects(
        y * unit, v * unit**2, prior=name, scale=scale * abs(unit), mean_prior=None
    )
    expected = numbers(here) if unit > 0 else numbers(here)[[0, 2, 1, 4, 3]]
    assert numbers(there) / unit == pytest.approx(expected, abs=1e-7)
    assert there.tau.median / abs(unit) == pytest.approx(here.tau.median, rel=1e-7)
    turned = there.probability_below if unit > 0 else there.probability_above
    assert turned == pytest.approx(here.probability_below, abs=1e-9)


@given(TRIALS, PRIORS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_trials_does_not_matter(trials, prior, random):
    order = list(range(len(trials)))
    random.shuffle(order)
    y, v = split(trials)
    name, scale = prior
    here = bayesian_random_effects(y, v, prior=name, scale=scale)
    there = bayesian_random_effects(y[order], v[order], prior=name, scale=scale)
    assert numbers(there) == pytest.approx(numbers(here), abs=1e-9)
    assert [e.median for e in there.shrunken] == pytest.approx(
        [here.shrunken[i].median for i in order], abs=1e-8
    )


@given(TRIALS, PRIORS)
@settings(max_examples=60, deadline=None)
def test_posteriors_are_in_order(trials, prior):
    y, v = split(trials)
    name, scale = prior
    pooled = bayesian_random_effects(y, v, prior=name, scale=scale)
    for found in (pooled.mean, pooled.tau, pooled.prediction, *pooled.shrunken):
        assert found.lower < found.median < found.upper
    # A new trial is less certain than the mean.
    assert pooled.pi_upper - pooled.pi_lower > pooled.ci_upper - pooled.ci_lower
    assert pooled.probability_below + pooled.probability_above == pytest.approx(1.0, abs=1e-12)
    assert sum(pooled.weights) == pytest.approx(1.0, abs=1e-12)
    tolerance = 1e-9
    assert y.min() - tolerance <= pooled.estimate <= y.max() + tolerance
    # An effect is drawn from its trial to where the others are, never beyond all of them.
    for effect in pooled.shrunken:
        assert y.min() - tolerance <= effect.mean <= y.max() + tolerance


@pytest.mark.parametrize("prior", ["half-normal", "half-cauchy", "uniform"])
@pytest.mark.parametrize(
    ("yi", "vi"),
    [
        ([0.3] * 5, [0.04] * 5),
        ([0.3, 0.4, 0.9], [1e-12] * 3),
        ([0.3, 0.4, 0.9], [1e12] * 3),
        ([0.3, 0.4, 0.9], [1e-30, 1.0, 1e25]),
        ([0.0, 30.0], [1e-4, 1e-4]),
        ([0.1] * 1000, [0.01] * 1000),
    ],
    ids=["equal", "tiny variances", "huge variances", "far apart", "conflict", "thousand"],
)
def test_extreme_trials_have_a_finite_posterior(prior, yi, vi):
    pooled = bayesian_random_effects(yi, vi, prior=prior, scale=0.5)
    found = [pooled.mean, pooled.tau, pooled.prediction, *pooled.shrunken]
    assert all(math.isfinite(x) for p in found for x in (p.median, p.lower, p.upper))
    assert min(yi) - 1e-12 <= pooled.estimate <= max(yi) + 1e-12
    width = pooled.ci_upper - pooled.ci_lower
    assert pooled.mean.mean == pytest.approx(np.dot(pooled.weights, yi), abs=1e-9 * width)
    if prior == "uniform":
        assert pooled.tau.upper <= 0.5


def test_many_trials_agree_with_the_likelihood():
    """With 400 trials a weak prior says nothing: REML and Wald follow from the data alone."""
    from trialpool import random_effects

    rng = np.random.default_rng(7)
    v = rng.uniform(0.01, 0.3, 400)
    y = rng.normal(-0.2, np.sqrt(v + 0.09))
    pooled = bayesian_random_effects(y, v, scale=5.0)
    reml = random_effects(y, v, ci="wald")
    assert pooled.estimate == pytest.approx(reml.estimate, abs=1e-3)
    assert pooled.ci_lower == pytest.approx(reml.ci_lower, abs=2e-3)
    assert pooled.tau.median == pytest.approx(math.sqrt(reml.tau2), abs=5e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior": "halfnormal"}, "prior='halfnormal' is not known; allowed: half-normal, half-"),
        ({"scale": 0.0}, "scale=0.0 is not the scale of a half-normal prior of tau"),
        ({"scale": math.nan}, "scale=nan is not the scale"),
        ({"scale": True}, "scale=True is not the scale"),
        ({"prior": "uniform", "scale": math.inf}, "needs three trials to give a posterior at all"),
        ({"mean_prior": (0.0, 0.0)}, "mean_prior=(0.0, 0.0); allowed: None for the uniform"),
        ({"mean_prior": 1.0}, "mean_prior=1.0; allowed: None"),
        ({"mean_prior": ("0", 1.0)}, "mean_prior=('0', 1.0); allowed: None"),
        ({"mean_prior": (0.0, 1e-60)}, "too far from the trials or too narrow"),
        ({"interval": "hpd"}, "interval='hpd' is not known; allowed: equal-tailed, shortest"),
        ({"level": 95}, "level=95 is not a confidence level"),
        ({"measure": "XYZ"}, "measure='XYZ' is not known"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        bayesian_random_effects([0.1, 0.2], [0.1, 0.1], **options)


@pytest.mark.parametrize(
    ("yi", "vi", "message"),
    [
        ([], [], "yi is empty; at least one trial is needed"),
        ([0.1, math.nan], [0.1, 0.1], "yi[1]=nan; allowed: finite numbers"),
        ([0.1], [0.0], "vi[0]=0.0; allowed: finite numbers above 0"),
        (
            [0.0, 1e10],
            [0.01, 0.01],
            "yi differ by up to 1e+10 and the half-normal prior of τ with",
        ),
    ],
)
def test_bad_trials_are_named(yi, vi, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        bayesian_random_effects(yi, vi)
