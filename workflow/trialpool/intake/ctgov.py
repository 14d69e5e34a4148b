"""ClinicalTrials.gov: a study record with results (API v2, JSON) as rows of raw tables.

The record's structure is the registry's own (Study Data Structure of API v2:
protocolSection and resultsSection, whose outcomeMeasuresModule holds groups,
denominators, measurements and analyses).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Final

from trialpool.intake.endpoints import Named, Wording, read_title
from trialpool.intake.ids import is_id, slug, unique
from trialpool.intake.json_tree import Node, node, nodes, text, texts
from trialpool.intake.record import Imported, one_line
from trialpool.intake.registry.adverse_events import read_adverse_events
from trialpool.intake.registry.analyses import read_analyses
from trialpool.intake.registry.arms import Arm, Arms
from trialpool.intake.registry.outcome import Outcome, read_outcome
from trialpool.intake.registry.pool_tables import add_pool_tables
from trialpool.intake.registry.raw_rows import responses, time_to_event
from trialpool.intake.registry.study_file import read_study

_ROLES: Final = {
    "EXPERIMENTAL": "experimental",
    "ACTIVE_COMPARATOR": "control",
    "PLACEBO_COMPARATOR": "control",
    "SHAM_COMPARATOR": "control",
    "NO_INTERVENTION": "control",
}
_BLINDING: Final = {
    "NONE": "open-label",
    "DOUBLE": "double-blind",
    "TRIPLE": "double-blind",
    "QUADRUPLE": "double-blind",
}
_PHASES: Final = {"EARLY_PHASE1": "1", "PHASE1": "1", "PHASE2": "2", "PHASE3": "3", "PHASE4": "4"}


def import_ctgov(
    path: Path,
    trial_id: str | None = None,
    groups: Mapping[str, str] | None = None,
    *,
    experimental: Sequence[str] = (),
    control: Sequence[str] = (),
    wording: Wording | None = None,
) -> Imported:
    """Turn one study record into rows of raw tables, and every outcome of two arms into tables.

    Parameters
    ----------
    path : Path
        JSON file of one study, as the registry's API v2 gives it.
    trial_id : str, optional
        Identifier of the trial; by default derived from its acronym or number.
    groups : mapping of str to str, optional
        Title of a result group -> label or id of the protocol's arm, where the two
        are not spelt alike.
    experimental, control : sequence of str
        Labels of arms whose role the sponsor typed otherwise, or not at all.
    wording : Wording, optional
        Of the review; without it no outcome becomes rows of raw tables.

    Raises
    ------
    InputError
        If the file is not such a record, or a named arm is none of it.
    """
    record, worded = read_study(path), wording or Wording()
    protocol = node(record, "protocolSection")
    identification = node(protocol, "identificationModule")
    nct = text(identification, "nctId")
    imported = Imported()
    chosen = trial_id or slug(text(identification, "acronym"))
    chosen = chosen if is_id(chosen) else nct.lower()
    results = node(record, "resultsSection")
    outcomes = nodes(node(results, "outcomeMeasuresModule"), "outcomeMeasures")
    titles = dict.fromkeys(
        text(group, "title") for outcome in outcomes for group in nodes(outcome, "groups")
    )
    arms = Arms(_arms(protocol), groups or {}).with_roles(experimental, control, titles)
    started = _started(results)
    _trial(protocol, chosen, nct, bool(results), started, imported)
    source = f"{chosen}-ctgov"
    _source(protocol, source, nct, imported)
    _add_arms(protocol, chosen, arms, started, imported)
    if not results:
        reason = "no results are posted"
        imported.leave("record", "resultsSection", "", reason, "Nothing but the design is read.")
        return imported
    events = node(results, "adverseEventsModule")
    for module in results:
        is_read = module == "adverseEventsModule" and nodes(events, "eventGroups")
        if module not in ("participantFlowModule", "outcomeMeasuresModule") and not is_read:
            imported.leave("resultsSection", one_line(module), "", "not read: no table holds it")
    if not outcomes:
        imported.leave("resultsSection", "outcomeMeasures", "", "there are none")
    origin = {
        "trial_id": chosen,
        "source_id": source,
        "evidence_url": f"https://clinicaltrials.gov/study/{nct}?tab=results",
        "extraction": "single",
    }
    study = text(identification, "acronym") or nct
    for number, outcome in enumerate(outcomes, 1):
        place = f"outcome measure {number}"
        _outcome(read_outcome(place, outcome, arms, imported), worded, study, origin, imported)
    for event in read_adverse_events(events, arms, imported):
        add_pool_tables(event, (), study, imported)
    return imported


def _outcome(
    outcome: Outcome,
    wording: Wording,
    study: str,
    origin: Mapping[str, str],
    imported: Imported,
) -> None:
    """Add the rows and tables of an outcome; one that gives neither is named."""
    before = imported.n_rows
    named = read_title(outcome.title, wording)
    estimates = read_analyses(outcome, imported)
    if isinstance(named, Named) and named.is_time:
        described = text(outcome.node, "description")
        named = replace(named, assessor=named.assessor or wording.assessor(described))
        time_to_event(outcome, named, estimates, origin, imported)
    elif isinstance(named, Named):
        responses(outcome, named, origin, imported)
    add_pool_tables(outcome, estimates, study, imported)
    told = any(entry.place.split(",")[0] == outcome.place for entry in imported.left_out)
    if imported.n_rows == before and not told:
        status = text(outcome.node, "reportingStatus").replace("_", " ").casefold()
        reason = "no number is posted for any group" + (f" ({status})" if status else "")
        imported.leave(outcome.place, "measurements", outcome.title, reason)


def _arms(protocol: Node) -> tuple[Arm, ...]:
    arms: list[Arm] = []
    for number, entry in enumerate(_arm_groups(protocol), 1):
        label = text(entry, "label")
        arm_id = unique(slug(label) or f"arm-{number}", [arm.arm_id for arm in arms])
        agents = (name.partition(": ")[2] or name for name in texts(entry, "interventionNames"))
        agents = (_agent(name.casefold()) for name in agents)
        role = _ROLES.get(text(entry, "type"), "")
        arms.append(Arm(arm_id, label, role, tuple(dict.fromkeys(agents))))
    return tuple(arms)


def _agent(name: str) -> str:
    """Return an intervention's name; every placebo that stands alone is the same agent."""
    is_alone = "placebo" in name and not re.search(r"\+|\band\b|/ ?placebo", name)
    return "placebo" if is_alone else name


