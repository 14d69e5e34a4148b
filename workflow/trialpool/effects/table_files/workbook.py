"""Sheets of an Excel workbook as records of cells."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import Any, Final

from trialpool.effects.table_files.separators import Record, Split
from trialpool.findings import Finding, InputError

# An .xlsx file is a zip archive: a small one can unfold to more than any memory holds.
_BIGGEST_UNPACKED: Final = 300_000_000
_MOST_PARTS: Final = 2_000
_MOST_ROWS: Final = 200_000
_MOST_COLUMNS: Final = 1_000
_FIXED: Final = re.compile(r"#?(?:,##)?0(?:\.(0+))?")
_PERCENT: Final = re.compile(r"0(?:\.(0+))?%")


def _stop(file: str, rule: str, message: str, remedy: str) -> InputError:
    return InputError([Finding("fatal", rule, file, message=message, remedy=remedy)])


def read_sheet(file: str, raw: bytes, sheet: str | None) -> Split:
    """Read one sheet: the one that is named, else the only one that is not empty.

    A number counts as it is stored, not as it is shown; formulas give the value that the
    spreadsheet stored with them.

    Raises
    ------
    InputError
        If the file is no workbook, unfolds to too much, or it is not clear which sheet is meant.
    """
    check_archive(file, raw)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        found = {one.title: _records(file, one) for one in _chosen(file, book, sheet)}
        book.close()
    except InputError:
        raise
    except Exception as error:  # the library raises many kinds, and names none for it
        told = " ".join(str(error).split())[:200]
        message = f"not a workbook that can be read: {type(error).__name__}: {told}"
        raise _stop(file, "workbook", message, "Save it again as .xlsx.") from None
    filled = {name: own for name, own in found.items() if own.records}
    if len(filled) > 1:
        message = f"the workbook has several sheets with cells: {', '.join(filled)}"
        raise _stop(file, "sheet", message, "Name the one that is meant with --sheet.")
    if not filled:
        raise _stop(file, "file-not-empty", "no sheet holds cells",
                    "It needs a header and one row per trial.")  # fmt: skip
    return next(iter(filled.values()))


def _chosen(file: str, book: Any, sheet: str | None) -> list[Any]:
    if sheet is None:
        return list(book.worksheets)
    own = [one for one in book.worksheets if one.title.strip() == sheet.strip()]
    if not own:
        names = ", ".join(one.title for one in book.worksheets)
        raise _stop(file, "sheet", f"no sheet is called {sheet!r}; there are: {names}",
                    "Check the name.")  # fmt: skip
    return own


def check_archive(file: str, raw: bytes) -> None:
    """Refuse a workbook that is no zip archive, or one that unfolds to too much.

    Raises
    ------
    InputError
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        # zipfile raises NotImplementedError for versions of the format that it does not read.
        remedy = "Save it as Excel workbook (.xlsx); an old .xls is none."
        raise _stop(file, "workbook", f"not an .xlsx workbook: {error}", remedy) from None
    unpacked = sum(part.file_size for part in parts)
    if unpacked > _BIGGEST_UNPACKED or len(parts) > _MOST_PARTS:
        message = f"the workbook unfolds to {unpacked // 1_000_000} MB in {len(parts)} parts"
        raise _stop(
            file, "workbook-size", message, "Keep only the sheets with data, without images."
        )


def _records(file: str, sheet: Any) -> Split:
    # What the sheet says of its own extent may be of an earlier time; rows beyond it count.
    sheet.reset_dimensions()
    records: list[Record] = []
    faults: list[Finding] = []
    gap = False
    for number, cells in enumerate(sheet.iter_rows(), 1):
        own = []
        for cell in cells:
            text, wrong = _text(cell)
            if wrong:
                place = f"cell {cell.coordinate} of sheet {sheet.title}: {wrong}"
                faults.append(
                    Finding("fatal", "workbook-cell", file, number, value=str(cell.value),
                            message=place, remedy="Enter it as a number or as text.")
                )  # fmt: skip
            own.append(text)
        if number > _MOST_ROWS or len(own) > _MOST_COLUMNS:
            message = f"more than {_MOST_ROWS} rows or {_MOST_COLUMNS} columns"
            raise _stop(file, "sheet-size", message, "Delete empty rows and columns.")
        if any(own):
            records.append(Record(number, tuple(own), gap))
        gap = not any(own)
    # The shape compares widths, and a sheet leaves out empty cells at the end of a row.
    width = max((len(record.cells) for record in records), default=0)
    return Split(
        tuple(
            Record(r.line, (*r.cells, *[""] * (width - len(r.cells))), r.after_gap) for r in records
        ),
        # Numbers of a sheet are numbers, so that no point is doubtful.
        ",",
        tuple(faults),
    )


def _text(cell: Any) -> tuple[str, str]:
    """Return a cell as text, and what is wrong with it."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type == "e":
        return "", "" if str(value) == "#N/A" else f"an error of the spreadsheet, {value}"
    if isinstance(value, bool):
        return str(value), ""
    if isinstance(value, int | float):
        return _number(float(value), str(cell.number_format or "General"))
    if cell.data_type == "d" or getattr(cell, "is_date", False):
        # The spreadsheet may have made a date of a number such as 3-5.
        return str(value).removesuffix(" 00:00:00"), ""
    return " ".join(str(value).split()), ""


def _number(value: float, shown: str) -> tuple[str, str]:
    if not math.isfinite(value):
        return "", "not a finite number"
    if match := _PERCENT.fullmatch(shown):
        return f"{100 * value:.{len(match[1] or '')}f}%", ""
    if value.is_integer() and abs(value) < 1e15:
        match = _FIXED.fullmatch(shown)
        return (f"{value:.{len(match[1] or '')}f}" if match else str(int(value))), ""
    text = f"{value:.15g}"
    match = _FIXED.fullmatch(shown)
    if match and len(match[1] or "") > len(text.partition(".")[2]) and "e" not in text:
        return f"{value:.{len(match[1])}f}", ""
    return text, ""
