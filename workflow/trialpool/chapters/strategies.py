"""The strategies of a chapter, and where the questions have a result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from trialpool.chapters.material import Material
from trialpool.evidence.contrasts import split_agents
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.chapters import GroupNamed, NotPooled, Strategy, StrategyTrials


def strategies_of(material: Material, chapter: Mapping[str, Any]) -> list[Strategy]:
    """List the strategies of a chapter with all that the data hold on them.

    Parameters
    ----------
    material : Material
    chapter : mapping
        One of the chapters of the taxonomy's `framework`.

    Returns
    -------
    list of Strategy
        Their agents are those that occur in an arm.
    """
    return [_strategy(material, str(strategy)) for strategy in chapter.get("strategies", ())]


def _strategy(material: Material, strategy: str) -> Strategy:
    mechanism = material.taxonomy["mechanisms"][strategy]
    results = _results(material, strategy)
    arms = _arms_by_trial(material)
    carrying = {
        trial_id: [strategy in mechanisms for mechanisms in of_arms]
        for trial_id, of_arms in arms.items()
        if any(strategy in mechanisms for mechanisms in of_arms)
    }
    here = _trials_of(material, results)
    not_pooled = [
        _not_pooled(material, trial_id, in_every_arm=all(carrying[trial_id]))
        for trial_id in carrying
        if trial_id not in material.pooled_in
    ]
    return Strategy(
        id=strategy,
        label=str(mechanism["label"]),
        definition=str(mechanism.get("definition", "")),
        agents=tuple(_agents(material, strategy)),
        results=tuple(results),
        trials=StrategyTrials(
            carrying=len(carrying),
            in_these_groups=len(here),
            in_other_groups=len(set(carrying) - here) - len(not_pooled),
        ),
        not_pooled=tuple(sorted(not_pooled, key=lambda t: (t.trial.casefold(), t.trial_id))),
    )


def _not_pooled(material: Material, trial_id: str, *, in_every_arm: bool) -> NotPooled:
    why = material.why_not(trial_id)
    return NotPooled(
        trial_id=trial_id,
        trial=material.trial_name(trial_id),
        status=str(material.library.trials[trial_id]["status"]),
        in_every_arm=in_every_arm,
        stage=why.stage,
        reason=why.reason,
        question=why.question,
    )


def _results(material: Material, strategy: str) -> list[GroupNamed]:
    """Find the groups of all questions that carry a strategy.

    A biosimilar against its reference says nothing on the strategy that both
    embody: groups of equivalence designs are left out. So are single arms, which
    compare nothing.
    """
    return [
        GroupNamed(question=record.id, group=group.label)
        for record in material.results
        if stage(kind_of(record), "chapter").COMPARES_STRATEGIES
        for group in record.groups
        if strategy in group.mechanisms and group.kind != "equivalence"
    ]


def _trials_of(material: Material, results: list[GroupNamed]) -> set[str]:
    named = {(result.question, result.group) for result in results}
    return {
        trial.trial_id
        for record in material.results
        for trial in record.trials
        if (record.id, trial.group) in named
    }


def _arms_by_trial(material: Material) -> dict[str, list[set[str]]]:
    """Mechanisms of the agents of each arm, by trial."""
    taxonomy = material.library.taxonomy
    found: dict[str, list[set[str]]] = defaultdict(list)
    for (trial_id, _), arm in material.library.arms.items():
        found[trial_id].append({taxonomy.mechanism(a) for a in split_agents(str(arm["agents"]))})
    return found


def _agents(material: Material, strategy: str) -> list[str]:
    """Agents of a mechanism that occur in an arm, in the order of the taxonomy."""
    taxonomy = material.library.taxonomy
    used = {
        taxonomy.canonical(agent)
        for arm in material.library.arms.values()
        for agent in split_agents(str(arm["agents"]))
    }
    return [
        str(agent)
        for agent in material.taxonomy["agents"]
        if agent in used and taxonomy.mechanism(agent) == strategy
    ]
