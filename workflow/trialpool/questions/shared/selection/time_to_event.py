"""Candidates from time_to_event.csv: one row is one comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from msgspec import structs

from trialpool.effects.one_sided import ONE_LIMIT
from trialpool.effects.rungs import INTERVAL, ONE_STEP
from trialpool.evidence.assessors import reader_of
from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.questions.shared.selection.candidates import (
    Candidate,
    direction_inferred,
    level_rank,
    not_usable,
    not_whole_trial,
)
from trialpool.questions.shared.selection.cuts import cut_of
from trialpool.questions.shared.selection.library import (
    Library,
    Row,
    flags_of,
)
from trialpool.records.groups import UNPLACED, ExcludedRow
from trialpool.records.settings import ComparativeAsked, ComparativeFilters
from trialpool.records.trials import Arm

# Rungs of the ladder whose standard error was printed or follows from what was.
DIRECT: Final = frozenset({INTERVAL, ONE_STEP, ONE_LIMIT})
_TABLE = "time_to_event"


def candidates(
    library: Library, asked: ComparativeAsked
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Find the rows that could enter a question, and the reason for each that cannot."""
    found: list[Candidate] = []
    excluded: list[ExcludedRow] = []
    for row in library.rows(_TABLE, asked.endpoints):
        fault = _fault(library, asked.filters, row)
        if fault is not None:
            excluded.append(library.excluded(row, *fault))
        else:
            found.append(_turn(library, _candidate(library, asked, row)))
    return found, excluded


def _fault(library: Library, filters: ComparativeFilters, row: Row) -> tuple[str, str] | None:
    """Return stage and reason of the first step that a row does not pass."""
    if fault := not_whole_trial(library, filters, row):
        return fault
    arms = (row["trial_id"], row["experimental_arm"], row["control_arm"])
    if reason := library.not_randomised(*arms):
        return "not randomised", reason
    is_taken = _population_rank(library, filters, row) is not None
    kind = library.population_kind(row)
    if not is_taken and kind is not None:
        return "part of the trial", f"population: {row['population']} ({kind})"
    category = library.contrast(*arms).category
    if category not in filters.contrasts:
        return "another question", CATEGORY_IN_WORDS[category]
    if reason := not_usable(library, _TABLE, row, ["effect"]):
        return "not poolable", reason
    if not is_taken:
        words = f"the taxonomy does not place the population {row['population']!r}"
        return UNPLACED, f"{words}; as {' or '.join(filters.populations)} it could enter"
    return direction_inferred(filters, row)


def _population_rank(library: Library, filters: ComparativeFilters, row: Row) -> int | None:
    """Rank a row's population by the question's preference, None if it is not wanted.

    The question names kinds of population, or the very words of a report.
    """
    kind = library.population_kind(row)
    for rank, wanted in enumerate(filters.populations):
        if wanted in (row["population"], kind):
            return rank
    return None


def _candidate(library: Library, asked: ComparativeAsked, row: Row) -> Candidate:
    trial_id, row_id, filters = str(row["trial_id"]), str(row["row_id"]), asked.filters
    derived = library.derived[_TABLE, row_id]
    flags = flags_of(derived)
    grade = library.grade(row["source_id"], flags)
    if library.population_kind(row) != "itt":
        flags.append(f"population: {row['population']}")
    if row["maturity"] == "interim":
        flags.append("interim analysis")
    assessor = str(row["assessor"])
    reader = reader_of(library.assessors, assessor)
    if filters.report_policy.endswith("-primary") and reader != "blinded":
        name = f"the {assessor}" if reader == "open" else assessor
        flags.append(f"read by {name}" if name else "who read it is not in our data")
    if not row["biomarker"] and not any("not proportional" in flag for flag in flags):
        flags.extend(library.proportional_flag(row))
    return Candidate(
        row_ids=(row_id,),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        endpoint=str(row["endpoint"]),
        experimental=_arm(library, row, "experimental"),
        control=_arm(library, row, "control"),
        compared=library.compared(trial_id, row["experimental_arm"], row["control_arm"]),
        source_id=str(row["source_id"]),
        locator=str(derived["locator"]),
        maturity=str(row["maturity"]),
        population=str(row["population"]),
        definition="",
        extraction=str(row["extraction"]),
        effect=library.effect(_TABLE, row_id),
        rank=(
            asked.endpoints.index(row["endpoint"]),
            _population_rank(library, filters, row),
            level_rank(library, filters, row),
            # There to use a trial that has no other number, never to displace a better one.
            derived["rung"] not in DIRECT,
        ),
        assessor=assessor,
        reader=reader,
        is_indirect=derived["rung"] not in DIRECT,
        flags=tuple(flags),
        level=library.level(row)[1],
        grade=grade,
        cut=cut_of(library, row),
    )


def _turn(library: Library, candidate: Candidate) -> Candidate:
    """Swap the arms of a comparison that the taxonomy turns round, and the sign with them."""
    experimental, control = candidate.arms
    effect = candidate.effect
    if effect is None or not library.is_turned(candidate.trial_id, experimental, control):
        return candidate
    return replace(
        candidate,
        experimental=candidate.control,
        control=candidate.experimental,
        compared=library.compared(candidate.trial_id, control, experimental),
        effect=effect.turned("arms"),
        flags=(*candidate.flags, "the report compares the arms the other way round"),
    )


def _arm(library: Library, row: Row, side: str) -> Arm:
    arm = library.side(row, side)
    if arm.n:
        return arm
    return structs.replace(arm, n=library.randomised(row, str(row[f"{side}_arm"])))
