"""Pooling by the inverse-variance method, for one set of trials or many."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trialpool.pooling.bootstrap import prediction_limits
from trialpool.pooling.heterogeneity import Columns, heterogeneity
from trialpool.pooling.intervals import (
    LEAST_DF,
    MIN_TRIALS_FOR_PREDICTION,
    PI_METHODS,
    MeanStatistics,
    mean_interval,
)
from trialpool.pooling.options import MEASURE_SCALES, Bools, Floats, check_effects, check_tau2
from trialpool.pooling.results import BatchDiagnostics, PooledEffect, PooledEffects
from trialpool.pooling.sets import Layout, Moments, arrange
from trialpool.pooling.settings import DEFAULT_SAMPLES, DEFAULT_SEED, Settings, check_settings
from trialpool.pooling.tails import two_sided_p, two_sided_quantile

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
    tau2_ci: str = "q-profile",
    seed: int = DEFAULT_SEED,
    bootstrap_samples: int = DEFAULT_SAMPLES,
) -> PooledEffect:
    """Pool trials by inverse-variance weights 1/(vi + tau²).

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale (log for ratios).
    tau2 : {"REML", "DL", "DL2", "PM", "ML", "EB", "HE", "HS", "HSk", "SJ", "CE"}
        Estimator of the between-trial variance, bounded at 0; the references
        stand in `trialpool.pooling.tau2`. "CE" is the common-effect model.
    ci : {"hk", "wald", "hk-adhoc", "kr"}
        Interval of the mean: Hartung-Knapp with t and k - 1 degrees of freedom
        (Hartung and Knapp 2001), Wald with the normal, Hartung-Knapp whose
        standard error is never below the Wald one (Knapp and Hartung 2003), or
        Kenward-Roger with REML and t on its own degrees of freedom (1997).
    pi : {"t", "hts", "normal", "bootstrap"}
        Prediction interval mean ± quantile·√(tau² + se²): t with k - 1 degrees
        of freedom and the standard error of `ci`; t with k - 2 and the Wald
        standard error (Higgins, Thompson and Spiegelhalter 2009); normal with
        the Wald standard error. "bootstrap" is the one of Nagashima, Noma and
        Furukawa (2019), which draws tau² itself, whatever `tau2` is.
    level : float
        Of all intervals.
    measure : {"HR", "OR", "RR", "RD", "RMSTD", "generic"}
        Decides only what `scale` says; the numbers are taken as they are.
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
    effects are equal the Hartung-Knapp standard error is 0: the interval is a
    point, and the test of 0 has no p-value.
    """
    y, v, present = check_effects(yi, vi, ndim=1)
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
    return _fit(y[None, :], v[None, :], present[None, :], settings)[0]


def random_effects_many(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk",
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
    return _fit(y, v, present, settings)


def at_tau2(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    tau2: float,
    *,
    ci: str = "hk",
    pi: str = "t",
    level: float = 0.95,
    measure: str = "generic",
) -> PooledEffect:
    """Pool trials with a tau² that is given, for example by another program.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
    tau2 : float
        On the analysis scale, squared; at least 0.
    ci, pi, level, measure
        As in `random_effects`. "kr" takes the given tau² for the one of REML;
        "bootstrap" is not allowed, because it draws tau².

    Returns
    -------
    PooledEffect
        `tau2_method` is "given"; standard error and interval of tau², and the
        intervals of I² and H², are None.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    y, v, present = check_effects(yi, vi, ndim=1)
    if pi == "bootstrap":
        raise ValueError(
            "pi='bootstrap' draws tau² and does not go with a given one; "
            f"allowed: {', '.join(x for x in PI_METHODS if x != 'bootstrap')}"
        )
    settings = check_settings(
        tau2="REML",
        ci=ci,
        pi=pi,
        level=level,
        measure=measure,
        tau2_ci="q-profile",
        seed=DEFAULT_SEED,
        bootstrap_samples=DEFAULT_SAMPLES,
    )
    return _fit(y[None, :], v[None, :], present[None, :], settings, check_tau2(tau2))[0]


def _fit(
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
    diagnostics = BatchDiagnostics(
        **{name: columns.pop(name) for name in ("converged", "at_boundary", "multimodal")}
    )
    return PooledEffects(
        **columns,
        measure=settings.measure,
        scale=MEASURE_SCALES[settings.measure],
        tau2_method=settings.tau2 if given is None else "given",
        ci_method=settings.ci,
        level=settings.level,
        pi_method=settings.pi,
        tau2_ci_method=settings.tau2_ci,
        diagnostics=diagnostics,
        present=present,
    )


def _fit_chunk(
    y: Floats, v: Floats, present: Bools, settings: Settings, given: float | None
) -> Columns:
    """Fit sets of trials; columns by name, on the caller's scale."""
    layout = arrange(y, v, present)
    sets, k = layout.sets, layout.count.astype(np.float64)
    level = settings.level
    known = None if given is None else np.ldexp(np.full(k.size, given), -2 * layout.exponent)
    spread = heterogeneity(layout, settings, known)
    tau2 = spread.pop("scaled_tau2")

    m = Moments(sets, tau2)
    mean = MeanStatistics(m, k)
    se, df = mean_interval(settings.ci, mean)
    down, up = _prediction(layout, mean, tau2, se, settings)

    def effect(scaled: Floats) -> Floats:
        return np.ldexp(scaled, layout.exponent)

    estimate, se = layout.centre + effect(m.mean), effect(se)
    # NaN degrees of freedom are the normal distribution's and compare as false.
    too_few = df < LEAST_DF
    safe_df = np.where(too_few, 1.0, df)
    half = np.where(too_few, np.nan, two_sided_quantile(level, safe_df) * se)
    # A standard error of 0 would make any estimate infinitely significant.
    tested = (se > 0.0) & ~too_few
    statistic = estimate / np.where(tested, se, 1.0)
    weights = np.zeros_like(y)
    np.put_along_axis(weights, layout.order, (m.w / m.s1).T, axis=1)
    columns: dict[str, npt.NDArray[Any]] = {
        "k": layout.count,
        "estimate": estimate,
        "se": se,
        "ci_lower": estimate - half,
        "ci_upper": estimate + half,
        "p_value": np.where(tested, two_sided_p(statistic, safe_df), np.nan),
        **spread,
        "pi_lower": estimate - effect(down),
        "pi_upper": estimate + effect(up),
        "weights": weights,
        "df": df,
    }
    return columns


def _prediction(
    layout: Layout, mean: MeanStatistics, tau2: Floats, se: Floats, settings: Settings
) -> tuple[Floats, Floats]:
    """Distances of the prediction limits below and above the mean, scaled; NaN without."""
    method, k = PI_METHODS[settings.pi], mean.k
    exists = (k >= MIN_TRIALS_FOR_PREDICTION) & (settings.tau2 != "CE")
    if method.df is None:
        if settings.tau2 == "CE":
            return np.full_like(k, np.nan), np.full_like(k, np.nan)
        lower, upper = prediction_limits(
            layout, settings.level, settings.seed, settings.bootstrap_samples
        )
        return mean.moments.mean - lower, upper - mean.moments.mean
    df = np.where(exists, method.df(k), 1.0)
    spread = np.square(se if method.interval_se else mean.wald_se)
    half = np.where(exists, two_sided_quantile(settings.level, df) * np.sqrt(tau2 + spread), np.nan)
    return half, half
