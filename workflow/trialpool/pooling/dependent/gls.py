"""One pool of contrasts, some of which share an arm: generalised least squares."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.dependent.clusters import cluster_rows
from trialpool.pooling.dependent.multilevel import COMPONENTS, dependent_effects
from trialpool.pooling.dependent.results import (
    DependentEffects,
    coefficient_records,
    mean_p_value,
)
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import Floats, check_effects, choose
from trialpool.pooling.regression.results import Coefficient
from trialpool.pooling.univariate.intervals import (
    MIN_TRIALS_FOR_PREDICTION,
    PI_METHODS,
    is_narrower,
)
from trialpool.pooling.univariate.results import NARROWER, Diagnostics, PooledEffect
from trialpool.pooling.univariate.subgroups import SubgroupDifference

GLS_TAU2: Final = ("REML", "ML", "CE")
GLS_CI: Final = ("wald", "hk", "hk-adhoc")
RANDOM_EFFECTS: Final = ("shared-arm", "effect", "cluster")
NOTE: Final = "contrasts of one trial enter with the covariance that their common arm gives them"


def gls_pool(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    trial: Sequence[Hashable],
    pairs: Iterable[tuple[int, int, float]],
    *,
    random: str = "shared-arm",
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    pi: str = "t",
    level: float = 0.95,
    measure: str = "generic",
) -> PooledEffect:
    """Pool contrasts with known covariances within trials.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Contrasts and sampling variances on the analysis scale.
    trial : sequence of hashable, length k
    pairs : iterable of (i, j, covariance)
        Covariances of contrasts of one trial (`shared_arm_covariance`).
    random : {"shared-arm", "effect", "cluster"}
        How true effects of one trial go together: correlated by one half, not
        at all, or the same.
    tau2 : {"REML", "ML", "CE"}
    ci : {"wald", "hk", "hk-adhoc"}
        "hk": variance times r'Wr/(k - 1), W the inverse of the whole covariance,
        and t with trials - 1 degrees of freedom: two contrasts of one trial are
        no two trials. Of one trial alone the Wald interval.
    pi : {"t", "hts", "normal"}
    level, measure
        As in `random_effects`.

    Returns
    -------
    PooledEffect
        `weights` are 1'W/1'W1, which may be negative; the interval of tau² is by
        profile likelihood; it has no standard error.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    y, v, _ = check_effects(yi, vi, ndim=1)
    choose("tau2", tau2, GLS_TAU2)
    choose("ci", ci, GLS_CI)
    choose("pi", pi, [name for name in PI_METHODS if name != "bootstrap"])
    choose("random", random, RANDOM_EFFECTS)
    known = list(pairs)
    asked = ci
    if len(set(trial)) == 1:
        # Nothing can be learned about the spread between trials from one of them.
        ci = "wald"
    common = tau2 == "CE"
    fit = dependent_effects(
        y,
        v,
        trial,
        pairs=known,
        components=() if common else (random,),
        method="REML" if common else tau2,
        ci=ci,
        level=level,
        measure=measure,
        profile=not common,
    )
    mean = _mean(fit, ci, level)
    notes = [NOTE]
    if ci == "hk":
        alone = dependent_effects(y, v, trial, pairs=known, components=(), ci="wald", level=level)
        if is_narrower(ci, level, mean.ci_upper - mean.estimate, alone.model_se):
            notes.append(NARROWER)
    component = None if common else fit.components[0]
    variance = 0.0 if component is None else component.variance
    k = y.size
    weights = _weights(v, known, trial, random, variance)
    limits: tuple[float | None, float | None] = (None, None)
    if component is not None and fit.clusters >= MIN_TRIALS_FOR_PREDICTION:
        limits = _prediction(fit, mean, variance, pi, ci, level)
    tau2_limits = (None, None) if component is None else (component.ci_lower, component.ci_upper)
    typical = None if common else fit.typical_variance

    def i2_of(value: float | None) -> float | None:
        return None if value is None or typical is None else 100.0 * value / (value + typical)

    def h2_of(value: float | None) -> float | None:
        return None if value is None or typical is None else value / typical + 1.0

    return PooledEffect(
        k=k,
        measure=measure,
        scale=fit.scale,
        estimate=mean.estimate,
        se=mean.se,
        ci_lower=mean.ci_lower,
        ci_upper=mean.ci_upper,
        p_value=mean_p_value(mean, measure),
        tau2=variance,
        tau2_se=None,
        tau2_ci_lower=tau2_limits[0],
        tau2_ci_upper=tau2_limits[1],
        i2=i2_of(None if common else variance),
        i2_q=100.0 * max(0.0, fit.q - fit.q_df) / fit.q if fit.q > 0.0 else 0.0,
        h2=h2_of(None if common else variance),
        q=fit.q,
        q_df=fit.q_df,
        q_p_value=fit.q_p_value,
        pi_lower=limits[0],
        pi_upper=limits[1],
        tau2_method=tau2,
        ci_method=asked,
        weights=tuple(weights.tolist()),
        level=level,
        pi_method=pi,
        df=mean.df,
        diagnostics=Diagnostics(
            fit.converged,
            component is not None and component.at_boundary,
            fit.multimodal,
            tuple(notes),
        ),
        i2_ci_lower=i2_of(tau2_limits[0]),
        i2_ci_upper=i2_of(tau2_limits[1]),
        h2_ci_lower=h2_of(tau2_limits[0]),
        h2_ci_upper=h2_of(tau2_limits[1]),
        tau2_ci_method="profile-likelihood",
    )


