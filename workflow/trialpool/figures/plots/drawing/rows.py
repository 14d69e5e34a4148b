"""Plots of rows: a name at the left, intervals in the middle, numbers at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from trialpool.figures.canvas.axis import Axis
from trialpool.figures.plots.drawing.axes import effect_axis
from trialpool.figures.plots.drawing.board import MARGIN, TEXT_SIZE, Board
from trialpool.figures.plots.drawing.scene import Frame, clip
from trialpool.figures.text.widths import ASCENT, printable, text_width, wrap
from trialpool.measures import Measure

ROW: Final = 13.0
_HEADING: Final = 16.0
_WIDE: Final = 4.0
# Limits may be infinite; a place on the page may not.
_FAR: Final = 1e6


@dataclass(frozen=True)
class Interval:
    """An estimate with limits on the analysis scale, and how it is drawn.

    `form` is "disc", "square", "diamond" or "bar"; `offset` moves it in its row.
    """

    kind: str
    estimate: float | None
    lower: float | None
    upper: float | None
    form: str
    style: str
    line: str
    label: str = ""
    offset: float = 0.0


@dataclass(frozen=True)
class PlotRow:
    """A row: name, texts of the columns at the right, intervals; or a heading without them."""

    name: str
    cells: tuple[str, ...] = ()
    intervals: tuple[Interval, ...] = ()
    heading: bool = False


def rows_axis(
    measure: Measure,
    rows: Sequence[PlotRow],
    length: float,
    limits: tuple[float, float] | None = None,
) -> Axis:
    """Return an axis for every estimate and all but the widest intervals, or of given ends."""
    shown = [i for row in rows for i in row.intervals]
    pairs = [(i.lower, i.upper) for i in shown if i.lower is not None and i.upper is not None]
    usual = _WIDE * median([b - a for a, b in pairs]) if pairs else 0.0
    values = [i.estimate for i in shown if i.estimate is not None]
    values += [v for pair in pairs if pair[1] - pair[0] <= usual for v in pair]
    if not values:
        values = [0.0]
    return effect_axis(measure, values, length, limits=limits)


def draw_rows(
    board: Board,
    rows: Sequence[PlotRow],
    headers: tuple[str, ...],
    axis: Callable[[float], Axis],
    *,
    x_title: str,
    lines: Sequence[tuple[str, float, str]] = (),
    sides: tuple[str, str] | None = None,
    least: float = 150.0,
) -> Frame:
    """Draw rows on a board and move below them.

    Parameters
    ----------
    board : Board
    rows : sequence of PlotRow
    headers : tuple of str
        One for the names and one per column at the right.
    axis : callable
        Told the length in points, gives the axis.
    x_title : str
    lines : sequence of (kind, value, style)
        Upright lines through all rows.
    sides : (str, str), optional
        What lies left and right of no difference.
    least : float
        Least width of the panel; the names wrap for it.
    """
    size = TEXT_SIZE
    columns = list(zip(*(row.cells for row in rows if row.cells), strict=True)) or [
        () for _ in headers[1:]
    ]
    widths = [
        max(text_width(printable(t), size, "bold" if t == head else "regular")
            for t in (head, *column))
        for head, column in zip(headers[1:], columns, strict=True)
    ]  # fmt: skip
    at_right = sum(widths) + 10.0 * len(widths)
    room = board.width - 2 * MARGIN - at_right - least - 12.0
    if room < 40:
        raise ValueError(f"{board.width * 25.4 / 72:.0f} mm are too narrow for these rows")
    natural = max(
        text_width(printable(row.name), size) + 8.0 for row in rows if not row.heading or row.cells
    ) if any(not row.heading for row in rows) else 60.0  # fmt: skip
    name_width = min(max(natural, text_width(headers[0], size, "bold")), room)
    left, right = MARGIN + name_width + 8.0, board.right - at_right - 4.0
    y = board.top + ASCENT * size
    board.text(headers[0], MARGIN, y, face="bold", role="header")
    x = right + 4.0
    ends = []
    for head, width in zip(headers[1:], widths, strict=True):
        x += 10.0 + width
        ends.append(x)
        board.text(head, x, y, face="bold", align="right", role="header")
    board.top += 1.32 * size + 2.0
    board.add("rule", ((MARGIN, board.top), (board.right, board.top)), "axis")
    board.top += 2.0
    top, placed = board.top, []
    for number, row in enumerate(rows):
        full = board.width - 2 * MARGIN if row.heading else name_width
        face, indent = ("bold", 0.0) if row.heading else ("regular", 6.0)
        texts = wrap(printable(row.name), size, face, full - indent, 3)  # type: ignore[arg-type]
        height = max(_HEADING if row.heading else ROW, len(texts) * 9.6 + 3.4)
        first = board.top + height / 2 - (len(texts) - 1) * 4.8 + 0.28 * size
        first += 1.5 if row.heading else 0.0
        for n, text in enumerate(texts):
            board.text(text, MARGIN + indent, first + 9.6 * n, face=face, row=number)  # type: ignore[arg-type]
        middle = board.top + height / 2
        for end, cell in zip(ends, row.cells, strict=False):
            board.text(cell, end, middle + 0.28 * size, align="right", row=number)
        placed.append((row, middle))
        board.top += height
    found = axis(right - left)
    frame = Frame(left, right, top, board.top + 2.0, found, Axis(0.0, 1.0, 0.0, ()), down=True)
    board.frames.append(frame)
    if found.holds(found.null):
        x = frame.x(found.null)
        start = next((m for row, m in placed if row.intervals), top) - ROW / 2
        board.add("null", ((x, start), (x, frame.bottom)), "null", values=(found.null,))
    for kind, value, style in (line for line in lines if found.holds(line[1])):
        x = frame.x(value)
        board.add(kind, ((x, top), (x, frame.bottom)), style, values=(value,))
    for row, middle in placed:
        for interval in row.intervals:
            draw_interval(board, frame, interval, middle + interval.offset)
    board.top = frame.bottom
    board.add("axis", ((left, board.top), (right, board.top)), "axis")
    board.ticks_below(frame)
    if sides is not None:
        _sides(board, frame, sides)
    board.centred(x_title, left, right)
    board.top += 3.0
    return frame


def _sides(board: Board, frame: Frame, sides: tuple[str, str]) -> None:
    """Write what either side of no difference says, on two lines where one has no room."""
    x = frame.x(frame.x_axis.null)
    lower, higher = (printable(side) for side in sides)
    left = x - 5.0 - text_width(lower, TEXT_SIZE)
    right = x + 5.0
    within = left >= MARGIN and right + text_width(higher, TEXT_SIZE) <= board.right
    for text, wanted in ((lower, left), (higher, right)):
        start = min(wanted, board.right - text_width(text, TEXT_SIZE))
        board.text(text, max(MARGIN, start), board.top + ASCENT * TEXT_SIZE, role="favours")
        if not within:
            board.top += 1.32 * TEXT_SIZE
    if within:
        board.top += 1.32 * TEXT_SIZE


def draw_interval(board: Board, frame: Frame, item: Interval, y: float) -> None:
    """Draw one interval at a height; an arrow head where it leaves the frame."""
    axis = frame.x_axis
    if item.estimate is None:
        return
    x = frame.x(item.estimate)
    if item.lower is not None and item.upper is not None:
        a, b = (frame.x(min(max(v, axis.lower), axis.upper)) for v in (item.lower, item.upper))
        limits = (item.lower, item.upper)
        if item.form != "diamond":
            board.add("interval", ((a, y), (b, y)), item.line, label=item.label, values=limits)
        if item.form == "diamond":
            # Two in one row stand over each other.
            half = 2.7 if item.offset else 3.9
            tips = (frame.x(max(limits[0], -_FAR)), frame.x(min(limits[1], _FAR)))
            whole = ((tips[0], y), (x, y - half), (tips[1], y), (x, y + half))
            corners = clip(whole, (frame.left, y - half, frame.right, y + half))
            board.add(item.kind, corners, item.style, form="polygon", label=item.label,
                      values=(item.estimate, *limits))  # fmt: skip
        for cut, edge, way in (
            (item.lower < axis.lower, a, -1.0),
            (item.upper > axis.upper, b, 1.0),
        ):
            if cut:
                head = ((edge, y - 2.2), (edge + 4.0 * way, y), (edge, y + 2.2))
                board.add("arrow", head, "ink", form="polygon", label=item.label)
    if not axis.holds(item.estimate):
        return
    if item.form == "disc" or (item.form == "diamond" and item.lower is None):
        board.add(item.kind, ((x, y),), item.style, form="disc", label=item.label,
                  values=(item.estimate,), radius=2.8)  # fmt: skip
    elif item.form == "square":
        corners = ((x - 2.6, y - 2.6), (x + 2.6, y - 2.6), (x + 2.6, y + 2.6), (x - 2.6, y + 2.6))
        board.add(item.kind, corners, item.style, form="polygon", label=item.label,
                  values=(item.estimate,))  # fmt: skip
