"""From the selection of a comparison to its result."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from trialpool.questions.comparison.absolute import with_absolute
from trialpool.questions.comparison.count_models import count_models_sensitivity
from trialpool.questions.comparison.count_ranges import counts_sensitivity
from trialpool.questions.comparison.words import VOICE
from trialpool.questions.shared.synthesis.comparative import (
    comparative_result,
    favoured_arms,
    pool_groups,
    subgroup_test,
    trials_of_strategy,
)
from trialpool.questions.shared.synthesis.members import by_group, independent_groups
from trialpool.questions.shared.synthesis.moderators import moderators_sensitivity
from trialpool.questions.shared.synthesis.multiarm import multiarm_sensitivity
from trialpool.questions.shared.synthesis.robustness import with_robustness
from trialpool.questions.shared.synthesis.variants import variants_sensitivity
from trialpool.records.comparison import ComparisonQuestion, ComparisonResult
from trialpool.records.trials import SelectedTrial


def pool(
    question: ComparisonQuestion, trials: Sequence[SelectedTrial]
) -> tuple[ComparisonResult, list[dict[str, object]]]:
    """Pool a question's trials; beside the result the rows of multiverse.csv."""
    return with_robustness(build_result(question, trials), question.variants)


def build_result(question: ComparisonQuestion, trials: Sequence[SelectedTrial]) -> ComparisonResult:
    """Make the result without what refits say of its robustness."""
    pooled = pool_groups(question, trials, VOICE)
    members = by_group(pooled.trials)
    groups = tuple(with_absolute(group, members[group.label], question) for group in pooled.groups)
    strategies = tuple(
        with_absolute(one, trials_of_strategy(question, one.comparisons, members), question)
        for one in pooled.strategies
    )
    pooled = dataclasses.replace(pooled, groups=groups, strategies=strategies)
    measure, pooling = question.measure, question.pooling
    independent = independent_groups(pooled.trials)
    return comparative_result(
        question,
        pooled,
        ComparisonResult,
        favours=favoured_arms(question),
        subgroup_test=subgroup_test(question, trials),
        sensitivity=(
            *variants_sensitivity(question.variants, pooled.trials, measure, pooling),
            *counts_sensitivity(independent, measure, pooling),
            *count_models_sensitivity(independent, measure, pooling),
            *multiarm_sensitivity(question, pooled.trials),
            *moderators_sensitivity(question, pooled.trials),
        ),
    )
