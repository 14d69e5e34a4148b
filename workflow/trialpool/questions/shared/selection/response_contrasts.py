"""Candidates from response_contrasts.csv: a published ratio or difference of a binary endpoint."""

from __future__ import annotations

from typing import Final

from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.questions.shared.selection.candidates import (
    Candidate,
    level_rank,
    not_usable,
    not_whole_trial,
)
from trialpool.questions.shared.selection.library import Library, Row, flags_of
from trialpool.questions.shared.selection.responses import (
    LEAST_SURE_COUNT,
    definition_in_words,
    definition_of,
)
from trialpool.records.groups import ExcludedRow
from trialpool.records.settings import ComparativeAsked, ComparativeFilters

_TABLE: Final = "response_contrasts"
_MEASURES: Final = ("OR", "RR", "RD")
# Behind every count; an estimate that adjusts answers a slightly other question than counts do.
_AFTER_COUNTS: Final = {"no": 1, "": 2, "yes": 3}


def candidates(
    library: Library, asked: ComparativeAsked
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Find the published effects of a question's measure, and the reason for each left out.

    A question of another kind of measure (of interactions) has none.
    """
    found: list[Candidate] = []
    excluded: list[ExcludedRow] = []
    if asked.measure not in _MEASURES:
        return found, excluded
    for row in library.rows(_TABLE, asked.endpoints):
        fault = _fault(library, asked, row)
        if fault is not None:
            excluded.append(library.excluded(row, *fault))
        else:
            found.append(_candidate(library, asked.filters, row))
    return found, excluded


def _fault(library: Library, asked: ComparativeAsked, row: Row) -> tuple[str, str] | None:
    """Return stage and reason of the first step that a row does not pass."""
    filters = asked.filters
    if fault := not_whole_trial(library, filters, row):
        return fault
    arms = (row["trial_id"], row["experimental_arm"], row["control_arm"])
    if reason := library.not_randomised(*arms):
        return "not randomised", reason
    if reason := library.taxonomy_config.get("responses_not_counts", {}).get(row["trial_id"]):
        return "not poolable", str(reason)
    if definition_of(library, row) not in filters.definitions:
        return "another question", f"definition: {row['definition'] or 'not stated'}"
    category = library.contrast(*arms).category
    if category not in filters.contrasts:
        return "another question", CATEGORY_IN_WORDS[category]
    if row["measure"] != asked.measure:
        words = f"published as {row['measure']}, the question asks for {asked.measure}"
        return "another question", words
    if reason := not_usable(library, _TABLE, row, ["effect"]):
        return "not poolable", reason
    return None


def _candidate(library: Library, filters: ComparativeFilters, row: Row) -> Candidate:
    trial_id, row_id = str(row["trial_id"]), str(row["row_id"])
    derived = library.derived[_TABLE, row_id]
    definition = definition_of(library, row)
    arms = (str(row["experimental_arm"]), str(row["control_arm"]))
    year = library.year(row["source_id"])
    flags = flags_of(derived)
    if definition != filters.definitions[0]:
        flags.append(definition_in_words(definition))
    if library.population_kind(row) != "itt":
        flags.append(f"population: {row['population'] or 'not stated'}")
    exactness = LEAST_SURE_COUNT + _AFTER_COUNTS[row["adjusted"]]
    return Candidate(
        row_ids=(row_id,),
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        endpoint=str(row["endpoint"]),
        experimental=library.arm(trial_id, arms[0], n=library.randomised(row, arms[0])),
        control=library.arm(trial_id, arms[1], n=library.randomised(row, arms[1])),
        compared=library.compared(trial_id, *arms),
        source_id=str(row["source_id"]),
        year=year,
        locator=str(derived["locator"]),
        maturity="",
        population=str(row["population"]),
        definition=definition,
        extraction=str(row["extraction"]),
        effect=library.effect(_TABLE, row_id),
        rank=(
            filters.definitions.index(definition),
            level_rank(library, filters, row),
            exactness,
            -(year or 0),
            row_id,
        ),
        flags=tuple(flags),
        level=library.level(row)[1],
        exactness=exactness,
    )
