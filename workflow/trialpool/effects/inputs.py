"""Reading a table of effect sizes: every fault at once, nothing guessed."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from trialpool.effects.forms import Fault, choose_form, choose_measure
from trialpool.effects.typed import EffectSizes, Excluded, derive_rows, parse_real
from trialpool.findings import Finding, InputError, shorten

# Columns that may name a trial, the first one of them that is there.
LABEL_COLUMNS: Final = ("label", "study", "trial", "trial_id", "author")
# What people and programs write where nothing is known.
_MISSING: Final = frozenset(
    ("", "NA", "na", "N/A", "n/a", "#N/A", "NaN", "nan", "None", ".", "-", "–")
)
_BIGGEST_CELL: Final = 1_000_000
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


class UnknownColumnError(ValueError):
    """An option names a column that the table does not have."""


class MeasureRefusedError(ValueError):
    """The columns of a table do not go with the measure that was asked for."""


@dataclass(frozen=True, eq=False)
class Table:
    """A CSV table as text.

    Attributes
    ----------
    file : str
    columns : tuple of str
    rows : tuple of dict
        Cells by column.
    lines : tuple of int
        Line in the file where each row starts, the header being line 1.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]

    def need(self, option: str, column: str) -> None:
        """Raise if there is no such column."""
        if column not in self.columns:
            raise UnknownColumnError(
                f"{option}: {self.file} has no column {column!r}; "
                f"there are: {', '.join(self.columns)}"
            )

    def finding(self, fault: Fault, level: str = "fatal") -> Finding:
        """Put a fault of a row into the file."""
        line = self.lines[fault.row] if fault.column else None
        return Finding(
            "warning" if level == "warning" else "fatal",
            fault.rule,
            self.file,
            line,
            f"{fault.row + 1}" if fault.column else "",
            fault.column,
            fault.value,
            fault.message,
            fault.remedy,
        )


def read_table(path: Path) -> Table:
    """Read a CSV file as text.

    Raises
    ------
    InputError
        With every fault of its form.
    """
    file = path.name

    def stop(rule: str, message: str, remedy: str, **place: int | str) -> InputError:
        return InputError(
            [Finding("fatal", rule, file, message=message, remedy=remedy, **place)]  # type: ignore[arg-type]
        )

    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise stop("file-exists", "there is no such file", "Check the path.") from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise stop("file-readable", message, "Check that it is a file you may read.") from None
    if not raw.strip():
        raise stop(
            "file-not-empty", "the file is empty", "It needs a header and one row per trial."
        )
    remedy = "Save the table as plain CSV text with encoding UTF-8."
    if b"\x00" in raw:
        raise stop("text-file", "the file is binary, not text", remedy)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "the file is not UTF-8 text: a byte that UTF-8 does not allow here"
        value = f"0x{raw[error.start]:02x}"
        raise stop("utf-8", message, remedy, line=line, value=value) from None
    table, findings = _split(file, text)
    if findings:
        raise InputError(findings)
    return table


def _split(file: str, text: str) -> tuple[Table, list[Finding]]:
    """Split text into rows, with the faults of its form."""
    csv.field_size_limit(_BIGGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    findings: list[Finding] = []
    header: tuple[str, ...] = ()
    rows: list[dict[str, str]] = []
    lines: list[int] = []

    def fault(line: int | None, rule: str, message: str, remedy: str, value: str = "") -> None:
        findings.append(Finding("fatal", rule, file, line, "", "", value, message, remedy))

    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = tuple(cell.strip() for cell in cells)
                continue
            if len(cells) == len(header):
                rows.append({c: cell.strip() for c, cell in zip(header, cells, strict=True)})
                lines.append(start)
                continue
            fault(
                start,
                "row-length",
                f"{len(cells)} cells where the header has {len(header)}",
                "Quote cells that hold a comma; leave a cell empty where nothing is known.",
                shorten(",".join(cells)),
            )
    except csv.Error as error:
        message = f"not well-formed CSV: {error}"
        fault(reader.line_num, "csv", message, "Check the quotes on this line and before it.")
    for name in sorted(name for name, count in Counter(header).items() if count > 1):
        remedy = "Keep one of them."
        fault(1, "column-once", f"the header has {name!r} more than once", remedy)
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        message = "the cells are not separated by commas"
        fault(1, "comma-separated", message, "Save the table with commas as separators.", header[0])
    elif not rows and not findings:
        message = "the table has a header and no rows"
        fault(None, "rows-exist", message, "Add one row per trial.")
    return Table(file, header, tuple(rows), tuple(lines)), findings


def read_effects(table: Table, measure: str | None, label_column: str | None = None) -> EffectSizes:
    """Derive the effect sizes of a table.

    Parameters
    ----------
    table : Table
    measure : str or None
        None for the default of the columns.
    label_column : str, optional
        By default the first of `LABEL_COLUMNS` that is there, else the line of the row.

    Raises
    ------
    InputError
        With every fault of every cell.
    MeasureRefusedError, UnknownColumnError
        If an option does not go with the columns.
    """
    try:
        form = choose_form(table.columns, measure)
    except ValueError as error:
        remedy = "Rename or drop columns so that one set is there."
        message = str(error)
        finding = Finding("fatal", "columns", table.file, 1, "", "", "", message + ".", remedy)
        raise InputError([finding]) from None
    try:
        chosen = choose_measure(form, measure)
    except ValueError as error:
        raise MeasureRefusedError(str(error)) from None
    if label_column is not None:
        table.need("--label", label_column)
    named = [label_column] if label_column else [c for c in LABEL_COLUMNS if c in table.columns]
    labels = [
        (row[named[0]] if named else "") or f"line {line}"
        for row, line in zip(table.rows, table.lines, strict=True)
    ]
    effects, faults = derive_rows(form, chosen, table.rows, labels)
    if effects is None:
        raise InputError([table.finding(fault) for fault in faults])
    return effects


def is_missing(cell: str) -> bool:
    """Whether a cell says that its value is not known."""
    return cell.strip() in _MISSING


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
