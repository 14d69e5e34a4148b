"""The strategies against a mechanism of resistance, and where the questions have a result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from trialpool.chapters.material import Json, Material
from trialpool.evidence.contrasts import split_agents


def strategies_of(material: Material, resistance: Mapping[str, Any]) -> list[Json]:
    """List the strategies of a mechanism of resistance with all that the data hold on them.

    Parameters
    ----------
    material : Material
    resistance : mapping
        One entry of the taxonomy's `resistance_mechanisms`.

    Returns
    -------
    list of dict
        ``id, label, definition, agents`` (those that occur in an arm),
        ``results`` (pairs of question and group; a group's numbers stay in the
        question's record and nowhere else), ``trials`` (how many have such an
        agent in an arm; how many of these are in those groups, how many only
        in other groups or as a single arm) and ``not_pooled`` (trials without a result in any
        question: ``trial_id, trial, status, in_every_arm, stage, reason,
        question``).
    """
    return [_strategy(material, str(strategy)) for strategy in resistance["strategies"]]


def _strategy(material: Material, strategy: str) -> Json:
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
        {
            "trial_id": trial_id,
            "trial": material.trial_name(trial_id),
            "status": str(material.library.trials[trial_id]["status"]),
            "in_every_arm": all(carrying[trial_id]),
            **material.why_not(trial_id),
        }
        for trial_id in carrying
        if trial_id not in material.pooled_in
    ]
    return {
        "id": strategy,
        "label": str(mechanism["label"]),
        "definition": str(mechanism.get("definition", "")),
        "agents": _agents(material, strategy),
        "results": results,
        "trials": {
            "carrying": len(carrying),
            "in_these_groups": len(here),
            "in_other_groups": len(set(carrying) - here) - len(not_pooled),
        },
        "not_pooled": sorted(not_pooled, key=lambda t: (t["trial"].casefold(), t["trial_id"])),
    }


def _results(material: Material, strategy: str) -> list[Json]:
    """Find the groups of all questions that carry a strategy.

    A biosimilar against its reference says nothing on the strategy that both
    embody: groups of equivalence designs are left out. So are single arms, which
    compare nothing.
    """
    return [
        {"question": record["id"], "group": group["label"]}
        for record in material.results
        if not any(record.get(name) for name in ("single_arm", "interaction", "prognostic"))
        for group in record["groups"]
        if strategy in (group.get("mechanisms") or ()) and group.get("kind") != "equivalence"
    ]


def _trials_of(material: Material, results: list[Json]) -> set[str]:
    named = {(result["question"], result["group"]) for result in results}
    return {
        trial["trial_id"]
        for record in material.results
        for trial in record["trials"]
        if (record["id"], trial["group"]) in named
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
