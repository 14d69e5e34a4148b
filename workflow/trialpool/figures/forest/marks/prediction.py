"""The marks of a prediction interval: bar, line, polygon, shading or density."""

from __future__ import annotations

from typing import Final

from trialpool.figures.canvas.geometry import Mark, Panel, Point
from trialpool.figures.forest.marks.density import Curve, at, widest
from trialpool.figures.forest.table import Row

END: Final = 2.4
POLYGON_HALF: Final = 2.6
SHADE_HALF: Final = 3.6
SHADES: Final = 64
# A density stands on a line below the middle of its row and is this high.
FOOT: Final = 3.4
PEAK: Final = 15.0
# Room that it needs above a usual row.
DENSITY_ROOM: Final = 8.0
# Kinds of mark that reach from limit to limit.
SPANS: Final = ("bar", "line", "polygon", "span")


def prediction_marks(row: Row, index: int, y: float, panel: Panel, style: str) -> list[Mark]:
    """Return the marks of a prediction interval whose row has its middle at height `y`.

    Where the axis ends before the interval the marks end there, without an end stroke; the
    arrow is left to the caller.
    """
    if row.lower is None or row.upper is None:
        return []
    left, right = on_panel(row.lower, panel), on_panel(row.upper, panel)
    if style == "polygon":
        return [Mark("prediction", _polygon(row, y, panel), index, "polygon")]
    foot = y + FOOT if style == "density" else y
    cut = panel.axis.clipped_sides(row.lower, row.upper)
    span = Mark(
        "prediction", ((left, foot), (right, foot)), index,
        style if style in ("bar", "line") else "span",
    )  # fmt: skip
    ends = [
        Mark("prediction", ((x, foot - END), (x, foot + END)), index, "end")
        for side, x in (("lower", left), ("upper", right))
        if side not in cut
    ]
    if style == "shade":
        return [*_shading(row.density, index, y, panel), span, *ends]
    if style == "density":
        return [*_density(row, index, foot, panel), span, *ends]
    return [span, *ends]


def on_panel(value: float, panel: Panel) -> float:
    """Place of a value, brought back to the panel where it lies beyond it."""
    return panel.x(min(max(value, panel.axis.lower), panel.axis.upper))


def _polygon(row: Row, y: float, panel: Panel) -> tuple[Point, ...]:
    """Outline of a low diamond from limit to limit, cut at the panel."""
    assert row.lower is not None
    assert row.upper is not None
    centre = row.centre if row.centre is not None else (row.lower + row.upper) / 2
    x = panel.x(centre)
    below: list[Point] = []
    above: list[Point] = []
    for end in (row.lower, row.upper):
        place, seen = panel.x(end), on_panel(end, panel)
        half = 0.0 if place == seen else POLYGON_HALF * (seen - place) / (x - place)
        below.append((seen, y + half))
        above.append((seen, y - half))
    return (below[0], above[0], (x, y - POLYGON_HALF), above[1], below[1], (x, y + POLYGON_HALF))


def _shading(curve: Curve, index: int, y: float, panel: Panel) -> list[Mark]:
    """Boxes one inside another: the shade at a value says how dense it is there."""
    marks = []
    for step in range(SHADES):
        lower, upper = widest(curve, (step + 0.5) / SHADES)
        left, right = on_panel(lower, panel), on_panel(upper, panel)
        if right > left:
            box = ((left, y - SHADE_HALF), (right, y - SHADE_HALF),
                   (right, y + SHADE_HALF), (left, y + SHADE_HALF))  # fmt: skip
            marks.append(Mark("prediction", box, index, f"shade-{step + 1}"))
    return marks


def _density(row: Row, index: int, foot: float, panel: Panel) -> list[Mark]:
    """Area under the curve, darker between the limits; both end where the axis does."""
    assert row.lower is not None
    assert row.upper is not None
    axis = panel.axis
    marks = []
    whole = (row.density[0][0], row.density[-1][0])
    for style, (lower, upper) in (("tail", whole), ("density", (row.lower, row.upper))):
        top = _curve(row.density, max(lower, axis.lower), min(upper, axis.upper), foot, panel)
        if len(top) > 1:
            area = ((top[0][0], foot), *top, (top[-1][0], foot))
            marks.append(Mark("prediction", area, index, style))
            if style == "tail":
                outline = Mark("prediction", top, index, "curve")
    return [*marks, outline] if marks else []


def _curve(
    curve: Curve, lower: float, upper: float, foot: float, panel: Panel
) -> tuple[Point, ...]:
    if upper <= lower:
        return ()
    inside = [point for point in curve if lower < point[0] < upper]
    points = [(lower, at(curve, lower)), *inside, (upper, at(curve, upper))]
    return tuple((panel.x(value), foot - PEAK * height) for value, height in points)
