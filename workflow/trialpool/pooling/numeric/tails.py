"""Tail probabilities and quantiles that keep their digits far out.

All functions work element by element in plain scalar loops (scipy.special), so
a value does not depend on its neighbours in the array.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling.options import Floats, Value

# Quantiles that single fits keep: one for each number of trials and level.
_KEPT = 4096
# Below this many entries looking for distinct ones costs more than it saves.
_FEW = 16


def two_sided_p(statistic: Value, df: Value) -> Value:
    """Two-sided p-value of a t statistic, or of a normal one where `df` is NaN.

    Parameters
    ----------
    statistic, df : ndarray of shape (n,), or both float

    Notes
    -----
    The t tail is the regularised incomplete beta function I_x(df/2, 1/2) at
    x = df / (df + t²), which stays exact where 1 - cdf would be 0.
    """
    if isinstance(df, float):
        if math.isnan(df):
            return 2.0 * float(special.ndtr(-abs(statistic)))
        return float(special.betainc(df / 2.0, 0.5, df / (df + statistic * statistic)))
    # An infinite square is right: the tail is then below the smallest double.
    with np.errstate(over="ignore"):
        squared = statistic * statistic
    nu = np.where(np.isnan(df), 1.0, df)
    by_t = special.betainc(nu / 2.0, 0.5, nu / (nu + squared))
    by_normal = 2.0 * special.ndtr(-np.abs(statistic))
    return np.asarray(np.where(np.isnan(df), by_normal, by_t), dtype=np.float64)


def _by_value(function: Callable[[Floats], npt.NDArray[Any]], df: Floats) -> npt.NDArray[Any]:
    """Apply a quantile function once per distinct value: a batch has few of them."""
    if df.size <= _FEW:
        return function(df)
    values, position = np.unique(df, return_inverse=True)
    return np.asarray(function(values)[position])


@lru_cache(_KEPT)
def _one_quantile(upper: float, df: float) -> float:
    return float(special.ndtri(upper) if math.isnan(df) else special.stdtrit(df, upper))


@lru_cache(_KEPT)
def _one_chi2_quantile(df: float, upper_tail: float) -> float:
    return float(special.chdtri(df, upper_tail))


def two_sided_quantile(level: float, df: Value) -> Value:
    """Half-width of a central interval in standard errors: t, or normal where `df` is NaN."""
    upper = 0.5 + 0.5 * level
    if isinstance(df, float):
        return _one_quantile(upper, df)
    nu = np.where(np.isnan(df), 1.0, df)
    by_t = _by_value(lambda x: special.stdtrit(x, upper), nu)
    return np.asarray(np.where(np.isnan(df), special.ndtri(upper), by_t), dtype=np.float64)


def chi2_p(statistic: Value, df: Value) -> Value:
    """Upper tail of the chi-square distribution."""
    if isinstance(df, float):
        return float(special.chdtrc(df, statistic))
    return np.asarray(special.chdtrc(df, statistic), dtype=np.float64)


def chi2_quantile(df: Value, upper_tail: float) -> Value:
    """Value that a chi-square variable exceeds with probability `upper_tail`."""
    if isinstance(df, float):
        return _one_chi2_quantile(df, upper_tail)
    found = _by_value(lambda x: special.chdtri(x, upper_tail), df)
    return np.asarray(found, dtype=np.float64)


def f_p(statistic: float, df1: int, df2: int) -> float:
    """Upper tail of the F distribution."""
    return float(special.fdtrc(df1, df2, statistic))
