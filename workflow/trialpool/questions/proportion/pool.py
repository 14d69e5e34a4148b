"""From the selection of a question about proportions of single arms to its result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from trialpool.pooling import BayesianPool, bayesian_random_effects
from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.counts import exact_interval, proportion_effects, proportion_glmm
from trialpool.questions.shared.synthesis.answers import BAYES
from trialpool.questions.shared.synthesis.members import by_group, pool_effects
from trialpool.questions.shared.synthesis.primary_model import SINGLE
from trialpool.records.base import record_from
from trialpool.records.groups import Favours, Heading
from trialpool.records.pools import BayesPool, CountPool, Interval, Pool
from trialpool.records.proportion import (
    ProportionGroup,
    ProportionModels,
    ProportionQuestion,
    ProportionResult,
    ProportionSettings,
    ProportionTrial,
)
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial

# The Bayesian model is primary as soon as there is something to pool.
PRIMARY_FROM: Final = 2
# Of tau in logits: half of all true proportions lie within 5 points of a mean of 50 %.
TAU_PRIOR: Final = "half-normal:0.5"


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
        model="Bayesian random effects of logits",
        settings=record_from(
            question.filters,
            ProportionSettings,
            tau2_method="posterior",
            ci_method="equal-tailed",
            pi_method="posterior",
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
        sensitivity=_prior_sensitivity(question.groups, members, pooling.level),
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

    logit = inverse_variance("PLO")
    mixed, note = None, ""
    # A mixed model needs an event and a non-event somewhere.
    if 0 < sum(events) < sum(n):
        mixed = CountPool.of(proportion_glmm(events, n, pi=pooling.pi, level=pooling.level))
    else:
        note = " The mixed model does not exist: no arm has both events and non-events."
    main: Pool = mixed or logit
    models, primary = ProportionModels(), SINGLE
    words = "One trial: its own proportion with its exact interval, nothing is pooled."
    if len(members) > 1:
        fit = bayesian_logits(events, n, pooling.level)
        main = bayes = BayesPool.of(fit)
        models = ProportionModels(
            bayes=bayes, glmm=mixed, logit=logit, freeman_tukey=inverse_variance("PFT")
        )
        primary = BAYES
        words = (
            f"Bayesian random effects of logits, {fit.prior_words}. The binomial-normal mixed "
            "model, the logit and the double arcsine by inverse variance stand beside it."
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


def bayesian_logits(
    events: Sequence[int], n: Sequence[int], level: float, prior: str = TAU_PRIOR
) -> BayesianPool:
    """Pool proportions on the logit scale by the Bayesian normal-normal model.

    Parameters
    ----------
    events, n : sequence of int
        Patients with the event, and all patients, of each arm.
    level : float
    prior : str
        Of tau, in logits.

    Notes
    -----
    The logit of an arm has the variance 1/x + 1/(n − x); 0.5 goes to events and non-events of
    an arm in which nobody or everybody has the event, and of no other.
    """
    effects = proportion_effects(events, n, measure="PLO")
    return bayesian_random_effects(effects.yi, effects.vi, prior=prior, level=level, measure="PLO")


def _prior_sensitivity(
    groups: Sequence[Heading], members: Mapping[str, Sequence[SelectedTrial]], level: float
) -> tuple[Reanalysis, ...]:
    """Pool groups of several trials again with half and with twice the scale of the prior."""
    rows = []
    for heading in groups:
        counts = [_counts(trial) for trial in members[heading.label]]
        if len(counts) < 2:
            continue
        for factor, words in ((0.5, "half of its scale"), (2.0, "twice its scale")):
            prior = check_prior(TAU_PRIOR).prior.scaled(factor).text
            fit = bayesian_logits([x for x, _ in counts], [n for _, n in counts], level, prior)
            label = f"{words}: {fit.prior_words}"
            rows.append(record_from(fit, PoolAgain, group=heading.label, analysis=label, trials=()))
    if not rows:
        return ()
    description = "The primary model again with half and with twice the scale of the prior of τ."
    return (
        Reanalysis(
            id="prior-of-tau",
            label="Other priors of τ",
            description=description,
            ci_method=BAYES,
            results=tuple(rows),
        ),
    )
