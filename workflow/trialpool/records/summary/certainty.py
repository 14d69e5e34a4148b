"""What the certainty of one outcome rests on, computed and judged. Analysis scale throughout."""

from __future__ import annotations

from typing import Literal

from trialpool.records.base import Record

# What an interval may hold: effects that matter or not, on either side of no difference.
Zone = Literal["benefit", "little-or-no-difference", "harm"]


class CertaintyJudgement(Record, frozen=True, kw_only=True):
    """A row of certainty.csv: what a person judged of one outcome of a comparison.

    Attributes
    ----------
    comparison, question : str
        Their ids.
    domain, judgement : str
        Of `trialpool.evidence.certainty`; "overall" is the certainty itself.
    reason, by, date : str
    """

    comparison: str
    question: str
    domain: str
    judgement: str
    reason: str
    by: str
    date: str


class RiskOfBiasCoverage(Record, frozen=True, kw_only=True):
    """How many of the trials somebody judged, and how.

    Attributes
    ----------
    trials, judged : int
    tools : tuple of str
    overall : dict of str to int
        Overall judgement to the number of trials.
    weights : dict of str to float
        The same to their share of the weight.
    """

    trials: int
    judged: int
    tools: tuple[str, ...] = ()
    overall: dict[str, int] = {}
    weights: dict[str, float] = {}


class Inconsistency(Record, frozen=True, kw_only=True):
    """How much the trials differ; of two trials or more.

    Attributes
    ----------
    i2_q, i2_q_ci_lower, i2_q_ci_upper : float or None
        Percent, from Q.
    tau2, tau2_ci_lower, tau2_ci_upper : float or None
        Of the primary model.
    pi_lower, pi_upper : float or None
        Prediction interval of the primary model.
    reaches : tuple of str
        What the prediction interval holds, from benefit to harm.
    """

    i2_q: float | None
    i2_q_ci_lower: float | None
    i2_q_ci_upper: float | None
    tau2: float
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    pi_lower: float | None
    pi_upper: float | None
    reaches: tuple[Zone, ...] = ()


class OptimalInformation(Record, frozen=True, kw_only=True):
    """Information that an effect asks for, in inverse variances, and how much of it there is.

    Attributes
    ----------
    target : {"important", "margin"}
        What is to be found: the size declared important, or that a margin is kept.
    effect : float
        Its distance from no difference.
    alpha, power : float
    required, reached : float
        Of one trial that finds the effect with these errors; sum of 1 / v of the trials.
    fraction : float
        reached / required.
    """

    target: Literal["important", "margin"]
    effect: float
    alpha: float
    power: float
    required: float
    reached: float
    fraction: float

    @property
    def is_reached(self) -> bool:
        """Whether there is as much as one trial of sufficient size would hold."""
        return self.fraction >= 1.0


class Imprecision(Record, frozen=True, kw_only=True):
    """How much the interval leaves open.

    Attributes
    ----------
    reaches : tuple of str
        What the interval of the effect holds, from benefit to harm.
    information : OptimalInformation or None
        None where no size was declared important, and where comparisons share an arm.
    hangs_on_one_trial : bool
        Whether leaving one of three trials or more out changes what is concluded.
    """

    reaches: tuple[Zone, ...]
    information: OptimalInformation | None
    hangs_on_one_trial: bool = False


class Indirectness(Record, frozen=True, kw_only=True):
    """What the trials are of, for a reader to compare with what is asked: each value once.

    Attributes
    ----------
    treatments : tuple of str
        Mechanism of what is compared, and how: "added", "instead of …".
    backgrounds : tuple of tuple of str
        Drugs that both sides of a trial receive, once for each different set.
    columns : dict of str to tuple of str
        Column of trials.csv (setting, line) to its values, empty ones left out.
    populations, endpoints, definitions : tuple of str
        As the rows of the trials have them.
    control_risk_of_others : bool
        Whether the control risk is of other patients than the trials'.
    """

    treatments: tuple[str, ...]
    backgrounds: tuple[tuple[str, ...], ...]
    columns: dict[str, tuple[str, ...]]
    populations: tuple[str, ...]
    endpoints: tuple[str, ...]
    definitions: tuple[str, ...] = ()
    control_risk_of_others: bool = False


class ResultNotPooled(Record, frozen=True, kw_only=True):
    """A result of a trial on this outcome that the pool does not hold.

    Attributes
    ----------
    trial_id, label : str
    row_ids, printed : tuple of str
        Its rows, and what their reports print.
    reasons : tuple of str
        Why none of them allows an effect, each once.
    """

    trial_id: str
    label: str
    row_ids: tuple[str, ...]
    printed: tuple[str, ...]
    reasons: tuple[str, ...]


class CertaintyInputs(Record, frozen=True, kw_only=True):
    """What can be computed of the certainty of one outcome.

    Attributes
    ----------
    risk_of_bias : RiskOfBiasCoverage
    inconsistency : Inconsistency or None
        None for a single trial.
    imprecision : Imprecision or None
        None where there is no interval.
    indirectness : Indirectness
    """

    risk_of_bias: RiskOfBiasCoverage
    inconsistency: Inconsistency | None
    imprecision: Imprecision | None
    indirectness: Indirectness
