"""Which treatment ranks where: P-scores in closed form, rank probabilities by seeded sampling."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.options import Floats, choose

SMALL_VALUES: Final = ("good", "bad")
_SMALLEST: Final = 1e-300


def p_scores(effects: Floats, covariance: Floats, small_values: str) -> Floats:
    """P-score of each treatment.

    Rücker and Schwarzer 2015, BMC Medical Research Methodology 15:58. The mean over all
    other treatments of the one-sided probability Φ(z) that it is better, between 0 and 1;
    the frequentist counterpart of the surface under the cumulative ranking curve. It weighs
    differences by their certainty, and says nothing of their size.

    Parameters
    ----------
    effects : ndarray of shape (n,)
        Against a common reference, analysis scale.
    covariance : ndarray of shape (n, n)
    small_values : {"good", "bad"}

    Returns
    -------
    ndarray of shape (n,)
    """
    choose("small_values", small_values, SMALL_VALUES)
    sign = -1.0 if small_values == "good" else 1.0
    n = effects.size
    variance = np.diag(covariance)[:, None] + np.diag(covariance)[None, :] - 2.0 * covariance
    difference = sign * (effects[:, None] - effects[None, :])
    z = difference / np.sqrt(np.maximum(variance, _SMALLEST))
    better = special.ndtr(z)
    np.fill_diagonal(better, 0.0)
    return np.asarray(better.sum(axis=1) / (n - 1))


def rank_probabilities(
    effects: Floats,
    covariance: Floats,
    small_values: str,
    *,
    samples: int = 100_000,
    seed: int = 1,
) -> Floats:
    """Probability of each treatment to have each rank, by sampling the network estimates.

    Effects are drawn from the normal distribution with the estimates as mean and their
    covariance, as in White et al. 2012 (Research Synthesis Methods 3:111): no closed form
    exists for more than two. The Monte Carlo error is at most 1/(2√samples), and the mean
    of the ranks gives the P-score, (n - mean rank)/(n - 1), up to it.

    Parameters
    ----------
    effects : ndarray of shape (n,)
    covariance : ndarray of shape (n, n)
        Singular by the reference.
    small_values : {"good", "bad"}
    samples, seed : int

    Returns
    -------
    ndarray of shape (n, n)
        Treatment by rank, the first rank the best.
    """
    choose("small_values", small_values, SMALL_VALUES)
    if not isinstance(samples, int) or not 1 <= samples <= 10_000_000:
        raise ValueError(f"samples={samples!r}; allowed: a whole number from 1 to 10,000,000")
    sign = 1.0 if small_values == "good" else -1.0
    n = effects.size
    # The reference has no variance: the root is of the others.
    free = np.flatnonzero(np.diag(covariance) > 0.0)
    root = np.linalg.cholesky(covariance[np.ix_(free, free)])
    generator = np.random.default_rng(seed)
    counts = np.zeros((n, n))
    left = samples
    while left:
        size = min(left, 10_000)
        drawn = np.tile(sign * effects, (size, 1))
        drawn[:, free] += generator.standard_normal((size, free.size)) @ root.T
        order = np.argsort(drawn, axis=1, kind="stable")
        for rank in range(n):
            counts[:, rank] += np.bincount(order[:, rank], minlength=n)
        left -= size
    return np.asarray(counts / samples)
