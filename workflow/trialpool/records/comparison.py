"""Questions that compare treatments: hazard, odds and risk ratios, and risk differences."""

from __future__ import annotations

from trialpool.records.absolute import Baselines
from trialpool.records.base import Record
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
