"""What the direct comparisons of a network say in words."""

from __future__ import annotations

from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Direction, get_measure
from trialpool.questions.shared.words import conclusions
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sentences import NOT_JUDGED, Voice
from trialpool.questions.shared.words.sides import (
    Conclusion,
    describe_outcome,
    effect_text,
)
from trialpool.records.groups import Group, Word
from trialpool.records.network import NetworkQuestion, NetworkResult
from trialpool.records.pools import Effect

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


def say_assumed(
    label: str, effect: Effect, word: Word | None, better: float | None, question: NetworkQuestion
) -> str:
    """Put an effect that exists through an assumption alone into words; it has no rank."""
    measure = get_measure(question.measure)
    parts = [f"{measure.code} {effect_text(effect, measure)}"]
    if word is not None:
        parts.append(f"{word.replace('-', ' ')} (benefit {fmt.chance(better)})")
    return f"{label}: {'; '.join([*parts, 'never ranked', NOT_JUDGED])}"
