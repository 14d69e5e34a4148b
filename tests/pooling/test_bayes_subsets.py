"""The Bayesian model without each trial, and of the first trials, beside a fit of each set."""

import numpy as np
import pytest

from trialpool.pooling import bayesian_random_effects
from trialpool.pooling.bayes.subsets import (
    BayesianSubsets,
    bayesian_of_first,
    bayesian_without_each,
)

AT = (0.0, -0.2)
PRIORS = ("bartos2023-hr", "half-normal:0.5", "half-cauchy:0.3", "uniform:2")


def trials(k: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(k)
    variances = random.uniform(0.005, 0.3, k) ** 1.5
    effects = random.normal(-0.2, 0.15, k) + random.normal(size=k) * np.sqrt(variances)
    return effects, variances


def agrees(found: BayesianSubsets, i: int, yi: np.ndarray, vi: np.ndarray, prior: str) -> None:
    plain = bayesian_random_effects(yi, vi, prior=prior, at=AT)
    width = plain.ci_upper - plain.ci_lower
    values = [found.estimate[i], found.ci_lower[i], found.ci_upper[i]]
    assert values == pytest.approx(
        [plain.estimate, plain.ci_lower, plain.ci_upper], rel=0.0, abs=1e-10 * width
    )
    assert found.tau2[i] == pytest.approx(plain.tau2, rel=1e-9)
    if found.below_at.size:
        assert found.below_at[i] == pytest.approx(plain.below_at, rel=0.0, abs=1e-10)


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("k", [2, 3, 7, 60])
def test_sets_agree_with_fits_of_their_own(k, prior):
    yi, vi = trials(k)
    without = bayesian_without_each(yi, vi, prior=prior, at=AT)
    growing = bayesian_of_first(yi, vi, prior=prior)
    assert without.known.all()
    assert growing.known.all()
    for i in range(0, k, max(1, k // 6)):
        agrees(without, i, np.delete(yi, i), np.delete(vi, i), prior)
        agrees(growing, i, yi[: i + 1], vi[: i + 1], prior)


def test_blocks_of_many_trials_agree_where_they_meet():
    yi, vi = trials(2100)
    without = bayesian_without_each(yi, vi, prior=PRIORS[0], at=AT)
    growing = bayesian_of_first(yi, vi, prior=PRIORS[0])
    for i in (0, 1023, 1024, 2099):
        agrees(without, i, np.delete(yi, i), np.delete(vi, i), PRIORS[0])
        agrees(growing, i, yi[: i + 1], vi[: i + 1], PRIORS[0])


def test_probabilities_alone_are_those_with_limits():
    yi, vi = trials(12)
    both = [bayesian_without_each(yi, vi, prior=PRIORS[0], at=AT, limits=x) for x in (True, False)]
    assert both[1].below_at == pytest.approx(both[0].below_at, abs=1e-12)
    assert np.isnan(both[1].estimate).all()


def test_a_set_whose_sums_lose_their_digits_is_left_to_a_fit_of_its_own():
    yi, vi = np.array([-0.2, -0.19, -0.21, -0.2]), np.array([1e-9, 0.1, 0.1, 0.1])
    found = bayesian_without_each(yi, vi, prior="half-normal:0.0001", at=AT)
    assert found.known.tolist() == [False, True, True, True]
    assert np.isnan(found.estimate[0])
    agrees(found, 1, np.delete(yi, 1), np.delete(vi, 1), "half-normal:0.0001")


def test_a_trial_that_contradicts_the_others_beyond_doubles_is_known_only_left_out():
    yi, vi = np.array([0.0, 0.01, -0.01, 5e4]), np.full(4, 1e-6)
    with pytest.raises(ValueError, match="contradict"):
        bayesian_random_effects(yi, vi, prior="half-normal:0.001")
    found = bayesian_without_each(yi, vi, prior="half-normal:0.001", at=AT)
    assert not found.known[:3].any()
