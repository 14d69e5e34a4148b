"""Questions that compare treatments: hazard, odds and risk ratios, and risk differences."""

from __future__ import annotations

from trialpool.records.questions import ComparativeQuestion
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeAsked


class ComparisonAsked(ComparativeAsked, frozen=True, kw_only=True, tag="comparison"):
    """A comparison as it is asked."""


class ComparisonQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="comparison"):
    """A comparison with its selection."""


class ComparisonResult(ComparativeResult, frozen=True, kw_only=True, tag="comparison"):
    """What a comparison gives."""


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = ComparisonAsked, ComparisonQuestion, ComparisonResult
