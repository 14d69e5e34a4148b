"""What a question on one estimate per study asks for: which rows enter, one entry per study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import structs

from trialpool.effects.outcomes.arms import STATUS, WAYS, effect_of_arm
from trialpool.evidence.printed_rows import printed_row
from trialpool.measures import Endpoint, get_measure
from trialpool.pooling import random_effects
from trialpool.questions.shared.selection.asked import asked_as
from trialpool.questions.shared.selection.comparative import Selection, with_selection
from trialpool.questions.shared.selection.cuts import Cut, Report
from trialpool.questions.shared.selection.library import Library, Row, flags_of, whole
from trialpool.questions.shared.selection.outcomes import (
    definition_of,
    described,
    no_number,
    notes_of,
    numbers_of,
    other_outcome,
    rank_of,
    turned,
)
from trialpool.questions.shared.single_arms import (
    ArmGrouped,
    Out,
    added_arms,
    choose_single_arms,
    group_of,
    single_trial,
)
from trialpool.records.single_group.questions import SingleGroupAsked, SingleGroupQuestion
from trialpool.records.trials import Derivation, SelectedTrial

_OF: Final = {"means": "mean", "rates": "rate", "correlations": "correlation"}


def asked(
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> SingleGroupAsked:
    """Make the typed question of its settings; a rate has person-years as its unit."""
    table = settings["table"]
    unit = settings.get("unit", "")
    if table == "rates":
        per = settings["per"]
        unit = "per person-year" if per == 1 else f"per {per:,} person-years"
    found = asked_as(SingleGroupAsked, question_id, settings, pooling, endpoints)
    name = get_measure(found.measure).name.partition(", by ")[0]
    named = f"{name} ({unit})" if unit else name
    return structs.replace(found, unit=unit, measure_name=named)


def select(
    library: Library, asked: SingleGroupAsked
) -> tuple[SingleGroupQuestion, tuple[SelectedTrial, ...]]:
    """Choose the arms that are pooled."""
    chosen = choose_arms(library, asked)
    return with_selection(SingleGroupQuestion, library, asked, chosen), chosen.trials


def choose_arms(library: Library, asked: SingleGroupAsked) -> Selection:
    """Choose the arms that are pooled; arms of one study in one group make one estimate."""
    return choose_single_arms(
        library,
        library.rows(asked.filters.table, asked.endpoints),
        asked.filters.report_policy,
        lambda row: _group(library, asked, row),
        lambda row: _report(library, asked, row),
        lambda group, rows: _trial(library, asked, group, rows),
    )


def _group(library: Library, asked: SingleGroupAsked, row: Row) -> ArmGrouped | Out:
    """Give the group of a row, or stage and reason of what keeps it out."""
    table, filters = asked.filters.table, asked.filters
    found = group_of(library, filters, asked.single_arm, row)
    if isinstance(found, Out):
        return found
    if fault := other_outcome(library, filters, row):
        return Out(*fault)
    if fault := no_number(library, table, row, STATUS[table][0]):
        return Out(*fault)
    effect = _effect(asked, [row])
    return Out("not poolable", effect) if isinstance(effect, str) else found


def _report(library: Library, asked: SingleGroupAsked, row: Row) -> Report:
    """Collect what tells the reports of one arm apart."""
    table = asked.filters.table
    derived = library.derived[table, str(row["row_id"])]
    sure = WAYS.index(derived["rung"]) if derived["rung"] in WAYS else 0
    return Report(
        row_ids=(str(row["row_id"]),),
        rank=rank_of(library, asked.filters, row, sure),
        endpoint=str(row["endpoint"]),
        population=str(row["population"]),
        definition=definition_of(library, row),
        extraction=str(row["extraction"]),
        level=library.level(row)[1],
        exactness=sure,
        timepoint=str(row["timepoint"]),
        value=str(row.get("value", "")),
        of_arms=table,
        grade=library.grade(row["source_id"], flags_of(derived)),
        cut=Cut(year=library.year(row["source_id"]), n=(str(derived["n"]),) * 2),
    )


def _numbers(asked: SingleGroupAsked, row: Row) -> Mapping[str, float] | str:
    """Read an arm in the unit of the question: its person-time in that of the rate."""
    read = numbers_of(asked, row, asked.filters.table)
    if isinstance(read, str):
        return read
    _, numbers = read
    if "time" in numbers:
        return {**numbers, "time": numbers["time"] / asked.filters.per}
    return numbers


def _effect(asked: SingleGroupAsked, rows: Sequence[Row]) -> tuple[float, float, list[str]] | str:
    """Compute the one estimate of the arms of a study, with its standard error and flags.

    Events and person-time of several arms are added up. Their means, and their correlations, are
    averaged by inverse variance on the analysis scale: they hold different patients.
    """
    numbers = [_numbers(asked, row) for row in rows]
    read = [one for one in numbers if not isinstance(one, str)]
    if len(read) < len(numbers):
        return next(one for one in numbers if isinstance(one, str))
    if asked.filters.table == "rates":
        read = [{name: sum(one[name] for one in read) for name in ("events", "time")}]
    effects = [effect_of_arm(asked.measure, one) for one in read]
    known = [one for one in effects if not isinstance(one, str)]
    if len(known) < len(effects):
        return next(one for one in effects if isinstance(one, str))
    flags = [flag for one in known for flag in one.flags]
    if len(known) == 1:
        return known[0].yi, known[0].sei, flags
    fit = random_effects(
        [one.yi for one in known],
        [one.sei**2 for one in known],
        tau2="CE",
        ci="wald",
        measure=asked.measure,
    )
    return float(fit.estimate), float(fit.se), flags


def _trial(
    library: Library, asked: SingleGroupAsked, group: str, rows: Sequence[Row]
) -> SelectedTrial:
    """Build the entry of one arm, or of several arms of one study."""
    table, filters, first = asked.filters.table, asked.filters, rows[0]
    effect = _effect(asked, rows)
    assert not isinstance(effect, str), effect
    derived = [library.derived[table, str(row["row_id"])] for row in rows]
    flags = [flag for record in derived for flag in flags_of(record)]
    flags += [*notes_of(library, filters, first), *effect[2]]
    flags += [text for row in rows for text in turned(asked, row)]
    if len(rows) > 1:
        how = "added up" if table == "rates" else "averaged by inverse variance"
        flags.append(f"{len(rows)} arms with different patients, {how}")
    measure = get_measure(asked.measure)
    with_interval = "yi" in _read(asked, first)
    return single_trial(
        library,
        group,
        rows,
        arm=added_arms(library, rows, **_known(asked, rows, derived)),
        effect=effect[:2],
        definition=described(library, first),
        derivation=Derivation(
            rung=f"{_OF[table]} of one arm",
            formula=str(derived[0]["formula"]) if with_interval else measure.formula,
            reference=measure.source,
            inputs={str(row["arm_id"]): printed_row(table, row) for row in rows},
            se_lower=None,
            se_upper=None,
        ),
        flags=flags,
        population=str(first["population"]),
    )


def _read(asked: SingleGroupAsked, row: Row) -> Mapping[str, float]:
    read = _numbers(asked, row)
    assert not isinstance(read, str), read
    return read


def _known(
    asked: SingleGroupAsked, rows: Sequence[Row], derived: Sequence[Row]
) -> dict[str, float | None]:
    """Sum patients, events and person-time (years) of the arms; of one arm its mean too."""
    read = [_read(asked, row) for row in rows]
    known: dict[str, float | None] = {}
    for name in ("n", "events"):
        counts = [whole(record[name]) for record in derived]
        sizes = [count for count in counts if count is not None]
        known[name] = sum(sizes) if len(sizes) == len(counts) else None
    if all("time" in one for one in read):
        known["time"] = sum(one["time"] for one in read) * asked.filters.per
    if len(read) == 1:
        known |= {name: read[0][name] for name in ("mean", "sd") if name in read[0]}
    return known
