"""What a layout is built with: a page, and the collector of its texts and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.figures.canvas.geometry import Align, Mark, TextMark, TextRole
from trialpool.figures.forest.columns import BODY, MARGIN, Columns
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.table import Table
from trialpool.figures.text.widths import Face

TITLE: Final = 9.0
LINE: Final = 9.6  # from baseline to baseline inside a wrapped cell
SMALL_LINE: Final = 8.8
PAD: Final = 1.9  # above and below the lines of a row
HEADING_SPACE: Final = 5.0
MOST_LINES: Final = 3
TICK_LENGTH: Final = 3.0
TALL: Final = 40  # more rows than this have the axis at the top as well


@dataclass(frozen=True)
class Page:
    """Rows from `first` to before `end`, and which page of how many they fill."""

    first: int
    end: int
    number: int
    count: int


class Sheet:
    """Collects texts and marks from top to bottom.

    Parameters
    ----------
    width : float
        Of the canvas.
    preset : Preset
        How numbers are printed.
    flags : sequence of (str, str)
        Symbol and text of each note on a row.
    """

    def __init__(self, width: float, preset: Preset, flags: Sequence[tuple[str, str]]) -> None:
        self.width = width
        self.preset = preset
        self.flags = flags
        self.texts: list[TextMark] = []
        self.marks: list[Mark] = []
        self.grounds: list[Mark] = []
        self.y = MARGIN

    def text(
        self,
        text: str,
        x: float,
        y: float,
        role: TextRole,
        *,
        size: float = BODY,
        face: Face = "regular",
        align: Align = "left",
        row: int | None = None,
        column: str = "",
        url: str = "",
    ) -> None:
        """Place a text, unless it is empty."""
        if text:
            self.texts.append(TextMark(text, x, y, size, face, align, role, row, column, url))

    def stripe(self, top: float, bottom: float) -> None:
        """Place a grey ground over the whole width, under everything else."""
        left, right = MARGIN - 2.0, self.width - MARGIN + 2.0
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        self.grounds.append(Mark("stripe", corners))

    def rule(self) -> None:
        """Place a thin line over the whole width."""
        ends = ((MARGIN, self.y), (self.width - MARGIN, self.y))
        self.marks.append(Mark("rule", ends))


class Builder(Sheet):
    """A sheet for one table with one plot.

    Parameters
    ----------
    table : Table
        Rows and texts.
    columns : Columns
        Places of the columns.
    """

    def __init__(self, table: Table, columns: Columns) -> None:
        super().__init__(columns.width, table.preset, table.flags)
        self.table = table
        self.columns = columns
