"""Cells of a table of numbers, whatever separates them and whatever marks their decimals."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass
from typing import Final

from trialpool.findings import shorten

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d{1,3})?%?")
_DECIMAL_POINT: Final = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d{1,3})?%?")
MISSING: Final = frozenset({"", "na", "n/a", "nan", "none", "null", "-", "–", "—", "."})
_PLAIN: Final = str.maketrans({"\u2212": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "})


@dataclass(frozen=True)
class Line:
    """Cells of a line that is not empty, and its number in the file."""

    number: int
    cells: tuple[str, ...]

    @property
    def is_words(self) -> bool:
        """Whether it holds words, and no number."""
        filled = [cell for cell in self.cells if not is_missing(cell)]
        return bool(filled) and all(number(cell.removesuffix("%")) is None for cell in filled)


@dataclass(frozen=True)
class Cells:
    """A table of cells; a decimal comma has become a point.

    Attributes
    ----------
    lines : tuple of Line
    notes : tuple of str
        What was taken for a decimal mark, where it is no point.
    """

    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def read_cells(text: str, *, decimal_comma: bool = True) -> Cells:
    """Split a text into cells.

    Tabs separate where there are any, else semicolons, else commas. A comma
    inside a cell is a decimal mark, unless `decimal_comma` is False: cells then stay as they are.

    Raises
    ------
    ValueError
        If quotes do not close, or some numbers have a decimal comma and others a point.
    """
    rows = text.replace("\r\n", "\n").replace("\r", "\n")
    filled = [row for row in rows.split("\n") if row.strip()]
    separator = ","
    for candidate in ("\t", ";"):
        if 2 * sum(candidate in row for row in filled) > len(filled):
            separator = candidate
            break
    reader = csv.reader(io.StringIO(rows, newline=""), delimiter=separator, strict=True)
    lines, start = [], 1
    try:
        for row in reader:
            cells = tuple(cell.translate(_PLAIN).strip() for cell in row)
            if any(cells):
                lines.append(Line(start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: not well-formed: {error}") from None
    if not decimal_comma:
        return Cells(tuple(lines), ())
    # A comma inside a cell separates nothing: it stands beside another separator, or in quotes.
    commas = [(line, cell) for line in lines for cell in line.cells
              if _DECIMAL_COMMA.fullmatch(cell)]  # fmt: skip
    points = [(line, cell) for line in lines for cell in line.cells
              if _DECIMAL_POINT.fullmatch(cell)]  # fmt: skip
    if commas and points:
        raise ValueError(
            f"line {commas[0][0].number}: {commas[0][1]!r} has a decimal comma, line "
            f"{points[0][0].number}: {points[0][1]!r} a decimal point; allowed: one of them"
        )
    notes: tuple[str, ...] = ()
    if commas:
        notes = ("commas read as decimal marks",)
        lines = [
            Line(line.number, tuple(
                cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell
                for cell in line.cells
            ))
            for line in lines
        ]  # fmt: skip
    return Cells(tuple(lines), notes)


def is_missing(cell: str) -> bool:
    """Whether a cell is empty, or says that there is no number."""
    return cell.casefold() in MISSING


def number(cell: str) -> float | None:
    """Read a number, with an exponent where it has one; None where it is none."""
    bare = cell.strip()
    if not bare.isascii() or not _NUMBER.fullmatch(bare):
        return None
    value = float(bare)
    return value if math.isfinite(value) else None


def required(line: Line, column: int, what: str) -> float:
    """Read a number that must be there, with or without a percent sign.

    Raises
    ------
    ValueError
        Naming line, column and the cell.
    """
    cell = line.cells[column]
    value = number(cell.removesuffix("%"))
    if value is None:
        raise ValueError(f"line {line.number}, {what}: {shorten(cell)!r} is not a number")
    return value
