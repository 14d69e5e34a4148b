"""Effects that depend on each other: nested in clusters, or with known covariances."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling.dependent import likelihood
from trialpool.pooling.dependent.clusters import check_identified, check_pairs, cluster_rows
from trialpool.pooling.dependent.results import (
    DependentEffects,
    VarianceComponent,
    coefficient_records,
)
from trialpool.pooling.dependent.robust import ADJUSTMENTS, robust_covariance
from trialpool.pooling.given import Effects, Given, design_columns, take
from trialpool.pooling.numeric.tails import chi2_p, f_p
from trialpool.pooling.options import (
    MEASURE_SCALES,
    Floats,
    Ints,
    check_effects,
    check_level,
    choose,
)
from trialpool.pooling.regression.designs import Design, check_design

# Random effects by name, as the pair (a, b) of a 11' + b I inside a cluster.
# "shared-arm": deviations of two contrasts with one arm in common correlate by
# one half if arms deviate independently and alike (Higgins and Whitehead 1996;
# Lu and Ades 2004).
COMPONENTS: Final[dict[str, tuple[float, float]]] = {
    "cluster": (1.0, 0.0),
    "effect": (0.0, 1.0),
    "shared-arm": (0.5, 0.5),
}
LIKELIHOODS: Final = ("REML", "ML")
DEPENDENT_CI_METHODS: Final = ("wald", "t", "t-clusters", "hk", "hk-adhoc")
_LARGEST_RATIO: Final = 1e12


def dependent_effects(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    cluster: str | Iterable[Hashable] | None = None,
    moderators: npt.ArrayLike | str | Sequence[str] | None = None,
    *,
    names: Sequence[str] | None = None,
    intercept: bool = True,
    pairs: Iterable[tuple[int, int, float]] = (),
    components: Sequence[str] = ("cluster", "effect"),
    given: Sequence[float] | None = None,
    method: str = "REML",
    ci: str = "t-clusters",
    robust: str | None = None,
    level: float = 0.95,
    measure: str | None = None,
    profile: bool = False,
) -> DependentEffects:
    """Pool or regress effects that are nested in clusters or share patients.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    cluster : iterable of hashable, length k, or the name of a column of typed effects
        Effects of one cluster depend on each other, for example those of a trial.
    moderators, names, intercept
        As in `meta_regression`.
    pairs : iterable of (i, j, covariance)
        Known sampling covariances of effects of one cluster, on the analysis scale.
    components : sequence of {"cluster", "effect", "shared-arm"}
        Random effects: ("cluster", "effect") is the three-level model (Van den
        Noortgate et al. 2013; Konstantopoulos 2011), () the common effect.
    given : sequence of float, optional
        Variance components in place of estimates.
    method : {"REML", "ML"}
    ci : {"wald", "t", "t-clusters", "hk", "hk-adhoc"}
        "t": k - p degrees of freedom; "t-clusters": number of clusters less p.
        "hk": variances times r'Wr/(k - p), t with k - p; "hk-adhoc": the factor
        not below 1. Not used with `robust`.
    robust : {"CR1", "CR2"}, optional
        Cluster-robust standard errors with Satterthwaite degrees of freedom.
    level, measure
    profile : bool
        Whether to find profile likelihood intervals of the components.

    Returns
    -------
    DependentEffects

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    typed = take(yi, vi, measure)
    y, v, _ = check_effects(typed.yi, typed.vi, ndim=1)
    choose("method", method, LIKELIHOODS)
    choose("ci", ci, DEPENDENT_CI_METHODS)
    measure = choose("measure", typed.measure, MEASURE_SCALES)
    level = check_level(level)
    if robust is not None:
        choose("robust", robust, ADJUSTMENTS)
    if len(set(components)) != len(tuple(components)):
        raise ValueError(f"components={components!r}: each may stand once")
    kinds = tuple(COMPONENTS[choose("components", name, COMPONENTS)] for name in components)
    clusters = _clusters(typed, cluster, y.size)
    columns, names = design_columns(typed, moderators, names)
    design = check_design(columns, y.size, names=names, intercept=intercept)
    p, g = design.x.shape[1], len(clusters)
    if v.max() / v.min() > _LARGEST_RATIO:
        raise ValueError(f"vi lies between {v.min()!s} and {v.max()!s}; allowed: a ratio of 1e12")
    if y.size <= p:
        raise ValueError(f"{p} coefficients from {y.size} effects: no residual degree of freedom")
    if given is None:
        check_identified(components, clusters)
    least = 2 if robust is not None else p + 1 if ci == "t-clusters" else 1
    if g < least:
        raise ValueError(f"{g} clusters for {p} coefficients; at least {least} are needed")
    exponent = int(np.frexp(v.min())[1]) // 2
    centre = float(y[np.argmin(v)]) if intercept else 0.0
    doubled = -2 * exponent
    scaled = [(i, j, float(np.ldexp(c, doubled))) for i, j, c in check_pairs(pairs, v, clusters)]
    structure = likelihood.build(
        np.ldexp(y - centre, -exponent),
        np.ldexp(v, doubled),
        scaled,
        design.basis,
        clusters,
        kinds,
        restricted=method == "REML",
    )
    unit = float(np.ldexp(v.min(), doubled))
    rest = np.ldexp(y - centre, -exponent)
    rest = rest - design.basis @ (design.basis.T @ rest)
    top = 4.0 * float(np.sum(rest * rest)) / max(1, y.size - p)
    if given is None:
        maximum = likelihood.maximise(structure, unit, top)
    else:
        fixed = np.ldexp(_check_given(given, len(kinds)), doubled)
        maximum = likelihood.Maximum(fixed, likelihood.solve(structure, fixed), True, False)
    solution = maximum.solution
    null = likelihood.solve(structure, np.zeros(len(kinds)))
    limits = (
        _profile_limits(structure, maximum, unit, level, -doubled)
        if profile and given is None
        else [(None, None)] * len(kinds)
    )
    covariance, df = _errors(structure, maximum, design, robust, ci)
    estimates = np.ldexp(design.back @ solution.coefficients, exponent)
    if intercept:
        estimates[0] += centre
    covariance = np.ldexp(covariance, -doubled)
    qm, qm_df1, qm_df2, qm_p = _omnibus(estimates, covariance, df, design)
    typical = _typical_variance(structure, null)
    total = typical + float(np.sum(maximum.components))
    return DependentEffects(
        k=y.size,
        clusters=g,
        p=p,
        measure=measure,
        scale=MEASURE_SCALES[measure],
        coefficients=coefficient_records(design.names, estimates, covariance, df, level),
        components=tuple(
            VarianceComponent(
                name=name,
                variance=float(np.ldexp(value, -doubled)),
                ci_lower=lower,
                ci_upper=upper,
                levels=y.size if name == "effect" else g,
                i2=100.0 * float(value) / total,
                at_boundary=given is None and float(value) == 0.0,
            )
            for name, value, (lower, upper) in zip(
                components, maximum.components, limits, strict=True
            )
        ),
        log_likelihood=solution.log_likelihood + _constant(structure, exponent),
        q=null.squares,
        q_df=y.size - p,
        q_p_value=float(chi2_p(np.array([null.squares]), np.array([float(y.size - p)]))[0]),
        qm_statistic="Q" if qm_df2 is None else "F",
        qm=qm,
        qm_df1=qm_df1,
        qm_df2=qm_df2,
        qm_p_value=qm_p,
        i2=100.0 * float(np.sum(maximum.components)) / total,
        typical_variance=float(np.ldexp(typical, -doubled)),
        model_se=float(
            np.ldexp(np.sqrt((design.back @ solution.covariance @ design.back.T)[0, 0]), exponent)
        ),
        method=method,
        ci_method=ci if robust is None else robust,
        robust=robust,
        level=level,
        covariance=covariance,
        converged=maximum.converged,
        multimodal=maximum.multimodal,
    ).of(typed.about)


