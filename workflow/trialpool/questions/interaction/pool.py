"""From the selection of a question on an interaction to its result."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool.questions.interaction.joint_levels import joint_models
from trialpool.questions.interaction.levels_pooled import (
    by_levels,
    by_mechanism,
    by_subtraction,
    with_level_intervals,
)
from trialpool.questions.interaction.words import VOICE
from trialpool.questions.shared.synthesis.comparative import (
    comparative_result,
    comparative_settings,
    favoured,
    pool_groups,
)
from trialpool.questions.shared.synthesis.robustness import with_robustness
from trialpool.records.base import record_from
from trialpool.records.groups import Favours
from trialpool.records.interaction import (
    InteractionQuestion,
    InteractionResult,
    InteractionSettings,
)
from trialpool.records.trials import SelectedTrial


def pool(
    question: InteractionQuestion, trials: Sequence[SelectedTrial]
) -> tuple[InteractionResult, list[dict[str, object]]]:
    """Pool a question's trials; beside the result the rows of multiverse.csv."""
    return with_robustness(build_result(question, trials), question.variants)


def build_result(
    question: InteractionQuestion, trials: Sequence[SelectedTrial]
) -> InteractionResult:
    """Make the result without what refits say of its robustness."""
    pooled = pool_groups(question, trials, VOICE)
    shown = with_level_intervals(pooled.trials, question.pooling.level)
    return comparative_result(
        question,
        pooled,
        InteractionResult,
        favours=_favours(question),
        sensitivity=(*by_mechanism(question, shown), *by_subtraction(question, shown)),
        settings=record_from(
            comparative_settings(question), InteractionSettings, interaction=question.interaction
        ),
        trials=shown,
        by_level=by_levels(question, pooled.groups, shown),
        joint=joint_models(question, shown) if question.interaction.compare == "levels" else (),
    )


def _favours(question: InteractionQuestion) -> Favours:
    name, labels = question.arm_names.experimental, question.interaction.labels
    better = "Better effect" + ("" if name == "experimental" else f" of {name}")
    return favoured(question, f"{better}: {labels.positive}", f"{better}: {labels.negative}")