def _arm_groups(protocol: Node) -> list[Node]:
    return nodes(node(protocol, "armsInterventionsModule"), "armGroups")


def _add_arms(
    protocol: Node, trial_id: str, arms: Arms, started: Mapping[str, str], imported: Imported
) -> None:
    sizes = {
        matched.arm.arm_id: count
        for title, count in started.items()
        if (matched := arms.of(title)) is not None
    }
    # Arms that only the results name stand behind those of the protocol.
    for number, (arm, entry) in enumerate(zip_longest(arms.every, _arm_groups(protocol)), 1):
        place = f"arm group {number}"
        if not arm.role:
            reason = "it does not say whether the arm is experimental or control"
            remedy = "Enter 'role' in arms.csv, or name the arm: --experimental or --control."
            imported.leave(place, "type", text(entry, "type"), reason, remedy)
        if not arm.agents:
            remedy = "Enter 'agents' in arms.csv."
            imported.leave(place, "interventionNames", "", "no agent is named", remedy)
        imported.add(
            "arms",
            {
                "trial_id": trial_id,
                "arm_id": arm.arm_id,
                "label": arm.label,
                "agents": "; ".join(agent.replace(";", ",") for agent in arm.agents),
                "role": arm.role,
                "n": sizes.get(arm.arm_id, ""),
            },
        )
    if not arms.every:
        imported.leave("armsInterventionsModule", "armGroups", "", "the record names no arms")


