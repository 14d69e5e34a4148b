"""Quantiles of a posterior: those of tau and of mixtures invert the distribution functions."""

import numpy as np
import pytest
from scipy import stats

from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.bayes.posterior import answer, distance, moved
from trialpool.pooling.bayes.tau_posterior import Model, find_range, on_nodes
from trialpool.pooling.numeric.normal_mixtures import Mixtures

TAILS = np.array([1e-9, 1e-4, 0.025, 0.5, 0.8, 0.975, 1 - 1e-6])


def model(k: int) -> Model:
    rng = np.random.default_rng(k)
    prior = check_prior(("half-normal", 0.5)).prior
    return Model(rng.normal(0.0, 1.5, k), 1.0 + rng.exponential(1.0, k), prior, 0.0, 0.0)


@pytest.mark.parametrize("k", [2, 5, 40])
def test_quantiles_of_tau_invert_its_distribution(k):
    nodes = on_nodes(model(k), find_range(model(k), 2), 512)
    x = nodes.quantile(TAILS)
    np.testing.assert_allclose(nodes.cdf(x), TAILS, rtol=1e-10, atol=1e-15)
    assert (np.diff(x) > 0).all()


def test_middle_of_one_normal_is_its_closed_form():
    mean, sd = np.array([[-1.0, 3.0, 0.0]]), np.array([[0.1, 2.0, 1.0]])
    found = Mixtures(np.ones(1), mean, sd).middle(0.9)
    expected = [stats.norm.ppf(p, mean[0], sd[0]) for p in (0.5, 0.05, 0.95)]
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_middle_of_mixtures_leaves_as_much_on_either_side():
    p = np.array([0.2, 0.5, 0.3])
    mixtures = Mixtures(p, np.array([[0.0], [1.0], [5.0]]), np.array([[1.0], [0.3], [2.0]]))
    median, lower, upper = mixtures.middle(0.95)
    below = [float(mixtures.cdf(q)[0]) for q in (median, lower, upper)]
    assert below == pytest.approx([0.5, 0.025, 0.975], abs=1e-12)


@pytest.mark.parametrize("k", [2, 3, 12])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_the_least_distance_is_never_above_the_distance(k, level):
    one = model(k)
    found = find_range(one, 2)
    for count in (16, 32, 64):
        coarse, fine = on_nodes(one, found, count), on_nodes(one, found, 2 * count)
        both = [answer(one, nodes, "equal-tailed", level) for nodes in (coarse, fine)]
        assert moved(coarse, fine, one, level, 1e-14) <= distance(*both, 1e-14) * (1 + 1e-6) + 1e-12
