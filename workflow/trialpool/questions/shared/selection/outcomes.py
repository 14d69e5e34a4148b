"""Candidates from means.csv, rates.csv and outcome_contrasts.csv; what rows of outcomes share."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from msgspec import structs

from trialpool.effects.outcomes.arms import ARMS, STATUS, WAYS, ArmResult, effect_of_arms
from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.evidence.printed_rows import printed_row
from trialpool.measures import get_measure
from trialpool.questions.shared.selection.candidates import (
    Candidate,
    direction_inferred,
    level_rank,
    not_usable,
    not_whole_trial,
)
from trialpool.questions.shared.selection.cuts import Cut
from trialpool.questions.shared.selection.library import (
    DerivedEffect,
    Library,
    Row,
    flags_of,
    whole,
)
from trialpool.questions.shared.selection.pairing import (
    ArmRows,
    Fault,
    other_contrast,
    pair_arms,
)
from trialpool.records.groups import ExcludedRow
from trialpool.records.settings import ComparativeAsked, ComparativeFilters, OutcomeFilters
from trialpool.records.single_group.questions import SingleGroupAsked
from trialpool.records.trials import Arm, Derivation

# Filters, and questions, of rows of outcomes.
OfOutcomes = ComparativeFilters | OutcomeFilters
AskedOutcome = ComparativeAsked | SingleGroupAsked

_CONTRASTS: Final = "outcome_contrasts"
_VALUES: Final = {"final": "value at the time", "change": "change from baseline", "": ""}
_AFTER_ARMS: Final = {"no": 1, "": 2, "yes": 3}
# Measures whose numbers are in the unit of the outcome.
_IN_UNITS: Final = ("MD", "MN", "MNLN")
_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(day|week|month|year)s?\b", re.IGNORECASE)
_MONTHS: Final = {"day": 12 / 365.25, "week": 84 / 365.25, "month": 1.0, "year": 12.0}


def candidates(
    library: Library, asked: ComparativeAsked
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Find what the arms of each report give, and what was published of them."""
    table, filters = asked.filters.table, asked.filters

    def report(row: Row) -> tuple[str, ...]:
        about = (*("trial_id", "source_id", "endpoint", "definition"), "timepoint", "population")
        value = str(row.get("value", ""))
        return (*(str(row[name]) for name in about), value, *library.level(row))

    of_arms, left = pair_arms(
        library,
        asked,
        ArmRows(
            table,
            report,
            lambda row: (
                _fault(library, filters, row)
                or other_contrast(library, filters, row)
                or no_number(library, table, row, STATUS[table][0])
            ),
            lambda ours, theirs: _of_arms(library, asked, ours, theirs),
            f"the arm to compare with has no usable {STATUS[table][0]} in this report",
            "no arm to compare with at this time and by this definition in this report",
        ),
    )
    published: list[Candidate] = []
    for row in library.rows(_CONTRASTS, asked.endpoints):
        found = _published(library, asked, row)
        if isinstance(found, Candidate):
            published.append(found)
        else:
            left.append(library.excluded(row, *found))
    return of_arms + published, left


def no_number(library: Library, table: str, row: Row, wanted: str) -> Fault | None:
    """Return stage and reason of a row that gives no number."""
    reason = not_usable(library, table, row, [wanted])
    return None if reason is None else ("not poolable", reason)


def _fault(library: Library, filters: ComparativeFilters, row: Row) -> Fault | None:
    """Return stage and reason of the first step that any row of an outcome does not pass."""
    return not_whole_trial(library, filters, row) or other_outcome(library, filters, row)


def other_outcome(library: Library, filters: OfOutcomes, row: Row) -> Fault | None:
    """Say by what a row is another outcome than the question's: in whom, how, when, with what."""
    if filters.populations and library.population_kind(row) not in filters.populations:
        return "another question", f"population: {row['population'] or 'not stated'}"
    for named, word, text in (
        (filters.definitions, "definition", definition_of(library, row)),
        (filters.timepoints, "time point", str(row["timepoint"])),
        (filters.values, "value", str(row.get("value", ""))),
        (_variables(filters), "variable", str(row.get("variable", ""))),
    ):
        # A rate is of no change.
        if named and text not in named and (word != "value" or text):
            return "another question", f"{word}: {_VALUES.get(text, text) or 'not stated'}"
    return None


def definition_of(library: Library, row: Row) -> str:
    """Name how an outcome was measured: by the taxonomy's word, else by the report's."""
    named = library.taxonomy_config.get("response_definitions", {}).get(row["endpoint"], {})
    return str(named.get(row["definition"], row["definition"]))


def months_of(timepoint: str) -> float | None:
    """Read a length of time, "12 weeks", in months; None where it names none."""
    found = _LENGTH.search(timepoint)
    return None if found is None else float(found[1]) * _MONTHS[found[2].lower()]


