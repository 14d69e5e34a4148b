"""The layout of several panels: every text and mark gets its place before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from trialpool.figures.canvas.axis import Axis
from trialpool.figures.canvas.geometry import Align, Geometry, Mark, Panel, TextRole
from trialpool.figures.forest.builder import (
    HEADING_SPACE,
    LINE,
    MOST_LINES,
    PAD,
    TALL,
    TICK_LENGTH,
    TITLE,
    Page,
    Sheet,
)
from trialpool.figures.forest.captions import place_favours, place_notes, place_page_end
from trialpool.figures.forest.columns import BODY, MARGIN, SMALL, SYMBOL, Column, head_lines
from trialpool.figures.forest.layout import place_ticks, split_pages
from trialpool.figures.forest.lines import place_heading, place_lines, row_middle
from trialpool.figures.forest.marks.prediction import DENSITY_ROOM
from trialpool.figures.forest.marks.row_marks import (
    band_marks,
    over_band,
    reference_lines,
    row_marks,
)
from trialpool.figures.forest.panels.columns import Block, PanelColumns, row_indent, symbols_width
from trialpool.figures.forest.panels.table import Absent, PanelRow, PanelTable
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.widths import ASCENT, DESCENT, Face, text_width, wrap

_BLOCK_SPACE: Final = 2.5
_SPANNER: Final = 1.0  # from the name over a panel to the line under it


class _Builder(Sheet):
    def __init__(self, table: PanelTable, columns: PanelColumns) -> None:
        super().__init__(columns.width, table.preset, table.flags)
        self.table = table
        self.columns = columns


def lay_out_panels(
    table: PanelTable,
    axes: Sequence[Axis],
    columns: PanelColumns,
    notes: Sequence[str],
    *,
    title: bool,
    page: Page,
) -> Geometry:
    """Place everything on one page.

    Parameters
    ----------
    table : PanelTable
    axes : sequence of Axis
        One per panel.
    columns : PanelColumns
    notes : sequence of str
        Paragraphs under the plot.
    title : bool
    page : Page
        Which rows.
    """
    build = _Builder(table, columns)
    shown = range(page.first, page.end)
    if title:
        _place_title(build, page)
    _place_header(build)
    plots = [(block.panel, axis) for block, axis in zip(columns.blocks, axes, strict=True)]
    if table.preset.favours == "above" and table.rows:
        build.y += 1.5
        _place_sides(build, axes)
    top = build.y
    if len(shown) > TALL:
        top = build.y + 2.0 + (ASCENT + DESCENT) * SMALL + TICK_LENGTH
        for plot, axis in plots:
            place_ticks(build, Panel(plot.left, plot.right, top, top, axis), top, -1.0)
        build.y = top + 1.0
    middles = _place_rows(build, shown)
    bottom = build.y + 2.0
    panels = [Panel(plot.left, plot.right, top, bottom, axis) for plot, axis in plots]
    lines: list[Mark] = []
    marks: list[Mark] = []
    for number, (panel, half) in enumerate(zip(panels, table.panels, strict=True)):
        own = (
            [*band_marks(half.band, panel), *reference_lines(half.overall, panel)] if shown else []
        )
        lines += [replace(mark, panel=number) for mark in own]
        largest = max((row.area for row in half.rows if row.area), default=1.0)
        for index, y in zip(shown, middles, strict=True):
            row = table.rows[index]
            part = row.parts[number] if row.parts else None
            if isinstance(part, Row):
                found = over_band(
                    row_marks(part, index, y, panel, largest, half.preset), half.band, panel
                )
                marks += [replace(mark, panel=number) for mark in found]
    build.y = bottom
    if table.rows:
        for panel in panels:
            place_ticks(build, panel, bottom, 1.0)
        build.y = bottom + TICK_LENGTH + 1.0 + (ASCENT + DESCENT) * SMALL + 2.0
    if table.preset.favours == "below" and table.rows:
        _place_sides(build, axes)
    if page.number == page.count:
        place_notes(build, notes)
    else:
        place_page_end(build)
    return Geometry(
        width=columns.width,
        height=build.y + MARGIN,
        panel=panels[0],
        texts=tuple(build.texts),
        marks=(*build.grounds, *lines, *build.marks, *marks),
        others=tuple(panels[1:]),
    )


def _place_title(build: _Builder, page: Page) -> None:
    title = build.table.title
    if page.count > 1:
        title = f"{title} (page {page.number} of {page.count})"
    for line in wrap(title, TITLE, "bold", build.width - 2 * MARGIN):
        build.text(line, MARGIN, build.y + ASCENT * TITLE, "title", size=TITLE, face="bold")
        build.y += 1.2 * TITLE
    build.y += 2.0


def _place_header(build: _Builder) -> None:
    table, columns = build.table, build.columns
    build.rule()
    build.y += 2.0
    _place_names(build)
    most = 1

    def head(lines: Sequence[tuple[str, Face]], x: float, align: Align, name: str) -> None:
        nonlocal most
        for number, (line, face) in enumerate(lines):
            y = build.y + PAD + ASCENT * BODY + number * LINE
            build.text(line, x, y, "header", face=face, align=align, column=name)
        most = max(most, len(lines))

    first = wrap(table.label_head, BODY, "bold", columns.label.width)
    head([(line, "bold") for line in first], columns.label.left, "left", "label")
    for shared in table.shared:
        place = columns.shared[shared.name]
        lines = wrap(shared.head, BODY, "bold", place.width)
        side: tuple[float, Align] = (place.left, "left") if shared.words else (place.right, "right")
        head([(line, "bold") for line in lines], *side, shared.name)
    for number, (half, block) in enumerate(zip(table.panels, columns.blocks, strict=True)):
        for name, column in block.columns.items():
            x, align = _head_place(half, block, name, column)
            head(head_lines(half, name, column.width), x, align, column_name(name, number))
    build.y += 2 * PAD + (most - 1) * LINE + (ASCENT + DESCENT) * BODY + 1.0
    build.rule()
    build.y += 1.0


def _head_place(half: Table, block: Block, name: str, column: Column) -> tuple[float, Align]:
    if name == "panel":
        return (column.left + column.right) / 2, "center"
    if name in half.texts:
        return column.left, "left"
    if name == "effect":
        # Raised letters stand right of the numbers; the head stands over the numbers.
        width = max(text_width(t, BODY, face) for t, face in head_lines(half, name, None))
        return max(block.stops.upper, column.left + width), "right"
    return column.right, "right"


def _place_names(build: _Builder) -> None:
    """Place the name of each panel over its columns, with a line under it."""
    if not any(build.table.names):
        return
    most = 0
    ends = []
    for name, block in zip(build.table.names, build.columns.blocks, strict=True):
        lines = wrap(name, BODY, "bold", block.right - block.left)
        for number, line in enumerate(lines):
            y = build.y + PAD + ASCENT * BODY + number * LINE
            middle = (block.left + block.right) / 2
            build.text(line, middle, y, "header", face="bold", align="center")
        most = max(most, len(lines))
        ends.append((block.left, block.right))
    build.y += PAD + (most - 1) * LINE + (ASCENT + DESCENT) * BODY + _SPANNER
    for left, right in ends:
        build.marks.append(Mark("rule", ((left, build.y), (right, build.y)), None, "name"))
    build.y += 1.0


def column_name(name: str, panel: int) -> str:
    """Name of a column of a panel in the geometry: "effect" of the first, "effect 2" ..."""
    return name if panel == 0 else f"{name} {panel + 1}"


def _place_sides(build: _Builder, axes: Sequence[Axis]) -> None:
    """Say under or over each panel what its sides mean, up to half way to the next null."""
    nulls = [
        block.panel.left + axis.fraction(axis.null) * block.panel.width
        for block, axis in zip(build.columns.blocks, axes, strict=True)
    ]
    between = [(one + two) / 2 for one, two in pairwise(nulls)]
    lefts, rights = [MARGIN, *between], [*between, build.width - MARGIN]
    top = bottom = build.y
    for half, null, left, right in zip(build.table.panels, nulls, lefts, rights, strict=True):
        build.y = top
        place_favours(build, half.favours, null, (left + 2.0, right - 2.0))
        bottom = max(bottom, build.y)
    build.y = bottom


def _place_rows(build: _Builder, shown: range) -> list[float]:
    """Place the texts of rows; return the middle of each."""
    table = build.table
    middles = []
    trials = 0
    for index in shown:
        row = table.rows[index]
        if index > shown.start:
            build.y += _space(table.rows[index - 1], row)
        if build.preset.pi_style == "density" and _has_density(row):
            build.y += DENSITY_ROOM
        size = SMALL if row.kind == "statistics" else BODY
        middles.append(row_middle(build, size))
        top = build.y
        heights = [_place_label(build, index, row, size)]
        heights += [_place_cell(build, index, row, name) for name in build.columns.shared]
        for number, block in enumerate(build.columns.blocks):
            heights.append(_place_part(build, index, row, number, block))
        build.y += max(heights)
        # Every other trial of a group, with its levels.
        if row.kind == "trial":
            trials += 1
        elif row.kind != "level":
            trials = 0
        if build.preset.stripes and trials and trials % 2 == 0:
            build.stripe(top, build.y)
    return middles


def _space(before: PanelRow, row: PanelRow) -> float:
    """Space above a row: groups stand apart, and each trial or pool with its levels a little."""
    if row.kind == "heading":
        return HEADING_SPACE
    return _BLOCK_SPACE if before.kind == "level" and row.kind != "level" else 0.0


def _has_density(row: PanelRow) -> bool:
    return any(isinstance(part, Row) and bool(part.density) for part in row.parts)


def _role(row: PanelRow) -> TextRole:
    if row.kind in ("heading", "statistics"):
        return row.kind
    return "cell" if row.kind in ("trial", "level") else "pool"


def _face(row: PanelRow) -> Face:
    primary = row.standing == "primary" and row.kind == "pool"
    return "bold" if row.kind == "heading" or primary else "regular"


def _place_label(build: _Builder, index: int, row: PanelRow, size: float) -> float:
    columns = build.columns
    x, face = columns.label.left + row_indent(row), _face(row)
    named = row.kind in ("trial", "level")
    room = (columns.label.right if named else columns.room_end(row)) - x
    if row.kind == "heading":
        return place_heading(build, (row.label, row.behind), x, room, index)
    lines = wrap(
        row.label, size, face, room - symbols_width(row.flags), MOST_LINES if named else None
    )
    column = "label" if named else ""
    height = place_lines(
        build, lines, x, _role(row), index, size=size, face=face, column=column, url=row.url
    )
    end = x + text_width(lines[-1], size, face) + 1.0
    _place_symbols(build, index, row.flags, end, len(lines) - 1, "label")
    return height


def _place_symbols(
    build: _Builder, index: int, flags: Sequence[str], x: float, line: int, column: str
) -> None:
    y = build.y + PAD + ASCENT * BODY + line * LINE - 0.36 * BODY
    build.text(",".join(flags), x, y, "symbol", size=SYMBOL, row=index, column=column)


def _place_cell(build: _Builder, index: int, row: PanelRow, name: str) -> float:
    place = build.columns.shared[name]
    text = row.cell(name)
    if not text:
        return 0.0
    words = next(shared.words for shared in build.table.shared if shared.name == name)
    if words:
        lines = wrap(text, BODY, "regular", place.width, MOST_LINES)
        return place_lines(build, lines, place.left, _role(row), index, column=name)
    y = build.y + PAD + ASCENT * BODY
    build.text(text, place.right, y, _role(row), align="right", row=index, column=name)
    return 0.0


def _place_part(build: _Builder, index: int, row: PanelRow, number: int, block: Block) -> float:
    """Place numbers and words of a row beside one panel; return the height that they need."""
    part = row.parts[number] if row.parts else None
    y = build.y + PAD + ASCENT * BODY
    height = 0.0
    if part is None:
        return height
    effect = column_name("effect", number)
    if isinstance(part, Absent):
        build.text(part.text, block.effect.left, y, "missing", row=index, column=effect)
        end = block.effect.left + text_width(part.text, BODY) + 1.0
        _place_symbols(build, index, part.flags, end, 0, effect)
        return height
    half = build.table.panels[number]
    # A model may be primary for one endpoint and stand beside others for the next.
    primary = part.kind == "pool" and part.standing == "primary" and row.kind == "pool"
    face: Face = "bold" if primary else "regular"
    for name, column in {**block.before, **block.after}.items():
        text = part.cell(name)
        if name == "effect" or not text:
            continue
        own = column_name(name, number)
        if name in half.texts:
            lines = wrap(text, BODY, "regular", column.width, MOST_LINES)
            needed = place_lines(build, lines, column.left, _role(row), index, column=own)
            height = max(height, needed)
        else:
            build.text(
                text, column.right, y, _role(row), face=face, align="right", row=index, column=own
            )
    if part.effect_parts:
        estimate, lower, to, upper = part.effect_parts
        stops = block.stops
        for text, stop in ((estimate, stops.estimate), (lower, stops.lower), (upper, stops.upper)):
            build.text(
                text, stop, y, _role(row), face=face, align="right", row=index, column=effect
            )
        build.text(to, stops.to, y, _role(row), face=face, row=index, column=effect)
    _place_symbols(build, index, part.flags, block.stops.upper + 1.0, 0, effect)
    return height


def paginate_panels(table: PanelTable, most: int | None) -> list[Page]:
    """Split the rows into pages of at most `most`, before a group where one is near.

    Levels stay with the trial or pool above them.

    Raises
    ------
    ValueError
        If `most` is below 10.
    """
    kinds = [row.kind for row in table.rows]
    return split_pages(
        kinds, most, lambda index: kinds[index - 1] != "heading" and kinds[index] != "level"
    )
