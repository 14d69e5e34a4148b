"""From the selection of a question on restricted mean survival time to its result."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool.questions.mean_time.course import courses
from trialpool.questions.mean_time.curve_measures import curves_sensitivity
from trialpool.questions.mean_time.words import VOICE
from trialpool.questions.shared.synthesis.comparative import (
    comparative_result,
    comparative_settings,
    favoured_arms,
    pool_groups,
    subgroup_test,
)
from trialpool.questions.shared.synthesis.members import independent_groups
from trialpool.questions.shared.synthesis.moderators import moderators_sensitivity
from trialpool.questions.shared.synthesis.multiarm import multiarm_sensitivity
from trialpool.questions.shared.synthesis.robustness import with_robustness
from trialpool.questions.shared.synthesis.variants import variants_sensitivity
from trialpool.records.base import record_from
from trialpool.records.mean_time import (
    MeanTimeQuestion,
    MeanTimeResult,
    MeanTimeSettings,
    MeanTimeTrial,
)
from trialpool.records.trials import SelectedTrial


def pool(
    question: MeanTimeQuestion, trials: Sequence[SelectedTrial]
) -> tuple[MeanTimeResult, list[dict[str, object]]]:
    """Pool a question's trials; beside the result the rows of multiverse.csv."""
    return with_robustness(build_result(question, trials), question.variants)


def build_result(question: MeanTimeQuestion, trials: Sequence[SelectedTrial]) -> MeanTimeResult:
    """Make the result without what refits say of its robustness."""
    pooled = pool_groups(question, trials, VOICE)
    measure, pooling = question.measure, question.pooling
    return comparative_result(
        question,
        pooled,
        MeanTimeResult,
        favours=favoured_arms(question),
        subgroup_test=subgroup_test(question, trials),
        sensitivity=(
            *variants_sensitivity(question.variants, pooled.trials, measure, pooling),
            *curves_sensitivity(independent_groups(pooled.trials), pooling),
            *multiarm_sensitivity(question, pooled.trials),
            *moderators_sensitivity(question, pooled.trials),
        ),
        settings=record_from(
            comparative_settings(question),
            MeanTimeSettings,
            horizon_months=question.horizon_months,
        ),
        trials=[record_from(trial, MeanTimeTrial) for trial in pooled.trials],
        curves=courses(pooled.trials, question.short_curves, pooling),
    )
