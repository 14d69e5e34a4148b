"""What a question on an interaction says in words: in which level an effect is more favourable."""

from __future__ import annotations

from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Direction, get_measure
from trialpool.questions.shared.words import conclusions
from trialpool.questions.shared.words.markers import LIKELY_CHANCE, Comparison, MarkerWords
from trialpool.questions.shared.words.reanalyses import trials_concerned
from trialpool.questions.shared.words.sentences import Voice
from trialpool.questions.shared.words.sides import Conclusion, effect_text
from trialpool.records.groups import Group
from trialpool.records.interaction import (
    AnyDifference,
    InteractionQuestion,
    InteractionResult,
    Joint,
)
from trialpool.records.reanalyses import Reanalysis

# Of a number in a sentence.
UNIT: Final = ""
# Where several levels are compared at once a test, not an interval, says whether any differs.
_BELOW: Final = 0.05
_DIFFERS: Final = ("differs", "trial-differs")


def describe_side(side: Direction, result: InteractionQuestion | InteractionResult) -> str:
    """Say what a side of no difference means: "effect more favourable in marked"."""
    labels = result.interaction.labels
    favoured = labels.positive if side == result.benefit else labels.negative
    return f"effect more favourable in {favoured}"


def conclude(group: Group, result: InteractionResult) -> Conclusion:
    """Put the result of a group into words."""
    return conclusions.conclude(group, result, describe_side)


VOICE: Final = Voice(describe_side, of_levels=True)


def sentence(group: Group, result: InteractionResult) -> str:
    """Say in one sentence what a group's interaction shows.

    Which level does better is said, not that either benefits: a ratio tells no more. Of one
    trial the p-value tells how far chance explains it, by the classes of ICEMAN.
    """
    words = group.sentence
    found = group.verdict is not None and group.verdict.word == "trial-differs"
    if not found or group.p_value is None:
        return f"{words}."
    shown = fmt.p_statement(group.p_value)
    if group.p_value <= LIKELY_CHANCE:
        return f"{words} ({shown}: another trial has to confirm it)."
    return f"{words} ({shown}: chance is a likely explanation)."


def test_words(test: AnyDifference) -> str:
    """Print a test that no level differs: "χ²(3) = 4.81, p = 0.19"."""
    symbol = {"chi2": "χ²"}.get(test.statistic, test.statistic)
    shown = fmt.statistic(symbol, test.value, test.df1, test.df2)
    return f"{shown}, {fmt.p_statement(test.p_value)}"


def on_markers(result: InteractionResult) -> MarkerWords:
    """Say in which level the effect is more favourable, by group, and what is counted of it."""
    return MarkerWords(
        sentences=(
            *(sentence(group, result) for group in result.groups),
            *_jointly(result),
            *_by_subtraction(result),
        ),
        markers=tuple(result.interaction.biomarkers),
        comparisons=tuple(_comparisons(result)),
    )


def _jointly(result: InteractionResult) -> list[str]:
    """Of several levels against one: the test of all of them, which guards the single ones."""
    return [
        f"{one.group}: {test_words(_joint_test(one))} that none of the levels of "
        f"{one.marker} differs."
        for one in result.joint
    ]


def _joint_test(one: Joint) -> AnyDifference:
    models = (one.models.hk_adhoc, one.models.single_trial, one.models.common_effect)
    return next(model.test for model in models if model is not None)


def _by_subtraction(result: InteractionResult) -> list[str]:
    measure = get_measure(result.measure)
    return [
        f"For sensitivity only, {row.group}: {measure.name} {effect_text(row, measure)} "
        f"{row.analysis} ({trials_concerned(row, measure)})."
        for entry in result.sensitivity
        if isinstance(entry, Reanalysis) and entry.id == "subtraction"
        for row in entry.results
    ]


def _comparisons(result: InteractionResult) -> list[Comparison]:
    """List what is compared; several levels against one are one answer: whether any differs."""
    if result.interaction.compare == "levels":
        return [
            Comparison(
                *_rows_of(result, one.group, one.marker),
                k=one.k,
                differs=_joint_test(one).p_value < _BELOW,
                p_value=_joint_test(one).p_value,
            )
            for one in result.joint
        ]
    return [
        Comparison(
            *_rows_of(result, group.label),
            k=group.k,
            differs=group.verdict is not None and group.verdict.word in _DIFFERS,
            p_value=group.p_value,
        )
        for group in result.groups
    ]


def _rows_of(
    result: InteractionResult, group: str, marker: str = ""
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Rows that a comparison stands on, and its markers."""
    mine = [
        trial
        for trial in result.trials
        if trial.group == group or (marker and trial.group.startswith(f"{group}, {marker} "))
    ]
    rows = frozenset(row for trial in mine for row in trial.row_ids)
    markers = dict.fromkeys(level.marker for trial in mine for level in trial.levels)
    return rows, tuple(markers)