def _started(results: Node) -> dict[str, str]:
    """Return how many started the first period, by the title of the group."""
    flow = node(results, "participantFlowModule")
    titles = {text(group, "id"): text(group, "title") for group in nodes(flow, "groups")}
    counts: dict[str, str] = {}
    for period in nodes(flow, "periods")[:1]:
        for milestone in nodes(period, "milestones"):
            if text(milestone, "type").upper() != "STARTED":
                continue
            for entry in nodes(milestone, "achievements"):
                count = text(entry, "numSubjects")
                title = titles.get(text(entry, "groupId"), "")
                if title and count.isascii() and count.isdigit():
                    counts[title] = count
    return counts


def _trial(
    protocol: Node,
    trial_id: str,
    nct: str,
    has_results: bool,
    started: Mapping[str, str],
    imported: Imported,
) -> None:
    identification = node(protocol, "identificationModule")
    design = node(protocol, "designModule")
    info = node(design, "designInfo")
    allocation = text(info, "allocation")
    masking = text(node(info, "maskingInfo"), "masking")
    kinds = {"RANDOMIZED": "rct", "NON_RANDOMIZED": "single-arm", "NA": "single-arm"}
    if allocation not in kinds:
        remedy = "Enter 'design' in trials.csv: rct, single-arm or pooled-analysis."
        imported.leave(
            "designModule",
            "allocation",
            allocation,
            "it does not say how patients were assigned",
            remedy,
        )
    if masking not in _BLINDING:
        reason = "neither open-label nor double-blind"
        imported.leave("designModule", "masking", masking, reason, "Left empty in trials.csv.")
    phases = [_PHASES[phase] for phase in texts(design, "phases") if phase in _PHASES]
    enrolment = node(design, "enrollmentInfo")
    if started:
        n = str(sum(map(int, started.values())))
    else:
        n = text(enrolment, "count") if text(enrolment, "type") == "ACTUAL" else ""
        n = n if n.isascii() and n.isdigit() else ""
        reason = "no participant flow; the enrolment stands for the number randomised"
        imported.leave("participantFlowModule", "STARTED", n, reason, "Compare n_randomised.")
    status = text(node(protocol, "statusModule"), "overallStatus")
    if has_results:
        state = "reported"
    elif status in ("TERMINATED", "WITHDRAWN", "SUSPENDED"):
        state = "terminated"
    elif status in (
        "RECRUITING",
        "ACTIVE_NOT_RECRUITING",
        "NOT_YET_RECRUITING",
        "ENROLLING_BY_INVITATION",
    ):
        state = "ongoing"
    else:
        state = ""
        reason = "ended, and nothing is posted"
        imported.leave(
            "statusModule", "overallStatus", status, reason, "Enter 'status' in trials.csv."
        )
    imported.add(
        "trials",
        {
            "trial_id": trial_id,
            "trial": text(identification, "acronym") or text(identification, "briefTitle"),
            "nct": nct,
            "phase": "/".join(dict.fromkeys(phases)),
            "design": kinds.get(allocation, ""),
            "blinding": _BLINDING.get(masking, ""),
            "n_randomised": n,
            "status": state,
        },
    )


def _source(protocol: Node, source_id: str, nct: str, imported: Imported) -> None:
    status = node(protocol, "statusModule")
    dates = ("lastUpdatePostDateStruct", "resultsFirstPostDateStruct")
    year = next((found[:4] for name in dates if (found := text(node(status, name), "date"))), "")
    imported.add(
        "sources",
        {
            "source_id": source_id,
            "first_author": text(
                node(protocol, "sponsorCollaboratorsModule", "leadSponsor"), "name"
            ),
            "year": year if year.isascii() and year.isdigit() else "",
            "journal": f"ClinicalTrials.gov ({nct})",
            "title": text(node(protocol, "identificationModule"), "officialTitle")
            or text(node(protocol, "identificationModule"), "briefTitle"),
            "kind": "registry",
        },
    )
