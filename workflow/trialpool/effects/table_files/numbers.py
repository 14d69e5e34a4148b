"""Decimal marks and thousands: told apart over a column and a file, never by a cell alone.

"1,100" is eleven hundred or 1.1. A column's other cells decide ("0,74" can only be a decimal
comma, "1,234,567" only thousands), then the file's other columns, then what the column holds:
patients are whole numbers. Where none of them decides the cell stays as it is and is refused
when it is used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from trialpool.effects.table_files.table import Doubt, Table, is_missing
from trialpool.findings import Finding

Kind = Literal[
    "plain", "point", "comma", "maybe point", "maybe comma",
    "point groups", "comma groups", "other groups, point", "other groups, comma", "other groups",
    "text",
]  # fmt: skip
# A minus that is none on the keyboard; figure, en and non-breaking dashes among them.
MINUS: Final = str.maketrans(dict.fromkeys("−‐‑‒–﹣－", "-"))
# Spaces between groups of digits: no-break, figure, thin, narrow no-break, and the plain one.
_SPACE: Final = re.compile("[ \u00a0\u2007\u2008\u2009\u200a\u202f]")
_APOSTROPHE: Final = re.compile("['’ʼ`´]")
_EXPONENT: Final = r"(?:[eE][+-]?\d{1,4})?"
_PATTERNS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(rf"[+-]?{body}"))  # type: ignore[misc]
    for kind, body in (
        ("plain", rf"\d+{_EXPONENT}"),
        ("maybe point", r"[1-9]\d{0,2}\.\d{3}"),
        ("maybe comma", r"[1-9]\d{0,2},\d{3}"),
        ("point", rf"(?:\d+\.\d*|\.\d+){_EXPONENT}"),
        ("comma", rf"(?:\d+,\d*|,\d+){_EXPONENT}"),
        ("point groups", r"[1-9]\d{0,2}(?:(?:\.\d{3}){2,}|(?:\.\d{3})+,\d+)"),
        ("comma groups", r"[1-9]\d{0,2}(?:(?:,\d{3}){2,}|(?:,\d{3})+\.\d+)"),
        ("other groups", r"[1-9]\d{0,2}(?:(?: \d{3})+|(?:'\d{3})+)"),
        ("other groups, point", r"[1-9]\d{0,2}(?:(?: \d{3})+|(?:'\d{3})+)\.\d+"),
        ("other groups, comma", r"[1-9]\d{0,2}(?:(?: \d{3})+|(?:'\d{3})+),\d+"),
    )
)
# Which decimal mark a kind of cell shows beyond doubt.
_DECIMAL: Final[Mapping[Kind, str]] = {
    "point": ".", "comma groups": ".", "other groups, point": ".",
    "comma": ",", "point groups": ",", "other groups, comma": ",",
}  # fmt: skip
# Most cells: digits, and decimals that cannot be thousands.
_QUICK: Final = re.compile(r"[+-]?(?:\d{1,15}|0\.\d{1,15}|\d{1,15}\.(?:\d\d?|\d{4,15}))")


def tidied(cell: str) -> str:
    """Write the signs of a number in one way: minus, spaces, apostrophes."""
    return _APOSTROPHE.sub("'", _SPACE.sub(" ", cell.translate(MINUS)))


def kind_of(cell: str) -> Kind:
    """Say how a tidied cell is written."""
    return next((kind for kind, pattern in _PATTERNS if pattern.fullmatch(cell)), "text")


@dataclass(frozen=True)
class _Column:
    """Cells of a column that may have to be written anew, and its decimal marks."""

    cells: Mapping[str, Kind]
    marks: Counter[str]


def _look(cells: Iterable[str]) -> _Column | None:
    """Look through a column; None where most of its cells are words."""
    count = Counter(cells)
    kinds: dict[str, Kind] = {}
    marks: Counter[str] = Counter()
    quick: list[str] = []
    numbers = words = 0
    for cell, times in count.items():
        if _QUICK.fullmatch(cell):
            numbers += times
            if "." in cell:
                marks["."] += times
                quick.append(cell)
            continue
        if is_missing(cell, number=True):
            continue
        own = tidied(cell)
        kind = kind_of(own)
        if kind == "text":
            words += times
            continue
        numbers += times
        kinds[cell] = kind
        if mark := _DECIMAL.get(kind):
            marks[mark] += times
    if "," in marks:
        kinds |= dict.fromkeys(quick, "point")
    return _Column(kinds, marks) if numbers > words else None


def plain_numbers(table: Table, separator: str) -> Table:
    """Write numbers with a decimal point and without thousands, where that can be told.

    Parameters
    ----------
    table : Table
    separator : str
        Between cells. Beside commas a point is a decimal one where nothing says otherwise.

    What cannot is in `doubts` of the table that is returned, its cells as they were.
    """
    looked = {name: _look(row[name] for row in table.rows) for name in table.columns}
    columns = {name: column for name, column in looked.items() if column is not None}
    shown = {mark for column in columns.values() if len(column.marks) == 1 for mark in column.marks}
    decimal = shown.pop() if len(shown) == 1 else ""
    new: dict[str, dict[str, str]] = {}
    doubts: dict[str, Doubt] = {}
    for name, column in columns.items():
        written, doubt = _write(column, decimal, separator)
        if written:
            new[name] = written
        if doubt is not None:
            doubts[name] = doubt
    return _with(replace(table, decimal=decimal, doubts=doubts), new)


def _write(
    column: _Column, file_decimal: str, separator: str
) -> tuple[dict[str, str], Doubt | None]:
    """Return the cells that change, and those that may be one number or another."""
    doubt = None
    kinds = set(column.cells.values())
    own = next((mark for mark, _ in column.marks.most_common()), "")
    decimal = own or file_decimal
    if len(column.marks) > 1:
        (_, most), (rare, least) = column.marks.most_common()
        wrong = {kind for kind, mark in _DECIMAL.items() if mark == rare or most == least}
        doubt = _doubt(column, wrong, "the column has decimal commas as well as decimal points")
    elif "maybe comma" in kinds and own == "." and "comma groups" not in kinds:
        # 980.5 and 1,020 in one column: thousands if another of its cells shows them.
        doubt = _doubt(column, {"maybe comma"}, "beside decimal points a comma is none")
    elif "maybe comma" in kinds and not decimal:
        doubt = _doubt(column, {"maybe comma"}, "a decimal mark, or thousands")
    elif "maybe point" in kinds and not decimal and separator != ",":
        doubt = _doubt(column, {"maybe point"}, "a decimal mark, or thousands")
    elif "maybe point" in kinds and decimal == "," and "point groups" not in kinds:
        doubt = _doubt(
            column, {"maybe point"}, "beside decimal commas a point is none, or thousands"
        )
    sure = [c for c in column.cells if doubt is None or c not in doubt.cells]
    written = {cell: _plain(tidied(cell), decimal or ".") for cell in sure}
    return {cell: text for cell, text in written.items() if text != cell}, doubt


def _doubt(column: _Column, kinds: Collection[Kind], reason: str) -> Doubt:
    return Doubt(reason, frozenset(cell for cell, own in column.cells.items() if own in kinds))


def _plain(cell: str, decimal: str) -> str:
    text = cell.replace(" ", "").replace("'", "")
    if decimal == ",":
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "")


def _with(table: Table, new: Mapping[str, Mapping[str, str]]) -> Table:
    """Write cells of columns anew, with a warning for each column."""
    if not new:
        return table
    rows = tuple(
        {name: new[name].get(cell, cell) if name in new else cell for name, cell in row.items()}
        for row in table.rows
    )
    warnings = []
    for name, changed in new.items():
        at, cell = next((i, row[name]) for i, row in enumerate(table.rows) if row[name] in changed)
        times = sum(row[name] in changed for row in table.rows)
        more = f"; {times} such cells" if times > 1 else ""
        warnings.append(
            Finding("warning", "number-format", table.file, table.lines[at], f"{at + 1}",
                    table.header(name), cell, f"read as {changed[cell]}{more}", "")
        )  # fmt: skip
    return replace(table, rows=rows, warnings=(*table.warnings, *warnings))


def whole_numbers(table: Table, columns: Collection[str]) -> Table:
    """Settle what is doubtful in columns of counts: "1,100" patients are no 1.1 patients.

    Raises nothing: what remains doubtful stays in `doubts`.
    """
    new: dict[str, dict[str, str]] = {}
    doubts = dict(table.doubts)
    for name in columns:
        column = _look(row[name] for row in table.rows)
        if column is None or column.marks:
            continue
        kinds = set(column.cells.values())
        if "maybe comma" in kinds and "maybe point" in kinds:
            continue
        if "maybe comma" in kinds and table.decimal != ",":
            new[name] = {c: _plain(tidied(c), ".") for c in column.cells}
            doubts.pop(name, None)
        elif "maybe point" in kinds and table.decimal != ".":
            maybe = [cell for cell, kind in column.cells.items() if kind == "maybe point"]
            if table.decimal == "," or not all(cell.endswith(".000") for cell in maybe):
                new[name] = {c: _plain(tidied(c), ",") for c in column.cells}
                doubts.pop(name, None)
            else:
                doubts[name] = Doubt("1.000 patients are one or a thousand", frozenset(maybe))
    changed = {
        name: {cell: text for cell, text in cells.items() if cell != text}
        for name, cells in new.items()
    }
    settled = replace(table, doubts=doubts)
    return _with(settled, {name: cells for name, cells in changed.items() if cells})


def doubtful(table: Table, columns: Iterable[str]) -> list[Finding]:
    """Return a fault for every cell of columns whose numbers cannot be told."""
    found = []
    for name in columns:
        doubt = table.doubts.get(name)
        if doubt is None:
            continue
        for i, row in enumerate(table.rows):
            if row[name] in doubt.cells:
                found.append(
                    Finding("fatal", "number-format", table.file, table.lines[i], f"{i + 1}",
                            table.header(name), row[name],
                            f"the number cannot be told: {doubt.reason}",
                            "Write the column with one decimal mark and without thousands.")
                )  # fmt: skip
    return found
