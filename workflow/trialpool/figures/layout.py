"""The layout: every text and mark gets its place before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool.figures.axis import Axis
from trialpool.figures.columns import (
    BODY,
    INDENT,
    MARGIN,
    SMALL,
    SYMBOL,
    Columns,
    symbol_text,
    symbol_width,
)
from trialpool.figures.fonts import ASCENT, DESCENT, Face, text_width, wrap
from trialpool.figures.geometry import Align, Geometry, Mark, Panel, TextMark, TextRole
from trialpool.figures.marks import arrow_head, row_marks
from trialpool.figures.rows import Row, Table

TITLE: Final = 9.0
LINE: Final = 9.6  # from baseline to baseline inside a wrapped cell
SMALL_LINE: Final = 8.8
PAD: Final = 1.9  # above and below the lines of a row
HEADING_SPACE: Final = 5.0
MOST_LINES: Final = 3
TICK_LENGTH: Final = 3.0
TALL: Final = 40  # more rows than this have the axis at the top as well


class Builder:
    """Collects texts and marks from top to bottom.

    Parameters
    ----------
    table : Table
        Rows and texts.
    columns : Columns
        Places of the columns.
    """

    def __init__(self, table: Table, columns: Columns) -> None:
        self.table = table
        self.columns = columns
        self.texts: list[TextMark] = []
        self.marks: list[Mark] = []
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

    def rule(self) -> None:
        """Place a thin line over the whole width."""
        ends = ((MARGIN, self.y), (self.columns.width - MARGIN, self.y))
        self.marks.append(Mark("rule", ends))


def lay_out(
    table: Table,
    axis: Axis,
    columns: Columns,
    notes: Sequence[str],
    *,
    title: bool,
) -> Geometry:
    """Place everything.

    Parameters
    ----------
    table : Table
        Rows and texts.
    axis : Axis
        Limits and ticks.
    columns : Columns
        Places of the columns.
    notes : sequence of str
        Paragraphs under the plot.
    title : bool
        Whether the title stands over the header.
    """
    build = Builder(table, columns)
    if title:
        _place_title(build)
    _place_header(build)
    top = _place_upper_axis(build, axis) if len(table.rows) > TALL else build.y
    middles = _place_rows(build)
    bottom = build.y + 2.0
    panel = Panel(columns.panel.left, columns.panel.right, top, bottom, axis)
    largest = max((row.area for row in table.rows if row.area), default=1.0)
    lines = _reference_lines(build, panel)
    marks = [
        mark
        for index, (row, y) in enumerate(zip(table.rows, middles, strict=True))
        for mark in row_marks(row, index, y, panel, largest)
    ]
    build.y = bottom
    _place_axis(build, panel)
    _place_notes(build, notes)
    return Geometry(
        width=columns.width,
        height=build.y + MARGIN,
        panel=panel,
        texts=tuple(build.texts),
        marks=(*lines, *build.marks, *marks),
    )


def _place_title(build: Builder) -> None:
    for line in wrap(build.table.title, TITLE, "bold", build.columns.width - 2 * MARGIN):
        build.text(line, MARGIN, build.y + ASCENT * TITLE, "title", size=TITLE, face="bold")
        build.y += 1.2 * TITLE
    build.y += 2.0


def _place_header(build: Builder) -> None:
    heads, columns = build.table.heads, build.columns
    build.rule()
    build.y += 2.0
    cells: list[tuple[str, tuple[str, ...] | None, float, Align]] = [
        ("label", heads.label, columns.label.left, "left"),
        ("panel", heads.panel, (columns.panel.left + columns.panel.right) / 2, "center"),
        ("effect", heads.effect, columns.effect.right, "right"),
    ]
    if columns.comparison:
        cells.append(("comparison", heads.comparison, columns.comparison.left, "left"))
    if columns.experimental:
        cells.append(("experimental", heads.experimental, columns.experimental.right, "right"))
    if columns.control:
        cells.append(("control", heads.control, columns.control.right, "right"))
    if columns.margin:
        cells.append(("margin", heads.margin, columns.margin.right, "right"))
    if columns.weight:
        cells.append(("weight", heads.weight, columns.weight.right, "right"))
    for name, lines, x, align in cells:
        for number, line in enumerate(lines or ()):
            y = build.y + PAD + ASCENT * BODY + number * LINE
            face: Face = "bold" if number == 0 else "regular"
            build.text(line, x, y, "header", face=face, align=align, column=name)
    height = max(len([line for line in lines or () if line]) for _, lines, _, _ in cells)
    build.y += 2 * PAD + (height - 1) * LINE + (ASCENT + DESCENT) * BODY + 1.0
    build.rule()
    build.y += 1.0


def _place_rows(build: Builder) -> list[float]:
    """Place the texts of all rows; return the middle of each."""
    middles = []
    for index, row in enumerate(build.table.rows):
        if row.kind == "heading" and index > 0:
            build.y += HEADING_SPACE
        place = {
            "heading": _place_heading,
            "trial": _place_trial,
            "pool": _place_pool,
            "prediction": _place_pool,
            "statistics": _place_statistics,
        }[row.kind]
        middles.append(place(build, index, row))
    return middles


def _lines(
    build: Builder,
    lines: Sequence[str],
    x: float,
    role: TextRole,
    index: int,
    *,
    size: float = BODY,
    face: Face = "regular",
    column: str = "",
    url: str = "",
) -> float:
    """Place the lines of a cell; return the height of the row they need."""
    pitch = LINE if size == BODY else SMALL_LINE
    for number, line in enumerate(lines):
        y = build.y + PAD + ASCENT * size + number * pitch
        build.text(line, x, y, role, size=size, face=face, row=index, column=column, url=url)
    return 2 * PAD + (ASCENT + DESCENT) * size + (len(lines) - 1) * pitch


def _middle(build: Builder, size: float = BODY) -> float:
    """Height at which the marks of a row stand: the middle of its first line of digits."""
    return build.y + PAD + (ASCENT - 0.357) * size


def _place_heading(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    end = columns.span_end if row.experimental or row.control else columns.text_end
    lines = wrap(row.label, BODY, "bold", end - columns.label.left)
    height = _lines(build, lines, columns.label.left, "heading", index, face="bold")
    _place_numbers(build, index, row, "regular", "heading")
    middle = _middle(build)
    build.y += height
    return middle


def _place_trial(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    x = columns.label.left + INDENT
    room = columns.label.right - x
    lines = wrap(row.label, BODY, "regular", room - symbol_width(row), MOST_LINES)
    heights = [_lines(build, lines, x, "cell", index, column="label", url=row.url)]
    if row.flags:
        end = x + text_width(lines[-1], BODY) + 1.0
        y = build.y + PAD + ASCENT * BODY + (len(lines) - 1) * LINE - 0.36 * BODY
        build.text(symbol_text(row), end, y, "symbol", size=SYMBOL, row=index, column="label")
    if columns.comparison:
        parts = wrap(row.comparison, BODY, "regular", columns.comparison.width, MOST_LINES)
        left = columns.comparison.left
        heights.append(_lines(build, parts, left, "cell", index, column="comparison"))
    _place_numbers(build, index, row, "regular", "cell")
    middle = _middle(build)
    build.y += max(heights)
    return middle


def _place_pool(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    x = columns.label.left + INDENT
    face: Face = "bold" if row.standing == "primary" and row.kind == "pool" else "regular"
    lines = wrap(row.label, BODY, face, columns.text_end - x)
    height = _lines(build, lines, x, "pool", index, face=face)
    _place_numbers(build, index, row, face, "pool")
    middle = _middle(build)
    build.y += height
    return middle


def _place_statistics(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    x = columns.label.left + INDENT
    lines = wrap(row.label, SMALL, "regular", columns.text_end - x)
    height = _lines(build, lines, x, "statistics", index, size=SMALL)
    middle = _middle(build, SMALL)
    build.y += height
    return middle


def _place_numbers(build: Builder, index: int, row: Row, face: Face, role: TextRole) -> None:
    """Place counts, effect, margin and weight on the first line of a row."""
    columns = build.columns
    y = build.y + PAD + ASCENT * BODY
    for name in ("experimental", "control", "margin", "weight"):
        column = getattr(columns, name)
        text = getattr(row, f"{name}_text" if name in ("margin", "weight") else name)
        if column:
            build.text(
                text, column.right, y, role, face=face, align="right", row=index, column=name
            )
    if not row.effect_parts:
        return
    estimate, lower, to, upper = row.effect_parts
    stops = columns.stops
    for part, stop in ((estimate, stops.estimate), (lower, stops.lower), (upper, stops.upper)):
        build.text(part, stop, y, role, face=face, align="right", row=index, column="effect")
    build.text(to, stops.to, y, role, face=face, row=index, column="effect")


def _reference_lines(build: Builder, panel: Panel) -> list[Mark]:
    x = panel.x(panel.axis.null)
    # A proportion of one arm is compared with nothing: no line, no sides.
    lines = [Mark("null", ((x, panel.top), (x, panel.bottom)))] if any(build.table.favours) else []
    overall = build.table.overall
    if overall is not None:
        x = panel.x(overall)
        lines.append(Mark("pooled-line", ((x, panel.top), (x, panel.bottom))))
    return lines


def _place_ticks(build: Builder, panel: Panel, y: float, way: float) -> None:
    """Place the axis at height `y` with its ticks below (`way` 1) or above (-1)."""
    build.marks.append(Mark("axis", ((panel.left, y), (panel.right, y))))
    baseline = y + TICK_LENGTH + 1.0 + ASCENT * SMALL
    if way < 0:
        baseline = y - TICK_LENGTH - 1.0 - DESCENT * SMALL
    for tick in panel.axis.ticks:
        x = panel.x(tick.value)
        build.marks.append(Mark("tick", ((x, y), (x, y + way * TICK_LENGTH))))
        build.text(tick.text, x, baseline, "tick", size=SMALL, align="center")


def _place_upper_axis(build: Builder, axis: Axis) -> float:
    """Repeat the axis over the rows of a tall plot; return where the panel begins."""
    column = build.columns.panel
    top = build.y + 2.0 + (ASCENT + DESCENT) * SMALL + TICK_LENGTH
    _place_ticks(build, Panel(column.left, column.right, top, top, axis), top, -1.0)
    build.y = top + 1.0
    return top


def _place_axis(build: Builder, panel: Panel) -> None:
    y = build.y
    _place_ticks(build, panel, y, 1.0)
    build.y = y + TICK_LENGTH + 1.0 + (ASCENT + DESCENT) * SMALL + 2.0
    _place_favours(build, panel)


def _place_favours(build: Builder, panel: Panel) -> None:
    """Place what each side of the null means, an arrow and the text, away from the null."""
    if not any(build.table.favours):
        return
    null = panel.x(panel.axis.null)
    top = build.y
    bottom = top
    for text, way in zip(build.table.favours, (-1.0, 1.0), strict=True):
        limit = MARGIN if way < 0 else build.columns.width - MARGIN
        start = null + way * 5.0
        room = abs(limit - start) - 12.0
        align: Align = "right" if way < 0 else "left"
        lines = wrap(text, SMALL, "regular", min(room, 110.0))
        for number, line in enumerate(lines):
            y = top + ASCENT * SMALL + number * SMALL_LINE
            build.text(line, start, y, "favours", size=SMALL, align=align)
            bottom = max(bottom, y + DESCENT * SMALL)
        end = start + way * (3.0 + text_width(lines[0], SMALL))
        middle = top + (ASCENT - 0.27) * SMALL
        build.marks.append(
            Mark("axis", ((end, middle), (end + way * 5.0, middle)), None, "favours")
        )
        head = arrow_head(end + way * 5.0, middle, way, 3.4, 1.6)
        build.marks.append(Mark("arrow", head, None, "favours"))
    build.y = bottom + 2.0


def _place_notes(build: Builder, notes: Sequence[str]) -> None:
    build.y += 3.0
    build.rule()
    build.y += 3.0
    width = build.columns.width - 2 * MARGIN
    for note in notes:
        for line in wrap(note, SMALL, "regular", width):
            build.text(line, MARGIN, build.y + ASCENT * SMALL, "note", size=SMALL)
            build.y += SMALL_LINE
        build.y += 1.0
    _place_flags(build, width)


def _place_flags(build: Builder, width: float) -> None:
    """Place the notes on rows, each behind its raised letter."""
    flags = build.table.flags
    indent = max((text_width(symbol, SYMBOL) for symbol, _ in flags), default=0.0) + 2.5
    for symbol, text in flags:
        y = build.y + ASCENT * SMALL
        build.text(symbol, MARGIN, y - 0.36 * SMALL, "symbol", size=SYMBOL)
        for line in wrap(text, SMALL, "regular", width - indent):
            build.text(line, MARGIN + indent, build.y + ASCENT * SMALL, "note", size=SMALL)
            build.y += SMALL_LINE
