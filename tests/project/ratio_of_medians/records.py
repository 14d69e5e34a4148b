"""Records of the toy kind: those of every comparison, under a tag of their own."""

from trialpool.records.questions import ComparativeQuestion
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeAsked


class RatioAsked(ComparativeAsked, frozen=True, kw_only=True, tag="ratio_of_medians"):
    """As it is asked."""


class RatioQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="ratio_of_medians"):
    """With its selection."""


class RatioResult(ComparativeResult, frozen=True, kw_only=True, tag="ratio_of_medians"):
    """What it gives: a group of its own for every trial."""


ASKED, QUESTION, RESULT = RatioAsked, RatioQuestion, RatioResult
