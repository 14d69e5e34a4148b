"""Reading a table of effect sizes: every fault at once, nothing guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from trialpool.effects.forms import Fault, Form, choose_form, choose_measure
from trialpool.effects.measures import DEFAULTS, MeasureOptions
from trialpool.effects.table_files.labels import row_labels
from trialpool.effects.table_files.naming import looks_logged, name_columns
from trialpool.effects.table_files.numbers import doubtful
from trialpool.effects.table_files.reading import read_table
from trialpool.effects.table_files.table import LeftOut, Table, UnknownColumnError, is_missing
from trialpool.effects.typed import EffectSizes, Excluded, derive_rows, parse_real
from trialpool.findings import Finding, InputError

__all__ = [
    "MeasureRefusedError",
    "Table",
    "UnknownColumnError",
    "form_of",
    "group_column",
    "is_missing",
    "lacking",
    "named",
    "order_column",
    "read_effects",
    "read_input",
    "read_table",
    "where_known",
]

_DATE: Final = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_DROP: Final = "Enter it, take the row out, or leave such rows out with --drop-missing."


class MeasureRefusedError(ValueError):
    """The columns of a table do not go with the measure that was asked for."""


def read_input(
    path: Path,
    measure: str | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    drop_missing: bool = False,
    label_column: str | None = None,
) -> Table:
    """Read a file whose rows are trials: columns named as here, ready for `read_effects`.

    Parameters
    ----------
    path : Path
    measure : str, optional
        Says which columns are meant where a table holds several sets.
    columns : mapping of str to str, optional
        Header in the file by the name that it should have, for example ``{"hr": "Ratio"}``.
    sheet : str, optional
        Of a workbook.
    drop_missing : bool
        Whether rows with a missing number are left out; `Table.left_out` names them.
    label_column : str, optional
        What names the rows that are left out.

    Raises
    ------
    InputError
    UnknownColumnError
        If there is no such column.
    """
    return named(
        read_table(path, sheet), measure, columns,
        drop_missing=drop_missing, label_column=label_column,
    )  # fmt: skip


def named(
    table: Table,
    measure: str | None = None,
    columns: Mapping[str, str] | None = None,
    *,
    drop_missing: bool = False,
    label_column: str | None = None,
) -> Table:
    """Give the columns of a table the names used here; arguments and errors as `read_input`."""
    found = name_columns(table, measure, columns)
    table = replace(found.table, used=found.used)
    if not drop_missing:
        return table
    form = form_of(table, measure)
    if label_column is not None:
        table.need("--label", label_column)
    labels = row_labels(table, table.used, label_column)
    keep, out = [], []
    for i, row in enumerate(table.rows):
        missing = lacking(form, table.used or table.columns, row)
        if missing:
            told = ", ".join(dict.fromkeys(table.header(c) for c in missing))
            out.append(LeftOut(table.lines[i], labels[i], f"{told} not given"))
        else:
            keep.append(i)
    if not out:
        return table
    if not keep:
        message = "every row lacks a number"
        raise InputError(
            [Finding("fatal", "rows-left", table.file, message=message, remedy="Enter them.")]
        )
    warnings = [
        Finding("warning", "row-left-out", table.file, one.line,
                message=f"{one.label} is left out: {one.reason}")
        for one in out
    ]  # fmt: skip
    return replace(
        table,
        rows=tuple(table.rows[i] for i in keep),
        lines=tuple(table.lines[i] for i in keep),
        left_out=tuple(out),
        warnings=(*table.warnings, *warnings),
    )


def lacking(form: Form, columns: Sequence[str], row: Mapping[str, str]) -> list[str]:
    """Return the columns without which a row has no effect and that are missing in it."""
    missing = {c for c in columns if c in form.columns and is_missing(row[c], number=True)}
    some = [names for names in form.alternatives if set(names) <= set(columns)]
    if some and not any(missing.isdisjoint(names) for names in some):
        return [c for c in form.columns if c in missing and (c in form.required or c in some[0])]
    return [c for c in form.columns if c in missing and c not in form.may_be_empty
            and (c in form.required or not form.alternatives)]  # fmt: skip


def form_of(table: Table, measure: str | None = None) -> Form:
    """Say which set of columns a table holds.

    Raises
    ------
    InputError
        If it holds none, or several of which the measure chooses none.
    """
    try:
        return choose_form(table.used or table.columns, measure)
    except ValueError as error:
        remedy = (
            "Rename or drop columns so that one set is there, or name them with "
            "--columns NAME=HEADER,NAME=HEADER."
        )
        message = str(error)
        finding = Finding(
            "fatal", "columns", table.file, table.header_line, "", "", "", message + ".", remedy
        )
        raise InputError([finding]) from None


def read_effects(
    table: Table,
    measure: str | None,
    label_column: str | None = None,
    options: MeasureOptions = DEFAULTS,
    labels: Sequence[str] | None = None,
) -> EffectSizes:
    """Derive the effect sizes of a table.

    Parameters
    ----------
    table : Table
    measure : str or None
        None for that which the headers name, else the default of the columns.
    label_column : str, optional
        By default what `row_labels` finds.
    options : MeasureOptions
        Of computed effects.
    labels : sequence of str, optional
        Names of the rows that are known already.

    Raises
    ------
    InputError
        With every fault of every cell.
    MeasureRefusedError, UnknownColumnError
        If an option does not go with the columns.
    """
    form = form_of(table, measure)
    if measure is None and table.measure in form.measures:
        measure = table.measure
    try:
        chosen = choose_measure(form, measure)
    except ValueError as error:
        raise MeasureRefusedError(str(error)) from None
    if label_column is not None:
        table.need("--label", label_column)
    own = [c for c in form.columns if c in (table.used or table.columns)]
    if labels is None:
        labels = row_labels(table, own, label_column)
    if logged := looks_logged(table, own):
        raise InputError([logged])
    unclear = doubtful(table, own)
    rows = [
        {c: cell for c, cell in row.items() if c not in form.columns}
        | {c: "" if is_missing(row[c], number=True) else row[c] for c in own}
        for row in table.rows
    ]
    effects, faults = derive_rows(form, chosen, rows, labels, options)
    gaps = [
        (i, column)
        for i, cells in enumerate(rows)
        if any(not cells[c] for c in own)
        for column in lacking(form, own, cells)
    ]
    if effects is None or unclear or gaps:
        empty = {i for i, _ in gaps}
        told = {finding.line for finding in unclear}
        found = [
            table.finding(fault)
            for fault in faults
            if not (fault.row in empty and fault.rule == "number" and _says_gap(fault))
        ]
        every = [
            *unclear,
            *(_gap(table, i, column) for i, column in gaps),
            *(finding for finding in found if finding.line not in told),
        ]
        raise InputError(sorted(every, key=lambda finding: finding.line or 0))
    return effects


def _says_gap(fault: Fault) -> bool:
    """Whether a fault is that something is missing, and not that a cell is no number."""
    return is_missing(fault.value) or parse_real(fault.value) is not None


def _gap(table: Table, row: int, column: str) -> Finding:
    cell = table.rows[row][column]
    message = "its value is not known" if cell else "the cell is empty"
    return table.finding(Fault(row, column, cell, "number", message, _DROP))


def where_known(table: Table, option: str, column: str, effects: EffectSizes) -> EffectSizes:
    """Leave out the rows whose cell of a column is missing; `excluded` names them.

    Raises
    ------
    InputError
        If no row is left.
    UnknownColumnError
    """
    table.need(option, column)
    known = [not is_missing(table.rows[row][column]) for row in effects.rows]
    if not any(known):
        message = f"no trial has a value in {column}"
        remedy = f"Enter them, or leave {option} out."
        raise InputError(
            [Finding("fatal", "group", table.file, column=column, message=message, remedy=remedy)]
        )
    named = list(zip(effects.rows, effects.labels, known, strict=True))
    return replace(
        effects,
        yi=effects.yi[known],
        vi=effects.vi[known],
        labels=tuple(label for _, label, own in named if own),
        rows=tuple(row for row, _, own in named if own),
        excluded=(
            *effects.excluded,
            *(Excluded(row, label, f"{column} not given") for row, label, own in named if not own),
        ),
    )


def group_column(table: Table, column: str, effects: EffectSizes) -> list[str]:
    """Give the group of each pooled row; `where_known` has left out those without one."""
    return [table.rows[row][column] for row in effects.rows]


def order_column(table: Table, column: str, effects: EffectSizes) -> list[float]:
    """Give what orders the pooled rows: numbers, or dates such as 2019-05-31.

    Raises
    ------
    InputError
        For every pooled row whose cell is neither; numbers and dates do not mix.
    UnknownColumnError
    """
    table.need("--cumulative", column)
    cells = [table.rows[i][column] for i in effects.rows]
    read = _date if any(_DATE.fullmatch(cell) for cell in cells) else _number
    values = [read(cell) for cell in cells]
    kind = "a date such as 2019-05-31 or 2019-05" if read is _date else "a number"
    faults = [
        Fault(
            i,
            column,
            cell,
            "order",
            f"trials are ordered by it, so it must be {kind}",
            "Enter it, or order by another column.",
        )
        for i, cell, value in zip(effects.rows, cells, values, strict=True)
        if math.isnan(value)
    ]
    if faults:
        raise InputError([table.finding(fault) for fault in faults])
    return values


def _number(cell: str) -> float:
    number = parse_real(cell)
    return math.nan if number is None else number.value


def _date(cell: str) -> float:
    match = _DATE.fullmatch(cell)
    if match is None:
        return math.nan
    year, month, day = (int(part or 0) for part in match.groups())
    return float(year * 10_000 + month * 100 + day) if month <= 12 and day <= 31 else math.nan
