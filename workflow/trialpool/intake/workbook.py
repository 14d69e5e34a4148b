"""Excel workbooks whose sheets are raw tables: cells as text, exactly as they are shown."""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from trialpool.effects.table_files.workbook import check_archive
from trialpool.evidence.schemas import TABLES
from trialpool.findings import InputError
from trialpool.intake.files import read_limited, refuse
from trialpool.intake.record import Imported, one_line

_MOST_ROWS: Final = 100_000
_MOST_COLUMNS: Final = 300
# Number formats that show a plain decimal number: General, and 0 or 0.00 with fixed digits.
_FIXED: Final = re.compile(r"0(?:\.(0+))?")
_PERCENT: Final = re.compile(r"0(?:\.(0+))?%")


def import_workbook(path: Path) -> Imported:
    """Turn the sheets named like raw tables into their rows.

    A cell is taken as text, or as a number in the format that the cell shows: 0.7
    formatted with two decimals is "0.70". Formulas, dates, errors, true and false and
    numbers in another format are left empty and named: what the report printed cannot
    be known from them.

    Raises
    ------
    InputError
        If the file is no workbook, or unfolds to more than is allowed.
    """
    raw = read_limited(path)
    check_archive(path.name, raw)
    from openpyxl import load_workbook

    try:
        # Formulas as formulas: their last value may be stale.
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # the library raises many kinds, and names none for it
        message = (
            f"not a workbook that can be read: {type(error).__name__}: {one_line(error)[:200]}"
        )
        raise refuse(path.name, "workbook", message, "Save it again as .xlsx.") from None
    imported = Imported()
    try:
        for sheet in book.worksheets:
            name = sheet.title.strip()
            if name not in TABLES:
                reason = "the sheet is not named like a raw table"
                imported.leave(
                    f"sheet {name}", "sheet", "", reason, f"Tables: {', '.join(TABLES)}."
                )
                continue
            _sheet(name, sheet, imported)
    except InputError:
        raise
    except Exception as error:  # a damaged part of the archive shows only when it is read
        message = f"the workbook is damaged: {type(error).__name__}: {one_line(error)[:200]}"
        raise refuse(path.name, "workbook", message, "Save it again as .xlsx.") from None
    finally:
        book.close()
    return imported


def _sheet(name: str, sheet: Any, imported: Imported) -> None:
    """Read one sheet: the first row that is not empty is its header."""
    # What the sheet says of its own extent may be of an earlier time; rows beyond it count.
    sheet.reset_dimensions()
    header: list[str] = []
    known = {column.name for column in (*TABLES[name].columns, *TABLES[name].optional)}
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if number > _MOST_ROWS:
            message = f"more than {_MOST_ROWS} rows"
            raise refuse(f"sheet {name}", "sheet-size", message, "Delete the empty rows below.")
        shown = [cell for cell in cells if cell.value is not None]
        if not shown:
            continue
        if len(cells) > _MOST_COLUMNS:
            message = f"more than {_MOST_COLUMNS} columns"
            raise refuse(f"sheet {name}", "sheet-size", message, "Delete the empty columns.")
        if not header:
            header = [one_line(cell.value) for cell in cells]
            if not _header(name, header, known, imported):
                return
            continue
        _row(name, number, cells, header, known, imported)
    if not header:
        imported.leave(f"sheet {name}", "sheet", "", "the sheet is empty")


def _row(
    name: str,
    number: int,
    cells: Sequence[Any],
    header: Sequence[str],
    known: set[str],
    imported: Imported,
) -> None:
    """Add one row of a sheet."""
    row = {}
    for at, cell in enumerate(cells):
        if cell.value is None:
            continue
        place = f"sheet {name}, cell {cell.coordinate}"
        column = header[at] if at < len(header) else ""
        text, reason = cell_text(cell)
        if not column:
            imported.leave(place, "cell", text or cell.value, "it stands under no column")
        elif column in known:
            row[column] = text
            if reason:
                remedy = "Format the cell as text and enter what the report prints."
                imported.leave(place, column, cell.value, reason, remedy)
    if any(row.values()):
        imported.add(name, row)
    else:
        # Every cell of it was left out above, or stands in columns named above.
        imported.leave(f"sheet {name}, row {number}", "row", "", "nothing of it could be used")


def _header(name: str, header: list[str], known: set[str], imported: Imported) -> bool:
    """Check a header; whether the sheet can be read."""
    doubled = sorted(column for column, n in Counter(header).items() if column and n > 1)
    if doubled:
        reason = f"the header names {', '.join(map(repr, doubled))} twice"
        imported.leave(f"sheet {name}", "header", "", reason, "Keep one of them.")
        return False
    for column in header:
        if column and column not in known:
            reason = "no column of this table"
            imported.leave(f"sheet {name}", "column", column, reason, "It is left out.")
    if known.isdisjoint(header):
        imported.leave(f"sheet {name}", "header", ", ".join(header), "no column of this table")
        return False
    if missing := [column for column in TABLES[name].required if column not in header]:
        reason = "the sheet lacks these columns; they are left empty"
        imported.leave(f"sheet {name}", "header", ", ".join(missing), reason)
    return True


def cell_text(cell: Any) -> tuple[str, str]:
    """Return a cell as it is shown, and why it is empty where that cannot be known."""
    value, kind = cell.value, cell.data_type
    if kind == "f":
        return "", "a formula: what was printed cannot be known from it"
    if kind == "e":
        return "", "an error of the spreadsheet"
    if kind == "d" or getattr(cell, "is_date", False):
        return "", "a date; the spreadsheet may have made it of a number such as 3-5"
    if isinstance(value, bool):
        return "", "true or false, not text"
    if isinstance(value, int | float):
        return number_text(value, str(cell.number_format or "General"))
    return one_line(value), ""


def number_text(value: float, number_format: str) -> tuple[str, str]:
    """Write a number in its format, such as 0.7 in "0.00" as "0.70".

    Returns
    -------
    str, str
        The text, and why it is empty where the format shows something else.
    """
    if not math.isfinite(value):
        return "", "not a finite number"
    if number_format in ("General", "@", "0.###############"):
        if float(value).is_integer() and abs(value) < 1e15:
            return str(int(value)), ""
        text = repr(float(value))
        if "e" in text or len(text.partition(".")[2]) > 9:
            return "", "a number of more digits than a report prints: it was computed"
        return text, ""
    if match := _FIXED.fullmatch(number_format):
        return f"{value:.{len(match[1] or '')}f}", ""
    if match := _PERCENT.fullmatch(number_format):
        return f"{100 * value:.{len(match[1] or '')}f}%", ""
    return "", f"a number in the format {number_format!r}"
