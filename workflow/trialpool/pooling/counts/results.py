"""What pooling of counts gives back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.pooling.counts.tables import LeftOut
from trialpool.pooling.doubt import Doubt
from trialpool.pooling.fit_doubts import of_peto, of_tau2, of_weights
from trialpool.pooling.numeric.tails import chi2_p, two_sided_p, two_sided_quantile
from trialpool.pooling.options import MEASURE_SCALES, Scale, choose
from trialpool.pooling.plain_values import Doubted, Plain
from trialpool.pooling.univariate.intervals import MIN_TRIALS_FOR_PREDICTION
from trialpool.pooling.univariate.results import Diagnostics

# Of the prediction interval: degrees of freedom for k trials, None for the normal.
_PI_LOSS: dict[str, int | None] = {"t": 1, "hts": 2, "normal": None}
COUNT_PI_METHODS = tuple(_PI_LOSS)
# A proportion or a rate of one arm compares nothing: there is no test of 0.
_OF_ONE_ARM = ("PLO", "IRLN")


@dataclass(frozen=True)
class CountTest(Plain):
    """A chi-square test; `value` is None where it does not exist, and `note` says why."""

    value: float | None
    df: int
    p_value: float | None
    note: str = ""


def chi_square(value: float, df: int) -> CountTest:
    """Make a test of a chi-square statistic; there is none without degrees of freedom."""
    if df < 1:
        return CountTest(None, df, None, "one trial does not differ from others")
    return CountTest(value, df, float(chi2_p(np.array(value), np.array(float(df)))))


def no_test(df: int, note: str) -> CountTest:
    """Make a test that does not exist."""
    return CountTest(None, df, None, note)


@dataclass(frozen=True, repr=False)
class PooledCounts(Doubted, Plain):
    """Counts pooled by a model that needs no effect size of each trial.

    The names are those of `PooledEffect`, on the same scale; None means "does
    not exist": a common-effect method has no prediction interval, and a GLMM no
    weights, because its likelihood is no weighted mean.

    Attributes
    ----------
    method : {"mh", "peto", "glmm"}
    model : str or None
        Of a GLMM.
    tests : dict of CountTest
        By name, for example "cochran-mantel-haenszel", "breslow-day".
    rows : tuple of int
        Position in the input of each trial that takes part.
    left_out : tuple of LeftOut
    log_likelihood : float or None
    quadrature_points : int or None
    zero_cells : str
    unbalanced : tuple of int
        Positions in `rows` of the trials whose arms are beyond 1:4; of Peto's method alone.
    """

    k: int
    measure: str
    scale: Scale
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    p_value: float | None
    tau2: float
    tau2_se: float | None
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    i2: float | None
    i2_q: float | None
    h2: float | None
    q: float | None
    q_df: int
    q_p_value: float | None
    pi_lower: float | None
    pi_upper: float | None
    tau2_method: str
    ci_method: str
    weights: tuple[float, ...] | None
    level: float
    pi_method: str
    df: float | None
    diagnostics: Diagnostics
    method: str
    model: str | None
    tests: dict[str, CountTest]
    rows: tuple[int, ...]
    left_out: tuple[LeftOut, ...]
    zero_cells: str = "none"
    log_likelihood: float | None = None
    quadrature_points: int | None = None
    unbalanced: tuple[int, ...] = ()

    unwritten = ("rows", "left_out", "unbalanced")

    def doubts(self) -> Iterator[Doubt]:
        """See `Doubted`."""
        yield from of_weights(self.weights or ())
        if self.method == "glmm":
            yield from of_tau2(self.tau2, self.q, self.q_df, self.tau2_method)
        if self.method == "peto":
            yield from of_peto(self.estimate, self.unbalanced)


def summarise(
    *,
    estimate: float,
    se: float,
    level: float,
    measure: str,
    rows: tuple[int, ...],
    q: CountTest,
    tau2: float = 0.0,
    tau2_se: float | None = None,
    tau2_method: str = "CE",
    pi: str = "t",
    **rest: Any,
) -> PooledCounts:
    """Add Wald interval, test, prediction interval and I² from Q to an estimate.

    Raises
    ------
    ValueError
        If `pi` is not known.
    """
    choose("pi", pi, COUNT_PI_METHODS)
    k = len(rows)
    none = np.array(math.nan)
    half = float(two_sided_quantile(level, none)) * se
    predicted = None
    if tau2_method != "CE" and k >= MIN_TRIALS_FOR_PREDICTION:
        loss = _PI_LOSS[pi]
        df = none if loss is None else np.array(float(k - loss))
        predicted = float(two_sided_quantile(level, df)) * math.sqrt(tau2 + se * se)
    i2_q = None
    if tau2_method == "CE" and q.value is not None:
        i2_q = 100.0 * max(0.0, (q.value - q.df) / q.value) if q.value > 0 else 0.0
    return PooledCounts(
        k=k,
        measure=measure,
        scale=MEASURE_SCALES[measure],
        estimate=estimate,
        se=se,
        ci_lower=estimate - half,
        ci_upper=estimate + half,
        # A proportion or a rate of one arm compares nothing.
        p_value=None
        if measure in ("PLO", "IRLN")
        else float(two_sided_p(np.array(estimate / se), none)),
        tau2=tau2,
        tau2_se=tau2_se,
        tau2_ci_lower=None,
        tau2_ci_upper=None,
        i2=None,
        i2_q=i2_q,
        h2=None,
        q=q.value,
        q_df=q.df,
        q_p_value=q.p_value,
        pi_lower=None if predicted is None else estimate - predicted,
        pi_upper=None if predicted is None else estimate + predicted,
        tau2_method=tau2_method,
        ci_method="wald",
        level=level,
        pi_method=pi,
        df=None,
        rows=rows,
        **rest,
    )