def rank_of(library: Library, filters: OfOutcomes, row: Row, sure: int) -> tuple[float, ...]:
    """Rank a row by what the question prefers; without named times the latest comes first."""
    definition, timepoint = definition_of(library, row), str(row["timepoint"])
    value = str(row.get("value", ""))
    months = months_of(timepoint)
    variables, variable = _variables(filters), str(row.get("variable", ""))
    return (
        float(variables.index(variable)) if variable in variables else 0.0,
        float(filters.timepoints.index(timepoint))
        if filters.timepoints
        else -(0.0 if months is None else months),
        float(filters.values.index(value)) if value in filters.values else 0.0,
        float(filters.definitions.index(definition)) if filters.definitions else 0.0,
        float(level_rank(library, filters, row)),
        float(sure),
    )


def _variables(filters: OfOutcomes) -> tuple[str, ...]:
    return filters.variables if isinstance(filters, OutcomeFilters) else ()


def notes_of(library: Library, filters: OfOutcomes, row: Row) -> list[str]:
    """Say in which respect a row is not what the question prefers."""
    definition, timepoint = definition_of(library, row), str(row["timepoint"])
    value = str(row.get("value", ""))
    notes = []
    if filters.timepoints and timepoint != filters.timepoints[0]:
        notes.append(f"time point: {timepoint}")
    if filters.definitions and definition != filters.definitions[0]:
        notes.append(f"definition: {definition or 'not stated'}")
    if value == "change" and len(filters.values) != 1:
        notes.append(_VALUES[value])
    if row["population"] and library.population_kind(row) != "itt":
        notes.append(f"population: {row['population']}")
    return notes


def described(library: Library, row: Row) -> str:
    """Say how and when an outcome was measured, and whether it is a change."""
    change = _VALUES["change"] if row.get("value") == "change" else ""
    parts = (definition_of(library, row), str(row["timepoint"]), change)
    return ", ".join(part for part in parts if part)


def factor_of(asked: AskedOutcome, row: Row) -> float | str:
    """Return what turns a row into the unit and direction of its question; or why nothing does.

    A mean or its difference is in the question's unit, which every row has or is converted to by a
    factor that the question declares. Standardised differences and ratios need neither; a
    negative factor turns round a scale that runs the other way.
    """
    unit, units = str(row.get("unit", "")), asked.filters.units
    if asked.measure not in _IN_UNITS:
        return math.copysign(1.0, units.get(unit, 1.0))
    if unit in units or unit == asked.unit:
        return units.get(unit, 1.0)
    declared = "declares no conversion of it"
    return f"unit {unit or 'not given'}: the question is in {asked.unit} and {declared}"


def turned(asked: AskedOutcome, row: Row) -> list[str]:
    """Say that a row is converted, or that its scale is turned round."""
    factor = factor_of(asked, row)
    if factor == 1.0:
        return []
    how = "scale turned round" if factor == -1.0 else "converted"
    return [f"{how}: {row['unit']}"]


def numbers_of(
    asked: AskedOutcome, row: Row, table: str
) -> tuple[ArmResult, Mapping[str, float]] | str:
    """Read an arm, and its numbers in the unit of the question; or say why there are none."""
    found, factor = ARMS[table](row), factor_of(asked, row)
    if isinstance(found, str) or isinstance(factor, str):
        return found if isinstance(found, str) else str(factor)
    numbers = dict(found.numbers)
    if "mean" in numbers:
        numbers |= {"mean": numbers["mean"] * factor, "sd": numbers["sd"] * abs(factor)}
    return found, numbers


def _of_arms(
    library: Library, asked: ComparativeAsked, ours: Row, theirs: Row
) -> Candidate | Fault:
    """Compare two arms of one report."""
    filters, table = asked.filters, asked.filters.table
    if ours.get("unit", "") != theirs.get("unit", ""):
        units = " and ".join(str(row["unit"]) or "none" for row in (ours, theirs))
        return "not poolable", f"the arms are in different units: {units}"
    arms = []
    for row in (ours, theirs):
        read = numbers_of(asked, row, table)
        if isinstance(read, str):
            return "not poolable", read
        arms.append((row, *read))
    effect = effect_of_arms(asked.measure, arms[0][2], arms[1][2])
    if isinstance(effect, str):
        return "not poolable", effect
    measure, noun = get_measure(asked.measure), table
    derivation = Derivation(
        rung=f"{noun} of two arms",
        formula=measure.formula,
        reference=measure.source,
        inputs={
            side: printed_row(table, row)
            for side, (row, *_) in zip(("experimental", "control"), arms, strict=True)
        },
        se_lower=None,
        se_upper=None,
    )
    derived = [library.derived[table, str(row["row_id"])] for row in (ours, theirs)]
    flags = [flag for record in derived for flag in flags_of(record)]
    flags += [*notes_of(library, filters, ours), *effect.flags]
    flags += turned(asked, ours)
    sure = max(WAYS.index(found.rung) if found.rung in WAYS else 0 for _, found, _ in arms)
    read_twice = {ours["extraction"], theirs["extraction"]} == {"double"}
    return _candidate(
        library,
        asked,
        ours,
        row_ids=(str(ours["row_id"]), str(theirs["row_id"])),
        arms=(
            _arm(library, ours, arms[0][2], table),
            _arm(library, theirs, arms[1][2], table),
        ),
        effect=DerivedEffect(effect.yi, effect.sei, derivation),
        extraction="double" if read_twice else "single",
        flags=flags,
        sure=sure,
        locator=str(ours["locator"]),
    )


