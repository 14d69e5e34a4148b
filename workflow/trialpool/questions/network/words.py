"""What the direct comparisons of a network say in words."""

from __future__ import annotations

from typing import Final

from trialpool.measures import Direction
from trialpool.questions.shared.words import conclusions
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sentences import Voice
from trialpool.questions.shared.words.sides import (
    Conclusion,
    describe_outcome,
)
from trialpool.records.groups import Group
from trialpool.records.network import NetworkResult

# Of a number in a sentence.
UNIT: Final = ""
VOICE: Final = Voice(describe_outcome)


def describe_side(side: Direction, result: NetworkResult) -> str:
    """Say what a side of no difference means: "fewer deaths with the treatment named first"."""
    return describe_outcome(side, result, "with the treatment named first")


def conclude(group: Group, result: NetworkResult) -> Conclusion:
    """Put a direct comparison into words."""
    return conclusions.conclude(group, result, describe_side)


def on_markers(_: NetworkResult) -> MarkerWords | None:
    """Say what it tells of markers: nothing."""
    return None