def _weights(
    v: Floats,
    pairs: Sequence[tuple[int, int, float]],
    trial: Sequence[Hashable],
    random: str,
    tau2: float,
) -> Floats:
    """1'W/1'W1 trial by trial."""
    a, b = COMPONENTS[random]
    weights = np.zeros(v.size)
    for rows in cluster_rows(trial, v.size):
        place = {int(row): at for at, row in enumerate(rows)}
        block = np.diag(v[rows] + b * tau2) + a * tau2
        for i, j, covariance in pairs:
            if i in place and j in place:
                block[place[i], place[j]] += covariance
                block[place[j], place[i]] += covariance
        weights[rows] = np.linalg.solve(block, np.ones(rows.size))
    return np.asarray(weights / weights.sum())


def _mean(fit: DependentEffects, ci: str, level: float) -> Coefficient:
    """Estimate with its interval, t with trials - 1 degrees of freedom unless Wald."""
    only = fit.coefficients[0]
    df = np.array([np.nan if ci == "wald" else fit.clusters - 1.0])
    return coefficient_records(
        (only.name,), np.array([only.estimate]), np.array([[only.se * only.se]]), df, level
    )[0]


def _prediction(
    fit: DependentEffects, mean: Coefficient, tau2: float, pi: str, ci: str, level: float
) -> tuple[float, float]:
    """Mean ± quantile·√(tau² + se²), as for one mean of independent trials."""
    method = PI_METHODS[pi]
    assert method.df is not None
    scaled = ci != "wald"
    se = mean.se
    if not method.interval_se and scaled:
        se = fit.model_se
    df = method.df(np.array([float(fit.clusters)]))
    half = float(two_sided_quantile(level, df)[0]) * float(np.sqrt(tau2 + se * se))
    return mean.estimate - half, mean.estimate + half


def gls_subgroup_difference(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    trial: Sequence[Hashable],
    groups: Sequence[str],
    pairs: Iterable[tuple[int, int, float]],
    *,
    random: str = "shared-arm",
    tau2: str = "REML",
) -> SubgroupDifference:
    """Test equal group means when contrasts of one trial stand in several groups.

    A regression on dummy variables of the groups with one common tau² and the
    Knapp-Hartung F on G - 1 and k - G degrees of freedom, not floored.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    labels = list(dict.fromkeys(groups))
    k, g = len(groups), len(labels)

    def record(
        value: float | None,
        p: float | None,
        fitted: float | None,
        note: str,
        residual: tuple[float | None, float | None] = (None, None),
    ) -> SubgroupDifference:
        return SubgroupDifference(
            statistic="F",
            value=value,
            df1=g - 1,
            df2=k - g,
            p_value=p,
            tau2_assumption="common",
            tau2=fitted,
            k=k,
            groups=g,
            note=note,
            residual_q=residual[0],
            residual_df=k - g,
            residual_p_value=residual[1],
        )

    if g < 2:
        return record(None, None, None, "there is only one group")
    if k - g < 1:
        note = "every group has one trial: no residual degree of freedom"
        return record(None, None, None, note)
    x = np.array([[1.0 if group == label else 0.0 for label in labels[1:]] for group in groups])
    fit = dependent_effects(
        yi,
        vi,
        trial,
        x,
        names=labels[1:],
        pairs=pairs,
        components=(random,),
        method=tau2,
        ci="hk",
    )
    variance, rest = fit.components[0].variance, (fit.q, fit.q_p_value)
    if fit.coefficients[0].se == 0.0 or fit.qm is None:
        note = "no spread within groups: the F test divides by 0"
        return record(None, None, variance, note, rest)
    return record(fit.qm, fit.qm_p_value, variance, "" if fit.converged else "not converged", rest)
