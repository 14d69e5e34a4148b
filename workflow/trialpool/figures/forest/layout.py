"""The layout: every text and mark gets its place before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    Builder,
    Page,
    Sheet,
)
from trialpool.figures.forest.captions import place_favours, place_notes, place_page_end
from trialpool.figures.forest.columns import (
    BODY,
    INDENT,
    MARGIN,
    SMALL,
    SYMBOL,
    Columns,
    head_lines,
    symbol_text,
    symbol_width,
)
from trialpool.figures.forest.lines import place_heading, place_lines, row_middle
from trialpool.figures.forest.marks.prediction import DENSITY_ROOM
from trialpool.figures.forest.marks.risk_of_bias import place_rob, place_rob_head, place_rob_legend
from trialpool.figures.forest.marks.row_marks import (
    band_marks,
    over_band,
    reference_lines,
    row_marks,
)
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.widths import ASCENT, DESCENT, Face, text_width, wrap

__all__ = ["TALL", "lay_out", "paginate"]


def lay_out(
    table: Table,
    axis: Axis,
    columns: Columns,
    notes: Sequence[str],
    *,
    title: bool,
    page: Page | None = None,
) -> Geometry:
    """Place everything, or one page of it.

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
    page : Page, optional
        Which rows; by default all on one page.
    """
    page = page or Page(0, len(table.rows), 1, 1)
    shown = range(page.first, page.end)
    build = Builder(table, columns)
    if title:
        _place_title(build, page)
    _place_header(build)
    if table.preset.favours == "above" and table.rows:
        build.y += 1.5
        null = columns.panel.left + axis.fraction(axis.null) * columns.panel.width
        place_favours(build, table.favours, null)
    top = _place_upper_axis(build, axis) if len(shown) > TALL else build.y
    middles = _place_rows(build, shown)
    bottom = build.y + 2.0
    panel = Panel(columns.panel.left, columns.panel.right, top, bottom, axis)
    largest = max((row.area for row in table.rows if row.area), default=1.0)
    lines = []
    if shown:
        # A proportion of one arm is compared with nothing: no line, no sides.
        lines = reference_lines(table.overall, panel, null=any(table.favours))
        lines = [*band_marks(table.band, panel), *lines]
    marks = [
        mark
        for index, y in zip(shown, middles, strict=True)
        for mark in over_band(
            row_marks(table.rows[index], index, y, panel, largest, table.preset), table.band, panel
        )
    ]
    build.y = bottom
    if table.rows:
        _place_axis(build, panel)
    if page.number == page.count:
        place_notes(build, notes)
        place_rob_legend(build, frozenset(found for row in table.rows for found in row.rob))
    else:
        place_page_end(build)
    return Geometry(
        width=columns.width,
        height=build.y + MARGIN,
        panel=panel,
        texts=tuple(build.texts),
        marks=(*build.grounds, *lines, *build.marks, *marks),
    )


def _place_title(build: Builder, page: Page) -> None:
    title = build.table.title
    if page.count > 1:
        title = f"{title} (page {page.number} of {page.count})"
    for line in wrap(title, TITLE, "bold", build.columns.width - 2 * MARGIN):
        build.text(line, MARGIN, build.y + ASCENT * TITLE, "title", size=TITLE, face="bold")
        build.y += 1.2 * TITLE
    build.y += 2.0


def _place_header(build: Builder) -> None:
    table, columns = build.table, build.columns
    build.rule()
    build.y += 2.0
    others = [name for name in (*table.left, *table.right) if name != "effect"]
    most = 1
    for name in ("label", "panel", "effect", *others):
        column = columns.get(name)
        if column is None:
            continue
        align: Align = "right"
        x = column.right
        if name == "label" or name in table.texts:
            x, align = column.left, "left"
        elif name == "panel":
            x, align = (column.left + column.right) / 2, "center"
        if name == "rob":
            place_rob_head(build, column, build.y + PAD + ASCENT * BODY, LINE)
            most = max(most, 2)
        lines = head_lines(table, name, column.width)
        for number, (line, face) in enumerate(lines):
            y = build.y + PAD + ASCENT * BODY + number * LINE
            build.text(line, x, y, "header", face=face, align=align, column=name)
        most = max(most, max((n for n, (line, _) in enumerate(lines, 1) if line), default=0))
    y = build.y + PAD + ASCENT * BODY
    for first, last, text in table.heads.spans:
        left, right = columns.get(first), columns.get(last)
        if left and right:
            middle = (left.left + right.right) / 2
            build.text(text, middle, y, "header", face="bold", align="center", column=first)
    build.y += 2 * PAD + (most - 1) * LINE + (ASCENT + DESCENT) * BODY + 1.0
    build.rule()
    build.y += 1.0


def _place_rows(build: Builder, shown: range) -> list[float]:
    """Place the texts of rows; return the middle of each."""
    middles = []
    striped = False
    for index in shown:
        row = build.table.rows[index]
        if row.kind == "heading" and index > shown.start:
            build.y += HEADING_SPACE
        place = {
            "heading": _place_heading,
            "trial": _place_trial,
            "pool": _place_pool,
            "total": _place_pool,
            "prediction": _place_pool,
            "statistics": _place_statistics,
        }[row.kind]
        top = build.y
        middles.append(place(build, index, row))
        striped = row.kind == "trial" and not striped
        if build.table.preset.stripes and row.kind == "trial" and not striped:
            build.stripe(top, build.y)
    return middles


def _place_heading(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    x = columns.label.left
    height = place_heading(build, (row.label, row.behind), x, columns.room_end(row) - x, index)
    _place_numbers(build, index, row, "regular", "heading")
    middle = row_middle(build)
    build.y += height
    return middle


def _place_trial(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    x = columns.label.left + INDENT
    room = columns.label.right - x
    lines = wrap(row.label, BODY, "regular", room - symbol_width(row), MOST_LINES)
    heights = [place_lines(build, lines, x, "cell", index, column="label", url=row.url)]
    if row.flags:
        end = x + text_width(lines[-1], BODY) + 1.0
        y = build.y + PAD + ASCENT * BODY + (len(lines) - 1) * LINE - 0.36 * BODY
        build.text(symbol_text(row), end, y, "symbol", size=SYMBOL, row=index, column="label")
    for name in (*build.table.left, *build.table.right):
        column = columns.get(name)
        if column and name in build.table.texts:
            parts = wrap(row.cell(name), BODY, "regular", column.width, MOST_LINES)
            heights.append(place_lines(build, parts, column.left, "cell", index, column=name))
    _place_numbers(build, index, row, "regular", "cell")
    middle = row_middle(build)
    place_rob(build, index, row, middle)
    build.y += max(heights)
    return middle


def _place_pool(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    if row.density and build.table.preset.pi_style == "density":
        build.y += DENSITY_ROOM
    x = columns.label.left + INDENT
    face: Face = "bold" if row.standing == "primary" and row.kind == "pool" else "regular"
    lines = wrap(row.label, BODY, face, columns.room_end(row) - x)
    height = place_lines(build, lines, x, "pool", index, face=face)
    _place_numbers(build, index, row, face, "pool")
    middle = row_middle(build)
    build.y += height
    return middle


def _place_statistics(build: Builder, index: int, row: Row) -> float:
    columns = build.columns
    x = columns.label.left + INDENT
    lines = wrap(row.label, SMALL, "regular", columns.text_end - x)
    height = place_lines(build, lines, x, "statistics", index, size=SMALL)
    middle = row_middle(build, SMALL)
    build.y += height
    return middle


def _place_numbers(build: Builder, index: int, row: Row, face: Face, role: TextRole) -> None:
    """Place counts, effect, margin and weight on the first line of a row."""
    columns = build.columns
    y = build.y + PAD + ASCENT * BODY
    for name in (*build.table.left, *build.table.right):
        column = columns.get(name)
        if column and name not in ("effect", "rob") and name not in build.table.texts:
            build.text(
                row.cell(name),
                column.right,
                y,
                role,
                face=face,
                align="right",
                row=index,
                column=name,
            )
    if not row.effect_parts:
        return
    estimate, lower, to, upper = row.effect_parts
    stops = columns.stops
    for part, stop in ((estimate, stops.estimate), (lower, stops.lower), (upper, stops.upper)):
        build.text(part, stop, y, role, face=face, align="right", row=index, column="effect")
    build.text(to, stops.to, y, role, face=face, row=index, column="effect")


def place_ticks(build: Sheet, panel: Panel, y: float, way: float) -> None:
    """Place the axis at height `y` with its ticks below (`way` 1) or above (-1)."""
    build.marks.append(Mark("axis", ((panel.left, y), (panel.right, y))))
    baseline = y + TICK_LENGTH + 1.0 + ASCENT * SMALL
    if way < 0:
        baseline = y - TICK_LENGTH - 1.0 - DESCENT * SMALL
    for tick in panel.axis.ticks:
        x = panel.x(tick.value)
        build.marks.append(Mark("tick", ((x, y), (x, y + way * TICK_LENGTH))))
        build.text(
            build.preset.style.pointed(tick.text),
            x,
            baseline,
            "tick",
            size=SMALL,
            align="center",
        )


def _place_upper_axis(build: Builder, axis: Axis) -> float:
    """Repeat the axis over the rows of a tall plot; return where the panel begins."""
    column = build.columns.panel
    top = build.y + 2.0 + (ASCENT + DESCENT) * SMALL + TICK_LENGTH
    place_ticks(build, Panel(column.left, column.right, top, top, axis), top, -1.0)
    build.y = top + 1.0
    return top


def _place_axis(build: Builder, panel: Panel) -> None:
    y = build.y
    place_ticks(build, panel, y, 1.0)
    build.y = y + TICK_LENGTH + 1.0 + (ASCENT + DESCENT) * SMALL + 2.0
    if build.table.preset.favours == "below":
        place_favours(build, build.table.favours, panel.x(panel.axis.null))


def paginate(table: Table, most: int | None) -> list[Page]:
    """Split the rows into pages of at most `most`, before a heading where one is near.

    Parameters
    ----------
    table : Table
    most : int or None
        None for one page, however tall.

    Raises
    ------
    ValueError
        If `most` is below 10.
    """
    kinds = [row.kind for row in table.rows]
    return split_pages(kinds, most, lambda index: kinds[index - 1] != "heading")


def split_pages(
    kinds: Sequence[str], most: int | None, begins: Callable[[int], bool]
) -> list[Page]:
    """Split rows into pages of at most `most`, before a heading where one is near.

    Parameters
    ----------
    kinds : sequence of str
        Kind of each row.
    most : int or None
        None for one page, however tall.
    begins : callable
        Whether a page may begin with the row of an index.

    Raises
    ------
    ValueError
        If `most` is below 10.
    """
    count = len(kinds)
    if most is None:
        return [Page(0, count, 1, 1)]
    if most < 10:
        raise ValueError(f"rows_per_page={most}; allowed: 10 or more, or None for one page")
    starts = [0]
    while count - starts[-1] > most:
        last = starts[-1] + most
        # No page is filled by less than two thirds.
        near = [i for i in range(last, last - most // 3, -1) if kinds[i] == "heading"]
        free = [i for i in range(last, last - 5, -1) if begins(i)]
        starts.append((near or free or [last])[0])
    ends = [*starts[1:], count]
    return [
        Page(first, end, number, len(starts))
        for number, (first, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]
