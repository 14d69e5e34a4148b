"""The multiverse of a question: every choice of model crossed with every choice of trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.bayes.subsets import bayesian_without_each
from trialpool.questions.shared.synthesis.answers import (
    BAYES,
    BY_MARGIN,
    SUPERIORITY,
    UNKNOWN,
    answer_of,
    answers_to,
)
from trialpool.questions.shared.synthesis.members import Member, effects_of, independent_groups
from trialpool.questions.shared.synthesis.primary_model import fit_bayes, pooling_of, prior_of
from trialpool.questions.shared.synthesis.trial_sets import ALL, MAIN, Choice, Choices, choices_of
from trialpool.records.base import record_from
from trialpool.records.groups import Group
from trialpool.records.questions import Variant
from trialpool.records.reanalyses import ByChoice, Multiverse, MultiverseGroup, Overturning
from trialpool.records.results import ComparativeResult
from trialpool.sensitivity import Multiverse as Pools
from trialpool.sensitivity import multiverse
from trialpool.sensitivity.multiverse import MANY, multiverse_without_each


class Analysis(NamedTuple):
    """One analysis of the multiverse: a row of multiverse.csv."""

    group: str
    policy: str
    inclusion: str
    tau2_method: str
    ci_method: str
    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    tau2: float
    answer: str
    holds: str


MULTIVERSE_COLUMNS: Final = Analysis._fields
_NUMBERS: Final = ("estimate", "ci_lower", "ci_upper", "tau2")
_CHOICES: Final = ("tau2_method", "ci_method", "policy", "inclusion")


def multiverse_of(
    result: ComparativeResult, variants: Sequence[Variant]
) -> tuple[Multiverse, list[Analysis]]:
    """Pool every group under every combination of choices.

    Parameters
    ----------
    result : ComparativeResult
    variants : sequence of Variant
        The question's other policies with their trials.

    Returns
    -------
    entry : Multiverse
        Per group in how many analyses the verdict's direction holds: a concluded one where the
        whole interval lies on its side, every other word where the interval includes no
        difference; and which single choices overturn it.
    analyses : list of Analysis
    """
    alone = independent_groups(result.trials)
    groups = [group for group in result.groups if group.k > 1 and group.label in alone]
    found = [choices_of(group.label, result.trials, variants) for group in groups]
    sets = [choice for choices in found for choice in choices.sets]
    results: list[MultiverseGroup] = []
    rows: list[Analysis] = []
    if sets:
        pools = _with_bayes(_pooled(sets, result.settings.level), sets, result)
        start = 0
        for group, choices in zip(groups, found, strict=True):
            part = slice(start, start + len(choices.sets))
            start = part.stop
            answers = answers_to(pools.ci_lower[part], pools.ci_upper[part], group, result)
            main = answer_of(group, result)
            own = [
                _analysis(group, choice, pools, i + part.start, j, str(answers[i, j]), main)
                for i, choice in enumerate(choices.sets)
                for j in range(len(pools.models))
                if not math.isnan(pools.estimate[i + part.start, j])
            ]
            rows += own
            held = Held(
                group.label, group.k, main, group.primary_model, result.settings.tau2_method
            )
            results.append(summarised(held, result.design, own, choices, len(pools.models)))
    entry = Multiverse(
        id="multiverse",
        label="Multiverse",
        description=(
            "Every combination of estimator of τ², interval of the mean, report policy and "
            "inclusion rule that leaves two trials or more; sets of trials that come out alike "
            "count once. A concluded direction holds where the analysis' own interval lies on its "
            "side as a whole, every other verdict where that interval includes no difference (a "
            "margin: within, across, beyond it). All analyses: multiverse.csv."
        ),
        ci_method="",
        results=tuple(results),
    )
    return entry, rows


def _pooled(sets: Sequence[Choice], level: float) -> Pools:
    """Pool every set under every model; those that lack one trial of many together."""
    parts = []
    whole = [i for i, choice in enumerate(sets) if not _of_many(choice)]
    if whole:
        effects = [effects_of(sets[i].kept) for i in whole]
        pools = multiverse(*(list(x) for x in zip(*effects, strict=True)), level=level)
        parts.append((whole, pools))
    for trials, places in _lacking_one(sets, _of_many):
        pools = multiverse_without_each(*effects_of(trials), level=level)
        parts.append((list(places), _rows(pools, list(places.values()))))
    order = np.argsort(np.concatenate([places for places, _ in parts]))
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(pools, name) for _, pools in parts])[order]
        for name in ("k", *_NUMBERS)
    }
    return replace(parts[0][1], **joined)


def _rows(pools: Pools, rows: list[int]) -> Pools:
    return replace(pools, **{name: getattr(pools, name)[rows] for name in ("k", *_NUMBERS)})


def _of_many(choice: Choice) -> bool:
    return choice.without is not None and len(choice.trials) >= MANY


def _lacking_one(
    sets: Sequence[Choice], wanted: Callable[[Choice], bool]
) -> Iterator[tuple[tuple[Member, ...], dict[int, int]]]:
    """Give the trials that sets lack one of, and by the place of a set that of its trial."""
    found: dict[int, tuple[tuple[Member, ...], dict[int, int]]] = {}
    for i, choice in enumerate(sets):
        if choice.without is not None and wanted(choice):
            found.setdefault(id(choice.trials), (choice.trials, {}))[1][i] = choice.without
    yield from found.values()


def _with_bayes(pools: Pools, sets: Sequence[Choice], result: ComparativeResult) -> Pools:
    """Add the Bayesian model of the question's settings, where it has one."""
    pooling = pooling_of(result.settings)
    prior = prior_of(pooling)
    if prior is None:
        return pools
    columns = np.full((len(sets), 4), np.nan)
    alone = set(range(len(sets)))
    for trials, places in _lacking_one(sets, lambda choice: len(choice.trials) > 2):
        again = bayesian_without_each(*effects_of(trials), prior=prior, level=pooling.level)
        rows, places_of = list(places), list(places.values())
        columns[rows] = np.stack([getattr(again, x)[places_of] for x in _NUMBERS], axis=1)
        alone -= {row for row, place in places.items() if again.known[place]}
    for i in sorted(alone):
        found = fit_bayes(sets[i].kept, result.measure, pooling, prior)
        if found is not None:
            columns[i] = found.estimate, found.ci_lower, found.ci_upper, found.tau2
    added = {
        name: np.concatenate([getattr(pools, name), columns[:, [j]]], axis=1)
        for j, name in enumerate(_NUMBERS)
    }
    return replace(pools, models=(*pools.models, (check_prior(prior).name, BAYES)), **added)


