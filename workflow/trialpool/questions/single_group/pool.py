"""From the selection of a question on one estimate per study to its result."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import harmonic_mean
from typing import Final

from msgspec.structs import replace

from trialpool.measures import Measure, get_measure
from trialpool.pooling.counts import exact_rate_interval
from trialpool.questions.shared.synthesis.comparative import totals
from trialpool.questions.shared.synthesis.fits import fit_models, weigh
from trialpool.questions.shared.synthesis.members import by_group
from trialpool.questions.shared.synthesis.primary_model import (
    choose_primary,
    prior_sensitivity,
)
from trialpool.questions.single_group.words import sentence
from trialpool.records.base import record_from
from trialpool.records.groups import Favours, Heading
from trialpool.records.pools import Pool
from trialpool.records.single_group.questions import (
    Shown,
    SingleGroup,
    SingleGroupQuestion,
    SingleGroupResult,
    SingleGroupSettings,
)
from trialpool.records.trials import OwnEffect, SelectedTrial, Trial

_EXACT: Final = "Poisson, Garwood"


def pool(
    question: SingleGroupQuestion, trials: Sequence[SelectedTrial]
) -> tuple[SingleGroupResult, list[dict[str, object]]]:
    """Pool a question's arms; no group has a multiverse."""
    return build_result(question, trials), []


def build_result(
    question: SingleGroupQuestion, trials: Sequence[SelectedTrial]
) -> SingleGroupResult:
    """Pool estimates group by group; no groups are pooled together.

    Parameters
    ----------
    question : SingleGroupQuestion
    trials : sequence of SelectedTrial
        Estimates on the analysis scale: a mean or its logarithm, a rate for the question's
        person-years or a transformation of it, Fisher's z.
    """
    pooling, members = question.pooling, by_group(trials)
    measure = get_measure(question.measure)
    pooled = [_pool_group(question, heading, members[heading.label]) for heading in question.groups]
    groups = tuple(group for group, _ in pooled)
    weighed = tuple(trial for _, own in pooled for trial in own)
    return record_from(
        question,
        SingleGroupResult,
        null_value=measure.null,
        favours=Favours(lower="", higher=""),
        model=f"random effects, tau² by {pooling.tau2}",
        settings=record_from(
            question.filters,
            SingleGroupSettings,
            single_arm=question.single_arm,
            tau2_method=pooling.tau2,
            ci_method="hk-adhoc",
            tau2_ci_method="q-profile",
            pi_method=pooling.pi,
            level=pooling.level,
            primary=pooling.primary,
            tau_prior=pooling.tau_prior,
        ),
        trials=weighed,
        groups=groups,
        overall=None,
        subgroup_test=None,
        sensitivity=tuple(prior_sensitivity(groups, weighed, question.measure, pooling)),
    )


def _pool_group(
    question: SingleGroupQuestion, heading: Heading, members: Sequence[SelectedTrial]
) -> tuple[SingleGroup, list[Trial]]:
    """Pool one group under each model; the primary one fills its fields."""
    measure, pooling = get_measure(question.measure), question.pooling
    primary = choose_primary(members, measure.code, pooling)
    fits = fit_models(members, measure.code, pooling, primary)
    shown = shown_pool(fits.shown, measure, members, question)
    counted = totals(trial.experimental for trial in members)
    group = record_from(
        # Nothing is tested where no value stands for no effect.
        fits.shown if measure.compares else replace(fits.shown, p_value=None),
        SingleGroup,
        label=heading.label,
        mechanism=heading.mechanism,
        mechanisms=heading.mechanisms,
        kind=heading.kind,
        **counted,
        margin=None,
        primary_model=primary.model,
        primary_note=primary.note,
        models=fits.models,
        verdict=None,
        sentence=sentence(heading.label, len(members), shown, measure, question.unit),
        shown=shown,
    )
    weighed = weigh(members, fits, primary, pooling.level, [None] * len(members))
    return group, [_with_own(trial, question) for trial in weighed]


def shown_pool(
    pool: Pool, measure: Measure, members: Sequence[SelectedTrial], question: SingleGroupQuestion
) -> Shown:
    """Turn a pool back to what is printed.

    Freeman and Tukey's roots need a person-time: the harmonic mean of the trials' (Miller 1978,
    Am Stat 32:138).
    """
    times = [trial.experimental.time for trial in members]
    known = [time / question.filters.per for time in times if time]
    size = harmonic_mean(known) if known and len(known) == len(times) else None
    lower, upper = pool.ci_lower, pool.ci_upper
    assert lower is not None
    assert upper is not None
    return Shown(
        scale=question.measure_name,
        estimate=measure.display(pool.estimate, size),
        ci_lower=measure.display(lower, size),
        ci_upper=measure.display(upper, size),
        pi_lower=None if pool.pi_lower is None else measure.display(pool.pi_lower, size),
        pi_upper=None if pool.pi_upper is None else measure.display(pool.pi_upper, size),
    )


def _with_own(trial: Trial, question: SingleGroupQuestion) -> Trial:
    """Give a rate its exact interval, for the person-years of the question."""
    arm, per = trial.experimental, question.filters.per
    if question.filters.table != "rates" or arm.events is None or not arm.time:
        return trial
    time = arm.time / per
    lower, upper = exact_rate_interval(arm.events, time, level=question.pooling.level)
    own = OwnEffect(estimate=arm.events / time, ci_lower=lower, ci_upper=upper, method=_EXACT)
    return replace(trial, own=own)
