"""ClinicalTrials.gov: a study record with results (API v2, JSON) as rows of raw tables.

The record's structure is the registry's own (Study Data Structure of API v2:
protocolSection and resultsSection, whose outcomeMeasuresModule holds groups,
denominators, measurements and analyses).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trialpool.intake.ctgov_outcomes import read_outcomes
from trialpool.intake.files import refuse
from trialpool.intake.ids import is_id, slug, unique
from trialpool.intake.json_tree import Node, node, nodes, read_object, text, texts
from trialpool.intake.record import Imported, one_line

_NCT: Final = re.compile(r"NCT\d{8}")
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


@dataclass(frozen=True)
class Arm:
    """An arm of the protocol as it stands in arms.csv."""

    arm_id: str
    label: str
    role: str


def import_ctgov(
    path: Path, trial_id: str | None = None, groups: Mapping[str, str] | None = None
) -> Imported:
    """Turn one study record into rows of trials, arms, sources, time_to_event and responses.

    Parameters
    ----------
    path : Path
        JSON file of one study, as the registry's API v2 gives it.
    trial_id : str, optional
        Identifier of the trial; by default derived from its acronym or number.
    groups : mapping of str to str, optional
        Title of a result group -> label or id of the protocol's arm, where the two
        are not spelt alike.

    Raises
    ------
    InputError
        If the file is not such a record.
    """
    record = read_object(path)
    protocol = node(record, "protocolSection")
    identification = node(protocol, "identificationModule")
    nct = text(identification, "nctId")
    if not _NCT.fullmatch(nct):
        message = "no protocolSection.identificationModule.nctId: not a study record of API v2"
        remedy = "Download it from https://clinicaltrials.gov/api/v2/studies/ and the NCT number."
        raise refuse(path.name, "ctgov-study", message, remedy, value=nct)
    imported = Imported()
    chosen = trial_id or slug(text(identification, "acronym"))
    chosen = chosen if is_id(chosen) else nct.lower()
    arms = _arms(protocol, chosen, imported)
    results = node(record, "resultsSection")
    started = _started(results)
    _trial(protocol, chosen, nct, bool(results), started, imported)
    source = f"{chosen}-ctgov"
    _source(protocol, source, nct, imported)
    sizes = {}
    for title, count in started.items():
        arm = match_arm(title, arms, groups or {})
        if arm is not None:
            sizes[arm.arm_id] = count
    for arm_row in imported.tables.get("arms", []):
        arm_row["n"] = sizes.get(arm_row["arm_id"], "")
    if not results:
        imported.leave(
            "record",
            "resultsSection",
            "",
            "no results are posted",
            "Nothing but the design is read.",
        )
        return imported
    for module in results:
        if module not in ("participantFlowModule", "outcomeMeasuresModule"):
            imported.leave("resultsSection", one_line(module), "", "not read: no table holds it")
    outcomes = nodes(node(results, "outcomeMeasuresModule"), "outcomeMeasures")
    if not outcomes:
        imported.leave("resultsSection", "outcomeMeasures", "", "there are none")

    def arm_of(title: str) -> Arm | None:
        return match_arm(title, arms, groups or {})

    origin = {
        "trial_id": chosen,
        "source_id": source,
        "evidence_url": f"https://clinicaltrials.gov/study/{nct}?tab=results",
        "extraction": "single",
    }
    read_outcomes(outcomes, arm_of, origin, imported)
    return imported


def _plain(label: str) -> str:
    """Return what of a label is compared: letters and digits, lower case."""
    return re.sub(r"[\W_]+", " ", label.casefold()).strip()


def match_arm(title: str, arms: list[Arm], groups: Mapping[str, str]) -> Arm | None:
    """Find the arm that a result group is: by the reader's own map, else by the same words."""
    wanted = _plain(groups.get(title, title))
    found = [arm for arm in arms if wanted in (_plain(arm.label), _plain(arm.arm_id))]
    return found[0] if len(found) == 1 else None


def _arms(protocol: Node, trial_id: str, imported: Imported) -> list[Arm]:
    arms: list[Arm] = []
    for number, entry in enumerate(
        nodes(node(protocol, "armsInterventionsModule"), "armGroups"), 1
    ):
        place = f"arm group {number}"
        label, kind = text(entry, "label"), text(entry, "type")
        arm_id = slug(label) or f"arm-{number}"
        arm_id = unique(arm_id, [arm.arm_id for arm in arms])
        role = _ROLES.get(kind, "")
        if not role:
            imported.leave(
                place,
                "type",
                kind,
                "it does not say whether the arm is experimental or control",
                "Enter 'role' in arms.csv.",
            )
        agents = [name.partition(": ")[2] or name for name in texts(entry, "interventionNames")]
        agents = ["placebo" if "placebo" in name.casefold() else name.casefold() for name in agents]
        if not agents:
            imported.leave(
                place, "interventionNames", "", "no agent is named", "Enter 'agents' in arms.csv."
            )
        arms.append(Arm(arm_id, label, role))
        imported.add(
            "arms",
            {
                "trial_id": trial_id,
                "arm_id": arm_id,
                "label": label,
                "agents": "; ".join(dict.fromkeys(agent.replace(";", ",") for agent in agents)),
                "role": role,
            },
        )
    if not arms:
        imported.leave("armsInterventionsModule", "armGroups", "", "the record names no arms")
    return arms


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
