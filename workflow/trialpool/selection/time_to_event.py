"""Candidates from time_to_event.csv: one row is one comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.selection.candidates import (
    Candidate,
    Excluded,
    Library,
    Row,
    not_usable,
    not_whole_trial,
    whole,
)

# Under the policy "latest" the most mature analysis comes first.
MATURITY_RANK: Final = {"final": 0, "update": 1, "primary": 2, "interim": 3, "": 4}
_TABLE = "time_to_event"


def candidates(
    library: Library, question: Mapping[str, Any]
) -> tuple[list[Candidate], list[Excluded]]:
    """Find the rows that could enter a question, and the reason for each that cannot."""
    found: list[Candidate] = []
    excluded: list[Excluded] = []
    for row in library.rows(_TABLE, question["endpoints"]):
        fault = _fault(library, question, row)
        if fault is not None:
            excluded.append(library.excluded(row, *fault))
        else:
            found.append(_candidate(library, row))
    return found, excluded


def _fault(library: Library, question: Mapping[str, Any], row: Row) -> tuple[str, str] | None:
    """Return stage and reason of the first step that a row does not pass."""
    if fault := not_whole_trial(library, question, row):
        return fault
    arms = (row["trial_id"], row["experimental_arm"], row["control_arm"])
    if reason := library.not_randomised(*arms):
        return "not randomised", reason
    kind = library.taxonomy_config["populations"].get(row["population"])
    if kind is None:
        words = f"the taxonomy does not place the population {row['population']!r}"
        return "part of the trial", words
    if kind not in question["populations"]:
        return "part of the trial", f"population: {row['population']} ({kind})"
    category = library.contrast(*arms).category
    if category not in question["contrasts"]:
        return "another question", CATEGORY_IN_WORDS[category]
    if reason := not_usable(library, _TABLE, row, ["effect"]):
        return "not poolable", reason
    return None


def _candidate(library: Library, row: Row) -> Candidate:
    trial_id, row_id = str(row["trial_id"]), str(row["row_id"])
    derived = library.derived[_TABLE, row_id]
    year = library.year(row["source_id"])
    flags = [flag for flag in str(derived["flags"]).split("; ") if flag]
    kind = library.taxonomy_config["populations"][row["population"]]
    if kind != "itt":
        flags.append(f"population: {row['population']}")
    if row["maturity"] == "interim":
        flags.append("interim analysis")
    return Candidate(
        row_ids=(row_id,),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        endpoint=str(row["endpoint"]),
        experimental=library.arm(
            trial_id,
            row["experimental_arm"],
            n=whole(row["n_experimental"]) or _randomised(library, trial_id, row, "experimental"),
            events=whole(row["events_experimental"]),
        ),
        control=library.arm(
            trial_id,
            row["control_arm"],
            n=whole(row["n_control"]) or _randomised(library, trial_id, row, "control"),
            events=whole(row["events_control"]),
        ),
        contrast=library.contrast(trial_id, row["experimental_arm"], row["control_arm"]),
        source_id=str(row["source_id"]),
        year=year,
        locator=str(row["locator"]),
        maturity=str(row["maturity"]),
        population=str(row["population"]),
        definition="",
        extraction=str(row["extraction"]),
        derived=derived,
        rank=(MATURITY_RANK[str(row["maturity"])], -(year or 0), row_id),
        flags=tuple(flags),
    )


def _randomised(library: Library, trial_id: str, row: Row, side: str) -> int | None:
    """Randomised n of the arm: what an analysis of all patients counts when it prints no n."""
    return whole(library.arms[trial_id, row[f"{side}_arm"]]["n"])
