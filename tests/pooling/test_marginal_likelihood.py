"""The density of the trials under the Bayesian model, by hand and by scipy.

`test_tau_priors.py` compares it with another quadrature for every family of priors.
"""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from trialpool import bayesian_random_effects

YI, VI = [-0.1, -0.3, 0.1, -0.5, -0.2], [0.01, 0.04, 0.02, 0.09, 0.05]


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
    y, v = np.array(YI), np.array(VI)
    family, *numbers = prior.split(":")
    scaled = ":".join((family, *numbers[:-1], str(1000 * float(numbers[-1]))))
    one = bayesian_random_effects(y, v, prior=prior).log_marginal_likelihood
    other = bayesian_random_effects(1000 * y, 1e6 * v, prior=scaled).log_marginal_likelihood
    assert other == pytest.approx(one - 4 * math.log(1000), abs=1e-8)
    proper = bayesian_random_effects(y, v, prior=prior, mean_prior=(0, 2))
    wide = bayesian_random_effects(1000 * y, 1e6 * v, prior=scaled, mean_prior=(0, 2000))
    moved = proper.log_marginal_likelihood - 5 * math.log(1000)
    assert wide.log_marginal_likelihood == pytest.approx(moved, abs=1e-8)
