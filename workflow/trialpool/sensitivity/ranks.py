"""Rank correlation of effects and their variances."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling.given import Effects, take
from trialpool.pooling.options import Floats, check_effects
from trialpool.pooling.plain_values import Plain, Shown

# The exact distribution takes k² numbers k times; beyond this the normal one is as good.
_MOST_EXACT: Final = 250


@dataclass(frozen=True, repr=False)
class RankTest(Shown, Plain):
    """Rank correlation test of Begg and Mazumdar. None: does not exist.

    Attributes
    ----------
    k : int
    tau : float or None
        Kendall's tau-b of standardised effects and variances.
    p_value : float or None
        Two-sided.
    exact : bool
        From the distribution of tau without ties; else normal, with the
        variance corrected for ties and no continuity correction.
    note : str
        Empty, or why there is no test.
    """

    k: int
    tau: float | None
    p_value: float | None
    exact: bool
    note: str = ""


def rank_test(yi: Effects, vi: npt.ArrayLike | None = None) -> RankTest:
    """Test whether effects and their variances are ranked alike.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.

    Returns
    -------
    RankTest
        With a `note` and no numbers for fewer than three trials, or where all
        variances or all effects are equal.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Kendall's tau between (y - mean)/√(v - 1/Σ(1/v)), with the common-effect
    mean, and v. Begg and Mazumdar 1994, Biometrics 50:1088; variance with ties
    from Kendall 1970, Rank Correlation Methods, 4th ed.
    """
    given = take(yi, vi)
    return _rank_test(given.yi, given.vi).of(given.about)


def _rank_test(yi: npt.ArrayLike, vi: npt.ArrayLike) -> RankTest:
    y, v, _ = check_effects(yi, vi, ndim=1)
    k = y.size
    if k < 3:
        return RankTest(k, None, None, False, "needs at least three trials")
    w = 1.0 / v
    mean = float((w * y).sum() / w.sum())
    standardised = (y - mean) / np.sqrt(v - 1.0 / w.sum())
    pairs = k * (k - 1) / 2.0
    both = np.stack([standardised, v])
    tied = [_tied(x) for x in (standardised, v, both)]
    free = [pairs - tied[0], pairs - tied[1]]
    concordance = pairs - tied[0] - tied[1] + tied[2] - 2.0 * _discordant(standardised, v)
    if min(free) == 0.0:
        which = "effects" if free[0] == 0.0 else "variances"
        return RankTest(k, None, None, False, f"all {which} are equal: they cannot be ranked")
    tau = concordance / math.sqrt(free[0] * free[1])
    if free == [pairs, pairs] and k <= _MOST_EXACT:
        return RankTest(k, tau, _exact_p(round((concordance + pairs) / 2.0), k), True)
    z = concordance / math.sqrt(_variance(standardised, v))
    return RankTest(k, tau, float(2.0 * special.ndtr(-abs(z))), False)


def _tied(x: Floats) -> float:
    """Pairs of equal values, or of equal columns."""
    counts = np.unique(x, axis=-1, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1.0)).sum()) / 2.0


def _discordant(x: Floats, v: Floats) -> float:
    """Pairs that the two rank the other way round, without a k × k matrix.

    In the order of `v` (among equals of `x`) each trial counts those before it with a larger `x`
    (Knight 1966, Journal of the American Statistical Association 61:436).
    """
    before: list[float] = []
    count = 0
    for value in x[np.lexsort((x, v))].tolist():
        place = bisect_right(before, value)
        count += len(before) - place
        before.insert(place, value)
    return float(count)


def _exact_p(concordant: int, k: int) -> float:
    """Two-sided p-value of a number of concordant pairs among k untied trials.

    The number of concordant pairs is a sum of independent uniform numbers on
    0..i for i = 1..k-1.
    """
    chance = np.ones(1)
    for i in range(1, k):
        padded = np.concatenate([chance, np.zeros(i)])
        running = np.cumsum(padded)
        running[i + 1 :] -= np.cumsum(padded)[: -i - 1]
        chance = running / (i + 1)
    below = float(chance[: concordant + 1].sum())
    above = float(chance[concordant:].sum())
    return min(1.0, 2.0 * min(below, above))


def _variance(x: Floats, v: Floats) -> float:
    """Variance of Kendall's score with ties."""
    k = x.size
    t, u = (np.unique(values, return_counts=True)[1].astype(np.float64) for values in (x, v))
    total = k * (k - 1.0) * (2.0 * k + 5.0)
    tied = sum(float((c * (c - 1) * (2 * c + 5)).sum()) for c in (t, u))
    pairs = float((t * (t - 1)).sum()) * float((u * (u - 1)).sum()) / (2.0 * k * (k - 1.0))
    triples = float((t * (t - 1) * (t - 2)).sum()) * float((u * (u - 1) * (u - 2)).sum())
    triples /= 9.0 * k * (k - 1.0) * (k - 2.0)
    return (total - tied) / 18.0 + pairs + triples
