"""Workbooks: typed sheets without formulas, the same bytes each time.

A number is written as a number in the unit in which it is printed, with a number format that shows
what every other edition prints; text is always text, whatever it begins with.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from trialpool.formatting import MINUS
from trialpool.questions.shared.tabular import Cell, Column, Number, Quantity, Table, text_of
from trialpool.report.exports.texts import by_kind, clean

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

# A workbook has to say when it was made: always the same, so that its bytes are.
CREATED: Final = datetime(2000, 1, 1)
_LONGEST: Final = 32_767
_CUT: Final = " … (cut)"
_WIDTHS: Final = (8, 60)
_NUMBER: Final = re.compile(r"[-−]?\d+(?:\.(\d+))?(%?)")


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, columns and rows of cells, a cell or a quantity for each column."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]


def workbook(sheets: Iterable[Sheet], title: str) -> bytes:
    """Write sheets as a workbook.

    Parameters
    ----------
    sheets : iterable of Sheet
        Their first row is frozen and filters the others.
    title : str
        Among the properties of the file.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, {"in_memory": True, **options}) as book:
        book.set_properties({"title": clean(title)[:255], "created": CREATED})
        formats = _Formats(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, formats)
    return buffer.getvalue()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._known: dict[str, Any] = {}
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.text = book.add_format({"num_format": "@", "valign": "top"})

    def of(self, code: str) -> Any:
        """Return the format with a number code."""
        if code not in self._known:
            self._known[code] = self._book.add_format({"num_format": code, "valign": "top"})
        return self._known[code]


def number_code(number: Number) -> str:
    """Return the number code with which a spreadsheet shows a number as it is printed.

    Text that is no plain number, such as "<0.01", stands in the code itself.
    """
    match = _NUMBER.fullmatch(number.text)
    if match is None:
        return '"' + number.text.replace('"', "'") + '"'
    decimals = "." + "0" * len(match[1]) if match[1] else ""
    # A percent sign alone would multiply by 100.
    return f"0{decimals}" + ('"%"' if match[2] else "")


def written_value(number: Number) -> float:
    """Return the value of a number so that a spreadsheet rounds it to what is printed.

    Spreadsheets round the decimal number of 15 digits, halves away from zero, we the binary one:
    at a half (28.05) the value is moved by a part in 10¹² to the printed side.
    """
    assert number.value is not None
    match = _NUMBER.fullmatch(number.text)
    if match is None:
        return number.value
    printed = Decimal(number.text.replace(MINUS, "-").removesuffix("%"))
    rounded = Decimal(f"{number.value:.15g}").quantize(printed, ROUND_HALF_UP)
    if rounded == printed:
        return number.value
    return number.value + math.copysign(1e-12 * abs(number.value), printed - rounded)


def expanded(columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the headings of columns with those of their parts: "Bayesian: lower"."""
    return tuple(
        f"{column.name}: {part}" if part else column.name
        for column in columns
        for part in (column.parts or ("",))
    )


def numbers_of(cell: Cell) -> tuple[str | Number, ...]:
    """Return what a cell puts into a sheet: its text, its number or its numbers."""
    return cell.parts if isinstance(cell, Quantity) else (cell,)


def _write(page: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    names = expanded(sheet.columns)
    widths = [len(name) for name in names]
    for place, name in enumerate(names):
        page.write_string(0, place, name, formats.head)
    for line, row in enumerate(sheet.rows, start=1):
        flat = [part for cell in row for part in numbers_of(cell)]
        if len(flat) != len(names):
            raise ValueError(f"sheet {sheet.name}: {len(flat)} cells for {len(names)} columns")
        for place, cell in enumerate(flat):
            widths[place] = max(widths[place], len(text_of(cell)))
            _write_cell(page, line, place, cell, formats)
    page.freeze_panes(1, 0)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(names) - 1)
    for place, width in enumerate(widths):
        page.set_column(place, place, min(max(width + 1, _WIDTHS[0]), _WIDTHS[1]))


def _write_cell(
    page: Worksheet, line: int, place: int, cell: str | Number, formats: _Formats
) -> None:
    if isinstance(cell, Number):
        if cell.value is not None:
            page.write_number(line, place, written_value(cell), formats.of(number_code(cell)))
        # What does not exist is an empty cell: a dash would make the column text.
        return
    text = clean(cell)
    if text:
        shown = text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT
        page.write_string(line, place, shown, formats.text)


def table_sheets(tables: Sequence[Table]) -> list[Sheet]:
    """Return tables of questions as sheets, one for each kind of row, the question first.

    A column that only some tables of a kind have is empty in the rows of the others.
    """
    sheets = []
    for kind, ours in by_kind(tables).items():
        columns = {column.name: column for table in ours for column in table.columns}
        rows = []
        for table in ours:
            for row in table.rows:
                cells = dict(zip((column.name for column in table.columns), row, strict=True))
                rows.append(
                    (table.question, *(cells.get(n, _empty(c)) for n, c in columns.items()))
                )
        sheets.append(Sheet(kind, (Column("question"), *columns.values()), rows))
    return sheets


def _empty(column: Column) -> Cell:
    nothing = Number(None, "")
    return Quantity("", (nothing,) * len(column.parts)) if column.parts else ""