def _analysis(
    group: Group, choice: Choice, pools: Pools, i: int, j: int, answer: str, main: str | None
) -> Analysis:
    tau2, ci = pools.models[j]
    judged = main is not None and answer != UNKNOWN
    return Analysis(
        group=group.label,
        policy=choice.policy,
        inclusion=choice.inclusion,
        tau2_method=tau2,
        ci_method=ci,
        k=int(pools.k[i]),
        estimate=float(pools.estimate[i, j]),
        ci_lower=number(pools.ci_lower[i, j]),
        ci_upper=number(pools.ci_upper[i, j]),
        tau2=float(pools.tau2[i, j]),
        answer=answer,
        holds=("yes" if answer == main else "no") if judged else "",
    )


def number(value: float) -> float | None:
    """Return a number of an array; None where it does not exist."""
    return None if math.isnan(value) else float(value)


@dataclass(frozen=True)
class Held:
    """A pool whose answer is held against analyses.

    Attributes
    ----------
    label : str
    k : int
    answer : str or None
        None where there is nothing to hold.
    model : str or None
        That speaks.
    estimator : str
        Of tau² in the model beside it.
    """

    label: str
    k: int
    answer: str | None
    model: str | None
    estimator: str


def summarised(
    held: Held, design: str, rows: Sequence[Analysis], choices: Choices, models: int
) -> MultiverseGroup:
    """Count in how many analyses an answer holds, and name the choices that overturn it."""
    words = SUPERIORITY if design == "superiority" else BY_MARGIN
    known = [row for row in rows if row.answer != UNKNOWN]
    judged = [row for row in rows if row.holds]
    holds = sum(row.holds == "yes" for row in judged)
    return MultiverseGroup(
        group=held.label,
        k=held.k,
        answer=held.answer,
        analyses=len(known),
        without_interval=len(rows) - len(known),
        sets=len(choices.sets),
        models=models,
        holds=holds if judged else None,
        share=holds / len(judged) if judged else None,
        answers={word: sum(row.answer == word for row in rows) for word in words},
        estimate_min=min(row.estimate for row in rows),
        estimate_max=max(row.estimate for row in rows),
        overturned_by=tuple(_overturning(judged, held)),
        by_choice=_by_choice(judged),
        unchanged=choices.unchanged,
        too_few=choices.too_few,
    )


def _overturning(rows: Sequence[Analysis], held: Held) -> Iterator[Overturning]:
    """Single departures from the main analysis whose answer is another one.

    Another model is one departure, estimator and interval together; of all models those that a
    reader knows: the common effect, and random effects by the review's estimator.
    """
    usual = [
        row
        for row in rows
        if (row.policy, row.inclusion) == (MAIN, ALL)
        and (
            (row.tau2_method, row.ci_method) == ("CE", "wald") or row.tau2_method == held.estimator
        )
    ]
    for row in usual:
        if row.holds == "no" and row.ci_method != held.model:
            model = "common-effect" if row.tau2_method == "CE" else row.ci_method
            yield record_from(row, Overturning, choice="model", value=model)
    for row in rows:
        if row.ci_method != held.model or (
            row.ci_method != BAYES and row.tau2_method != held.estimator
        ):
            continue
        changed = [
            (name, value)
            for name, value, main in (
                ("policy", row.policy, MAIN),
                ("inclusion", row.inclusion, ALL),
            )
            if value != main
        ]
        if row.holds == "no" and len(changed) == 1:
            ((choice, value),) = changed
            yield record_from(row, Overturning, choice=choice, value=value)


def _by_choice(rows: Sequence[Analysis]) -> tuple[ByChoice, ...]:
    """How often the answer holds under each value of each choice."""
    counts: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for name in _CHOICES:
            tally = counts.setdefault((name, getattr(row, name)), [0, 0])
            tally[0] += 1
            tally[1] += row.holds == "yes"
    return tuple(
        ByChoice(choice=name, value=value, analyses=n, holds=holds)
        for (name, value), (n, holds) in counts.items()
    )
