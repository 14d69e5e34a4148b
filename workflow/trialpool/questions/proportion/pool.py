"""From the selection of a question about proportions of single arms to its result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from trialpool.pooling.counts import exact_interval, proportion_effects, proportion_glmm
from trialpool.questions.shared.synthesis.members import by_group, pool_effects
from trialpool.questions.shared.synthesis.primary_model import SINGLE
from trialpool.records.base import record_from
from trialpool.records.groups import Favours, Heading
from trialpool.records.pools import CountPool, Interval, Pool
from trialpool.records.proportion import (
    ProportionGroup,
    ProportionModels,
    ProportionQuestion,
    ProportionResult,
    ProportionSettings,
    ProportionTrial,
)
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial

# With fewer arms maximum likelihood says next to nothing of how much they differ.
PRIMARY_FROM: Final = 4


def pool(
    question: ProportionQuestion, trials: Sequence[SelectedTrial]
) -> tuple[ProportionResult, list[dict[str, object]]]:
    """Pool a question's arms; no group has a multiverse."""
    return build_result(question, trials), []


def build_result(question: ProportionQuestion, trials: Sequence[SelectedTrial]) -> ProportionResult:
    """Pool proportions group by group; no groups are pooled together.

    Parameters
    ----------
    question : ProportionQuestion
    trials : sequence of SelectedTrial
        Estimates as logits; arms with patients and events.
    """
    pooling, members = question.pooling, by_group(trials)
    return record_from(
        question,
        ProportionResult,
        measure_name="proportion",
        single_arm=True,
        null_value=None,
        favours=Favours(lower="", higher=""),
        model="binomial-normal mixed model, maximum likelihood",
        settings=record_from(
            question.filters,
            ProportionSettings,
            tau2_method="ML",
            ci_method="wald",
            pi_method=pooling.pi,
            level=pooling.level,
            primary_from_k=PRIMARY_FROM,
            single_arm=question.single_arm,
        ),
        trials=[_trial(trial, pooling.level) for trial in trials],
        groups=[
            _pool_group(heading, members[heading.label], pooling) for heading in question.groups
        ],
        overall=None,
        subgroup_test=None,
        sensitivity=(),
    )


def _trial(trial: SelectedTrial, level: float) -> ProportionTrial:
    """Add the exact interval: as proportions, and as logits, None where infinite."""
    events, n = _counts(trial)
    lower, upper = exact_interval(events, n, level=level)
    return record_from(
        trial,
        ProportionTrial,
        ci_lower=_logit(lower),
        ci_upper=_logit(upper),
        weight=None,
        weight_common=None,
        proportion=Interval(estimate=events / n, ci_lower=lower, ci_upper=upper),
    )


def _counts(trial: SelectedTrial) -> tuple[int, int]:
    """Return events and patients: only arms with both are selected."""
    arm = trial.experimental
    assert arm.events is not None
    assert arm.n is not None
    return arm.events, arm.n


def _logit(p: float) -> float | None:
    return math.log(p / (1 - p)) if 0 < p < 1 else None


def _pool_group(
    heading: Heading, members: Sequence[SelectedTrial], pooling: Pooling
) -> ProportionGroup:
    counts = [_counts(trial) for trial in members]
    events, n = [x for x, _ in counts], [size for _, size in counts]

    def inverse_variance(measure: str) -> Pool:
        effects = proportion_effects(events, n, measure=measure)
        fit = pool_effects(effects.yi, effects.vi, measure, pooling)
        return replace(Pool.of(fit), p_value=None)

    main = logit = inverse_variance("PLO")
    mixed = None
    note = ""
    # A mixed model needs an event and a non-event somewhere.
    if 0 < sum(events) < sum(n):
        fit = proportion_glmm(events, n, pi=pooling.pi, level=pooling.level)
        main = mixed = CountPool.of(fit)
    else:
        note = " The mixed model does not exist: no arm has both events and non-events."
    models = ProportionModels(glmm=mixed, logit=logit, freeman_tukey=inverse_variance("PFT"))
    primary: str | None
    if len(members) == 1:
        models, primary = ProportionModels(), SINGLE
        words = "One trial: its own proportion with its exact interval, nothing is pooled."
    elif len(members) < PRIMARY_FROM or note:
        primary = None
        words = (
            f"{len(members)} trials: too few to estimate how much they differ. The mixed model, "
            "the logit and the double arcsine stand side by side; none is primary."
        )
    else:
        primary = "glmm"
        words = (
            "Binomial-normal mixed model; the logit and the double arcsine, pooled by inverse "
            "variance, stand beside it."
        )
    return record_from(
        main,
        ProportionGroup,
        label=heading.label,
        mechanism=heading.mechanism,
        mechanisms=heading.mechanisms,
        kind=heading.kind,
        n=sum(n),
        events=sum(events),
        margin=None,
        primary_model=primary,
        primary_note=words + note,
        models=models,
    )
