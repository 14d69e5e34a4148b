"""What an analysis becomes: tables to pool with their commands, and rows of analyses.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from trialpool.intake.ids import slug, unique
from trialpool.intake.record import Imported, PoolTable
from trialpool.intake.revman.analyses import COLUMNS, KIND_NAMES, Analysis, DataRow
from trialpool.intake.revman.compared import Diamond, Ours, compare, pool_rows, settle_zero_cells
from trialpool.measures import get_measure

TABLE: Final = "analyses.csv"
ANALYSIS_COLUMNS: Final = (
    *("analysis", "comparison", "outcome", "subgroup", "type", "effect_measure"),
    *("method", "model", "measure", "k"),
    *("file_estimate", "file_ci_lower", "file_ci_upper", "file_tau2", "file_q", "file_i2"),
    *("estimate", "ci_lower", "ci_upper", "tau2", "q", "i2", "difference", "note"),
    *("table", "command"),
)
_NO_TOTAL: Final = "no overall total in the review"
_NO_SUBGROUP: Final = "no subgroup"


def add_analysis(analysis: Analysis, imported: Imported) -> None:
    """Write the data of an analysis as tables to pool, and hold its diamonds against ours.

    Subgroups that the review does not add up (such as the same patients at several times) become
    a table each, so that no command pools over them.
    """
    if not analysis.rows:
        imported.leave(analysis.place, KIND_NAMES[analysis.kind], "", "no row of it could be used")
        return
    if analysis.swapped:
        reason = (
            "the review analysed the patients without the event; the table to pool holds them as "
            "events"
        )
        imported.leave(analysis.place, "swapped events", "YES", reason, "Mind the direction.")
    if analysis.overall:
        members = [row.cells for row in analysis.rows if row.overall]
        columns, how = COLUMNS[analysis.kind], analysis.how
        scale = get_measure(how.measure)
        how = settle_zero_cells(analysis.diamond, columns, members, how, scale)
        analysis = replace(analysis, how=how)
    names = list(dict.fromkeys(row.subgroup for row in analysis.rows))
    grouped = names != [""]
    if analysis.overall:
        _with_total(analysis, grouped, imported)
        return
    if not grouped:
        table = _table(analysis, analysis.rows, "", grouped, imported, pooled=False)
        _tell(analysis, "", table, "the review pools nothing here", imported)
        imported.leave(analysis.place, "total", "", "the review pools nothing here")
        return
    pooled = analysis.subtotals
    for name in names:
        own = [row for row in analysis.rows if row.subgroup == name]
        table = _table(analysis, own, name or _NO_SUBGROUP, False, imported, pooled=pooled)
        if pooled:
            _compare(analysis, own, name, analysis.subgroups.get(name, Diamond()), table, imported)
        else:
            _tell(analysis, name, table, "the review pools nothing here", imported)
    _tell(analysis, "", None, _NO_TOTAL, imported)
    remedy = "Pool no subgroups together: they may hold the same patients."
    reason = f"{_NO_TOTAL}; each subgroup is a table of its own"
    imported.leave(analysis.place, "total", "", reason, remedy)


def _with_total(analysis: Analysis, grouped: bool, imported: Imported) -> None:
    """Write an analysis that has a total; rows that are in none of it stand in a table apart."""
    rows = [row for row in analysis.rows if row.overall]
    if len(rows) < len(analysis.rows):
        reason = "rows that the review does not take into its total; see the tables of subgroups"
        imported.leave(analysis.place, "Applicability", "", reason)
    by = grouped and analysis.subtotals
    table = _table(analysis, rows, "", grouped, imported, by=by) if rows else None
    if table is not None:
        _compare(analysis, rows, "", analysis.diamond, table, imported)
    for name in dict.fromkeys(row.subgroup for row in analysis.rows) if by else ():
        own = [row for row in analysis.rows if row.subgroup == name and row.within]
        if not own:
            continue
        if table is None or not all(row.overall for row in own):
            apart = _table(analysis, own, name or _NO_SUBGROUP, False, imported)
        else:
            apart = table
        _compare(analysis, own, name, analysis.subgroups.get(name, Diamond()), apart, imported)


def _table(
    analysis: Analysis,
    rows: Sequence[DataRow],
    part: str,
    grouped: bool,
    imported: Imported,
    *,
    by: bool = False,
    pooled: bool = True,
) -> PoolTable:
    columns = COLUMNS[analysis.kind]
    number = slug(analysis.number.replace(".", "-")) or "x"
    name = slug(f"{number} {analysis.name} {part}")
    name = unique(name, [table.name for table in imported.pool_tables])
    if grouped:
        head: tuple[str, ...] = ("study", "subgroup")
    else:
        head = ("study",)
    written = tuple(
        {
            "study": row.study,
            "subgroup": row.subgroup or _NO_SUBGROUP,
            **row.cells,
            "source_id": row.source_id,
            "locator": row.locator,
        }
        for row in rows
    )
    full = (*head, *columns, "source_id", "locator")
    # No command where it would only say that nothing can be estimated.
    pooled = pooled and isinstance(pool_rows(columns, written, analysis.how), Ours)
    kept = tuple({column: row[column] for column in full} for row in written)
    command = analysis.how.command(f"pool/{name}.csv", by) if pooled else ""
    table = PoolTable(name, full, kept, command)
    imported.pool_tables.append(table)
    return table


def _compare(
    analysis: Analysis,
    rows: Sequence[DataRow],
    subgroup: str,
    diamond: Diamond,
    table: PoolTable,
    imported: Imported,
) -> None:
    cells = [row.cells for row in rows]
    columns = COLUMNS[analysis.kind]
    how = analysis.how
    ours = pool_rows(columns, cells, how)
    scale = get_measure(how.measure)
    as_log = how.measure == "generic" and analysis.on_log
    shown = get_measure("HR") if as_log else scale
    found = compare(diamond, ours, columns, cells, how, shown)
    note = found.note
    if subgroup and how.ci != "wald":
        note += "; each subgroup has its own τ² here and in the review, one for all under --by"
    if as_log:
        note += "; our numbers are natural logarithms"
    if how.measure == "generic":
        note += f"; generic: {analysis.effect_measure or 'a measure without name'}"
    numbers: dict[str, object] = {}
    if isinstance(ours, Ours):
        numbers = {
            "k": ours.k,
            "estimate": scale.to_display(ours.estimate),
            "ci_lower": scale.to_display(ours.lower),
            "ci_upper": scale.to_display(ours.upper),
            "tau2": None if how.tau2 == "CE" else ours.tau2,
            "q": ours.q,
            "i2": ours.i2,
            "difference": found.difference,
        }
    theirs = diamond if diamond.numbers() is not None else Diamond()
    _record(analysis, subgroup, table, note, theirs, numbers, imported)
    if note.startswith(("differs", "not pooled")):
        place = f"{analysis.place}, {subgroup}" if subgroup else analysis.place
        imported.leave(place, "diamond", theirs.estimate, found.note, f"See {TABLE}.")


def _tell(
    analysis: Analysis, subgroup: str, table: PoolTable | None, note: str, imported: Imported
) -> None:
    """Record what the review does not pool."""
    _record(analysis, subgroup, table, note, Diamond(), {}, imported)


def _record(
    analysis: Analysis,
    subgroup: str,
    table: PoolTable | None,
    note: str,
    theirs: Diamond,
    numbers: Mapping[str, object],
    imported: Imported,
) -> None:
    row: dict[str, object] = {
        "analysis": analysis.number,
        "comparison": analysis.comparison,
        "outcome": analysis.name,
        "subgroup": subgroup,
        "type": KIND_NAMES[analysis.kind],
        "effect_measure": analysis.effect_measure,
        "method": analysis.method,
        "model": analysis.model,
        "measure": analysis.how.measure,
        "file_estimate": theirs.estimate,
        "file_ci_lower": theirs.lower,
        "file_ci_upper": theirs.upper,
        "file_tau2": theirs.tau2,
        "file_q": theirs.q,
        "file_i2": theirs.i2,
        **numbers,
        "note": note,
        "table": f"pool/{table.name}.csv" if table else "",
        "command": table.command if table else "",
    }
    cells = {name: "" if row.get(name) is None else str(row[name]) for name in ANALYSIS_COLUMNS}
    imported.beside.setdefault(TABLE, []).append(cells)
