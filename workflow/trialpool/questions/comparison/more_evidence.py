"""How much more evidence each group would take, and what the next trial may make of its verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from trialpool.pooling.sequential.information import information_size
from trialpool.pooling.sequential.looks import looks
from trialpool.pooling.sequential.one_more import one_more_trial
from trialpool.questions.shared.synthesis.answers import BAYES
from trialpool.questions.shared.synthesis.members import effects_of
from trialpool.questions.shared.synthesis.primary_model import SINGLE, fit_bayes, prior_of
from trialpool.questions.shared.synthesis.verdicts import asked_of
from trialpool.records.base import record_from
from trialpool.records.comparison import (
    ComparisonQuestion,
    EvidenceLook,
    MoreEvidence,
    NextTrial,
)
from trialpool.records.groups import Group
from trialpool.records.trials import SelectedTrial


def more_evidence(
    question: ComparisonQuestion,
    groups: Sequence[Group],
    members: Mapping[str, Sequence[SelectedTrial]],
) -> tuple[MoreEvidence, ...]:
    """Compare what each group holds with what the important effect asks for.

    Groups are left out that have no such effect (designs with a margin), whose comparisons share
    an arm, so that their information does not add up, and whose pool has no verdict.

    Parameters
    ----------
    question : ComparisonQuestion
    groups : sequence of Group
    members : mapping
        Label of a group to its trials, effects on the analysis scale.
    """
    return tuple(
        found
        for group in groups
        for found in _of_group(question, group, members.get(group.label, ()))
    )


def _of_group(
    question: ComparisonQuestion, group: Group, trials: Sequence[SelectedTrial]
) -> Iterator[MoreEvidence]:
    asked, pooling = asked_of(question, group.margin), question.pooling
    shared = len({trial.trial_id for trial in trials}) < len(trials)
    word = None if group.verdict is None else group.verdict.word
    if asked.important is None or shared or word is None or word == "not-pooled":
        return
    _, v = effects_of(trials)
    power, alpha = question.more_evidence.power, 1.0 - pooling.level
    prior, tau2 = prior_of(pooling), group.tau2
    if group.primary_model == SINGLE:
        # One trial says nothing of how much trials differ; the prior does.
        fit = fit_bayes(trials, question.measure, pooling, prior)
        tau2 = 0.0 if fit is None else fit.tau2
    effect = math.copysign(asked.important, -1.0 if asked.lower_is_better else 1.0)
    size = information_size(v, tau2, effect, alpha=alpha, power=power)
    missing = size.required - float((1.0 / (np.array(v) + tau2)).sum())
    yield record_from(
        size,
        MoreEvidence,
        group=group.label,
        tau2=tau2,
        further_trials=max(0, math.ceil(missing * (float(np.median(v)) + tau2))),
        next_trial=_next_trial(question, group, trials),
        looks=_looks(question, trials, tau2, effect),
    )


def _next_trial(
    question: ComparisonQuestion, group: Group, trials: Sequence[SelectedTrial]
) -> NextTrial | None:
    """Expect the verdict after one more trial; None where the Bayesian model does not speak."""
    single, prior = group.primary_model == SINGLE, prior_of(question.pooling)
    if prior is None or question.pooling.primary != "bayes":
        return None
    if not single and group.primary_model != BAYES:
        return None
    try:
        found = one_more_trial(
            *effects_of(trials),
            prior=prior,
            benefit=question.benefit,
            null_band=question.pooling.null_band,
        )
    except ValueError:
        # The trials contradict each other further than the prior allows for.
        return None
    return NextTrial(
        se=found.se,
        words={word: p for word, p in found.words.items() if p > 0.0},
        changes=None if single else found.changes,
    )


def _looks(
    question: ComparisonQuestion, trials: Sequence[SelectedTrial], tau2: float, effect: float
) -> tuple[EvidenceLook, ...]:
    asked = question.more_evidence
    years = [trial.year for trial in trials if trial.year is not None]
    if asked.boundaries == "none" or len(years) < len(trials):
        return ()
    alpha = 1.0 - question.pooling.level
    found = looks(
        *effects_of(trials),
        years,
        tau2,
        effect,
        alpha=alpha,
        power=asked.power,
        spending=asked.boundaries,
    )
    return tuple(record_from(look, EvidenceLook, year=int(look.time)) for look in found)
