"""Questions that compare treatments: hazard, odds and risk ratios, and risk differences."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.pools import ControlRisk, PrintedMedians
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeAsked


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


class ComparisonAsked(ComparativeAsked, frozen=True, kw_only=True, tag="comparison"):
    """A comparison as it is asked."""

    absolute: AbsoluteSettings | None = None


class ComparisonQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="comparison"):
    """A comparison with its selection, and the control risks of times to an event."""

    baselines: Baselines | None = None


class ComparisonResult(ComparativeResult, frozen=True, kw_only=True, tag="comparison"):
    """What a comparison gives."""


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = ComparisonAsked, ComparisonQuestion, ComparisonResult
