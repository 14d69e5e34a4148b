"""Intervals of the mean and prediction intervals.

To add a method, write its function and enter it in `CI_METHODS` or `PI_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.options import Floats
from trialpool.pooling.sets import Moments, column_sum


@dataclass(frozen=True)
class MeanStatistics:
    """What an interval of the mean is made from, in the units of one scale.

    Attributes
    ----------
    moments : Moments
        At the estimated tau², arrays of shape (n,).
    k : ndarray of shape (n,)
        Number of trials.
    """

    moments: Moments
    k: Floats

    @property
    def wald_se(self) -> Floats:
        """1/√Σw with w = 1/(v + tau²)."""
        return 1.0 / np.sqrt(self.moments.s1)


def _wald(mean: MeanStatistics) -> tuple[Floats, Floats]:
    return mean.wald_se, np.full_like(mean.k, np.nan)


def _scale(mean: MeanStatistics) -> Floats:
    """Hartung-Knapp's q = √(Σ w r² / (k - 1))."""
    return np.sqrt(mean.moments.a1 / np.maximum(mean.k - 1.0, 1.0))


def _hartung_knapp(mean: MeanStatistics) -> tuple[Floats, Floats]:
    """Hartung and Knapp 2001, Statistics in Medicine 20:3875; Sidik and Jonkman 2002."""
    return _scale(mean) * mean.wald_se, mean.k - 1.0


def _hartung_knapp_adhoc(mean: MeanStatistics) -> tuple[Floats, Floats]:
    """Never below the Wald SE: Knapp and Hartung 2003, Statistics in Medicine 22:2693."""
    return np.maximum(_scale(mean), 1.0) * mean.wald_se, mean.k - 1.0


def _kenward_roger(mean: MeanStatistics) -> tuple[Floats, Floats]:
    """Kenward and Roger 1997, Biometrics 53:983, for one mean and one variance component.

    With the expected information, tau² has the variance 2/tr(P²). The variance
    of the mean 1/Σw grows by (4/tr(P²)) (Σw³ - (Σw²)²/Σw)/(Σw)², where the
    bracket is Σ w (w - Σw²/Σw)². For one mean the moments of their scaled F
    come out as the factor 1 and tr(P²)/(u Σw²)² degrees of freedom, where u is
    a variance of the mean: the adjusted one, as Partlett and Riley 2017
    (Statistics in Medicine 36:301) and the R package meta have it. With the
    unadjusted one there are a few more degrees of freedom.
    """
    m = mean.moments
    # One trial alone has tr(P²) = 0; its interval is the Wald one.
    information = np.where(mean.k < 2, 1.0, m.trace_pp)
    apart = m.w - m.s2 / m.s1
    spread = column_sum(m.w * apart * apart)
    variance = 1.0 / m.s1 + 4.0 / information * spread / (m.s1 * m.s1)
    moved = variance * m.s2
    return np.sqrt(variance), information / (moved * moved)


CiMethod = Callable[[MeanStatistics], tuple[Floats, Floats]]
"""Gives the standard error and its degrees of freedom, NaN for the normal."""

CI_METHODS: Final[dict[str, CiMethod]] = {
    "wald": _wald,
    "hk": _hartung_knapp,
    "hk-adhoc": _hartung_knapp_adhoc,
    "kr": _kenward_roger,
}

# Below one degree of freedom the Kenward-Roger quantile says nothing. Two equal
# variances have exactly 1, which rounding may bring below.
LEAST_DF: Final = 1.0 - 1e-12


def mean_interval(ci: str, mean: MeanStatistics) -> tuple[Floats, Floats]:
    """Give the standard error of the mean under a method, with its degrees of freedom.

    A single trial has its own Wald interval under every method: nothing can be
    learned about the spread between trials from one of them.

    Returns
    -------
    se, df : ndarray of shape (n,)
        `df` is NaN where the normal distribution applies.
    """
    se, df = CI_METHODS[ci](mean)
    alone = mean.k < 2
    return np.where(alone, mean.wald_se, se), np.where(alone, np.nan, df)


@dataclass(frozen=True)
class PiMethod:
    """A prediction interval mean ± quantile·√(tau² + se²), or a bootstrap.

    Attributes
    ----------
    df : callable or None
        Degrees of freedom from the number of trials, NaN for the normal; None
        for the bootstrap, which takes no quantile of a distribution.
    interval_se : bool
        Whether `se` is the one of the interval of the mean, else the Wald one.
    reference : str
    """

    df: Callable[[Floats], Floats] | None
    interval_se: bool
    reference: str


PI_METHODS: Final[dict[str, PiMethod]] = {
    "t": PiMethod(lambda k: k - 1.0, True, "Veroniki et al. 2019"),
    "hts": PiMethod(lambda k: k - 2.0, False, "Higgins, Thompson and Spiegelhalter 2009"),
    "normal": PiMethod(lambda k: np.full_like(k, np.nan), False, "Skipka 2006"),
    "bootstrap": PiMethod(None, False, "Nagashima, Noma and Furukawa 2019"),
}

# Two trials say next to nothing about the spread of true effects.
MIN_TRIALS_FOR_PREDICTION: Final = 3
