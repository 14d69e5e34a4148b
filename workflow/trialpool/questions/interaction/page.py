"""A question about an interaction on the page: sentences, effects by level, credibility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.interaction.words import sentence, test_words
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.sides import effect_text
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records import interaction as records
from trialpool.records.interaction import ByLevel, InteractionResult, InteractionTrial, Joint, Naive

FOREST_REMARK: Final = ", at the left by level, at the right the ratio of their levels"
_RANDOM: Final = "random effects (Hartung-Knapp with floor)"


@dataclass(frozen=True)
class LevelRow:
    """Effects of one group by level under one model, as text."""

    group: str
    model: str
    positive: str
    negative: str
    trials: str


@dataclass(frozen=True)
class JointModel:
    """All levels of one group in one model: level, difference, effect, trials; and the test."""

    group: str
    model: str
    reference: str
    rows: tuple[tuple[str, str, str, str], ...]
    test: str


@dataclass(frozen=True)
class InteractionSection:
    """What the section of an interaction shows besides the pools.

    Attributes
    ----------
    measure, positive, negative : str
        Measure of the effects by level, and the names of the levels.
    sentences : tuple of str
        One per group.
    levels : tuple of LevelRow
    trials : tuple of (str, str, str, str)
        Trial, the effect in each of its two levels, and their words in the report.
    ordered : tuple of (str, tuple of (str, str, str, str))
        Of a slope: trial, and per level its name, score, effect and words in the report.
    joint : tuple of JointModel
        Of several levels against one: all of them in one model.
    step : str
        What a step of the scores is; empty unless the question asks for a slope.
    naive : tuple of str
        What pooling each level for itself would show.
    credibility : tuple of (str, tuple of (str, str))
        Group, and items with answers.
    """

    measure: str
    positive: str
    negative: str
    sentences: tuple[str, ...]
    levels: tuple[LevelRow, ...]
    trials: tuple[tuple[str, str, str, str], ...]
    ordered: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
    joint: tuple[JointModel, ...]
    step: str
    naive: tuple[str, ...]
    credibility: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def figures(_: InteractionResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot: none."""
    return ()


def methods(_: Sequence[InteractionResult], __: Citations) -> Section | None:
    """Describe what only this kind does: its section says it beside the numbers."""
    return None


def parts(result: InteractionResult) -> tuple[Part, ...]:
    """Prepare what stands instead of the general answers in words."""
    return (Part("words", "interaction/page.html.j2", section(result)),)


def section(result: InteractionResult) -> InteractionSection:
    """Prepare the section."""
    asked = result.interaction
    ratio = get_measure(result.measure)
    measure = get_measure(ratio.ratio_of)
    is_trend = asked.compare == "trend"
    return InteractionSection(
        measure=measure.name,
        positive=asked.labels.positive,
        negative=asked.labels.negative,
        sentences=tuple(sentence(group, result) for group in result.groups),
        levels=tuple(row for one in result.by_level for row in _levels(one, measure)),
        trials=() if is_trend else tuple(_trial(trial, measure) for trial in result.trials),
        ordered=tuple(_ordered(trial, measure) for trial in result.trials) if is_trend else (),
        joint=tuple(model for one in result.joint for model in _joint(one, ratio, measure)),
        step=asked.step,
        naive=tuple(
            _naive(one.group, one.naive, ratio) for one in result.by_level if one.naive is not None
        ),
        credibility=tuple(
            (one.group, tuple((item.item, item.answer) for item in one.iceman))
            for one in result.by_level
        ),
    )


def _ordered(
    trial: InteractionTrial, measure: Measure
) -> tuple[str, tuple[tuple[str, str, str, str], ...]]:
    return trial.label, tuple(
        (
            f"{level.marker} {level.level}",
            f"{level.score:g}",
            effect_text(level, measure),
            level.described,
        )
        for level in reversed(trial.levels)
    )


def _joint(one: Joint, ratio: Measure, measure: Measure) -> list[JointModel]:
    models = (
        ("the trial itself", one.models.single_trial),
        ("common effect", one.models.common_effect),
        (_RANDOM, one.models.hk_adhoc),
    )
    return [
        JointModel(
            group=one.group,
            model=name,
            reference=f"{one.marker} {one.reference}",
            rows=tuple(_joint_row(one.marker, level, ratio, measure) for level in model.levels),
            test=test_words(model.test),
        )
        for name, model in models
        if model is not None
    ]


def _joint_row(
    marker: str, level: records.JointLevel, ratio: Measure, measure: Measure
) -> tuple[str, str, str, str]:
    return (
        f"{marker} {level.level}",
        effect_text(level.difference, ratio) if level.difference else "reference",
        effect_text(level.effect, measure),
        fmt.whole(level.k),
    )


def _levels(one: ByLevel, measure: Measure) -> list[LevelRow]:
    # One trial's own two levels stand in the table of the trials.
    models = (("common effect", one.floating.common_effect), (_RANDOM, one.floating.hk_adhoc))
    return [
        LevelRow(
            group=one.group,
            model=name,
            positive=effect_text(found.positive, measure),
            negative=effect_text(found.negative, measure),
            trials=f"{found.positive.k} and {found.negative.k}",
        )
        for name, found in models
        if found is not None
    ]


def _trial(trial: InteractionTrial, measure: Measure) -> tuple[str, str, str, str]:
    first, second = (
        next(
            f"{level.marker} {level.level}: {effect_text(level, measure)}"
            for level in trial.levels
            if level.side == side
        )
        for side in ("positive", "negative")
    )
    return trial.label, first, second, "; ".join(level.described for level in trial.levels)


def _naive(group: str, naive: Naive, ratio: Measure) -> str:
    apparent, within = fmt.effect(naive.apparent, ratio), fmt.effect(naive.within, ratio)
    words = (
        f"{group}: levels pooled each for itself, a comparison between trials, would differ "
        f"by a {ratio.name} of {apparent}; within trials it is {within}"
    )
    if naive.share is not None:
        return f"{words}, so {100 * naive.share:.0f}% of that difference lies between trials."
    return f"{words}."
