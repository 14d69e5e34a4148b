"""Adverse events of a registry record: who died, who had a serious or another event, by arm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from trialpool.intake.json_tree import Node, nodes, text
from trialpool.intake.record import Imported
from trialpool.intake.registry.arms import Arms
from trialpool.intake.registry.outcome import Outcome, read_outcome

# Title -> beginning of the registry's keys (affected, at risk).
_KINDS: Final = {
    "All-cause mortality": "deaths",
    "Participants with serious adverse events": "serious",
    "Participants with other adverse events": "other",
}


def read_adverse_events(module: Node, arms: Arms, imported: Imported) -> Iterator[Outcome]:
    """Return the module's totals as outcomes that count patients.

    Terms of single events are left out by name; groups that are no arm are named once.
    """
    groups = nodes(module, "eventGroups")
    for name in ("seriousEvents", "otherEvents"):
        if terms := nodes(module, name):
            reason = "terms of single events are not read"
            imported.leave("adverseEventsModule", name, f"{len(terms)} terms", reason)
    said = imported
    for number, (title, key) in enumerate(_KINDS.items(), 1):
        counted = [
            group
            for group in groups
            if text(group, f"{key}NumAffected") and text(group, f"{key}NumAtRisk")
        ]
        if counted:
            outcome = _outcome(title, key, counted, module)
            yield read_outcome(f"adverse events {number}", outcome, arms, said)
            said = Imported()


def _outcome(title: str, key: str, groups: list[Node], module: Node) -> dict[str, Any]:
    """Return the totals in the shape of an outcome measure."""
    counts = [{"groupId": text(one, "id"), "value": text(one, f"{key}NumAtRisk")} for one in groups]
    cells = [
        {"groupId": text(one, "id"), "value": text(one, f"{key}NumAffected")} for one in groups
    ]
    return {
        "title": title,
        "timeFrame": text(module, "timeFrame"),
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "groups": groups,
        "denoms": [{"units": "Participants", "counts": counts}],
        "classes": [{"categories": [{"measurements": cells}]}],
    }