def _arm(library: Library, row: Row, numbers: Mapping[str, float], table: str) -> Arm:
    derived = library.derived[table, str(row["row_id"])]
    n, events = (whole(derived[name]) for name in ("n", "events"))
    arm = library.arm(str(row["trial_id"]), str(row["arm_id"]), n=n, events=events)
    shown = {name: numbers[name] for name in ("mean", "sd", "time") if name in numbers}
    return structs.replace(arm, **shown)


def _published(library: Library, asked: ComparativeAsked, row: Row) -> Candidate | Fault:
    """Take what a report prints of two arms together."""
    filters = asked.filters
    arms = (str(row["experimental_arm"]), str(row["control_arm"]))
    if fault := _fault(library, filters, row):
        return fault
    if reason := library.not_randomised(str(row["trial_id"]), *arms):
        return "not randomised", reason
    category = library.contrast(str(row["trial_id"]), *arms).category
    if category not in filters.contrasts:
        return "another question", CATEGORY_IN_WORDS[category]
    if row["measure"] != asked.measure:
        words = f"published as {row['measure']}, the question asks for {asked.measure}"
        return "another question", words
    fault = no_number(library, _CONTRASTS, row, "effect")
    if fault := fault or direction_inferred(filters, row):
        return fault
    factor = factor_of(asked, row)
    if isinstance(factor, str):
        return "not poolable", factor
    effect = library.effect(_CONTRASTS, str(row["row_id"]))
    flags = flags_of(library.derived[_CONTRASTS, str(row["row_id"])])
    if factor != 1.0:
        effect = _converted(effect, factor)
    flags += turned(asked, row)
    return _candidate(
        library,
        asked,
        row,
        row_ids=(str(row["row_id"]),),
        arms=(_of_row(library, row, "experimental"), _of_row(library, row, "control")),
        effect=effect,
        extraction=str(row["extraction"]),
        flags=[*flags, *notes_of(library, filters, row)],
        sure=len(WAYS) + _AFTER_ARMS[row["adjusted"]],
        locator=str(library.derived[_CONTRASTS, str(row["row_id"])]["locator"]),
    )


def _of_row(library: Library, row: Row, side: str) -> Arm:
    arm_id = str(row[f"{side}_arm"])
    n = whole(row[f"n_{side}"])
    n = library.randomised(row, arm_id) if n is None else n
    return library.arm(str(row["trial_id"]), arm_id, n=n)


def _converted(effect: DerivedEffect, factor: float) -> DerivedEffect:
    """Bring a difference to another unit; a standardised one only turns its sign."""
    derivation = effect.derivation
    bounds = [
        None if bound is None else bound * abs(factor)
        for bound in (derivation.se_lower, derivation.se_upper)
    ]
    derivation = structs.replace(
        derivation,
        formula=f"{derivation.formula}; times {factor:g}",
        se_lower=bounds[0],
        se_upper=bounds[1],
    )
    return DerivedEffect(effect.yi * factor, effect.sei * abs(factor), derivation)


def _candidate(
    library: Library,
    asked: ComparativeAsked,
    row: Row,
    *,
    row_ids: tuple[str, ...],
    arms: tuple[Arm, Arm],
    effect: DerivedEffect,
    extraction: str,
    flags: list[str],
    sure: int,
    locator: str,
) -> Candidate:
    trial_id = str(row["trial_id"])
    return Candidate(
        row_ids=row_ids,
        trial_id=trial_id,
        label=str(library.trials[trial_id]["trial"]),
        endpoint=str(row["endpoint"]),
        experimental=arms[0],
        control=arms[1],
        compared=library.compared(trial_id, arms[0].arm_id, arms[1].arm_id),
        source_id=str(row["source_id"]),
        locator=locator,
        maturity="",
        population=str(row["population"]),
        definition=described(library, row),
        extraction=extraction,
        effect=effect,
        rank=rank_of(library, asked.filters, row, sure),
        flags=tuple(dict.fromkeys(flags)),
        level=library.level(row)[1],
        exactness=sure,
        is_published=len(row_ids) == 1,
        timepoint=str(row["timepoint"]),
        value=_VALUES[str(row.get("value", ""))],
        of_arms=asked.filters.table,
        grade=library.grade(row["source_id"], flags),
        cut=Cut(year=library.year(row["source_id"]), n=(str(arms[0].n), str(arms[1].n))),
    )
