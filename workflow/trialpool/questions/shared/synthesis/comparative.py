"""From a selection that compares two sides to its result: what the kinds share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from trialpool.pooling import subgroup_difference
from trialpool.questions.shared.synthesis.fits import fit_models, weigh
from trialpool.questions.shared.synthesis.members import (
    by_group,
    effects_of,
    follow_up_range,
    mixes_interim,
)
from trialpool.questions.shared.synthesis.multiarm import (
    gls_subgroup_test,
    with_credibility,
)
from trialpool.questions.shared.synthesis.p_bounds import bounds_sensitivity
from trialpool.questions.shared.synthesis.primary_model import (
    choose_primary,
    prior_sensitivity,
)
from trialpool.questions.shared.synthesis.printed import printed_of
from trialpool.questions.shared.synthesis.verdicts import asked_of, verdict_of
from trialpool.questions.shared.words.sentences import Said, Voice, sentence
from trialpool.records.base import record_from
from trialpool.records.groups import (
    ENOUGH_FOR_TAU,
    Favours,
    Group,
    Heading,
    StrategyPool,
    SubgroupTest,
)
from trialpool.records.pools import Pool
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.reanalyses import Reanalysis, Sensitivity
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeSettings
from trialpool.records.trials import Arm, Margin, SelectedTrial, Trial

C = TypeVar("C", bound=ComparativeResult)
P = TypeVar("P", bound=Pool)
Selected = Sequence[SelectedTrial]

_ESTIMATOR_NAMES: Final = {
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood",
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "DL2": "two-step DerSimonian-Laird",
    "EB": "empirical Bayes",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "HSk": "Hunter-Schmidt with the correction for few trials",
    "SJ": "Sidik-Jonkman",
}
_OVERALL: Final = Heading(label="Overall", mechanism="", mechanisms=(), kind="")


@dataclass(frozen=True)
class PooledGroups:
    """The groups of a question with their trials, group by group, and what is over them."""

    trials: tuple[Trial, ...]
    groups: tuple[Group, ...]
    overall: Group | None
    strategies: tuple[StrategyPool, ...]
    bounded: tuple[Reanalysis, ...] = ()


def pool_groups(question: ComparativeQuestion, trials: Selected, voice: Voice) -> PooledGroups:
    """Pool and judge trials by group and by strategy, and all of them where that is asked for.

    Parameters
    ----------
    question : ComparativeQuestion
    trials : sequence of SelectedTrial
    voice : Voice
        How sentences of the kind of question speak.
    """
    members = by_group(trials)
    pooled: list[Trial] = []
    groups: list[Group] = []
    for heading in question.groups:
        group, weighed = _pool_group(question, heading, members.get(heading.label, ()), voice)
        groups.append(group)
        pooled += weighed
    overall = None
    if question.overall == "pooled" and trials:
        overall, _ = _pool_group(question, _OVERALL, trials, voice)
    strategies = _pool_strategies(question, members, voice)
    bounded = bounds_sensitivity(
        question,
        trials,
        (*groups, *strategies),
        lambda heading, own: _pool_group(question, heading, own, voice)[0],
    )
    return PooledGroups(tuple(pooled), tuple(groups), overall, strategies, bounded)


def _pool_strategies(
    question: ComparativeQuestion, members: Mapping[str, Selected], voice: Voice
) -> tuple[StrategyPool, ...]:
    """Pool the trials of all comparisons of a strategy, where there are two trials or more.

    A strategy of one comparison is its group again: selection does not list it.
    """
    found = []
    for strategy in question.strategies:
        headings = [one for one in question.groups if one.comparison in strategy.comparisons]
        ours = trials_of_strategy(question, strategy.comparisons, members)
        if len({trial.trial_id for trial in ours}) < 2:
            continue
        mechanisms = dict.fromkeys(name for one in headings for name in one.mechanisms)
        heading = Heading(
            label=strategy.label,
            mechanism=" or ".join(dict.fromkeys(one.mechanism for one in headings)),
            mechanisms=tuple(mechanisms),
            kind=" or ".join(dict.fromkeys(one.kind for one in headings)),
            strategy=strategy.id,
        )
        pooled, _ = _pool_group(question, heading, ours, voice)
        comparisons = strategy.comparisons
        found.append(record_from(pooled, StrategyPool, id=strategy.id, comparisons=comparisons))
    return tuple(found)


def trials_of_strategy(
    question: ComparativeQuestion, comparisons: Collection[str], members: Mapping[str, Selected]
) -> Selected:
    """Return the trials that a strategy pools, each once unless shared arms are accounted for.

    Parameters
    ----------
    question : ComparativeQuestion
    comparisons : collection of str
        Ids of the strategy's comparisons.
    members : mapping
        Trials of the question by the label of their group.
    """
    labels = [one.label for one in question.groups if one.comparison in comparisons]
    every = [trial for label in labels for trial in members.get(label, ())]
    if question.filters.multiarm == "gls":
        return every
    return _one_per_trial(question, every)[0]


def comparative_result(
    question: ComparativeQuestion,
    pooled: PooledGroups,
    kind: type[C],
    *,
    favours: Favours,
    sensitivity: Iterable[Sensitivity],
    **more: object,
) -> C:
    """Make the result of a kind of its pooled groups.

    Parameters
    ----------
    question : ComparativeQuestion
    pooled : PooledGroups
    kind : type of ComparativeResult
        Fields that it has in common with the question are the question's.
    favours : Favours
    sensitivity : iterable
        Re-analyses of the kind; those with bounded standard errors and under another prior of tau
        follow them.
    **more
        Fields that only this kind has, or has otherwise.
    """
    again = prior_sensitivity(pooled.groups, pooled.trials, question.measure, question.pooling)
    fields: dict[str, object] = {
        "null_value": 0.0,
        "favours": favours,
        "model": f"random effects, tau² by {_ESTIMATOR_NAMES[question.pooling.tau2]}",
        "settings": comparative_settings(question),
        "trials": pooled.trials,
        "groups": pooled.groups,
        "overall": pooled.overall,
        "strategies": pooled.strategies,
        "overall_reason": question.overall_reason if pooled.overall is None else "",
        "subgroup_test": None,
        "sensitivity": (*sensitivity, *pooled.bounded, *again),
    }
    return record_from(question, kind, **(fields | more))


def favoured(question: ComparativeQuestion, first: str, second: str) -> Favours:
    """Say what each side of no difference favours, the first side doing better by benefit."""
    if question.benefit == "lower":
        return Favours(lower=first, higher=second)
    return Favours(lower=second, higher=first)


def favoured_arms(question: ComparativeQuestion) -> Favours:
    """Say which arm each side favours, under the arms' names in the question."""
    names = question.arm_names
    return favoured(question, f"Favours {names.experimental}", f"Favours {names.control}")


