"""The rows of a marker's levels: which are usable, and which stand in one report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.questions.shared.selection import responses, time_to_event
from trialpool.questions.shared.selection.candidates import (
    Candidate,
    Excluded,
    Library,
    Row,
    not_whole_trial,
    whole,
)
from trialpool.records.interaction import NOT_PRESPECIFIED

Json = dict[str, Any]
# Builds the record of one comparison under a measure, or says why there is none.
RecordOf = Callable[[Candidate, str], tuple[Json | None, str]]
# Notes that candidates are out: candidates, stage, reason.
LeaveOut = Callable[[Sequence[Candidate], str, str], None]

CANDIDATES: Final[
    dict[
        str,
        Callable[[Library, Mapping[str, Any]], tuple[list[Candidate], list[Excluded]]],
    ]
] = {
    "time_to_event": time_to_event.candidates,
    "responses": responses.candidates,
}
# Measure of an interaction -> measure of the effects that it compares.
OF_LEVELS: Final = {"RHR": "HR", "ROR": "OR"}
SIDES: Final = ("positive", "negative")
ARMS: Final = ("experimental", "control")
REFERENCE: Final = "Fisher et al. 2017, BMJ 356:j573"
NOT_POOLABLE: Final = "not poolable"
ONE_LEVEL: Final = "one level only: the other has no usable number in this trial"
APART: Final = (
    "the two levels come from different reports, readers or data cuts: their difference would not "
    "be of the same patients and time"
)


def kind_of(question: Mapping[str, Any]) -> str:
    """Tell what a question compares: "pairs", "trend" or "levels"."""
    return str(question["interaction"].get("compare", "pairs"))


def places_of(question: Mapping[str, Any], marker: str) -> dict[str, list[str]]:
    """Return the places of a marker that hold one effect each: two sides, or every level."""
    asked = question["interaction"]["biomarkers"][marker]
    if kind_of(question) == "pairs":
        return {side: list(asked[side]) for side in SIDES}
    return {level: [level] for level in asked["scores" if "scores" in asked else "levels"]}


def usable_levels(
    library: Library, question: Mapping[str, Any]
) -> tuple[list[tuple[str, str, Candidate]], dict[str, tuple[str, str]]]:
    """Find the usable rows of each marker and place, and a reason for every other row.

    Returns
    -------
    found : list of (marker, place, Candidate)
    reasons : dict
        Row -> stage and reason.
    """
    markers = question["interaction"]["biomarkers"]
    found: list[tuple[str, str, Candidate]] = []
    reasons: dict[str, tuple[str, str]] = {}
    for marker in markers:
        for place, levels in places_of(question, marker).items():
            asked = {
                **question,
                "measure": OF_LEVELS[question["measure"]],
                "biomarker": {"name": marker, "levels": levels},
            }
            candidates, excluded = CANDIDATES[question["table"]](library, asked)
            found += [(marker, place, candidate) for candidate in candidates]
            for item in excluded:
                known = reasons.get(item.row_id)
                if known is None or known[0] == "outside the question":
                    reasons[item.row_id] = item.stage, item.reason
    for row in library.rows(question["table"], question["endpoints"]):
        if words := _other_level(library, question, row):
            reasons[str(row["row_id"])] = words
    return found, reasons


def _other_level(library: Library, question: Mapping[str, Any], row: Row) -> tuple[str, str] | None:
    """Say that a row is not about one of the levels, None if it is."""
    markers = question["interaction"]["biomarkers"]
    marker, level = library.level(row)
    if marker not in markers:
        words = f"not by {' or '.join(markers)}: {marker or 'all patients'}"
        return "outside the question", words
    if fault := _elsewhere(library, question, row):
        return fault
    if level in markers[marker].get("overlapping", []):
        return NOT_POOLABLE, f"{marker} {level} overlaps both levels that are compared"
    if not any(level in levels for levels in places_of(question, marker).values()):
        named = {"pairs": "on neither side", "trend": "not among the levels with a score"}
        words = named.get(kind_of(question), "not among the levels that are compared")
        return NOT_POOLABLE, f"{marker} {level or 'level not given'} is {words}"
    return None


def _elsewhere(library: Library, question: Mapping[str, Any], row: Row) -> tuple[str, str] | None:
    """Say that a row is of a trial or a comparison that the question does not ask about."""
    marker, level = library.level(row)
    own = {**question, "biomarker": {"name": marker, "levels": [level]}}
    if fault := not_whole_trial(library, own, row):
        return fault
    if question["table"] == "time_to_event":
        arms = (row["trial_id"], row["experimental_arm"], row["control_arm"])
        contrasts = [library.contrast(*arms)]
    else:
        contrasts = library.contrasts_of(row["trial_id"], row["arm_id"])
    categories = [contrast.category for contrast in contrasts]
    if categories and not set(categories) & set(question["contrasts"]):
        return "another question", CATEGORY_IN_WORDS[categories[0]]
    return None


def report_of(candidate: Candidate) -> tuple[str, ...]:
    """Tell which report a row stands in: levels are compared within one only."""
    return (
        candidate.source_id,
        candidate.endpoint,
        candidate.maturity,
        candidate.assessor,
        candidate.definition,
    )


def by_report(
    library: Library,
    ours: Sequence[tuple[str, Candidate]],
    places: Sequence[str],
    out: LeaveOut,
) -> list[dict[str, list[Candidate]]]:
    """Sort the rows of one comparison into reports and places; faulty reports are left out."""
    reports: dict[tuple[str, ...], dict[str, list[Candidate]]] = {}
    for place, candidate in ours:
        entry = reports.setdefault(report_of(candidate), {name: [] for name in places})
        entry[place].append(candidate)
    sound = []
    for entry in reports.values():
        for name in places:
            entry[name] = _without_repeats(entry[name], out)
        if fault := _fault(library, entry):
            out([c for name in places for c in entry[name]], NOT_POOLABLE, fault)
        else:
            sound.append(entry)
    return sound


def _without_repeats(candidates: Sequence[Candidate], out: LeaveOut) -> list[Candidate]:
    """Leave out rows that repeat the numbers of another row of the same report and place."""
    kept: dict[tuple[str, ...], Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: one.row_ids):
        numbers = tuple(str(candidate.derived[name]) for name in ("yi", "sei", "events", "n"))
        if numbers in kept:
            words = f"the same numbers as {' + '.join(kept[numbers].row_ids)} of the same report"
            out([candidate], "another report used", words)
        else:
            kept[numbers] = candidate
    return list(kept.values())


def _fault(library: Library, places: Mapping[str, Sequence[Candidate]]) -> str:
    """Say why levels of a report cannot be compared; empty if they can or one stands alone."""
    for name, candidates in places.items():
        if len(candidates) > 1:
            rows = ", ".join(" + ".join(candidate.row_ids) for candidate in candidates)
            return f"two rows for the {name} level in one report ({rows}): which one is not stated"
    given = [candidates[0] for candidates in places.values() if candidates]
    if len(given) < 2:
        return ""
    for side in ARMS:
        arms = [getattr(candidate, side) for candidate in given]
        randomised = whole(library.arms[given[0].trial_id, arms[0].arm_id]["n"])
        counts = [arm.n for arm in arms]
        if randomised and all(counts) and sum(counts) > randomised:
            return (
                f"the levels overlap: {' + '.join(map(str, counts))} patients of the {randomised} "
                f"of arm {arms[0].arm_id}"
            )
    return ""


def level_record(marker: str, side: str, candidate: Candidate, record: Json) -> Json:
    """Record the effect in one level, with the words of its report."""
    return {
        "side": side,
        "marker": marker,
        "level": candidate.level,
        "described": candidate.population or candidate.level,
        "row_ids": list(candidate.row_ids),
        **{arm: {name: record[arm][name] for name in ("n", "events")} for arm in ARMS},
        "estimate": record["estimate"],
        "se": record["se"],
        "derivation": record["derivation"],
    }


def group_label(question: Mapping[str, Any], marker: str, group: str, compared: str) -> str:
    """Name the group: different markers, assays and cut-offs are never pooled together."""
    markers = question["interaction"]["biomarkers"]
    kind = kind_of(question)
    several = kind == "pairs" and any(len(markers[marker][side]) > 1 for side in SIDES)
    if several or kind == "levels":
        return f"{group}, {compared}"
    return group if len(markers) == 1 else f"{group}, by {marker}"


def joined_record(
    question: Mapping[str, Any],
    records: Sequence[Json],
    levels: Sequence[Json],
    changes: Mapping[str, Any],
) -> Json:
    """Make one trial record of those of its levels; `changes` hold estimate, se and names.

    Arms, source and place are those that all levels share; counts are added up.
    """
    first = records[0]
    flags = list(dict.fromkeys(flag for record in records for flag in record["flags"]))
    double = {record["extraction"] for record in records} == {"double"}
    specified = question["interaction"].get("prespecified", {}).get(first["trial_id"])
    joined = {
        **first,
        "row_ids": [row_id for record in records for row_id in record["row_ids"]],
        "population": "",
        "extraction": "double" if double else "single",
        # The words of a population name its level; they stand under `levels`.
        "flags": [
            *(flag for flag in flags if not flag.startswith("population: ")),
            f"prespecified: {specified}" if specified else NOT_PRESPECIFIED,
        ],
        "levels": list(levels),
        **changes,
    }
    for side in ARMS:
        joined[side] = {
            **{name: first[side][name] for name in ("arm_id", "label", "agents")},
            **{name: _sum([record[side][name] for record in records]) for name in ("n", "events")},
        }
    return joined


def pair_record(
    question: Mapping[str, Any], marker: str, records: Sequence[Json], levels: Sequence[Json]
) -> Json:
    """Record the first of two levels minus the second."""
    base = OF_LEVELS[question["measure"]]
    first, second = levels
    group, compared = records[0]["group"], f"{marker} {first['level']} v {second['level']}"
    return joined_record(
        question,
        records,
        levels,
        {
            "group": group_label(question, marker, group, compared),
            # Dropped again once trials of one level have found their group.
            "mechanisms_group": group,
            "comparison": f"{records[0]['comparison']}; {compared}",
            "estimate": first["estimate"] - second["estimate"],
            "se": math.hypot(first["se"], second["se"]),
            "derivation": {
                "rung": "two levels of one report",
                "formula": f"ln {question['measure']} = ln {base}(positive) - ln {base}"
                "(negative); se = √(se² of the one + se² of the other)",
                "reference": REFERENCE,
                "inputs": inputs_of_levels(levels),
                "se_lower": None,
                "se_upper": None,
            },
        },
    )


def inputs_of_levels(levels: Sequence[Json]) -> dict[str, str]:
    """Return the printed cells of all levels, each under the words of its level."""
    return {
        f"{level['described']}: {name}": text
        for level in levels
        for name, text in level["derivation"]["inputs"].items()
    }


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
