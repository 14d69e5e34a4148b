"""From text to cells: which character separates them is told by how evenly it splits the lines."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from trialpool.findings import Finding

# In the order that decides between equals: a tab is never part of a number, a comma often is.
SEPARATORS: Final = ("\t", ";", "|", ",")
_BIGGEST_CELL: Final = 1_000_000
_LOOKED_AT: Final = 300
_EXCEL: Final = re.compile(r'"?sep=(.)"?[;,|\t]*\r?\n', re.IGNORECASE)


class Record(NamedTuple):
    """Cells between two line ends, without the space around them.

    Attributes
    ----------
    line : int
        Where it starts in the file.
    cells : tuple of str
    after_gap : bool
        Whether an empty line stands before it.
    """

    line: int
    cells: tuple[str, ...]
    after_gap: bool = False

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return len(self.cells) - self.cells.count("")


@dataclass(frozen=True)
class Split:
    """Records of a file, the character that separates cells, and faults of its quotes."""

    records: tuple[Record, ...]
    separator: str
    faults: tuple[Finding, ...] = ()


def split(file: str, text: str) -> Split:
    """Split text into records; lines without cells are left out."""
    csv.field_size_limit(_BIGGEST_CELL)
    skipped = 0
    if match := _EXCEL.match(text):
        # Excel's own first line says what separates cells.
        separator, text, skipped = match[1], text[match.end() :], 1
    else:
        separator = _separator(text)
    records: list[Record] = []
    faults: list[Finding] = []
    line, gap = 1 + skipped, False
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1 + skipped
            own = tuple([cell.strip() for cell in cells])
            if any(own):
                records.append(Record(start, own, gap))
            gap = not any(own)
    except csv.Error as error:
        message = f"not well-formed CSV: {error}"
        remedy = "Check the quotes on this line and before it."
        faults.append(
            Finding("fatal", "csv", file, reader.line_num + skipped, message=message, remedy=remedy)
        )
    return Split(tuple(records), separator, tuple(faults))


def _separator(text: str) -> str:
    """Choose the separator that gives most lines the same number of cells, at least two."""
    found = {sep: _evenness(text, sep) for sep in SEPARATORS if sep in text}
    best = max(found.values(), default=(0.0, 0))
    return next((sep for sep, own in found.items() if own == best and best[1] > 1), ",")


def _evenness(text: str, separator: str) -> tuple[float, int]:
    """Return the share of lines with the commonest number of cells, and that number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        widths = Counter(
            len(cells) for cells in islice(reader, _LOOKED_AT) if any(c.strip() for c in cells)
        )
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width, lines = max(widths.items(), key=lambda item: (item[1], item[0]))
    if width == 1:
        # A table of one column, or a separator that only some cells hold.
        return 0.0, 1
    return lines / widths.total(), width