def comparative_settings(question: ComparativeQuestion) -> ComparativeSettings:
    """Say which rows a question took, and how they were pooled."""
    pooling = question.pooling
    return record_from(
        question.filters,
        ComparativeSettings,
        tau2_method=pooling.tau2,
        ci_method="hk-adhoc",
        tau2_ci_method="q-profile",
        pi_method=pooling.pi,
        level=pooling.level,
        primary=pooling.primary,
        tau_prior=pooling.tau_prior,
        tau_prior_factor=pooling.tau_prior_factor,
        important=pooling.important,
        null_band=pooling.null_band,
        margin_level=pooling.margin_level,
    )


def _pool_group(
    question: ComparativeQuestion, heading: Heading, members: Selected, voice: Voice
) -> tuple[Group, list[Trial]]:
    """Pool one group under each model; the primary one fills the fields of the group.

    Beside the group, its trials with their intervals and weights.
    """
    measure, pooling = question.measure, question.pooling
    margin = _strictest_margin(members)
    asked = asked_of(question, margin, of_levels=voice.of_levels)
    primary = choose_primary(members, measure, pooling, asked.at)
    fits = fit_models(members, measure, pooling, primary)
    shown = fits.shown
    judged = verdict_of(question, members, primary, primary.bayes or fits.fit, asked)
    verdict = None if judged is None else judged.verdict
    printed = [None if voice.of_levels else printed_of(trial, measure) for trial in members]
    own = printed[0] if len(printed) == 1 else None
    said = Said(
        label=heading.label,
        k=len({trial.trial_id for trial in members}),
        pool=shown,
        verdict=verdict,
        p_inside=None if judged is None else judged.p_inside,
        p_within=None if judged is None else judged.p_within,
        band=asked.band,
        margin=asked.margin,
        printed=own.texts if own is not None and own.is_of(pooling.level) else None,
        mixes_interim=mixes_interim(members),
        follow_up=follow_up_range(members),
        certainty=heading.certainty,
    )
    group = record_from(
        shown,
        Group,
        label=heading.label,
        mechanism=heading.mechanism,
        mechanisms=heading.mechanisms,
        kind=heading.kind,
        comparison=heading.comparison,
        strategy=heading.strategy,
        **totals(arm for t in members for arm in (t.experimental, t.control)),
        margin=margin,
        primary_model=primary.model,
        primary_note=primary.note,
        models=fits.models,
        verdict=verdict,
        sentence=sentence(said, question, voice),
    )
    return group, weigh(members, fits, primary, pooling.level, printed)


