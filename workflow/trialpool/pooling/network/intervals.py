"""Which interval the random-effects estimates of a network have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trialpool.pooling.network.model import Fit
from trialpool.pooling.numeric.tails import two_sided_quantile

NETWORK_CI: Final = ("wald", "hk", "hk-adhoc")


@dataclass(frozen=True)
class NetworkInterval:
    """Interval of the random-effects estimates.

    Attributes
    ----------
    method : {"wald", "hk", "hk-adhoc"}
        The one that was used: "wald" also where no degree of freedom is left for another.
    factor : float
        By which variances are multiplied.
    df : int or None
        Of t; None for the normal distribution.
    quantile : float
        Estimate ± quantile x standard error.
    """

    method: str
    factor: float
    df: int | None
    quantile: float


def network_interval(method: str, fitted: Fit, df: int, level: float) -> NetworkInterval:
    """Choose the interval.

    Hartung and Knapp's for a regression of effects that depend on each other (Jackson and Riley
    2014, Statistics in Medicine 33:541): variances times Q(tau²)/df, t with df; "hk-adhoc" has
    the factor at least 1.

    Parameters
    ----------
    method : {"wald", "hk", "hk-adhoc"}
    fitted : Fit
        At the estimated tau².
    df : int
        Contrasts less coefficients.
    level : float
    """
    if method == "wald" or df < 1:
        return NetworkInterval("wald", 1.0, None, float(two_sided_quantile(level, float("nan"))))
    factor = fitted.q / df
    if method == "hk-adhoc":
        factor = max(1.0, factor)
    return NetworkInterval(method, factor, df, float(two_sided_quantile(level, float(df))))
