"""Candidates from responses.csv: two arms of one report make a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trialpool.effects.implied_n import IMPLIED
from trialpool.questions.shared.selection.candidates import (
    Candidate,
    level_rank,
    not_usable,
    not_whole_trial,
)
from trialpool.questions.shared.selection.cuts import Cut
from trialpool.questions.shared.selection.library import (
    Library,
    Row,
    flags_of,
    whole,
)
from trialpool.questions.shared.selection.pairing import ArmRows, other_contrast, pair_arms
from trialpool.records.groups import ExcludedRow
from trialpool.records.settings import ComparativeAsked, ComparativeFilters
from trialpool.records.trials import Arm

_TABLE = "responses"
# Rank of a count whose denominator comes from an interval.
LEAST_SURE_COUNT: Final = 3
_UNCOUNTED: Final = "the arm to compare with has no usable count in this report"


def candidates(
    library: Library, asked: ComparativeAsked
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Pair the arms of each report, and give the reason for each row left over."""
    filters = asked.filters

    def report(row: Row) -> tuple[str, ...]:
        words = str(row["definition"])
        return (row["trial_id"], row["source_id"], row["endpoint"], words, *library.level(row))

    return pair_arms(
        library,
        asked,
        ArmRows(
            _TABLE,
            report,
            lambda row: _fault(library, filters, row),
            lambda ours, theirs: _candidate(library, filters, ours, theirs),
            _UNCOUNTED,
            "no arm to compare with by this definition in this report",
        ),
    )


def definition_of(library: Library, row: Row) -> str:
    """Name a row's definition: a word of the taxonomy, or the facts it states, joined."""
    definitions = library.taxonomy_config.get("response_definitions", {}).get(row["endpoint"], {})
    placed = definitions.get(row["definition"], "")
    if isinstance(placed, Mapping):
        reader = placed["assessor"] if placed["assessor"] != "not stated" else "reader not stated"
        parts = [placed["scope"], reader, "confirmed" if placed["confirmed"] == "yes" else ""]
        return ", ".join(part for part in parts if part)
    return str(placed)


def definition_in_words(definition: str) -> str:
    """Say by which definition patients were counted, as a note on a trial."""
    if definition == "not stated":
        return "definition of the endpoint not stated"
    return f"definition: {definition}"


def _fault(library: Library, filters: ComparativeFilters, row: Row) -> tuple[str, str] | None:
    """Return stage and reason of the first step that a row does not pass."""
    if fault := not_whole_trial(library, filters, row):
        return fault
    if definition_of(library, row) not in filters.definitions:
        words = row["definition"] or "not stated"
        return "another question", f"definition: {words}"
    if fault := other_contrast(library, filters, row):
        return fault
    if reason := not_usable(library, _TABLE, row, ["count"]):
        return "not poolable", reason
    return None


def _candidate(library: Library, filters: ComparativeFilters, ours: Row, theirs: Row) -> Candidate:
    trial_id = str(ours["trial_id"])
    derived = [library.derived[_TABLE, str(row["row_id"])] for row in (ours, theirs)]
    definition = definition_of(library, ours)
    exactness = max(map(exactness_of, derived))
    flags = [flag for record in derived for flag in flags_of(record)]
    grade = library.grade(ours["source_id"], flags)
    read_twice = {ours["extraction"], theirs["extraction"]} == {"double"}
    extraction = "double" if read_twice else "single"
    if definition != filters.definitions[0]:
        flags.append(definition_in_words(definition))
    return Candidate(
        row_ids=(str(ours["row_id"]), str(theirs["row_id"])),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        endpoint=str(ours["endpoint"]),
        experimental=_arm(library, ours),
        control=_arm(library, theirs),
        printed=(_percent(ours), _percent(theirs)),
        compared=library.compared(trial_id, ours["arm_id"], theirs["arm_id"]),
        source_id=str(ours["source_id"]),
        locator=str(ours["locator"]),
        maturity="",
        population="",
        definition=definition,
        extraction=extraction,
        effect=None,
        rank=(
            filters.definitions.index(definition),
            level_rank(library, filters, ours),
            exactness,
        ),
        flags=tuple(dict.fromkeys(flags)),
        level=library.level(ours)[1],
        exactness=exactness,
        grade=grade,
        cut=Cut(
            year=library.year(ours["source_id"]),
            n=(str(derived[0]["n"]), str(derived[1]["n"])),
        ),
    )


def _arm(library: Library, row: Row) -> Arm:
    derived = library.derived[_TABLE, str(row["row_id"])]
    return library.arm(
        str(row["trial_id"]),
        str(row["arm_id"]),
        n=whole(derived["n"]),
        events=whole(derived["events"]),
        between=(whole(derived["events_smallest"]), whole(derived["events_largest"])),
    )


def _percent(row: Row) -> str:
    """Return the percentage that stands for an arm's events, empty where they are printed."""
    return "" if row["events"] else f"{str(row['percent']).removesuffix('%')}%"


def exactness_of(derived: Row) -> int:
    """Rank how sure a count is: printed, the only one that fits a percentage, or not.

    One whose denominator comes from an interval is the least sure.
    """
    if derived["rung"] == "events and n":
        return 0
    if derived["rung"] == IMPLIED:
        return LEAST_SURE_COUNT
    return 1 if str(derived["events_smallest"]) == str(derived["events_largest"]) else 2