def _strictest_margin(members: Selected) -> Margin | None:
    """Return the margin that is hardest to meet among the trials', None if one has none."""
    known = [trial.margin for trial in members if trial.margin is not None]
    if not known or len(known) < len(members):
        return None
    lower = [margin.lower for margin in known if margin.lower is not None]
    upper = [margin.upper for margin in known if margin.upper is not None]
    return Margin(lower=max(lower, default=None), upper=min(upper, default=None))


def totals(arms: Iterable[Arm]) -> dict[str, int | bool | None]:
    """Sum patients and events over arms; where some are not known, the sum is a minimum.

    Returns
    -------
    dict
        `n`, `events` (None where no arm has a number), `n_is_minimum`, `events_are_minimum`.
    """
    every = list(arms)
    n = [arm.n for arm in every if arm.n is not None]
    events = [arm.events for arm in every if arm.events is not None]
    return {
        "n": sum(n) if n else None,
        "events": sum(events) if events else None,
        "n_is_minimum": 0 < len(n) < len(every),
        "events_are_minimum": 0 < len(events) < len(every),
    }


def subgroup_test(question: ComparativeQuestion, trials: Selected) -> SubgroupTest | None:
    """Test differences between groups, each trial entering once.

    None where there is no pool of all: groups that answer different questions are not expected to
    agree, and that they do is nobody's hypothesis.
    """
    if question.overall != "pooled":
        return None
    if question.filters.multiarm == "gls":
        return gls_subgroup_test(trials, question.measure)
    entering, left_out = _one_per_trial(question, trials)
    groups = by_group(entering)
    if len(groups) < 2:
        return None
    small = any(len(own) < ENOUGH_FOR_TAU for own in groups.values())
    test = subgroup_difference(
        *effects_of(entering),
        [trial.group for trial in entering],
        tau2_assumption="common" if small else "separate",
        test="hk-f" if small else "q",
    )
    once = "Comparisons that share a control arm enter once; not in this test"
    return with_credibility(test, [f"{once}: {', '.join(left_out)}."] if left_out else [])


def _one_per_trial(
    question: ComparativeQuestion, trials: Selected
) -> tuple[list[SelectedTrial], list[str]]:
    """Keep the comparison that the question names first of each trial."""
    best: dict[str, tuple[int, int]] = {}
    for position, trial in enumerate(trials):
        named = question.filters.choose.get(trial.trial_id, ())
        arms = trial.experimental.arm_id, trial.control.arm_id
        rank = (named.index(arms) if arms in named else len(named), position)
        best[trial.trial_id] = min(best.get(trial.trial_id, rank), rank)
    positions = sorted(position for _, position in best.values())
    left = [
        f"{trial.label} ({trial.comparison})"
        for position, trial in enumerate(trials)
        if position not in positions
    ]
    return [trials[position] for position in positions], left
