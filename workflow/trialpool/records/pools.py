"""Pools: what a model says of a set of effects. All on the analysis scale, None: does not exist.

At the end what an effect means in absolute terms, at a stated risk without the treatment.
"""

from __future__ import annotations

from typing import Any, Self

import msgspec

from trialpool.records.base import Record, fields_of


class Interval(Record, frozen=True, kw_only=True):
    """An estimate with its interval."""

    estimate: float
    ci_lower: float
    ci_upper: float


class PooledEffect(Record, frozen=True, kw_only=True):
    """What a pool says in one line: its estimate, and the interval where there is one."""

    estimate: float
    ci_lower: float | None
    ci_upper: float | None


class Effect(Record, frozen=True, kw_only=True):
    """An estimate with its standard error and interval."""

    estimate: float
    se: float | None
    ci_lower: float
    ci_upper: float

    def turned(self) -> Effect:
        """Return the effect the other way round."""
        return Effect(
            estimate=-self.estimate, se=self.se, ci_lower=-self.ci_upper, ci_upper=-self.ci_lower
        )


class Diagnostics(Record, frozen=True, kw_only=True):
    """How a fit went, as in `trialpool.pooling`."""

    converged: bool
    at_boundary: bool
    multimodal: bool
    notes: tuple[str, ...]


class Pool(Record, frozen=True, kw_only=True):
    """A pool of one model: the same keys for every model.

    Attributes
    ----------
    k : int
        Number of trials.
    measure, scale : str
    estimate, se, ci_lower, ci_upper, p_value : float or None
        The mean, the standard error that its interval uses, the interval, the test of no effect.
    tau2, tau2_se, tau2_ci_lower, tau2_ci_upper : float or None
        Between-trial variance.
    i2, i2_q : float or None
        In percent: from tau², from Q.
    h2, q, q_df, q_p_value
        H² from tau²; Cochran's test of heterogeneity.
    pi_lower, pi_upper : float or None
        Prediction interval.
    tau2_method, ci_method, pi_method : str
    weights : tuple of float or None
        Fractions in the order of the group's trials.
    level : float
        Of all intervals.
    df : float or None
        Degrees of freedom of the interval of the mean; None for the normal.
    diagnostics : Diagnostics
    i2_ci_lower, i2_ci_upper, h2_ci_lower, h2_ci_upper : float or None
        From the interval of tau².
    tau2_ci_method : str or None
    i2_q_ci_lower, i2_q_ci_upper : float or None
        Of `i2_q`, from the non-central chi-square of Q.
    """

    k: int
    measure: str
    scale: str
    estimate: float
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
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
    i2_ci_lower: float | None
    i2_ci_upper: float | None
    h2_ci_lower: float | None
    h2_ci_upper: float | None
    tau2_ci_method: str | None
    i2_q_ci_lower: float | None = None
    i2_q_ci_upper: float | None = None

    @classmethod
    def of(cls, fit: Any) -> Self:
        """Take the numbers of a fit by `trialpool.pooling`; what it does not have is None."""
        values = {f.name: getattr(fit, f.name, None) for f in fields_of(cls)}
        return msgspec.convert(values, cls, from_attributes=True)


class ModelsBesideEachOther(Record, frozen=True, kw_only=True):
    """The models of a group, one field each; absent ones are left out of the file."""

    def named(self) -> dict[str, Pool]:
        """Return the models that there are, by their names in the file, in their order."""
        found = {f.encode_name: getattr(self, f.name) for f in fields_of(type(self))}
        return {name: pool for name, pool in found.items() if pool is not None}


class Posterior(Record, frozen=True, kw_only=True):
    """Posterior of one quantity; mean and standard deviation None where it has none."""

    median: float
    mean: float | None
    sd: float | None
    lower: float
    upper: float


class BayesPool(Pool, frozen=True, kw_only=True):
    """The normal-normal hierarchical model with a prior of tau.

    `estimate` is the posterior median, `se` the posterior standard deviation, `tau2` the
    squared median of tau, limits are equal-tailed; `p_value`, `tau2_se`, `df` are None, and so
    are `i2` and `h2`, which would be the prior's. `prior_scale` is None where `prior` says all.
    """

    estimate_is: str
    prior: str
    prior_scale: float | None
    prior_words: str
    mean_prior: tuple[float, float] | None
    mean: Posterior
    tau: Posterior
    prediction: Posterior
    probability_below: float
    probability_above: float
    prediction_below: float
    prediction_above: float
    shrunken: tuple[Posterior, ...]
    nodes: int

    @classmethod
    def of(cls, fit: Any) -> Self:
        """Take the numbers of a fit, without shares of variance that rest on its prior."""
        nothing = dict.fromkeys(
            ("i2", "i2_ci_lower", "i2_ci_upper", "h2", "h2_ci_lower", "h2_ci_upper")
        )
        return msgspec.structs.replace(super().of(fit), **nothing)


