"""Empty rows for a new trial, with every identifier filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trialpool.evidence.tables import Evidence
from trialpool.findings import Finding, InputError
from trialpool.intake.ids import check_id, is_id, row_id
from trialpool.intake.record import Imported
from trialpool.measures import Endpoint

# In the id of a row, and cells that may not be empty, with the usual word.
_LETTERS: Final = {"responses": "r", "means": "m", "rates": "e", "correlations": "k"}
_WORDS: Final = {"means": {"value": "final"}, "rates": {"time_unit": "years"}}
_NCT: Final = re.compile(r"NCT\d{8}")


@dataclass(frozen=True)
class NewTrial:
    """What is known of a trial before its numbers are read.

    Attributes
    ----------
    trial_id : str
    arms : sequence of str
        Each ``id``, or ``id=agents`` with agents separated by ``+``. The last arm is the
        control, the others are experimental; a lone arm is experimental.
    endpoints : sequence of str
        Codes of endpoints.
    name, nct, source_id : str
        Name in words, registration, identifier of the report.
    """

    trial_id: str
    arms: Sequence[str]
    endpoints: Sequence[str]
    name: str = ""
    nct: str = ""
    source_id: str = ""
    taken: Mapping[str, Iterable[str]] = field(default_factory=dict)


def taken_ids(evidence: Evidence) -> dict[str, set[str]]:
    """Return the identifiers that raw tables use already."""
    return {
        "trials": {str(row["trial_id"]) for row in evidence.rows("trials")},
        "sources": {str(row["source_id"]) for row in evidence.rows("sources")},
    }


def scaffold(new: NewTrial, endpoints: Mapping[str, Endpoint]) -> Imported:
    """Build the rows of a new trial: identifiers filled in, numbers empty.

    A time to event has one row for each experimental arm against the control, a
    response, mean, rate or correlation one row for each arm. Row identifiers are trial, endpoint
    and running number.

    Raises
    ------
    InputError
        With every fault of the arguments.
    """
    arms = [_arm(text) for text in new.arms]
    faults = _faults(new, [arm for arm, _ in arms], endpoints)
    if faults:
        raise InputError(faults)
    source = new.source_id or f"{new.trial_id}-report"
    scaffolded = Imported()
    design = {"design": "single-arm"} if len(arms) == 1 else {}
    scaffolded.add(
        "trials",
        {"trial_id": new.trial_id, "trial": new.name or new.trial_id, "nct": new.nct, **design},
    )
    for number, (arm, agents) in enumerate(arms, 1):
        role = "control" if number == len(arms) > 1 else "experimental"
        ids = {"trial_id": new.trial_id, "arm_id": arm}
        scaffolded.add("arms", {**ids, "label": arm, "agents": agents, "role": role})
    if source not in new.taken.get("sources", ()):
        scaffolded.add("sources", {"source_id": source})
    origin = {"trial_id": new.trial_id, "source_id": source, "extraction": "single"}
    for code in dict.fromkeys(new.endpoints):
        table = endpoints[code].reported_in
        if table != "time_to_event":
            for number, (arm, _) in enumerate(arms, 1):
                key = row_id(new.trial_id, code, _LETTERS[table], number)
                own = {"row_id": key, "arm_id": arm, "endpoint": code, **_WORDS.get(table, {})}
                scaffolded.add(table, {**origin, **own})
            continue
        for number, (arm, _) in enumerate(arms[:-1], 1):
            scaffolded.add(
                "time_to_event",
                {
                    **origin,
                    "row_id": row_id(new.trial_id, code, "t", number),
                    "experimental_arm": arm,
                    "control_arm": arms[-1][0],
                    "endpoint": code,
                    "measure": "HR",
                },
            )
    return scaffolded


def _arm(text: str) -> tuple[str, str]:
    """Split ``id=agent+agent`` into the id and the agents as arms.csv writes them."""
    arm, _, agents = text.partition("=")
    return arm.strip(), "; ".join(part.strip() for part in agents.split("+") if part.strip())


def _faults(new: NewTrial, arms: Sequence[str], endpoints: Mapping[str, Endpoint]) -> list[Finding]:
    faults = check_id(new.trial_id, "TRIAL_ID")
    if new.trial_id in new.taken.get("trials", ()):
        message = "trials.csv has this trial already"
        remedy = "Choose another id, or add rows to the trial by hand."
        faults.append(
            Finding(
                "fatal", "trial-new", "TRIAL_ID", value=new.trial_id, message=message, remedy=remedy
            )
        )
    for arm in arms:
        faults.extend(check_id(arm, "--arms"))
    for arm in sorted({arm for arm in arms if arms.count(arm) > 1}):
        message = "two arms have the same id"
        faults.append(
            Finding("fatal", "arm-once", "--arms", value=arm, message=message, remedy="Rename one.")
        )
    for code in new.endpoints:
        if code not in endpoints:
            message = f"unknown endpoint; known: {', '.join(endpoints)}"
            remedy = "Correct it, or add it under 'endpoints' in config.yaml."
            faults.append(
                Finding(
                    "fatal",
                    "endpoint-known",
                    "--endpoint",
                    value=code,
                    message=message,
                    remedy=remedy,
                )
            )
        elif len(arms) == 1 and endpoints[code].reported_in == "time_to_event":
            message = "a time to event compares two arms, and there is one"
            remedy = "Name the control arm last, or ask for what each arm has."
            faults.append(
                Finding(
                    "fatal", "two-arms", "--endpoint", value=code, message=message, remedy=remedy
                )
            )
    if new.nct and not _NCT.fullmatch(new.nct):
        message = "must be NCT and eight digits"
        remedy = "Compare it with the registry."
        faults.append(
            Finding("fatal", "nct-form", "--nct", value=new.nct, message=message, remedy=remedy)
        )
    if new.source_id and not is_id(new.source_id):
        faults.extend(check_id(new.source_id, "--source"))
    return faults
