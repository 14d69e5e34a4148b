"""Estimate tau² and everything that measures heterogeneity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from trialpool.pooling.numeric.batch_sums import Sets
from trialpool.pooling.numeric.scalars import functions_of
from trialpool.pooling.numeric.tails import chi2_p, chi2_quantile
from trialpool.pooling.numeric.tau2_blocks import AnySet, Tau2Fit
from trialpool.pooling.options import Floats, Value
from trialpool.pooling.univariate.likelihood import profile_interval
from trialpool.pooling.univariate.moments import solve_q
from trialpool.pooling.univariate.settings import Settings
from trialpool.pooling.univariate.tau2 import LIKELIHOOD_METHODS, TAU2_METHODS, fixed

Columns = dict[str, Any]

_ABSENT = (
    "tau2_se",
    "tau2_ci_lower",
    "tau2_ci_upper",
    "i2",
    "h2",
    "i2_ci_lower",
    "i2_ci_upper",
    "h2_ci_lower",
    "h2_ci_upper",
)


def heterogeneity(
    one: AnySet,
    df: Value,
    exponent: Value,
    settings: Settings,
    given: Value = None,
) -> tuple[Columns, Value, Value]:
    """Estimate tau² and what follows from it, for sets of two trials or more.

    Parameters
    ----------
    one : Sets or OneSet
    df : ndarray of shape (n,), or float for one set in floats
        Trials minus 1.
    exponent : ndarray of shape (n,), or int
        Of the layout.
    settings : Settings
    given : ndarray of shape (n,) or float, optional
        A tau² on the scale of the layout that takes the place of an estimate.

    Returns
    -------
    columns : dict of ndarray of shape (n,)
        By the names of `PooledEffects`. NaN means "does not exist". Beside them `common_se`,
        the standard error of the common effect, on the scale of the layout.
    tau2 : ndarray of shape (n,)
        On the scale of the layout.
    fitted : Moments
        At that tau².
    """
    method = TAU2_METHODS[settings.tau2] if given is None else fixed(given)
    fit = method.fit((one,), df)
    xp = functions_of(df)
    null, fitted = one.null, one.moments(fit.tau2)
    q, doubled = null.a1, 2 * exponent
    columns: Columns = {
        # Powers of 4 take tau² back to the caller's scale.
        "tau2": xp.ldexp(fit.tau2, doubled),
        "i2_q": 100.0 * xp.maximum(q - df, 0.0) / xp.where(q > df, q, 1.0),
        "q": q,
        "q_p_value": chi2_p(q, df),
        "converged": fit.converged,
        "at_boundary": fit.at_boundary,
        "multimodal": fit.multimodal,
        "common_se": 1.0 / xp.sqrt(null.s1),
    }
    if settings.tau2 != "CE":
        typical = df / null.trace_p
        columns |= {"i2": _i2(fit.tau2, typical), "h2": fit.tau2 / typical + 1.0}
        if method.standard_error is not None and settings.spread_of_tau2:
            lower, upper = _tau2_interval(one, fit, fitted, df, settings)
            se = method.standard_error(one, fitted, fit.tau2, df)
            columns |= {
                "tau2_se": xp.ldexp(se, doubled),
                "tau2_ci_lower": xp.ldexp(lower, doubled),
                "tau2_ci_upper": xp.ldexp(upper, doubled),
                "i2_ci_lower": _i2(lower, typical),
                "i2_ci_upper": _i2(upper, typical),
                "h2_ci_lower": lower / typical + 1.0,
                "h2_ci_upper": upper / typical + 1.0,
            }
    return dict.fromkeys(_ABSENT, df * math.nan) | columns, fit.tau2, fitted


def nothing(tau2: Floats) -> Columns:
    """Give the columns of sets with one trial each."""
    n = tau2.size
    return {
        **{name: np.full(n, np.nan) for name in (*_ABSENT, "i2_q", "q_p_value", "common_se")},
        "tau2": tau2,
        "q": np.zeros(n),
        "converged": np.ones(n, dtype=np.bool_),
        "at_boundary": np.zeros(n, dtype=np.bool_),
        "multimodal": np.zeros(n, dtype=np.bool_),
    }


def _i2(tau2: Value, typical: Value) -> Value:
    """100 tau²/(tau² + s²), with the typical variance of Higgins and Thompson 2002."""
    return 100.0 * tau2 / (tau2 + typical)


def _tau2_interval(
    one: AnySet, fit: Tau2Fit, fitted: Value, df: Value, settings: Settings
) -> tuple[Value, Value]:
    if settings.tau2_ci == "profile-likelihood" and isinstance(one, Sets):
        restricted = LIKELIHOOD_METHODS[settings.tau2]
        return profile_interval((one,), fit.tau2, settings.level, restricted=restricted)
    return q_profile(one, fit.tau2, fitted, df, settings.level)


def q_profile(
    one: AnySet, tau2: Value, fitted: Value, df: Value, level: float
) -> tuple[Value, Value]:
    """Interval of tau² from Q(tau²) = chi-square quantile.

    Viechtbauer 2007, Statistics in Medicine 26:37. Both limits are 0 where even
    Q(0) lies below the lower quantile. The search starts from the estimate.

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        On the scale of `one`.
    """
    half = 0.5 * (1.0 - level)
    targets = (chi2_quantile(df, half), chi2_quantile(df, 1.0 - half))
    (lower, _), (upper, _) = solve_q((one,), targets, (tau2, fitted.a1, fitted.a2))
    return lower, upper
