"""What a question on an interaction says in words: in which level an effect is more favourable."""

from __future__ import annotations

from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Direction, get_measure
from trialpool.questions.shared.words import conclusions
from trialpool.questions.shared.words.markers import LIKELY_CHANCE, Comparison, MarkerWords
from trialpool.questions.shared.words.reanalyses import trials_concerned
from trialpool.questions.shared.words.sides import (
    Conclusion,
    effect_text,
    models_to_compare,
    side_of_null,
    speaking_pool,
)
from trialpool.records.groups import Group
from trialpool.records.interaction import AnyDifference, InteractionResult, Joint, SideLabels
from trialpool.records.pools import Pool
from trialpool.records.reanalyses import Reanalysis

# Of a number in a sentence.
UNIT: Final = ""
# Where several levels are compared at once a test, not an interval, says whether any differs.
_BELOW: Final = 0.05


def describe_side(side: Direction, result: InteractionResult) -> str:
    """Say what a side of no difference means: "effect more favourable in marked"."""
    labels = result.interaction.labels
    favoured = labels.positive if side == result.benefit else labels.negative
    return f"effect more favourable in {favoured}"


def conclude(group: Group, result: InteractionResult) -> Conclusion:
    """Put the result of a group into words."""
    return conclusions.conclude(group, result, describe_side)


def sentence(group: Group, result: InteractionResult) -> str:
    """Say in one sentence what a group's interaction shows, by its whole interval.

    The interval of the primary model decides; below five trials without one, that of
    random effects. An interval that includes 1 is never read as proof of no difference.
    Which level does better is said, not that either benefits: a ratio tells no more. Of one
    trial the p-value tells how far chance explains it.
    """
    measure = get_measure(result.measure)
    pool = speaking_pool(group)
    name = next(trial.label for trial in result.trials if trial.group == group.label)
    trials = name if group.k == 1 else f"{group.k} trials"
    step = result.interaction.step
    numbers = f"{measure.name}{f' per {step}' if step else ''} {effect_text(pool, measure)}"
    labels = _compared(group, result)
    side = side_of_null(pool)
    if side not in ("lower", "higher"):
        return (
            f"{group.label}: {trials} did not show that the effect "
            + (f"changes from {labels.negative} to " if step else "differs between ")
            + (labels.positive if step else f"{labels.positive} and {labels.negative}")
            + f" ({numbers})."
        )
    better = side == result.benefit
    arm = result.arm_names.experimental
    of = "effect" if arm == "experimental" else f"effect of {arm}"
    if step:
        way = "more" if better else "less"
        found = f"the {of} becomes {way} favourable from {labels.negative} to {labels.positive}"
    else:
        first, second = labels.positive, labels.negative
        if not better:
            first, second = second, first
        found = f"the {of} is more favourable in {first} than in {second}"
    verb, caution = ("show", _by_model(group, result))
    if group.k == 1:
        verb, caution = ("suggests", _one_trial(pool))
    return f"{group.label}: {trials} {verb} that {found} ({numbers}){caution}."


def _one_trial(pool: Pool) -> str:
    """Say of one trial how far chance explains it, by the classes of ICEMAN."""
    if pool.p_value is None:
        return "; a single result, which another has to confirm"
    shown = fmt.p_statement(pool.p_value)
    if pool.p_value <= LIKELY_CHANCE:
        return f"; a single result, and another has to confirm it ({shown})"
    return f"; a single result, and chance is a likely explanation ({shown})"


def _by_model(group: Group, result: InteractionResult) -> str:
    """Say of several trials that not every model excludes no difference."""
    sides = {side_of_null(pool, result.null_value) for pool in models_to_compare(group).values()}
    return "; not under every model" if len(sides) > 1 else ""


def _compared(group: Group, result: InteractionResult) -> SideLabels:
    """Names of the two sides; where each level is compared with one, those of the levels."""
    if result.interaction.compare != "levels":
        return result.interaction.labels
    trial = next(trial for trial in result.trials if trial.group == group.label)
    named = {level.side: f"{level.marker} {level.level}" for level in trial.levels}
    return SideLabels(positive=named["positive"], negative=named["negative"])


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
            differs=side_of_null(speaking_pool(group)) in ("lower", "higher"),
            p_value=speaking_pool(group).p_value,
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
