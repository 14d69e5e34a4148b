"""What a comparison of treatments says in words."""

from __future__ import annotations

from typing import Final

from trialpool.measures import Direction
from trialpool.questions.shared.words import conclusions
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sentences import Voice
from trialpool.questions.shared.words.sides import (
    Conclusion,
    describe_outcome,
    with_experimental,
)
from trialpool.records.comparison import ComparisonResult
from trialpool.records.groups import Group

# Of a number in a sentence.
UNIT: Final = ""
VOICE: Final = Voice(describe_outcome)


def describe_side(side: Direction, result: ComparisonResult) -> str:
    """Say what a side of no difference means: "fewer deaths with the experimental treatment"."""
    return describe_outcome(side, result, with_experimental(result))


def conclude(group: Group, result: ComparisonResult) -> Conclusion:
    """Put the result of a group into words."""
    return conclusions.conclude(group, result, describe_side)


def on_markers(_: ComparisonResult) -> MarkerWords | None:
    """Say what it tells of markers: nothing."""
    return None
