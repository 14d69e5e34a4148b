"""The marks of one row: square and line, diamond, prediction interval, arrows, margins."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from trialpool.figures.canvas.geometry import Mark, MarkKind, Panel, Point
from trialpool.figures.forest.marks.prediction import FOOT, on_panel, prediction_marks
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.table import Row

LARGEST_SIDE: Final = 8.6
# A smaller square would not be seen behind its interval.
SMALLEST_SIDE: Final = 2.3
EQUAL_SIDE: Final = 5.2
# Of a trial whose events are not known where squares say events.
OPEN_SIDE: Final = 4.0
DIAMOND: Final = 3.9
# Of the true effect of a trial, drawn under its own.
SHRUNKEN_SIDE, SHRUNKEN_DROP = 2.6, 4.2
ARROW_LENGTH, ARROW_HALF = 4.6, 2.1
# Taller than square and diamond, within the row: rows of one line are 12 points high.
MARGIN_HALF: Final = 5.5


def square_side(area: float | None, largest: float, squares: str = "weight") -> float:
    """Side of a square whose area stands to the largest as `area` to `largest`."""
    if area is None:
        return OPEN_SIDE
    if squares == "equal":
        return EQUAL_SIDE
    side = LARGEST_SIDE * math.sqrt(area / largest)
    return side if squares == "exact" else max(SMALLEST_SIDE, side)


def is_enlarged(area: float, largest: float) -> bool:
    """Whether a square is drawn larger than its area says."""
    return LARGEST_SIDE * math.sqrt(area / largest) < SMALLEST_SIDE


def row_marks(
    row: Row, index: int, y: float, panel: Panel, largest: float, looks: Preset
) -> list[Mark]:
    """Return the marks of a row whose middle is at height `y`."""
    if row.kind == "trial":
        return _trial(row, index, y, panel, largest, looks.squares)
    if row.kind == "pool":
        return _diamond(row, index, y, panel)
    if row.kind == "prediction":
        # A density stands on a line below the middle; its arrow points along that line.
        foot = y + FOOT if row.density and looks.pi_style == "density" else y
        marks = prediction_marks(row, index, y, panel, looks.pi_style)
        return [*marks, *_arrows(row, index, foot, panel, "prediction")]
    return []


def over_band(marks: Iterable[Mark], band: tuple[float, float] | None, panel: Panel) -> list[Mark]:
    """Part the boxes of a shading where the band begins and ends.

    Within it they are as much darker as the band is, else the outer ones, nearly white,
    would wipe it out.
    """
    if band is None:
        return list(marks)
    stops = [panel.x(limit) for limit in band]
    parted: list[Mark] = []
    for mark in marks:
        if not mark.style.startswith("shade-"):
            parted.append(mark)
            continue
        left, top, right, bottom = mark.box
        edges = [left, *(x for x in stops if left < x < right), right]
        for start, end in pairwise(edges):
            inside = stops[0] <= (start + end) / 2 <= stops[1]
            box = ((start, top), (end, top), (end, bottom), (start, bottom))
            style = f"{mark.style}-band" if inside else mark.style
            parted.append(replace(mark, points=box, style=style))
    return parted


def band_marks(band: tuple[float, float] | None, panel: Panel) -> list[Mark]:
    """Ground of the differences too small to matter."""
    if band is None:
        return []
    left, right = (on_panel(limit, panel) for limit in band)
    low, high = panel.top, panel.bottom
    return [Mark("band", ((left, low), (right, low), (right, high), (left, high)))]


def reference_lines(overall: float | None, panel: Panel, *, null: bool = True) -> list[Mark]:
    """Lines through all rows, as far as the axis holds them: no difference, the overall pool."""
    asked = (("null", panel.axis.null if null else None), ("pooled-line", overall))
    places: list[tuple[MarkKind, float]] = [
        (kind, panel.x(value))  # type: ignore[misc]
        for kind, value in asked
        if value is not None and panel.axis.holds(value)
    ]
    return [Mark(kind, ((x, panel.top), (x, panel.bottom))) for kind, x in places]


def _trial(
    row: Row, index: int, y: float, panel: Panel, largest: float, squares: str
) -> list[Mark]:
    if row.estimate is None:
        return []
    x, half = panel.x(row.estimate), square_side(row.area, largest, squares) / 2
    if not panel.axis.holds(row.estimate):
        return _beyond(row, index, y, panel)
    corners = (
        (x - half, y - half),
        (x + half, y - half),
        (x + half, y + half),
        (x - half, y + half),
    )
    square = Mark("square", corners, index, "open" if row.area is None else "")
    if row.lower is None or row.upper is None:
        return [square]
    left, right = _cut(row.lower, row.upper, panel)
    inside = right - left < 2 * half
    line = Mark("interval", ((left, y), (right, y)), index, "inside" if inside else "")
    # A line hidden in its own square is drawn over it in a contrasting colour.
    pair = [square, line] if inside else [line, square]
    pair += _shrunken(row, index, y, panel)
    return [*pair, *_arrows(row, index, y, panel, "trial"), *_margins(row, index, y, panel)]


def _shrunken(row: Row, index: int, y: float, panel: Panel) -> list[Mark]:
    """Line and open square of the true effect of a trial, under its own."""
    if row.shrunken is None or not panel.axis.holds(row.shrunken[0]):
        return []
    estimate, lower, upper = row.shrunken
    left, right = _cut(lower, upper, panel)
    x, half, under = panel.x(estimate), SHRUNKEN_SIDE / 2, y + SHRUNKEN_DROP
    corners = ((x - half, under - half), (x + half, under - half), (x + half, under + half),
               (x - half, under + half))  # fmt: skip
    return [
        Mark("interval", ((left, under), (right, under)), index, "shrunken"),
        Mark("square", corners, index, "open shrunken"),
    ]


def _beyond(row: Row, index: int, y: float, panel: Panel) -> list[Mark]:
    """Return what is seen of a trial whose estimate lies beyond the axis: an arrow, and its line.

    One without an interval has an arrow all the same.
    """
    assert row.estimate is not None
    if row.lower is None or row.upper is None:
        row = replace(row, lower=row.estimate, upper=row.estimate)
    assert row.lower is not None
    assert row.upper is not None
    left, right = _cut(row.lower, row.upper, panel)
    line = [Mark("interval", ((left, y), (right, y)), index)] if right > left else []
    return [*line, *_arrows(row, index, y, panel, "trial"), *_margins(row, index, y, panel)]


def _diamond(row: Row, index: int, y: float, panel: Panel) -> list[Mark]:
    if row.estimate is None or row.lower is None or row.upper is None:
        return []
    x = panel.x(row.estimate)
    left, right = panel.x(row.lower), panel.x(row.upper)
    arrows = _arrows(row, index, y, panel, row.standing)
    if panel.axis.holds(row.estimate):
        lower_edge = _edge(left, x, y, panel.left)
        upper_edge = _edge(right, x, y, panel.right)
        points = (*lower_edge, (x, y - DIAMOND), *reversed(upper_edge), (x, y + DIAMOND))
    else:
        points = _tip(left, x, right, y, panel)
    mark = [Mark("diamond", points, index, row.standing)] if points else []
    return [*mark, *arrows, *_margins(row, index, y, panel)]


def _margins(row: Row, index: int, y: float, panel: Panel) -> list[Mark]:
    """Short upright lines at the margins, over the other marks: none of them may hide one."""
    shown = (value for value in row.margin if value is not None and panel.axis.holds(value))
    places = [panel.x(value) for value in shown]
    return [Mark("margin", ((x, y - MARGIN_HALF), (x, y + MARGIN_HALF)), index) for x in places]


def _edge(end: float, x: float, y: float, limit: float) -> tuple[Point, ...]:
    """Tip of a diamond, or the two corners of the cut where it leaves the panel.

    The corners run from below to above, as the outline meets them at the left end.
    """
    beyond = end < limit if end < x else end > limit
    # Equal effects give an interval of no width: a tip at the estimate, not a cut.
    if end == x or not beyond:
        return ((end, y),)
    half = DIAMOND * (limit - end) / (x - end)
    return ((limit, y + half), (limit, y - half))


def _tip(left: float, x: float, right: float, y: float, panel: Panel) -> tuple[Point, ...]:
    """Return what is seen of a diamond whose middle lies beyond the panel; nothing may be."""
    end, limit = (left, panel.right) if x > panel.right else (right, panel.left)
    if end == x or not panel.left < end < panel.right:
        return ()
    half = DIAMOND * (limit - end) / (x - end)
    return ((end, y), (limit, y - half), (limit, y + half))


def _cut(lower: float, upper: float, panel: Panel) -> tuple[float, float]:
    """Return the ends of an interval, brought back to the panel where they lie beyond it."""
    return on_panel(lower, panel), on_panel(upper, panel)


def _arrows(row: Row, index: int, y: float, panel: Panel, owner: str) -> list[Mark]:
    """Arrow heads beyond the panel, on the cut sides only."""
    arrows: list[Mark] = []
    if row.lower is None or row.upper is None:
        return arrows
    for side in panel.axis.clipped_sides(row.lower, row.upper):
        base, way = (panel.left, -1.0) if side == "lower" else (panel.right, 1.0)
        arrows.append(
            Mark("arrow", arrow_head(base, y, way, ARROW_LENGTH, ARROW_HALF), index,
                 f"{side} {owner}")
        )  # fmt: skip
    return arrows


def arrow_head(x: float, y: float, way: float, length: float, half: float) -> tuple[Point, ...]:
    """Triangle with its base at `x`, pointing left (`way` -1) or right (+1)."""
    return ((x, y - half), (x + way * length, y), (x, y + half))
