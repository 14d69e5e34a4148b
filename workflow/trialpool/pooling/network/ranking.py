"""Which treatment ranks where: P-scores in closed form, rank probabilities by seeded sampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.options import Floats, choose

SMALL_VALUES: Final = ("good", "bad")
# Below it a chi-square says next to nothing of tau²: with 3 degrees of freedom the limits of an
# interval are 43 times apart, with 4 they are 23 times, with 2 146 times.
RANKED_DF: Final = 4
_SMALLEST: Final = 1e-300
_CHUNK: Final = 10_000

# From a number of draws and a generator to effects of shape (draws, n), analysis scale.
Draws = Callable[[int, np.random.Generator], Floats]


@dataclass(frozen=True)
class TreatmentRank:
    """Where one treatment ranks, 1 the best.

    Attributes
    ----------
    treatment : str
    p_score : float
        Mean probability to be better than each of the others, between 0 and 1.
    median, lower, upper : int
        Median rank, and the ranks between which it lies with probability of at least the
        level: what the P-score alone hides.
    probabilities : tuple of float
        Of each rank.
    """

    treatment: str
    p_score: float
    median: int
    lower: int
    upper: int
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Ranking:
    """Ranks of the treatments of a network with their uncertainty.

    Attributes
    ----------
    ranks : tuple of TreatmentRank
        The best P-score first; empty where there are none.
    reason : str
        Why there are none.
    level : float
        Of the limits.
    samples, seed : int
        Of the draws behind medians, limits and probabilities; the P-scores are exact where
        the effects are normal.
    """

    ranks: tuple[TreatmentRank, ...]
    reason: str
    level: float
    samples: int
    seed: int


def why_not_ranked(treatments: int, df: int, df_between: int) -> str:
    """Say why the treatments of a network get no ranks; empty where they do.

    The criterion: a network without a loop, whose inconsistency cannot be seen, is ranked
    only if its residual degrees of freedom, contrasts less (treatments - 1), are at least
    four. All of them are then within comparisons and inform tau²; below four the errors of
    the differences, and so the order, hang on what cannot be estimated.

    Parameters
    ----------
    treatments : int
    df, df_between : int
        Of Q: all, and between designs.
    """
    if treatments < 2:
        return "there is only one treatment"
    if df_between > 0 or df >= RANKED_DF:
        return ""
    freedom = "no degree" if df < 1 else "1 degree" if df == 1 else f"{df} degrees"
    return (
        f"the network is a tree with {freedom} of freedom: without a loop at least {RANKED_DF} "
        "are needed for ranks"
    )


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
    root: Floats | None = None,
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
    root : ndarray of shape (n, m), optional
        Whose product with its transpose is the covariance, where that is singular otherwise.
    samples, seed : int

    Returns
    -------
    ndarray of shape (n, n)
        Treatment by rank, the first rank the best.
    """
    if root is None:
        # The reference has no variance: the root is of the others.
        free = np.flatnonzero(np.diag(covariance) > 0.0)
        root = np.zeros((effects.size, free.size))
        root[free] = np.linalg.cholesky(covariance[np.ix_(free, free)])

    def draws(size: int, generator: np.random.Generator) -> Floats:
        return np.asarray(effects + generator.standard_normal((size, root.shape[1])) @ root.T)

    return ranks_of_draws(draws, effects.size, small_values, samples=samples, seed=seed)


def ranks_of_draws(draws: Draws, n: int, small_values: str, *, samples: int, seed: int) -> Floats:
    """Probability of each of `n` treatments to have each rank, from seeded draws of effects.

    Returns
    -------
    ndarray of shape (n, n)
        Treatment by rank, the first rank the best.
    """
    choose("small_values", small_values, SMALL_VALUES)
    if not isinstance(samples, int) or not 1 <= samples <= 10_000_000:
        raise ValueError(f"samples={samples!r}; allowed: a whole number from 1 to 10,000,000")
    sign = 1.0 if small_values == "good" else -1.0
    generator = np.random.default_rng(seed)
    counts = np.zeros((n, n))
    left = samples
    while left:
        size = min(left, _CHUNK)
        order = np.argsort(sign * draws(size, generator), axis=1, kind="stable")
        for rank in range(n):
            counts[:, rank] += np.bincount(order[:, rank], minlength=n)
        left -= size
    return np.asarray(counts / samples)


def ranking(
    treatments: Sequence[str],
    scores: Floats,
    probabilities: Floats,
    *,
    level: float,
    samples: int,
    seed: int,
) -> Ranking:
    """Put P-scores and the distribution of the ranks together, the best P-score first.

    Parameters
    ----------
    treatments : sequence of str, length n
    scores : ndarray of shape (n,)
    probabilities : ndarray of shape (n, n)
        Treatment by rank.
    level : float
    samples, seed : int
        Behind `probabilities`.
    """
    below = np.cumsum(probabilities, axis=1)
    # Sums of shares may miss a limit by their rounding.
    limits = [0.5, 0.5 * (1.0 - level), 0.5 * (1.0 + level)]
    median, lower, upper = ((below < limit - 1e-12).sum(axis=1) + 1 for limit in limits)
    order = sorted(range(len(treatments)), key=lambda i: (-scores[i], i))
    ranks = tuple(
        TreatmentRank(
            treatments[i],
            float(scores[i]),
            int(median[i]),
            int(lower[i]),
            int(upper[i]),
            tuple(probabilities[i].tolist()),
        )
        for i in order
    )
    return Ranking(ranks, "", level, samples, seed)


def plain_ranking(found: Ranking) -> dict[str, object]:
    """Return a ranking as plain values ready for JSON, the treatments as keys."""
    return {
        "reason": found.reason,
        "level": found.level,
        "samples": found.samples,
        "seed": found.seed,
        "treatments": {
            rank.treatment: {
                "p_score": rank.p_score,
                "median": rank.median,
                "lower": rank.lower,
                "upper": rank.upper,
                "probabilities": list(rank.probabilities),
            }
            for rank in found.ranks
        },
    }
