"""Results of pooling effects that depend on each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trialpool.pooling.doubt import Doubt
from trialpool.pooling.fit_doubts import of_moderators, of_tau2
from trialpool.pooling.numeric.tails import two_sided_p, two_sided_quantile
from trialpool.pooling.options import MEASURE_NULLS, Floats, Scale
from trialpool.pooling.plain_values import Doubted, Plain
from trialpool.pooling.regression.designs import INTERCEPT
from trialpool.pooling.regression.results import Coefficient


@dataclass(frozen=True)
class VarianceComponent(Plain):
    """One variance component.

    Attributes
    ----------
    name : {"cluster", "effect", "shared-arm"}
    variance : float
    ci_lower, ci_upper : float or None
        By profile likelihood; None where not asked for or not bounded.
    levels : int
        How many clusters, or effects, it varies over.
    i2 : float
        Its share of all variance at a typical sampling variance, in percent.
    at_boundary : bool
        Whether the estimate is 0 because of the bound.
    """

    name: str
    variance: float
    ci_lower: float | None
    ci_upper: float | None
    levels: int
    i2: float
    at_boundary: bool


@dataclass(frozen=True, repr=False)
class DependentEffects(Doubted, Plain):
    """A fit of effects that depend on each other. None means "does not exist".

    Attributes
    ----------
    k, clusters, p : int
    measure : str
    scale : {"log", "identity"}
    coefficients : tuple of Coefficient
    components : tuple of VarianceComponent
    log_likelihood : float
        Restricted under REML, with its constant.
    q, q_df, q_p_value : float, int, float
        Residual heterogeneity against the sampling covariance.
    qm_statistic, qm, qm_df1, qm_df2, qm_p_value
        Omnibus test of all coefficients but the intercept; None without moderators.
    i2 : float
        Share of all components together.
    typical_variance : float
        Sampling variance that `i2` compares with.
    model_se : float
        Standard error of the first coefficient that the model gives without any correction.
    method, ci_method : str
    robust : {"CR1", "CR2"} or None
    level : float
    covariance : ndarray of shape (p, p)
    converged, multimodal : bool
    """

    k: int
    clusters: int
    p: int
    measure: str
    scale: Scale
    coefficients: tuple[Coefficient, ...]
    components: tuple[VarianceComponent, ...]
    log_likelihood: float
    q: float
    q_df: int
    q_p_value: float
    qm_statistic: str
    qm: float | None
    qm_df1: int
    qm_df2: int | None
    qm_p_value: float | None
    i2: float
    typical_variance: float
    model_se: float
    method: str
    ci_method: str
    robust: str | None
    level: float
    covariance: Floats
    converged: bool
    multimodal: bool

    def doubts(self) -> Iterator[Doubt]:
        """See `Doubted`."""
        if self.components:
            total = sum(part.variance for part in self.components)
            yield from of_tau2(total, self.q, self.q_df, self.method)
        df = [c.df for c in self.coefficients if c.df is not None]
        if self.robust is not None and min(df, default=4.0) < 4.0:
            yield Doubt(
                "few-clusters",
                "cluster-robust with fewer than 4 degrees of freedom: the test is not to be relied "
                "on",
                "Take the interval of the multilevel model.",
            )
        yield from of_moderators([c.name for c in self.coefficients], self.covariance, _first(self))


def _first(fit: DependentEffects) -> int:
    """Position of the first slope."""
    return 1 if fit.coefficients[0].name == INTERCEPT else 0


def mean_p_value(mean: Coefficient, measure: str) -> float | None:
    """Test a mean against "no effect" of its measure, as `random_effects` does.

    A coefficient as such is tested against 0.
    """
    null = MEASURE_NULLS.get(measure, 0.0)
    if null == 0.0 or mean.p_value is None:
        return mean.p_value
    if null is None:
        return None
    df = float("nan") if mean.df is None else mean.df
    return float(two_sided_p((mean.estimate - null) / mean.se, df))


def coefficient_records(
    names: Sequence[str], estimates: Floats, covariance: Floats, df: Floats, level: float
) -> tuple[Coefficient, ...]:
    """Test coefficients and give their intervals, each with its own degrees of freedom."""
    errors = np.sqrt(np.diag(covariance))
    quantiles = np.array(
        [float(two_sided_quantile(level, df[i : i + 1])[0]) for i in range(df.size)]
    )
    records = []
    for i, name in enumerate(names):
        estimate, se = float(estimates[i]), float(errors[i])
        statistic = estimate / se if se > 0.0 else None
        p_value = (
            None
            if statistic is None
            else float(two_sided_p(np.array([statistic]), df[i : i + 1])[0])
        )
        half = float(quantiles[i]) * se
        records.append(
            Coefficient(
                name=name,
                estimate=estimate,
                se=se,
                statistic=statistic,
                df=None if np.isnan(df[i]) else float(df[i]),
                p_value=p_value,
                ci_lower=estimate - half,
                ci_upper=estimate + half,
            )
        )
    return tuple(records)
