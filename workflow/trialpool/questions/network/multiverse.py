"""Networks under other policies, inclusion rules and models: in how many a conclusion holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.network.refits import network_refits, part_with
from trialpool.pooling.network.studies import StudyEffects
from trialpool.questions.network.judging import spoken
from trialpool.questions.shared.synthesis.answers import BAYES, answer_of_verdict
from trialpool.questions.shared.synthesis.multiverse import Analysis, Held, summarised
from trialpool.questions.shared.synthesis.primary_model import prior_of
from trialpool.questions.shared.synthesis.trial_sets import (
    ALL,
    INCLUSION_RULES,
    MAIN,
    Choice,
    Choices,
    inclusions,
)
from trialpool.questions.shared.synthesis.verdicts import asked_of
from trialpool.records.network import NetworkFit, NetworkQuestion, NodeEffect
from trialpool.records.reanalyses import LeaveOneOut, Multiverse, MultiverseGroup, Refit
from trialpool.records.trials import SelectedTrial

# Of comparisons of trials, the studies of the network.
Studies = Callable[[Sequence[SelectedTrial]], Sequence[StudyEffects]]
# Estimators by intervals, and common effects; the Bayesian model besides.
_MODELS: Final = 3 * 3 + 1


@dataclass(frozen=True)
class _Way:
    """Effects against the reference in one analysis; limits and estimate by node."""

    tau2_method: str
    ci_method: str
    k: int
    tau2: float
    effects: dict[str, tuple[float, float, float]]


def robustness(
    question: NetworkQuestion,
    trials: Sequence[SelectedTrial],
    fit: NetworkFit | None,
    studies_of: Studies,
) -> tuple[tuple[LeaveOneOut, Multiverse] | tuple[()], list[Analysis]]:
    """Refit the network under every combination of policy, inclusion rule and model.

    Parameters
    ----------
    question : NetworkQuestion
    trials : sequence of SelectedTrial
        Of the main analysis.
    fit : NetworkFit or None
        The main analysis.
    studies_of : callable
        From comparisons to studies.

    Returns
    -------
    entries : tuple
        Every node against the reference without each trial in turn, and in how many analyses
        its verdict holds; empty without a network.
    analyses : list of Analysis
        Rows of multiverse.csv; `k` are the trials of the network.
    """
    if fit is None:
        return (), []
    choices = _choices(question, trials)
    ways = [
        (choice, list(_ways(question, studies_of(_selected(choice)), fit)))
        for choice in choices.sets
    ]
    rows: list[Analysis] = []
    results: list[MultiverseGroup] = []
    refits: list[Refit] = []
    labels = {trial.trial_id: trial.label for trial in trials}
    prior = prior_of(question.pooling)
    models = _MODELS + (prior is not None and question.pooling.primary == BAYES)
    for effect in fit.effects:
        answer = None if effect.k < 2 else answer_of_verdict(effect.verdict, question.benefit)
        own = list(_analyses(ways, effect, answer))
        rows += own
        held = Held(_label(effect), effect.k, answer, fit.model, "REML")
        results.append(summarised(held, question.design, own, choices, models))
        if effect.k > 2:
            refits += _leave_one_out(own, fit, {labels[trial] for trial in effect.trials})
    entries = (
        LeaveOneOut(
            id="leave-one-out",
            label="Leave-one-out",
            description=(
                "Each node against the reference without each trial of the network in turn, for "
                "effects to which three trials or more contribute. Without a trial on the only "
                "path there is no estimate and no row."
            ),
            ci_method=fit.model,
            results=tuple(refits),
        ),
        Multiverse(
            id="multiverse",
            label="Multiverse",
            description=(
                "Each node against the reference in the network under every combination of "
                "estimator of τ², interval, report policy and inclusion rule, and without each "
                "trial; sets of trials that come out alike count once, and analyses in which "
                "nothing connects the two are left out. A concluded direction holds where the "
                "analysis' own interval lies on its side as a whole, every other verdict where "
                "that interval includes no difference. All analyses: multiverse.csv."
            ),
            ci_method="",
            results=tuple(results),
        ),
    )
    return entries, rows


def _label(effect: NodeEffect) -> str:
    return f"{effect.treatment} v {effect.against}"


def _choices(question: NetworkQuestion, trials: Sequence[SelectedTrial]) -> Choices:
    """Cross policies with inclusion rules; what leaves the same comparisons counts once.

    Trials are left out one by one under the policy of the question alone.
    """
    policies = {MAIN: tuple(trials)} | {one.label: one.trials for one in question.policies}
    sets: dict[tuple[object, ...], tuple[str, list[str], tuple[SelectedTrial, ...]]] = {}
    changing: set[str] = set()
    for policy, members in policies.items():
        rules = list(inclusions(members))
        if policy != MAIN:
            rules = rules[: 1 + len(INCLUSION_RULES)]
        for inclusion, kept in rules:
            if not kept:
                continue
            key = tuple((*trial.row_ids, trial.estimate, trial.se) for trial in kept)
            if key not in sets:
                sets[key] = (policy, [inclusion], kept)
                changing |= {policy, inclusion}
            elif sets[key][0] == policy and ALL not in sets[key][1]:
                sets[key][1].append(inclusion)
                changing.add(inclusion)
    names = [*policies, *question.unchanged, *INCLUSION_RULES]
    found = tuple(Choice(policy, " = ".join(rules), kept) for policy, rules, kept in sets.values())
    return Choices(found, tuple(name for name in names if name not in changing), ())


def _selected(choice: Choice) -> list[SelectedTrial]:
    return [trial for trial in choice.trials if isinstance(trial, SelectedTrial)]


def _ways(
    question: NetworkQuestion, studies: Sequence[StudyEffects], fit: NetworkFit
) -> Iterator[_Way]:
    """Fit one set of trials under every model."""
    reference = fit.reference
    treatments, used = part_with(studies, reference)
    if not used:
        return
    for one in network_refits(used, treatments, reference, level=question.pooling.level):
        effects = {
            name: (estimate, one.lower[name], one.upper[name])
            for name, estimate in one.estimate.items()
        }
        yield _Way(one.tau2_method, one.ci_method, len(used), one.tau2, effects)
    found, prior = spoken(question, used, reference, asked_of(question, None)), None
    if found is not None and found.model == BAYES:
        prior = prior_of(question.pooling)
    if found is None or prior is None:
        return
    effects = {
        name: (own.estimate, own.ci_lower, own.ci_upper) for name, own in found.nodes.items()
    }
    yield _Way(check_prior(prior).name, BAYES, found.k, found.tau2, effects)


def _analyses(
    ways: Sequence[tuple[Choice, Sequence[_Way]]], effect: NodeEffect, answer: str | None
) -> Iterator[Analysis]:
    for choice, every in ways:
        for way in every:
            if effect.treatment not in way.effects:
                continue
            estimate, lower, upper = way.effects[effect.treatment]
            own = "lower" if upper < 0.0 else "higher" if lower > 0.0 else "neither"
            yield Analysis(
                group=_label(effect),
                policy=choice.policy,
                inclusion=choice.inclusion,
                tau2_method=way.tau2_method,
                ci_method=way.ci_method,
                k=way.k,
                estimate=estimate,
                ci_lower=lower,
                ci_upper=upper,
                tau2=way.tau2,
                answer=own,
                holds="" if answer is None else "yes" if own == answer else "no",
            )


def _leave_one_out(
    rows: Sequence[Analysis], fit: NetworkFit, contributing: Collection[str]
) -> Iterator[Refit]:
    """Take the refits of the model that speaks out of the multiverse.

    `contributing` are the labels of trials that contribute to the effect.
    """
    for row in rows:
        speaks = (row.tau2_method, row.ci_method) == ("REML", fit.ci_method)
        if fit.model == BAYES:
            speaks = row.ci_method == BAYES
        if row.policy != MAIN or not speaks:
            continue
        for rule in row.inclusion.split(" = "):
            label = rule.removeprefix("without ")
            if rule != label and label in contributing:
                yield Refit(
                    group=row.group,
                    analysis=rule,
                    k=row.k,
                    estimate=row.estimate,
                    ci_lower=row.ci_lower,
                    ci_upper=row.ci_upper,
                    tau2=row.tau2,
                    trials=(label,),
                    answer=row.answer,
                )
