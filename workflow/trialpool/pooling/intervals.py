"""Intervals of the mean and prediction intervals.

To add a method, write its function and enter it in `CI_METHODS` or `PI_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.options import Floats


@dataclass(frozen=True)
class MeanStatistics:
    """What an interval of the mean is made from, in the units of one scale.

    Attributes
    ----------
    wald_se : ndarray of shape (n,)
        1/√Σw with w = 1/(v + tau²).
    weighted_squares : ndarray of shape (n,)
        Σ w (y - mean)².
    k : ndarray of shape (n,)
        Number of trials.
    """

    wald_se: Floats
    weighted_squares: Floats
    k: Floats


def _wald(mean: MeanStatistics) -> tuple[Floats, Floats]:
    return mean.wald_se, np.full_like(mean.k, np.nan)


def _scale(mean: MeanStatistics) -> Floats:
    """Hartung-Knapp's q = √(Σ w r² / (k - 1))."""
    return np.sqrt(mean.weighted_squares / np.maximum(mean.k - 1.0, 1.0))


def _hartung_knapp(mean: MeanStatistics) -> tuple[Floats, Floats]:
    """Hartung and Knapp 2001, Statistics in Medicine 20:3875; Sidik and Jonkman 2002."""
    return _scale(mean) * mean.wald_se, mean.k - 1.0


def _hartung_knapp_adhoc(mean: MeanStatistics) -> tuple[Floats, Floats]:
    """Never below the Wald SE: Knapp and Hartung 2003, Statistics in Medicine 22:2693."""
    return np.maximum(_scale(mean), 1.0) * mean.wald_se, mean.k - 1.0


CiMethod = Callable[[MeanStatistics], tuple[Floats, Floats]]
"""Gives the standard error and its degrees of freedom, NaN for the normal."""

CI_METHODS: Final[dict[str, CiMethod]] = {
    "wald": _wald,
    "hk": _hartung_knapp,
    "hk-adhoc": _hartung_knapp_adhoc,
}


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
    """A prediction interval mean ± quantile·√(tau² + se²).

    Attributes
    ----------
    df : callable
        Degrees of freedom from the number of trials, NaN for the normal.
    interval_se : bool
        Whether `se` is the one of the interval of the mean, else the Wald one.
    reference : str
    """

    df: Callable[[Floats], Floats]
    interval_se: bool
    reference: str


PI_METHODS: Final[dict[str, PiMethod]] = {
    "t": PiMethod(lambda k: k - 1.0, True, "Veroniki et al. 2019"),
    "hts": PiMethod(lambda k: k - 2.0, False, "Higgins, Thompson and Spiegelhalter 2009"),
    "normal": PiMethod(lambda k: np.full_like(k, np.nan), False, "Skipka 2006"),
}

# Two trials say next to nothing about the spread of true effects.
MIN_TRIALS_FOR_PREDICTION: Final = 3
