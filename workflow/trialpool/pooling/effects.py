"""Pooling by the inverse-variance method, for one set of trials or many."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trialpool.pooling.intervals import (
    CI_METHODS,
    MIN_TRIALS_FOR_PREDICTION,
    PI_METHODS,
    MeanStatistics,
    mean_interval,
)
from trialpool.pooling.options import (
    MEASURE_SCALES,
    Bools,
    Floats,
    check_effects,
    check_level,
    choose,
)
from trialpool.pooling.results import BatchDiagnostics, PooledEffect, PooledEffects
from trialpool.pooling.sets import Layout, Moments, arrange
from trialpool.pooling.tails import chi2_p, chi2_quantile, two_sided_p, two_sided_quantile
from trialpool.pooling.tau2 import TAU2_METHODS, solve_q

# Numbers in one temporary array of the kernel: a few of them fit in cache.
_CHUNK_NUMBERS = 2**18
_TYPICAL_GRID = 24


def random_effects(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk",
    pi: str = "t",
    level: float = 0.95,
    measure: str = "generic",
) -> PooledEffect:
    """Pool trials by inverse-variance weights 1/(vi + tau²).

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale (log for ratios).
    tau2 : {"REML", "DL", "PM", "ML", "CE"}
        Estimator of the between-trial variance, bounded at 0. "CE" is the common-effect model.
    ci : {"hk", "wald", "hk-adhoc"}
        Interval of the mean: Hartung-Knapp with t and k - 1 degrees of freedom
        (Hartung and Knapp 2001), Wald with the normal, or Hartung-Knapp whose
        standard error is never below the Wald one (Knapp and Hartung 2003).
    pi : {"t", "hts", "normal"}
        Prediction interval mean ± quantile·√(tau² + se²): t with k - 1 degrees
        of freedom and the standard error of `ci`; t with k - 2 and the Wald
        standard error (Higgins, Thompson and Spiegelhalter 2009); normal with
        the Wald standard error.
    level : float
        Of all intervals.
    measure : {"HR", "OR", "RR", "RD", "RMSTD", "generic"}
        Decides only what `scale` says; the numbers are taken as they are.

    Returns
    -------
    PooledEffect

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    tau² has a Q-profile interval (Viechtbauer 2007). I² is
    100 tau²/(tau² + s²) with the typical sampling variance s² of Higgins and
    Thompson (2002), H² is tau²/s² + 1. What does not exist is None: for one
    trial all heterogeneity statistics, and its interval is the Wald one; below
    three trials and for "CE" the prediction interval; for "CE" the standard
    error and interval of tau², I² and H², since tau² is assumed and not
    estimated. Where all effects are equal the Hartung-Knapp standard error is
    0: the interval is a point, and the test of 0 has no p-value.
    """
    y, v, present = check_effects(yi, vi, ndim=1)
    options = _check_options(tau2=tau2, ci=ci, pi=pi, level=level, measure=measure)
    return _fit(y[None, :], v[None, :], present[None, :], options)[0]


def random_effects_many(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk",
    pi: str = "t",
    level: float = 0.95,
    measure: str = "generic",
) -> PooledEffects:
    """Pool many sets of trials at once.

    The result of a set is bit for bit the one of `random_effects` on its own
    entries in their order, whatever else the batch holds.

    Parameters
    ----------
    yi, vi : array-like of shape (n_sets, k)
        Effects and sampling variances; NaN in both marks an absent entry. Every
        set needs at least one entry.
    tau2, ci, pi, level, measure
        As in `random_effects`, for all sets.

    Returns
    -------
    PooledEffects
        Arrays of shape (n_sets,); NaN where `PooledEffect` has None.
    """
    y, v, present = check_effects(yi, vi, ndim=2)
    options = _check_options(tau2=tau2, ci=ci, pi=pi, level=level, measure=measure)
    return _fit(y, v, present, options)


def _check_options(**options: Any) -> dict[str, Any]:
    """Check every option against its closed set."""
    return {
        "tau2": choose("tau2", options["tau2"], TAU2_METHODS),
        "ci": choose("ci", options["ci"], CI_METHODS),
        "pi": choose("pi", options["pi"], PI_METHODS),
        "level": check_level(options["level"]),
        "measure": choose("measure", options["measure"], MEASURE_SCALES),
    }


def _fit(y: Floats, v: Floats, present: Bools, options: dict[str, Any]) -> PooledEffects:
    """Fit in chunks that bound the memory; chunks do not touch each other's numbers."""
    n, k = y.shape
    size = max(1, _CHUNK_NUMBERS // (k * _TYPICAL_GRID))
    chunks = [
        _fit_chunk(y[i : i + size], v[i : i + size], present[i : i + size], options)
        for i in range(0, n, size)
    ]
    columns = {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}
    diagnostics = BatchDiagnostics(
        **{name: columns.pop(name) for name in ("converged", "at_boundary", "multimodal")}
    )
    return PooledEffects(
        **columns,
        measure=options["measure"],
        scale=MEASURE_SCALES[options["measure"]],
        tau2_method=options["tau2"],
        ci_method=options["ci"],
        level=options["level"],
        pi_method=options["pi"],
        diagnostics=diagnostics,
        present=present,
    )


def _fit_chunk(
    y: Floats, v: Floats, present: Bools, options: dict[str, Any]
) -> dict[str, npt.NDArray[Any]]:
    """Fit sets of trials; columns by name, on the caller's scale."""
    layout = arrange(y, v, present)
    sets, k = layout.sets, layout.count.astype(np.float64)
    level = options["level"]
    spread = _heterogeneity(layout, options)
    tau2 = spread.pop("scaled_tau2")

    m = Moments(sets, tau2)
    wald_se = 1.0 / np.sqrt(m.s1)
    se, df = mean_interval(options["ci"], MeanStatistics(wald_se, m.a1, k))
    predict = PI_METHODS[options["pi"]]
    exists = (k >= MIN_TRIALS_FOR_PREDICTION) & (options["tau2"] != "CE")
    predict_df = np.where(exists, predict.df(k), 1.0)
    half_pi = two_sided_quantile(level, predict_df) * np.sqrt(
        tau2 + np.square(se if predict.interval_se else wald_se)
    )

    def effect(scaled: Floats) -> Floats:
        return np.ldexp(scaled, layout.exponent)

    estimate, se = layout.centre + effect(m.mean), effect(se)
    half = two_sided_quantile(level, df) * se
    half_pi = np.where(exists, effect(half_pi), np.nan)
    # A standard error of 0 would make any estimate infinitely significant.
    statistic = estimate / np.where(se > 0.0, se, 1.0)
    weights = np.zeros_like(y)
    np.put_along_axis(weights, layout.order, (m.w / m.s1).T, axis=1)
    return {
        "k": layout.count,
        "estimate": estimate,
        "se": se,
        "ci_lower": estimate - half,
        "ci_upper": estimate + half,
        "p_value": np.where(se > 0.0, two_sided_p(statistic, df), np.nan),
        **spread,
        "pi_lower": estimate - half_pi,
        "pi_upper": estimate + half_pi,
        "weights": weights,
        "df": df,
    }


def _heterogeneity(layout: Layout, options: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Estimate tau² and everything that measures heterogeneity."""
    n = layout.count.size
    several = np.flatnonzero(layout.count > 1)
    zero, nan = np.zeros(n), np.full(n, np.nan)
    columns: dict[str, npt.NDArray[Any]] = {
        "scaled_tau2": zero,
        "tau2": zero,
        "tau2_se": nan,
        "tau2_ci_lower": nan,
        "tau2_ci_upper": nan,
        "i2": nan,
        "i2_q": nan,
        "h2": nan,
        "q": zero,
        "q_df": layout.count - 1,
        "q_p_value": nan,
        "converged": np.ones(n, dtype=np.bool_),
        "at_boundary": np.zeros(n, dtype=np.bool_),
        "multimodal": np.zeros(n, dtype=np.bool_),
    }
    if not several.size:
        return columns

    blocks = (layout.sets.take(several),)
    df = layout.count[several].astype(np.float64) - 1.0
    method = TAU2_METHODS[options["tau2"]]
    fit = method.fit(blocks, df)
    null = Moments(blocks[0], np.zeros_like(df))
    q = null.a1
    # Powers of 4 take tau² back to the caller's scale.
    doubled = 2 * layout.exponent[several]
    found: dict[str, npt.NDArray[Any]] = {
        "scaled_tau2": fit.tau2,
        "tau2": np.ldexp(fit.tau2, doubled),
        "i2_q": 100.0 * np.maximum(q - df, 0.0) / np.where(q > df, q, 1.0),
        "q": q,
        "q_p_value": chi2_p(q, df),
        "converged": fit.converged,
        "at_boundary": fit.at_boundary,
        "multimodal": fit.multimodal,
    }
    if method.standard_error is not None:
        typical = df / null.trace_p
        lower, upper = _q_profile(blocks, df, options["level"])
        found |= {
            "tau2_se": np.ldexp(method.standard_error(blocks, fit.tau2, df), doubled),
            "tau2_ci_lower": np.ldexp(lower, doubled),
            "tau2_ci_upper": np.ldexp(upper, doubled),
            "i2": 100.0 * fit.tau2 / (fit.tau2 + typical),
            "h2": fit.tau2 / typical + 1.0,
        }
    for name, values in found.items():
        columns[name] = columns[name].copy()
        columns[name][several] = values
    return columns


def _q_profile(blocks: tuple[Any, ...], df: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of tau² from Q(tau²) = chi-square quantile (Viechtbauer 2007).

    Both limits are 0 where even Q(0) lies below the lower quantile.
    """
    alpha = 1.0 - level
    n = df.size
    targets = np.concatenate([chi2_quantile(df, 0.5 * alpha), chi2_quantile(df, 1.0 - 0.5 * alpha)])
    owner = np.concatenate([np.arange(n), np.arange(n)])
    limits, _, _ = solve_q(blocks, owner, targets)
    return limits[:n], limits[n:]