class CountTest(Record, frozen=True, kw_only=True):
    """A chi-square test of counts; `note` says why there is no value."""

    value: float | None
    df: int
    p_value: float | None
    note: str


class CountPool(Pool, frozen=True, kw_only=True):
    """A pool of counts by a model that needs no effect size of each trial."""

    method: str
    model: str | None
    tests: dict[str, CountTest]
    zero_cells: str
    log_likelihood: float | None
    quadrature_points: int | None


class Models(ModelsBesideEachOther, frozen=True, kw_only=True):
    """The models of a group that compares two sides; none for a single trial."""

    bayes: BayesPool | None = None
    common_effect: Pool | None = msgspec.field(default=None, name="common-effect")
    hk: Pool | None = None
    hk_adhoc: Pool | None = msgspec.field(default=None, name="hk-adhoc")


class ControlRisk(Record, frozen=True, kw_only=True):
    """What is known of the outcome in one control arm.

    Attributes
    ----------
    trial_id, label, arm : str
        The trial, and its arm in words.
    risk : float
        Probability of the outcome; of the event by the landmark where there is one.
    ci_lower, ci_upper : float or None
        As printed, None where they are not.
    basis : {"printed rate", "curve", "exponential", "counts"}
        "exponential": the curve with constant hazard through the printed median.
    row_id, source : str
        The raw row, and its report or the article of the figure.
    """

    trial_id: str
    label: str
    arm: str
    risk: float
    ci_lower: float | None = None
    ci_upper: float | None = None
    basis: str
    row_id: str
    source: str


class PrintedMedians(Record, frozen=True, kw_only=True):
    """Median times as a report prints them: text ("NR": not reached), empty where not printed."""

    label: str
    experimental: str
    control: str
    unit: str


class NumberNeeded(Record, frozen=True, kw_only=True):
    """Number needed to treat, rounded up; None: infinite. `to`: one more to "benefit" or "harm"."""

    value: int | None
    to: str


class NumberNeededInterval(Record, frozen=True, kw_only=True):
    """A number needed to treat, from the best to the worst end of its interval.

    `through_infinity`: the interval holds no difference; it runs from one to benefit through
    infinity to one to harm.
    """

    estimate: NumberNeeded
    best: NumberNeeded
    worst: NumberNeeded
    through_infinity: bool


class MedianGain(Record, frozen=True, kw_only=True):
    """Difference in median time, in months.

    `control` is the median without the treatment, `assumption` what the difference rests on
    ("exponential assumed": hazards that do not change).
    """

    control: float
    difference: Interval
    assumption: str


class AbsoluteEffect(Record, frozen=True, kw_only=True):
    """A group's effect in absolute terms.

    Attributes
    ----------
    landmark_months : float or None
        None for counts, which have no time.
    control_risk : float
        Probability of the outcome without the treatment; of the event by the landmark.
    control_risk_ci_lower, control_risk_ci_upper : float or None
        Where they are carried through; None where the risk is taken as fixed.
    control_risk_source : str
        In words.
    control_risks : tuple of ControlRisk
        What it comes from.
    treatment_risk : Interval
    per_1000 : Interval
        Difference in 1,000 patients, treatment less control.
    number_needed : NumberNeededInterval
    median_gain : MedianGain or None
    assumptions : tuple of str
        What the risks rest on: "control risk taken as fixed", "exponential assumed".
    """

    landmark_months: float | None
    control_risk: float
    control_risk_ci_lower: float | None
    control_risk_ci_upper: float | None
    control_risk_source: str
    control_risks: tuple[ControlRisk, ...]
    treatment_risk: Interval
    per_1000: Interval
    number_needed: NumberNeededInterval
    median_gain: MedianGain | None
    assumptions: tuple[str, ...]


class PoolSummary(Record, frozen=True, kw_only=True):
    """A pool with its models and its verdict: word, size and flags in one text."""

    label: str
    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    tau2: float
    i2: float | None
    pi_lower: float | None
    pi_upper: float | None
    primary_model: str | None
    verdict: str = ""
    models: dict[str, PooledEffect]
