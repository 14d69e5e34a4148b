"""From the selection of a question on restricted mean survival time to its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import structs

from trialpool.questions.mean_time.course import courses
from trialpool.questions.mean_time.curve_measures import curves_sensitivity
from trialpool.questions.mean_time.tau_prior import prior_factor, prior_in_months
from trialpool.questions.mean_time.words import VOICE
from trialpool.questions.shared.synthesis.comparative import (
    PooledGroups,
    comparative_result,
    comparative_settings,
    favoured_arms,
    pool_groups,
)
from trialpool.questions.shared.synthesis.members import by_group, independent_groups
from trialpool.questions.shared.synthesis.moderators import moderators_sensitivity
from trialpool.questions.shared.synthesis.multiarm import multiarm_sensitivity
from trialpool.questions.shared.synthesis.primary_model import prior_sensitivity
from trialpool.questions.shared.synthesis.robustness import with_robustness
from trialpool.questions.shared.synthesis.variants import variants_sensitivity
from trialpool.records.base import record_from
from trialpool.records.groups import Heading
from trialpool.records.mean_time import (
    MeanTimeGroup,
    MeanTimeQuestion,
    MeanTimeResult,
    MeanTimeSettings,
    MeanTimeTrial,
)
from trialpool.records.reanalyses import Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial, Trial


def pool(
    question: MeanTimeQuestion, trials: Sequence[SelectedTrial]
) -> tuple[MeanTimeResult, list[dict[str, object]]]:
    """Pool a question's trials; beside the result the rows of multiverse.csv."""
    return with_robustness(build_result(question, trials), question.variants)


def build_result(question: MeanTimeQuestion, trials: Sequence[SelectedTrial]) -> MeanTimeResult:
    """Make the result without what refits say of its robustness."""
    members = by_group(trials)
    parts = [_part(question, one, members.get(one.label, [])) for one in question.groups]
    groups = tuple(part.group for part in parts)
    pooled = PooledGroups(
        trials=tuple(trial for part in parts for trial in part.trials),
        groups=groups,
        # Months within different times are never pooled together.
        overall=None,
        strategies=(),
    )
    measure, pooling = question.measure, question.pooling
    return comparative_result(
        question,
        pooled,
        MeanTimeResult,
        measure_name=f"{question.measure_name} {_within(groups)}",
        favours=favoured_arms(question),
        sensitivity=(
            *variants_sensitivity(question.variants, pooled.trials, measure, pooling),
            *curves_sensitivity(independent_groups(pooled.trials), pooling),
            *multiarm_sensitivity(question, pooled.trials),
            *moderators_sensitivity(question, pooled.trials),
            *_other_priors(parts, measure),
        ),
        settings=record_from(
            comparative_settings(question),
            MeanTimeSettings,
            horizon_months=question.horizon_months,
        ),
        trials=[record_from(trial, MeanTimeTrial) for trial in pooled.trials],
        curves=courses(pooled.trials, question.short_curves, pooling),
    )


def _within(groups: Sequence[MeanTimeGroup]) -> str:
    """Say up to when the mean is taken: a title or an axis that leaves it out says nothing."""
    months = {group.horizon_months for group in groups}
    if len(months) == 1:
        return f"within {months.pop():g} months"
    return "within the months that each group names"


class _Part(NamedTuple):
    """One group with its trials, and how it was pooled."""

    group: MeanTimeGroup
    trials: tuple[Trial, ...]
    pooling: Pooling


def _part(question: MeanTimeQuestion, heading: Heading, members: Sequence[SelectedTrial]) -> _Part:
    """Pool one group under the prior of tau that its horizon and its control curves give."""
    pooling = question.pooling
    factor = prior_factor(members) if pooling.tau_prior is None else None
    prior = None if factor is None else prior_in_months(question.ratio_prior, factor)
    if prior is not None:
        pooling = structs.replace(pooling, tau_prior=prior)
    alone = structs.replace(question, groups=(heading,), overall=None, pooling=pooling)
    found = pool_groups(alone, members, VOICE)
    group = record_from(
        found.groups[0],
        MeanTimeGroup,
        horizon_months=next(t.curve.horizon_months for t in members if t.curve is not None),
        tau_prior=prior,
        tau_prior_factor=factor,
    )
    return _Part(group, found.trials, pooling)


def _other_priors(parts: Sequence[_Part], measure: str) -> list[Reanalysis]:
    """Put the re-analyses of the groups under other priors into one."""
    found = [
        again
        for part in parts
        for again in prior_sensitivity([part.group], part.trials, measure, part.pooling)
    ]
    if not found:
        return []
    rows = tuple(row for again in found for row in again.results)
    return [structs.replace(found[0], results=rows)]
