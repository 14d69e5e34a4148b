"""Intervals of the mean and prediction intervals.

To add a method, write its function and enter it in `CI_METHODS` or `PI_METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.numeric.scalars import functions_of
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import Floats, Value


@dataclass(frozen=True)
class MeanStatistics:
    """What an interval of the mean is made from, in the units of one scale.

    Attributes
    ----------
    moments : Moments or OneMoments
        At the estimated tau², for n sets or for one in floats.
    k : ndarray of shape (n,), or float
        Number of trials.
    """

    moments: Value
    k: Value

    @property
    def wald_se(self) -> Value:
        """1/√Σw with w = 1/(v + tau²)."""
        return 1.0 / functions_of(self.k).sqrt(self.moments.s1)


def _wald(mean: MeanStatistics) -> tuple[Value, Value]:
    return mean.wald_se, mean.k * math.nan


def _scale(mean: MeanStatistics) -> Value:
    """Hartung-Knapp's q = √(Σ w r² / (k - 1))."""
    xp = functions_of(mean.k)
    return xp.sqrt(mean.moments.a1 / xp.maximum(mean.k - 1.0, 1.0))


def _hartung_knapp(mean: MeanStatistics) -> tuple[Value, Value]:
    """Hartung and Knapp 2001, Statistics in Medicine 20:3875; Sidik and Jonkman 2002."""
    return _scale(mean) * mean.wald_se, mean.k - 1.0


def _hartung_knapp_adhoc(mean: MeanStatistics) -> tuple[Value, Value]:
    """Never below the Wald SE: Knapp and Hartung 2003, Statistics in Medicine 22:2693."""
    return functions_of(mean.k).maximum(_scale(mean), 1.0) * mean.wald_se, mean.k - 1.0


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
    variance = 1.0 / m.s1 + 4.0 / information * m.w_spread / (m.s1 * m.s1)
    moved = variance * m.s2
    return np.sqrt(variance), information / (moved * moved)


CiMethod = Callable[[MeanStatistics], tuple[Value, Value]]
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


def mean_interval(ci: str, mean: MeanStatistics) -> tuple[Value, Value]:
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
    xp = functions_of(mean.k)
    return xp.where(alone, mean.wald_se, se), xp.where(alone, math.nan, df)


def is_narrower(ci: str, level: float, half: Value, common_se: Value) -> Value:
    """Say whether a Hartung-Knapp interval without floor is narrower than the common effect's.

    Parameters
    ----------
    ci : str
    level : float
    half : ndarray or float
        Half the width of the interval.
    common_se : ndarray or float
        Standard error of the common effect, 1/√Σ(1/v); NaN where there is nothing to compare.
    """
    # Rounding alone makes no interval narrower.
    common = two_sided_quantile(level, math.nan) * common_se * (1.0 - 1e-9)
    return (half < common) & (ci == "hk")


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

    df: Callable[[Value], Value] | None
    interval_se: bool
    reference: str


PI_METHODS: Final[dict[str, PiMethod]] = {
    "t": PiMethod(lambda k: k - 1.0, True, "Veroniki et al. 2019"),
    "hts": PiMethod(lambda k: k - 2.0, False, "Higgins, Thompson and Spiegelhalter 2009"),
    "normal": PiMethod(lambda k: k * math.nan, False, "Skipka 2006"),
    "bootstrap": PiMethod(None, False, "Nagashima, Noma and Furukawa 2019"),
}

# Two trials say next to nothing about the spread of true effects.
MIN_TRIALS_FOR_PREDICTION: Final = 3
