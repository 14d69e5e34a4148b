"""Meta-regression: effects explained by moderators, with residual heterogeneity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.given import Effects, design_columns, take
from trialpool.pooling.numeric.tails import chi2_p, f_p, two_sided_p, two_sided_quantile
from trialpool.pooling.options import MEASURE_SCALES, Floats, check_effects, check_level, choose
from trialpool.pooling.regression.batch_sums import RegressionMoments, RegressionSets
from trialpool.pooling.regression.designs import Design, check_design
from trialpool.pooling.regression.permutation import Permutations, arrangements
from trialpool.pooling.regression.results import Coefficient, MetaRegression, PermutationTest
from trialpool.pooling.regression.tau2 import REGRESSION_TAU2_METHODS, q_profile
from trialpool.pooling.univariate.intervals import is_narrower
from trialpool.pooling.univariate.results import NARROWER, Diagnostics
from trialpool.pooling.univariate.settings import DEFAULT_SEED

REGRESSION_CI_METHODS: Final = ("wald", "hk", "hk-adhoc")
DEFAULT_PERMUTATIONS: Final = 10_000
# Beyond this ratio of variances the weighted sums have lost too many digits.
_LARGEST_RATIO: Final = 1e12
# Numbers in one temporary array of a batch of refits.
_BATCH_NUMBERS: Final = 2**18
# Statistics that differ by less are taken for equal: the same fit in another order.
_TIE: Final = 1e-8


@dataclass(frozen=True)
class _Problem:
    """One regression in the units that it is solved in."""

    sets: RegressionSets
    design: Design
    centre: float
    exponent: int


@dataclass(frozen=True)
class _Tests:
    """Coefficients and tests of n sets in the units of a problem."""

    coefficients: Floats
    variances: Floats
    covariance: Floats
    scale: Floats
    omnibus: Floats | None


def _problem(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    moderators: npt.ArrayLike | None,
    names: Sequence[str] | None,
    intercept: bool,
) -> _Problem:
    y, v, _ = check_effects(yi, vi, ndim=1)
    design = check_design(moderators, y.size, names=names, intercept=intercept)
    if v.max() / v.min() > _LARGEST_RATIO:
        raise ValueError(
            f"vi lies between {v.min()!s} and {v.max()!s}; the largest may be 1e12 times the "
            "smallest in a regression"
        )
    if y.size <= design.x.shape[1]:
        raise ValueError(
            f"{design.x.shape[1]} coefficients ({', '.join(design.names)}) from {y.size} effects: "
            "no residual degree of freedom; use fewer moderators"
        )
    exponent = int(np.frexp(v.min())[1]) // 2
    centre = float(y[np.argmin(v)]) if intercept else 0.0
    scaled = np.ldexp(y - centre, -exponent)
    sets = RegressionSets(scaled[:, None], np.ldexp(v, -2 * exponent)[:, None], design.basis)
    return _Problem(sets, design, centre, exponent)


def _tests(sets: RegressionSets, tau2: Floats, design: Design, ci: str) -> _Tests:
    """Coefficients, their variances and the omnibus statistic at given tau²."""
    m = RegressionMoments(sets, tau2)
    back = design.back
    p = back.shape[0]
    coefficients = np.zeros_like(m.coefficients)
    for i in range(p):
        coefficients += back[:, i, None] * m.coefficients[i]
    half = np.zeros_like(m.covariance)
    covariance = np.zeros_like(m.covariance)
    for i in range(p):
        half += back[:, i, None, None] * m.covariance[i][None]
    for i in range(p):
        covariance += half[:, i, None, :] * back[None, :, i, None]
    scale = np.ones_like(tau2)
    if ci != "wald":
        scale = m.a1 / sets.df
        scale = np.maximum(scale, 1.0) if ci == "hk-adhoc" else scale
    first = 1 if design.intercept else 0
    omnibus = None
    if p > first:
        # The moderators' sum of squares given the intercept: the intercept comes first in the
        # basis too, so both span the same space and the statistic is that of the basis.
        tested = m.covariance[first:, first:].transpose(2, 0, 1)
        inner = m.coefficients[first:].T
        solved = np.linalg.solve(tested, inner[:, :, None])[:, :, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            omnibus = np.sum(inner * solved, axis=1) / scale
    variances = np.array([covariance[i, i] for i in range(p)]) * scale
    return _Tests(coefficients, variances, covariance, scale, omnibus)


def meta_regression(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    moderators: npt.ArrayLike | str | Sequence[str] | None = None,
    *,
    names: Sequence[str] | None = None,
    intercept: bool = True,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    measure: str | None = None,
    permutations: int | None = None,
    seed: int = DEFAULT_SEED,
) -> MetaRegression:
    """Regress effects on moderators, with residual between-trial variance.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    moderators : array-like of shape (k,) or (k, m), or names of columns, or None
        Numbers; categorical moderators as dummy variables (`dummies`). A column of typed
        effects that holds text becomes dummy variables against its first level.
    names : sequence of str, optional
        One per moderator.
    intercept : bool
    tau2 : {"REML", "DL", "DL2", "PM", "ML", "EB", "HE", "HS", "HSk", "SJ", "CE"}
    ci : {"wald", "hk", "hk-adhoc"}
        "wald": normal and chi-square. "hk": variances times s² = Σw r²/(k - p),
        t and F with k - p. "hk-adhoc": the same with s² not below 1 (Knapp and
        Hartung 2003, Statistics in Medicine 22:2693).
    level : float
    measure : str
        Recorded; the moderators' coefficients are on the analysis scale.
    permutations : int, optional
        Also give permutation p-values, exact where there are at most this many
        distinct permutations of the rows of the design, else from this many
        random ones (Higgins and Thompson 2004, Statistics in Medicine 23:1663).
    seed : int
        Of the random permutations.

    Returns
    -------
    MetaRegression

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed; or a moderator that
        is constant or determined by others.
    """
    choose("tau2", tau2, REGRESSION_TAU2_METHODS)
    choose("ci", ci, REGRESSION_CI_METHODS)
    typed = take(yi, vi, measure)
    measure = choose("measure", typed.measure, MEASURE_SCALES)
    level = check_level(level)
    columns, names = design_columns(typed, moderators, names)
    problem = _problem(typed.yi, typed.vi, columns, names, intercept)
    sets, design = problem.sets, problem.design
    method = REGRESSION_TAU2_METHODS[tau2]
    fit = method.fit(sets)
    found = _tests(sets, fit.tau2, design, ci)
    doubled = 2 * problem.exponent
    df = float(sets.df)
    normal = ci == "wald"
    null = RegressionMoments(sets, np.zeros(1))
    qe = float(null.a1[0])
    t2 = float(fit.tau2[0])
    typical = df / float(null.trace_p[0])
    estimated = method.standard_error is not None
    interval: tuple[float | None, float | None] = (None, None)
    se: float | None = None
    if method.standard_error is not None:
        lower, upper = q_profile(sets, level)
        interval = float(np.ldexp(lower, doubled)[0]), float(np.ldexp(upper, doubled)[0])
        if sets.residual_squares[0] > 0.0 or tau2 != "SJ":
            se = float(np.ldexp(method.standard_error(sets, fit.tau2), doubled)[0])
    tau2_null, r2 = _explained(problem, tau2, t2) if estimated and intercept else (None, None)
    moderated = found.omnibus is not None
    df1 = design.x.shape[1] - (1 if intercept else 0)
    qm = float(found.omnibus[0]) / (1.0 if normal else df1) if found.omnibus is not None else None
    if qm is not None and not np.isfinite(qm):
        qm = None
    notes = []
    if not fit.converged.all():
        notes.append(f"tau² by {tau2} did not converge")
    if float(found.scale[0]) == 0.0:
        notes.append("no residual spread: standard errors under hk are 0, so there are no tests")
    if narrow := _narrower(found, _tests(sets, np.zeros(1), design, "wald"), design, ci, level, df):
        notes.append(f"{', '.join(narrow)}: {NARROWER}")
    if fit.multimodal.any():
        notes.append("the likelihood of tau² has several maxima; the highest was taken")
    result = MetaRegression(
        k=sets.k,
        p=design.x.shape[1],
        measure=measure,
        scale=MEASURE_SCALES[measure],
        coefficients=_coefficients(problem, found, None if normal else df, level),
        tau2=float(np.ldexp(fit.tau2, doubled)[0]),
        tau2_se=se,
        tau2_ci_lower=interval[0],
        tau2_ci_upper=interval[1],
        tau2_null=tau2_null,
        r2=r2 if moderated else None,
        i2=100.0 * t2 / (t2 + typical) if estimated else None,
        h2=t2 / typical + 1.0 if estimated else None,
        qe=qe,
        qe_df=sets.df,
        qe_p_value=float(chi2_p(np.array([qe]), np.array([df]))[0]),
        qm_statistic="Q" if normal else "F",
        qm=qm,
        qm_df1=df1,
        qm_df2=None if normal else sets.df,
        qm_p_value=_omnibus_p(qm, df1, None if normal else sets.df),
        tau2_method=tau2,
        ci_method=ci,
        level=level,
        covariance=np.ldexp(found.covariance[:, :, 0] * found.scale[0], doubled),
        diagnostics=Diagnostics(
            bool(fit.converged.all()),
            bool(fit.at_boundary[0]) and estimated,
            bool(fit.multimodal[0]),
            tuple(notes),
        ),
    )
    if permutations is None or not moderated:
        return result.of(typed.about)
    test = _permuted(problem, found, tau2, ci, arrangements(design.x, permutations, seed))
    with_p = tuple(
        replace(c, permutation_p_value=p)
        for c, p in zip(result.coefficients, test.p_values, strict=True)
    )
    return replace(result, coefficients=with_p, permutation=test).of(typed.about)


def _narrower(
    found: _Tests, common: _Tests, design: Design, ci: str, level: float, df: float
) -> list[str]:
    """Name the coefficients whose interval is narrower than under the common effect."""
    half = two_sided_quantile(level, df) * np.sqrt(found.variances[:, 0])
    narrower = is_narrower(ci, level, half, np.sqrt(common.variances[:, 0]))
    return [name for name, one in zip(design.names, narrower.tolist(), strict=True) if one]


def _omnibus_p(qm: float | None, df1: int, df2: int | None) -> float | None:
    if qm is None:
        return None
    if df2 is None:
        return float(chi2_p(np.array([qm]), np.array([float(df1)]))[0])
    return f_p(qm, df1, df2)


def _explained(problem: _Problem, tau2: str, residual: float) -> tuple[float, float | None]:
    """tau² without moderators, and the share of it that they explain in percent."""
    k = problem.sets.k
    mean = RegressionSets(problem.sets.y, problem.sets.v, np.full((k, 1), 1.0 / np.sqrt(k)))
    null = float(REGRESSION_TAU2_METHODS[tau2].fit(mean).tau2[0])
    share = None if null == 0.0 else 100.0 * max(0.0, (null - residual) / null)
    return float(np.ldexp(null, 2 * problem.exponent)), share


def _coefficients(
    problem: _Problem, found: _Tests, df: float | None, level: float
) -> tuple[Coefficient, ...]:
    estimates = np.ldexp(found.coefficients[:, 0], problem.exponent)
    if problem.design.intercept:
        estimates[0] += problem.centre
    errors = np.ldexp(np.sqrt(found.variances[:, 0]), problem.exponent)
    nu = np.array([np.nan if df is None else df])
    quantile = float(two_sided_quantile(level, nu)[0])
    records = []
    for name, estimate, se in zip(
        problem.design.names, estimates.tolist(), errors.tolist(), strict=True
    ):
        statistic = estimate / se if se > 0.0 else None
        records.append(
            Coefficient(
                name=name,
                estimate=estimate,
                se=se,
                statistic=statistic,
                df=df,
                p_value=None
                if statistic is None
                else float(two_sided_p(np.array([statistic]), nu)[0]),
                ci_lower=estimate - quantile * se,
                ci_upper=estimate + quantile * se,
            )
        )
    return tuple(records)


def _permuted(
    problem: _Problem, observed: _Tests, tau2: str, ci: str, chosen: Permutations
) -> PermutationTest:
    """Fit every arrangement and count statistics at least as far out as the observed one."""
    sets, design = problem.sets, problem.design
    k, p = design.x.shape
    first = 1 if design.intercept else 0
    size = max(1, _BATCH_NUMBERS // (k * p * p))
    fit = REGRESSION_TAU2_METHODS[tau2].fit
    counts, omnibus, total = np.zeros(p, dtype=np.int64), 0, 0
    assert observed.omnibus is not None

    def statistics(tests: _Tests) -> tuple[Floats, Floats]:
        assert tests.omnibus is not None
        # A fit without residual spread lies as far out as can be.
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(tests.coefficients) / np.sqrt(tests.variances)
        return np.nan_to_num(t, nan=0.0, posinf=np.inf), np.nan_to_num(
            tests.omnibus, nan=0.0, posinf=np.inf
        )

    target, target_qm = statistics(observed)
    for order in chosen.batches(size):
        batch = RegressionSets(sets.y[order.T, 0], sets.v[order.T, 0], sets.basis)
        t, q = statistics(_tests(batch, fit(batch).tau2, design, ci))
        counts += (t >= target * (1.0 - _TIE)).sum(axis=1)
        omnibus += int((q >= target_qm * (1.0 - _TIE)).sum())
        total += order.shape[0]
    # The observed arrangement counts as one of the random ones: Phipson and Smyth 2010.
    extra = 0 if chosen.exact else 1
    shares = [(int(count) + extra) / (total + extra) for count in counts]
    return PermutationTest(
        exact=chosen.exact,
        permutations=total,
        seed=chosen.seed,
        p_values=tuple(None if j < first else shares[j] for j in range(p)),
        qm_p_value=(omnibus + extra) / (total + extra),
    )
