"""Questions that compare treatments: hazard, odds and risk ratios, and risk differences."""

from __future__ import annotations

from typing import Literal

from trialpool.records.base import Record
from trialpool.records.pools import ControlRisk, PrintedMedians
from trialpool.records.questions import ComparativeQuestion, VariantTrial
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeAsked, EarlyEndpoint


class AbsoluteSettings(Record, frozen=True, kw_only=True):
    """When absolute effects on a time to an event are stated, and at which control risk.

    `control_risk` is a row of baseline_risk.csv that stands for all comparisons; None: each
    group's own control arms.
    """

    landmark_months: float
    control_risk: str | None = None


class Baseline(Record, frozen=True, kw_only=True):
    """What is known beside the effect of one trial of the selection.

    Attributes
    ----------
    row_ids : tuple of str
        Those of the trial in the selection.
    risk : ControlRisk or None
        Of its control arm at the landmark.
    medians : PrintedMedians or None
    control_median : float or None
        Months; None where it is not printed or not reached.
    """

    row_ids: tuple[str, ...]
    risk: ControlRisk | None = None
    medians: PrintedMedians | None = None
    control_median: float | None = None


class Baselines(Record, frozen=True, kw_only=True):
    """Control risks of a question on times to an event.

    Attributes
    ----------
    landmark_months : float
    named : ControlRisk or None
        The risk that the review names for all comparisons; else that of each group's own trials.
    trials : tuple of Baseline
    """

    landmark_months: float
    named: ControlRisk | None
    trials: tuple[Baseline, ...]


class MoreEvidenceSettings(Record, frozen=True, kw_only=True):
    """With which power an important effect is to be found, and whether looks have boundaries."""

    power: float = 0.9
    boundaries: Literal["none", "obrien-fleming"] = "none"


class EvidenceLook(Record, frozen=True, kw_only=True):
    """The pool of the trials up to a year.

    Attributes
    ----------
    year, trials : int
    fraction : float
        Of the information that the important effect asks for.
    z : float
    boundary : float or None
        What |z| must reach; None once all of the error is spent.
    """

    year: int
    trials: int
    fraction: float
    z: float
    boundary: float | None


class NextTrial(Record, frozen=True, kw_only=True):
    """The verdict after one more trial of the prediction.

    Attributes
    ----------
    se : float
        That it is given, on the analysis scale.
    words : dict of str to float
        Probability of each word that can come.
    changes : float or None
        Probability of another word than the present one; None for one trial, whose words are
        not those of a pool.
    """

    se: float
    words: dict[str, float]
    changes: float | None


class MoreEvidence(Record, frozen=True, kw_only=True):
    """How much more evidence a group would take; analysis scale.

    Attributes
    ----------
    group : str
        Its label.
    effect, alpha, power : float
        The effect to be found, and with which errors.
    tau2 : float
        Of the primary model; of one trial that of the Bayesian model.
    required, diversity, adjusted, reached, fraction
        As in `trialpool.pooling.sequential.information.InformationSize`, in inverse variances.
    further_trials : int
        As precise as the median of those at hand, until the required information is reached.
    next_trial : NextTrial or None
        None where the primary model is not Bayesian.
    looks : tuple of EvidenceLook
        Empty where no boundaries are asked for, or a year is missing.
    """

    group: str
    effect: float
    alpha: float
    power: float
    tau2: float
    required: float
    diversity: float
    adjusted: float
    reached: float
    fraction: float
    further_trials: int
    next_trial: NextTrial | None
    looks: tuple[EvidenceLook, ...] = ()


class Borrowing(Record, frozen=True, kw_only=True):
    """An early endpoint, and its effects in the comparisons of the question."""

    early: EarlyEndpoint
    trials: tuple[VariantTrial, ...]


class BorrowedEffect(Record, frozen=True, kw_only=True):
    """The effect of a group with what the early endpoint says of it; analysis scale.

    Attributes
    ----------
    group : str
    correlation : float or None
        Of the two estimated benefits within trials, assumed; None: without the early endpoint.
    k, k_both : int
        Trials with either effect, and with both.
    estimate, ci_lower, ci_upper, tau2
        Of the question's own endpoint; REML, Wald.
    """

    group: str
    correlation: float | None
    k: int
    k_both: int
    estimate: float
    ci_lower: float
    ci_upper: float
    tau2: float


class BorrowedStrength(Record, frozen=True, kw_only=True):
    """Effects with what an early endpoint says.

    Attributes
    ----------
    early : str
        Its name.
    effects : tuple of BorrowedEffect
    too_few : dict of str to int
        Group to its trials with both endpoints, fewer than the model needs.
    """

    early: str
    effects: tuple[BorrowedEffect, ...]
    too_few: dict[str, int]


class ComparisonAsked(ComparativeAsked, frozen=True, kw_only=True, tag="comparison"):
    """A comparison as it is asked."""

    absolute: AbsoluteSettings | None = None
    more_evidence: MoreEvidenceSettings = MoreEvidenceSettings()
    borrow: EarlyEndpoint | None = None


class ComparisonQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="comparison"):
    """A comparison with its selection, and the control risks of times to an event."""

    baselines: Baselines | None = None
    more_evidence: MoreEvidenceSettings = MoreEvidenceSettings()
    borrow: Borrowing | None = None


class ComparisonResult(ComparativeResult, frozen=True, kw_only=True, tag="comparison"):
    """What a comparison gives.

    `more_evidence` holds the groups whose verdict asks for a size of effect, in their order.
    """

    more_evidence: tuple[MoreEvidence, ...] = ()
    borrowed: BorrowedStrength | None = None


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = ComparisonAsked, ComparisonQuestion, ComparisonResult