def _clusters(typed: Given, cluster: str | Iterable[Hashable] | None, k: int) -> list[Ints]:
    """Rows of each cluster."""
    if cluster is None:
        raise TypeError("cluster is missing; allowed: the name of a column, or one per effect")
    return cluster_rows(cluster if typed.data is None else typed.values("cluster", cluster), k)


def _constant(structure: likelihood.Structure, exponent: int) -> float:
    """Constant of the (restricted) likelihood on the caller's scale."""
    n = structure.k - structure.p if structure.restricted else structure.k
    return -0.5 * n * math.log(2.0 * math.pi) - n * exponent * math.log(2.0)


def _profile_limits(
    structure: likelihood.Structure,
    maximum: likelihood.Maximum,
    unit: float,
    level: float,
    exponent: int,
) -> list[tuple[float | None, float | None]]:
    """Profile likelihood limits of every component, times 2**exponent."""
    drop = 0.5 * float(special.chdtri(1.0, 1.0 - level))
    limits: list[tuple[float | None, float | None]] = []
    for j in range(len(structure.components)):
        lower, upper = likelihood.profile(structure, maximum, j, unit, drop)
        limits.append(
            (math.ldexp(lower, exponent), None if upper is None else math.ldexp(upper, exponent))
        )
    return limits


