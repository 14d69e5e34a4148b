"""The density of the trials under the Bayesian model, against adaptive quadrature and by hand."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from trialpool import bayesian_random_effects

# Densities of tau by scipy, which knows nothing of ours.
PRIORS = {
    "half-normal:0.2": stats.halfnorm(scale=0.2).pdf,
    "half-cauchy:0.3": stats.halfcauchy(scale=0.3).pdf,
    "half-t:4:0.3": lambda tau: 2.0 * stats.t.pdf(tau, 4, scale=0.3),
    "exponential:5": stats.expon(scale=0.2).pdf,
    "uniform:2": stats.uniform(0, 2).pdf,
    "inverse-gamma:2.42:0.30": stats.invgamma(2.42, scale=0.30).pdf,
    "log-normal:-1.28:0.87": stats.lognorm(0.87, scale=math.exp(-1.28)).pdf,
    "log-t:5:-1.72:1.295": lambda tau: stats.t.pdf(math.log(tau), 5, -1.72, 1.295) / tau,
}
SETS = {
    "two": ([-0.7, -0.4], [0.01, 0.0225]),
    "three": ([0.3, 0.5, -0.2], [0.2, 0.05, 0.1]),
    "five": ([-0.1, -0.3, 0.1, -0.5, -0.2], [0.01, 0.04, 0.02, 0.09, 0.05]),
}


def likelihood(y, v, tau, mean_prior):
    """Density of the trials given tau, the mean integrated out numerically or as a normal."""
    y, total = np.array(y), np.array(v) + tau * tau
    if mean_prior is not None:
        mean, sd = mean_prior
        covariance = np.diag(total) + sd * sd
        return float(stats.multivariate_normal.pdf(y, np.full(y.size, mean), covariance))

    def product(mu):
        return math.exp(-0.5 * float(np.sum((y - mu) ** 2 / total + np.log(2 * math.pi * total))))

    centre, wide = float(y.mean()), 12.0 * math.sqrt(total.max()) + float(np.ptp(y))
    return quad(product, centre - wide, centre + wide, points=sorted(y), epsabs=0, limit=200)[0]


@pytest.mark.parametrize("mean_prior", [None, (0.1, 1.5)])
@pytest.mark.parametrize("prior", PRIORS)
def test_against_adaptive_quadrature(prior, mean_prior):
    y, v = SETS["two" if mean_prior is None else "three"]

    def integrand(log_tau):
        tau = math.exp(log_tau)
        return likelihood(y, v, tau, mean_prior) * float(PRIORS[prior](tau)) * tau

    ends = (-16.0, math.log(2.0)) if prior == "uniform:2" else (-16.0, 8.0)
    found = quad(integrand, *ends, epsabs=0, epsrel=1e-7, limit=200)[0]
    pooled = bayesian_random_effects(y, v, prior=prior, mean_prior=mean_prior)
    # What lies outside these ends: the log-t prior alone has a little there.
    rel = 1e-4 if prior.startswith("log-t") else 1e-6
    assert math.exp(pooled.log_marginal_likelihood) == pytest.approx(found, rel=rel)


def test_one_trial_says_nothing_of_a_prior():
    """Under a uniform prior of the mean one trial has density 1 whatever tau is."""
    for prior in ("half-normal:0.1", "inverse-gamma:2.42:0.3", "uniform:3"):
        pooled = bayesian_random_effects([3.0], [0.5], prior=prior)
        assert pooled.log_marginal_likelihood == pytest.approx(0.0, abs=1e-10)


def test_two_trials_by_hand():
    """Of two trials only the difference has a density: normal with 2v + 2tau²."""
    y, v, scale = (0.2, 0.9), 0.04, 0.3
    integrand = lambda tau: (  # noqa: E731
        stats.norm.pdf(y[0] - y[1], 0.0, math.sqrt(2 * v + 2 * tau * tau))
        * stats.halfnorm.pdf(tau, scale=scale)
    )
    pooled = bayesian_random_effects(y, [v, v], prior=f"half-normal:{scale}")
    expected = math.log(quad(integrand, 0.0, 12.0 * scale, epsabs=0, epsrel=1e-12)[0])
    assert pooled.log_marginal_likelihood == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("prior", ["half-normal:0.2", "inverse-gamma:2.42:0.3"])
def test_units(prior):
    """In units a thousand times larger each dimension of the density is 1000 times smaller."""
    y, v = (np.array(part) for part in SETS["five"])
    family, *numbers = prior.split(":")
    scaled = ":".join((family, *numbers[:-1], str(1000 * float(numbers[-1]))))
    one = bayesian_random_effects(y, v, prior=prior).log_marginal_likelihood
    other = bayesian_random_effects(1000 * y, 1e6 * v, prior=scaled).log_marginal_likelihood
    assert other == pytest.approx(one - 4 * math.log(1000), abs=1e-8)
    proper = bayesian_random_effects(y, v, prior=prior, mean_prior=(0, 2))
    wide = bayesian_random_effects(1000 * y, 1e6 * v, prior=scaled, mean_prior=(0, 2000))
    moved = proper.log_marginal_likelihood - 5 * math.log(1000)
    assert wide.log_marginal_likelihood == pytest.approx(moved, abs=1e-8)
