"""Which interval the random-effects estimates of a network have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.network.model import Fit
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.univariate.results import NARROWER

NETWORK_CI: Final = ("hk-adhoc", "hk", "wald")
NO_FREEDOM: Final = (
    "no degree of freedom is left for Hartung-Knapp intervals: these are Wald intervals, too "
    "narrow where trials differ"
)


@dataclass(frozen=True)
class NetworkInterval:
    """Interval of the random-effects estimates.

    Attributes
    ----------
    asked, method : {"wald", "hk", "hk-adhoc"}
        The one that was asked for, and the one that was used: "wald" also where no degree of
        freedom is left for another.
    factor : float
        By which variances are multiplied.
    df : int or None
        Of t; None for the normal distribution.
    quantile : float
        Estimate ± quantile x standard error.
    """

    asked: str
    method: str
    factor: float
    df: int | None
    quantile: float

    def plain(self) -> dict[str, str | int | float | None]:
        """Return what records say of it."""
        return {"ci_method": self.method, "ci_df": self.df, "ci_factor": self.factor}


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
        normal = float(two_sided_quantile(level, float("nan")))
        return NetworkInterval(method, "wald", 1.0, None, normal)
    factor = fitted.q / df
    if method == "hk-adhoc":
        factor = max(1.0, factor)
    return NetworkInterval(method, method, factor, df, float(two_sided_quantile(level, float(df))))


def interval_warnings(
    own: NetworkInterval, random: Fit, common: Fit, level: float
) -> tuple[str, ...]:
    """Say what a reader of the interval must know: Wald in its place, or narrower than it looks.

    Parameters
    ----------
    own : NetworkInterval
    random, common : Fit
        With tau² and without.
    level : float
    """
    if own.method != own.asked:
        return (NO_FREEDOM,)
    if own.factor >= 1.0:
        return ()
    normal = float(two_sided_quantile(level, float("nan")))
    ours = own.quantile**2 * own.factor * np.diag(random.covariance)
    return (NARROWER,) if bool((ours < normal**2 * np.diag(common.covariance)).any()) else ()
