"""A table of printed numbers, as lines of text and as HTML."""

from __future__ import annotations

import html
from dataclasses import dataclass

Row = tuple[str, ...]


@dataclass(frozen=True)
class ShownTable:
    """What a reader sees of a result.

    Attributes
    ----------
    title : str
    header : tuple of str
        One per column; the first column names the rows.
    rows : tuple of tuple of str
        Cells as they are printed; numbers come from `trialpool.formatting`.
    notes : tuple of str
        Sentences and tests below the table.
    """

    title: str
    header: Row
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.header) for row in self.rows):
            raise ValueError(f"{self.title}: every row needs {len(self.header)} cells")

    def text(self) -> str:
        """Return lines of text, the first column to the left, the others to the right."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        lines = [self.title, ""]
        for row in (self.header, *self.rows):
            cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
            cells[0] = row[0].ljust(widths[0])
            lines.append("  ".join(cells).rstrip())
        return "\n".join([*lines, *([""] if self.notes else []), *self.notes])

    def html(self) -> str:
        """Return an HTML table; every text is escaped."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.header)
        body = "".join(
            f"<tr><th>{html.escape(row[0])}</th>"
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        foot = "".join(
            f'<tr><td colspan="{len(self.header)}">{html.escape(note)}</td></tr>'
            for note in self.notes
        )
        return (
            f"<table><caption>{html.escape(self.title)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
            + (f"<tfoot>{foot}</tfoot>" if foot else "")
            + "</table>"
        )
