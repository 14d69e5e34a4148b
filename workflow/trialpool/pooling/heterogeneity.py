"""Estimate tau² and everything that measures heterogeneity."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trialpool.pooling.blocks import Blocks
from trialpool.pooling.likelihood import profile_interval
from trialpool.pooling.moments import solve_q
from trialpool.pooling.options import Floats
from trialpool.pooling.sets import Layout, Moments
from trialpool.pooling.settings import Settings
from trialpool.pooling.tails import chi2_p, chi2_quantile
from trialpool.pooling.tau2 import LIKELIHOOD_METHODS, TAU2_METHODS, fixed

Columns = dict[str, npt.NDArray[Any]]

_ABSENT = (
    "tau2_se",
    "tau2_ci_lower",
    "tau2_ci_upper",
    "i2",
    "i2_q",
    "h2",
    "q_p_value",
    "i2_ci_lower",
    "i2_ci_upper",
    "h2_ci_lower",
    "h2_ci_upper",
)


def heterogeneity(layout: Layout, settings: Settings, given: Floats | None = None) -> Columns:
    """Estimate tau² and what follows from it.

    Parameters
    ----------
    layout : Layout
    settings : Settings
    given : ndarray of shape (n,), optional
        A tau² on the scale of the layout that takes the place of an estimate.

    Returns
    -------
    dict of ndarray of shape (n,)
        By the names of `PooledEffects`, plus `scaled_tau2` on the scale of the
        layout. NaN means "does not exist".
    """
    n = layout.count.size
    several = np.flatnonzero(layout.count > 1)
    nan = np.full(n, np.nan)
    scaled = np.zeros(n) if given is None else given
    columns: Columns = {
        "scaled_tau2": scaled,
        # Powers of 4 take tau² back to the caller's scale.
        "tau2": np.ldexp(scaled, 2 * layout.exponent),
        **dict.fromkeys(_ABSENT, nan),
        "q": np.zeros(n),
        "q_df": layout.count - 1,
        "converged": np.ones(n, dtype=np.bool_),
        "at_boundary": np.zeros(n, dtype=np.bool_),
        "multimodal": np.zeros(n, dtype=np.bool_),
    }
    if not several.size:
        return columns

    blocks = (layout.sets.take(several),)
    df = layout.count[several].astype(np.float64) - 1.0
    method = TAU2_METHODS[settings.tau2] if given is None else fixed(given[several])
    fit = method.fit(blocks, df)
    null = Moments(blocks[0], np.zeros_like(df))
    q = null.a1
    doubled = 2 * layout.exponent[several]
    found: Columns = {
        "scaled_tau2": fit.tau2,
        "tau2": np.ldexp(fit.tau2, doubled),
        "i2_q": 100.0 * np.maximum(q - df, 0.0) / np.where(q > df, q, 1.0),
        "q": q,
        "q_p_value": chi2_p(q, df),
        "converged": fit.converged,
        "at_boundary": fit.at_boundary,
        "multimodal": fit.multimodal,
    }
    if settings.tau2 != "CE":
        typical = df / null.trace_p
        found |= {"i2": _i2(fit.tau2, typical), "h2": fit.tau2 / typical + 1.0}
        if method.standard_error is not None:
            lower, upper = _tau2_interval(blocks, fit.tau2, df, settings)
            found |= {
                "tau2_se": np.ldexp(method.standard_error(blocks, fit.tau2, df), doubled),
                "tau2_ci_lower": np.ldexp(lower, doubled),
                "tau2_ci_upper": np.ldexp(upper, doubled),
                "i2_ci_lower": _i2(lower, typical),
                "i2_ci_upper": _i2(upper, typical),
                "h2_ci_lower": lower / typical + 1.0,
                "h2_ci_upper": upper / typical + 1.0,
            }
    for name, values in found.items():
        columns[name] = columns[name].copy()
        columns[name][several] = values
    return columns


def _i2(tau2: Floats, typical: Floats) -> Floats:
    """100 tau²/(tau² + s²), with the typical variance of Higgins and Thompson 2002."""
    return 100.0 * tau2 / (tau2 + typical)


def _tau2_interval(
    blocks: Blocks, tau2: Floats, df: Floats, settings: Settings
) -> tuple[Floats, Floats]:
    if settings.tau2_ci == "profile-likelihood":
        restricted = LIKELIHOOD_METHODS[settings.tau2]
        return profile_interval(blocks, tau2, settings.level, restricted=restricted)
    return q_profile(blocks, df, settings.level)


def q_profile(blocks: Blocks, df: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of tau² from Q(tau²) = chi-square quantile.

    Viechtbauer 2007, Statistics in Medicine 26:37. Both limits are 0 where even
    Q(0) lies below the lower quantile.

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        On the scale of `blocks`.
    """
    alpha = 1.0 - level
    n = df.size
    targets = np.concatenate([chi2_quantile(df, 0.5 * alpha), chi2_quantile(df, 1.0 - 0.5 * alpha)])
    owner = np.concatenate([np.arange(n), np.arange(n)])
    limits, _, _ = solve_q(blocks, owner, targets)
    return limits[:n], limits[n:]