def _typical_variance(structure: likelihood.Structure, null: likelihood.Solution) -> float:
    """df/tr(P) at components of 0: Higgins and Thompson 2002; Nakagawa and Santos 2012."""
    alone = likelihood.Structure(
        structure.batches, ((0.0, 1.0),), structure.k, structure.p, restricted=True
    )
    there = likelihood.solve(alone, np.zeros(1), derivatives=True)
    # The gradient is -(tr(P) - y'PPy)/2; y'PPy comes from the residuals.
    squares = 0.0
    for batch in structure.batches:
        r = batch.y - batch.x @ null.coefficients
        u = np.linalg.solve(batch.v, r[:, :, None])[:, :, 0]
        squares += float((u * u).sum())
    trace = squares - 2.0 * float(there.gradient[0])
    return (structure.k - structure.p) / trace


def _errors(
    structure: likelihood.Structure,
    maximum: likelihood.Maximum,
    design: Design,
    robust: str | None,
    ci: str,
) -> tuple[Floats, Floats]:
    """Covariance of the reported coefficients, and degrees of freedom (NaN: normal)."""
    solution, p = maximum.solution, structure.p
    if robust is not None:
        return robust_covariance(structure, maximum.components, solution, robust, design.back)
    covariance = design.back @ solution.covariance @ design.back.T
    clusters = sum(batch.y.shape[0] for batch in structure.batches)
    df = {"wald": math.nan, "t-clusters": float(clusters - p)}.get(ci, float(structure.k - p))
    if ci in ("hk", "hk-adhoc"):
        factor = solution.squares / (structure.k - p)
        covariance = covariance * (max(factor, 1.0) if ci == "hk-adhoc" else factor)
    return covariance, np.full(p, df)


def _omnibus(
    estimates: Floats, covariance: Floats, df: Floats, design: Design
) -> tuple[float | None, int, int | None, float | None]:
    """Test all coefficients but the intercept; none where degrees of freedom differ."""
    first = 1 if design.intercept else 0
    m = estimates.size - first
    one = float(df[0])
    if m == 0 or not (np.isnan(df).all() or (df == one).all()):
        return None, m, None, None
    tested = estimates[first:]
    chi2 = float(tested @ np.linalg.solve(covariance[first:, first:], tested))
    if math.isnan(one):
        return chi2, m, None, float(chi2_p(np.array([chi2]), np.array([float(m)]))[0])
    return chi2 / m, m, int(one), f_p(chi2 / m, m, int(one))


def _check_given(given: Sequence[float], q: int) -> Floats:
    values = np.array([float(x) for x in given])
    if values.size != q or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"given={list(given)!r}; allowed: {q} variances of at least 0")
    return values
