"""What a difference in restricted mean survival time says in words."""

from __future__ import annotations

from typing import Final

from trialpool.measures import Direction
from trialpool.questions.shared.words import conclusions
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sentences import Voice
from trialpool.questions.shared.words.sides import Conclusion, with_experimental
from trialpool.records.groups import Group
from trialpool.records.mean_time import MeanTimeResult
from trialpool.records.settings import QuestionHead

# Of a number in a sentence.
UNIT: Final = "months"


def _time(side: Direction, asked: QuestionHead) -> str:
    longer = "longer" if side == asked.benefit else "shorter"
    return f"{longer} mean time free of the event"


VOICE: Final = Voice(_time)


def describe_side(side: Direction, result: MeanTimeResult) -> str:
    """Say what a side of no difference means: "longer mean time free of the event with …"."""
    return f"{_time(side, result)} {with_experimental(result)}"


def conclude(group: Group, result: MeanTimeResult) -> Conclusion:
    """Put the result of a group into words."""
    return conclusions.conclude(group, result, describe_side)


def on_markers(_: MeanTimeResult) -> MarkerWords | None:
    """Say what it tells of markers: nothing."""
    return None
