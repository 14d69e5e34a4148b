"""Pooling by the inverse-variance method, for one set of trials or many."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from trialpool.pooling.given import Effects, take
from trialpool.pooling.numeric.batch_sums import Layout, Moments, arrange
from trialpool.pooling.numeric.scalars import functions_of
from trialpool.pooling.numeric.single_sums import AnyOne, arrange_one, arrange_one_long
from trialpool.pooling.numeric.tails import two_sided_p, two_sided_quantile
from trialpool.pooling.options import (
    Bools,
    Floats,
    Value,
    check_effects,
    small_set,
)
from trialpool.pooling.univariate.bootstrap import prediction_limits
from trialpool.pooling.univariate.heterogeneity import Columns, heterogeneity, nothing
from trialpool.pooling.univariate.intervals import (
    LEAST_DF,
    MIN_TRIALS_FOR_PREDICTION,
    PI_METHODS,
    MeanStatistics,
    is_narrower,
    mean_interval,
)
from trialpool.pooling.univariate.results import (
    BatchDiagnostics,
    PooledEffect,
    PooledEffects,
    record,
)
from trialpool.pooling.univariate.settings import (
    DEFAULT_SAMPLES,
    DEFAULT_SEED,
    Settings,
    check_settings,
)

# Numbers in one temporary array of the kernel: a few of them fit in cache.
_CHUNK_NUMBERS = 2**18
_TYPICAL_GRID = 24
# Up to this many trials a single set is faster in floats than in arrays.
_FEW_TRIALS = 30


def random_effects(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    pi: str = "t",
    level: float = 0.95,
    measure: str | None = None,
    tau2_ci: str = "q-profile",
    seed: int = DEFAULT_SEED,
    bootstrap_samples: int = DEFAULT_SAMPLES,
) -> PooledEffect:
    """Pool trials by inverse-variance weights 1/(vi + tau²).

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale (log for ratios).
    tau2 : {"REML", "DL", "DL2", "PM", "ML", "EB", "HE", "HS", "HSk", "SJ", "CE"}
        Estimator of the between-trial variance, bounded at 0; the references
        stand in `trialpool.pooling.univariate.tau2`. "CE" is the common-effect model.
    ci : {"hk-adhoc", "hk", "wald", "kr"}
        Interval of the mean: Hartung-Knapp with t and k - 1 degrees of freedom
        (Hartung and Knapp 2001) whose standard error is never below the Wald one
        (the floor: Knapp and Hartung 2003), the same without the floor, Wald with
        the normal, or Kenward-Roger with REML and t on its own degrees of freedom
        (1997).
    pi : {"t", "hts", "normal", "bootstrap"}
        Prediction interval mean ± quantile·√(tau² + se²): t with k - 1 degrees
        of freedom and the standard error of `ci`; t with k - 2 and the Wald
        standard error (Higgins, Thompson and Spiegelhalter 2009); normal with
        the Wald standard error. "bootstrap" is the one of Nagashima, Noma and
        Furukawa (2019), which draws tau² itself, whatever `tau2` is.
    level : float
        Of all intervals.
    measure : str, optional
        Of bare numbers, by default "generic". Decides what `scale` says and what the p-value
        tests: 0.5 of an area under a curve, nothing of a single group, else 0. The numbers
        are taken as they are.
    tau2_ci : {"q-profile", "profile-likelihood"}
        Interval of tau²: from Q (Viechtbauer 2007), or for "REML" and "ML" from
        the (restricted) likelihood (Hardy and Thompson 1996).
    seed, bootstrap_samples : int
        Of `pi` "bootstrap"; nothing else is random. Every set starts from the seed.

    Returns
    -------
    PooledEffect

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    I² is 100 tau²/(tau² + s²) with the typical sampling variance s² of Higgins
    and Thompson (2002), H² is tau²/s² + 1; their intervals are the interval of
    tau² put into the same formulas. What does not exist is None: for one trial
    all heterogeneity statistics, and its interval is the Wald one; below three
    trials and for "CE" the prediction interval; for "CE" the standard error and
    interval of tau², I² and H², since tau² is assumed and not estimated; below
    one degree of freedom the Kenward-Roger interval and its p-value. Where all
    effects are equal the Hartung-Knapp standard error without floor is 0: the
    interval is a point, and the test has no p-value.
    """
    about = None
    if vi is None:
        typed = take(yi, vi, measure)
        yi, vi, measure, about = typed.yi, typed.vi, typed.measure, typed.about
    small = small_set(yi, vi, _FEW_TRIALS)
    arrays = check_effects(yi, vi, ndim=1) if small is None else None
    settings = check_settings(
        tau2=tau2,
        ci=ci,
        pi=pi,
        level=level,
        measure="generic" if measure is None else measure,
        tau2_ci=tau2_ci,
        seed=seed,
        bootstrap_samples=bootstrap_samples,
    )
    if small is not None:
        pooled = fit_one(arrange_one(*small), settings)
    elif arrays is not None and arrays[0].size > 1:
        pooled = fit_one(arrange_one_long(*arrays[:2]), settings)
    else:
        pooled = None
    if pooled is None:
        y, v, present = check_effects(yi, vi, ndim=1) if arrays is None else arrays
        pooled = fit(y[None, :], v[None, :], present[None, :], settings)[0]
    return pooled if about is None else pooled.of(about)


def random_effects_many(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    pi: str = "t",
    level: float = 0.95,
    measure: str = "generic",
    tau2_ci: str = "q-profile",
    seed: int = DEFAULT_SEED,
    bootstrap_samples: int = DEFAULT_SAMPLES,
) -> PooledEffects:
    """Pool many sets of trials at once.

    The result of a set is bit for bit the one of `random_effects` on its own
    entries in their order, whatever else the batch holds.

    Parameters
    ----------
    yi, vi : array-like of shape (n_sets, k)
        Effects and sampling variances; NaN in both marks an absent entry. Every
        set needs at least one entry.
    tau2, ci, pi, level, measure, tau2_ci, seed, bootstrap_samples
        As in `random_effects`, for all sets.

    Returns
    -------
    PooledEffects
        Arrays of shape (n_sets,); NaN where `PooledEffect` has None.
    """
    y, v, present = check_effects(yi, vi, ndim=2)
    settings = check_settings(
        tau2=tau2,
        ci=ci,
        pi=pi,
        level=level,
        measure=measure,
        tau2_ci=tau2_ci,
        seed=seed,
        bootstrap_samples=bootstrap_samples,
    )
    return fit(y, v, present, settings)


def fit(
    y: Floats, v: Floats, present: Bools, settings: Settings, given: float | None = None
) -> PooledEffects:
    """Fit in chunks that bound the memory; chunks do not touch each other's numbers."""
    n, k = y.shape
    # Long sets go by more of them at a time: short rows would be all overhead.
    size = max(1, _CHUNK_NUMBERS // (k * _TYPICAL_GRID), min(64, 4 * _CHUNK_NUMBERS // k))
    chunks = [
        _fit_chunk(y[i : i + size], v[i : i + size], present[i : i + size], settings, given)
        for i in range(0, n, size)
    ]
    columns = chunks[0]
    if len(chunks) > 1:
        columns = {name: np.concatenate([c[name] for c in chunks]) for name in columns}
    diagnostics = BatchDiagnostics(**{name: columns.pop(name) for name in _DIAGNOSTICS})
    return PooledEffects(
        **columns, **settings.recorded(given), diagnostics=diagnostics, present=present
    )


_DIAGNOSTICS = ("converged", "at_boundary", "multimodal", "narrower")


def _fit_chunk(
    y: Floats, v: Floats, present: Bools, settings: Settings, given: float | None
) -> Columns:
    """Fit sets of trials; columns by name, on the caller's scale."""
    layout = arrange(y, v, present)
    columns, fitted = fit_layout(layout, settings, given)
    weights = np.zeros_like(y)
    np.put_along_axis(weights, layout.order, (fitted.w / fitted.s1).T, axis=1)
    return columns | {"weights": weights}


def fit_layout(
    layout: Layout, settings: Settings, given: float | None = None
) -> tuple[Columns, Moments]:
    """Fit sets in their layout.

    Parameters
    ----------
    layout : Layout
    settings : Settings
    given : float, optional
        A tau² on the caller's scale that takes the place of an estimate.

    Returns
    -------
    columns : dict of ndarray of shape (n,)
        By the names of `PooledEffects` and `BatchDiagnostics`, on the caller's scale.
    fitted : Moments
        At tau², on the scale of the layout.
    """
    count, k = layout.count, layout.count.astype(np.float64)
    known = None if given is None else np.ldexp(np.full(k.size, given), -2 * layout.exponent)
    several = np.flatnonzero(count > 1)
    if several.size == count.size:
        spread, tau2, fitted = heterogeneity(layout.sets, k - 1.0, layout.exponent, settings, known)
    else:
        tau2 = np.zeros(k.size) if known is None else known.copy()
        spread = nothing(np.ldexp(tau2, 2 * layout.exponent))
        if several.size:
            part, tau2[several], _ = heterogeneity(
                layout.sets.take(several),
                k[several] - 1.0,
                layout.exponent[several],
                settings,
                None if known is None else known[several],
            )
            for name, values in part.items():
                spread[name][several] = values
        fitted = layout.sets.moments(tau2)
    at, common = (layout.centre, layout.exponent), spread.pop("common_se")
    columns = _mean_columns(fitted, k, tau2, *at, settings, common, layout)
    return columns | spread | {"k": count, "q_df": count - 1}, fitted


def fit_one(arranged: tuple[AnyOne, float, int], settings: Settings) -> PooledEffect | None:
    """Fit one set in floats; None where that is left to arrays.

    Every formula and its order of operations are those of the arrays, so every
    bit of the result is too.
    """
    if settings.ci == "kr" or settings.pi == "bootstrap" or settings.tau2_ci != "q-profile":
        return None
    one, centre, exponent = arranged
    count = len(one.y)
    k = float(count)
    try:
        spread, tau2, fitted = heterogeneity(one, k - 1.0, exponent, settings)
        common = spread.pop("common_se")
        columns = _mean_columns(fitted, k, tau2, centre, exponent, settings, common)
    except ArithmeticError:
        # Where Python raises, the arrays go on with an infinity.
        return None
    columns |= spread
    flags = {name: columns.pop(name) for name in _DIAGNOSTICS}
    whole = {"k": count, "q_df": count - 1, "weights": tuple(fitted.shares())}
    return record(columns | whole | settings.recorded(), **flags)


def _mean_columns(
    fitted: Value,
    k: Value,
    tau2: Value,
    centre: Value,
    exponent: Value,
    settings: Settings,
    common_se: Value,
    layout: Layout | None = None,
) -> Columns:
    """Mean, its interval and test, and the prediction interval, on the caller's scale."""
    xp = functions_of(k)
    mean = MeanStatistics(fitted, k)
    scaled_se, df = mean_interval(settings.ci, mean)
    down, up = _prediction(layout, mean, tau2, scaled_se, settings)
    estimate = centre + xp.ldexp(fitted.mean, exponent)
    se = xp.ldexp(scaled_se, exponent)
    # NaN degrees of freedom are the normal distribution's.
    enough = (df >= LEAST_DF) | xp.isnan(df)
    safe_df = xp.where(enough, df, 1.0)
    width = xp.where(enough, two_sided_quantile(settings.level, safe_df) * scaled_se, math.nan)
    half = xp.ldexp(width, exponent)
    # A standard error of 0 would make any estimate infinitely significant.
    tested = (se > 0.0) & enough & (settings.null is not None)
    statistic = (estimate - (settings.null or 0.0)) / xp.where(tested, se, 1.0)
    return {
        "estimate": estimate,
        "se": se,
        "ci_lower": estimate - half,
        "ci_upper": estimate + half,
        "p_value": xp.where(tested, two_sided_p(statistic, safe_df), math.nan),
        "pi_lower": estimate - xp.ldexp(down, exponent),
        "pi_upper": estimate + xp.ldexp(up, exponent),
        "df": df,
        "narrower": is_narrower(settings.ci, settings.level, width, common_se),
    }


def _prediction(
    layout: Layout | None, mean: MeanStatistics, tau2: Value, se: Value, settings: Settings
) -> tuple[Value, Value]:
    """Distances of the prediction limits below and above the mean, scaled; NaN without."""
    method, k = PI_METHODS[settings.pi], mean.k
    if method.df is None:
        if settings.tau2 == "CE" or layout is None:
            return k * math.nan, k * math.nan
        lower, upper = prediction_limits(
            layout, settings.level, settings.seed, settings.bootstrap_samples
        )
        return mean.moments.mean - lower, upper - mean.moments.mean
    xp = functions_of(k)
    exists = (k >= MIN_TRIALS_FOR_PREDICTION) & (settings.tau2 != "CE")
    df = xp.where(exists, method.df(k), 1.0)
    used = se if method.interval_se else mean.wald_se
    width = two_sided_quantile(settings.level, df) * xp.sqrt(tau2 + used * used)
    half = xp.where(exists, width, math.nan)
    return half, half
