"""What a plot is before it is painted: shapes and texts in points from the top left corner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from trialpool.figures.canvas.axis import Axis
from trialpool.figures.canvas.geometry import Point, TextMark

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Box = tuple[float, float, float, float]
Form = Literal["line", "polygon", "disc", "dots"]
Cell = str | int | float | bool | None

MM: Final = 72.0 / 25.4


@dataclass(frozen=True)
class Shape:
    """A line, polygon, disc or cloud of dots, and what it stands for.

    Attributes
    ----------
    kind : str
        What it shows: "trial", "pool", "contour", "interval", "axis" and so on.
    form : {"line", "polygon", "disc", "dots"}
        How it is drawn; "dots" are small squares of side 2 `radius`.
    points : tuple of (float, float)
        Corners, or centres, in points.
    style : str
        Key of `plots.drawing.styles.STYLES`.
    label : str
        The trial or line that it belongs to.
    values : tuple of float
        What it shows, on the scales of the axes: x and y of a point, for a
        contour its z, for an interval its limits.
    radius : float
        Of discs and dots.
    """

    kind: str
    form: Form
    points: tuple[Point, ...]
    style: str
    label: str = ""
    values: tuple[float, ...] = ()
    radius: float = 0.0

    @property
    def box(self) -> Box:
        """Left, top, right and bottom."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        r = self.radius
        return min(xs) - r, min(ys) - r, max(xs) + r, max(ys) + r


@dataclass(frozen=True)
class Frame:
    """A rectangle with two axes.

    Attributes
    ----------
    left, right, top, bottom : float
    x_axis, y_axis : Axis
    down : bool
        Whether the vertical axis grows downwards, as the standard error of a funnel.
    """

    left: float
    right: float
    top: float
    bottom: float
    x_axis: Axis
    y_axis: Axis
    down: bool = False

    def x(self, value: float) -> float:
        """Horizontal place of a value."""
        return self.left + self.x_axis.fraction(value) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Vertical place of a value."""
        share = self.y_axis.fraction(value)
        return self.top + (share if self.down else 1.0 - share) * (self.bottom - self.top)

    def at(self, x: float, y: float) -> Point:
        """Place of a pair of values."""
        return self.x(x), self.y(y)

    @property
    def box(self) -> Box:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True)
class PlotGeometry:
    """Everything that is drawn, in drawing order: shapes below texts."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    shapes: tuple[Shape, ...]
    texts: tuple[TextMark, ...]

    def of(self, kind: str) -> tuple[Shape, ...]:
        """Shapes of one kind."""
        return tuple(shape for shape in self.shapes if shape.kind == kind)


@dataclass(frozen=True)
class Caption:
    """Identifier and title."""

    id: str
    title: str


@dataclass(frozen=True)
class PlotFigure:
    """A drawn plot.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing; its one axes has the point as unit and its origin at the top left.
    geometry : PlotGeometry
    table : Caption
    alt : str
        The figure in words.
    columns : tuple of str
    rows : tuple of tuple
        What is drawn, as the CSV beside the figure holds it; effects on the
        analysis scale where the column says so, else as printed.
    font_family : str
        Name under which the embedded font is known inside an SVG.
    kind : str
        What plot it is: "funnel".
    """

    geometry: PlotGeometry
    table: Caption
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    font_family: str
    kind: str
    paint: Callable[[], Figure] = field(repr=False, compare=False)

    @cached_property
    def figure(self) -> Figure:
        """The drawing, painted when it is asked for."""
        return self.paint()

    @property
    def id(self) -> str:
        """Identifier with which every id in the SVG begins."""
        return self.table.id

    def _repr_png_(self) -> bytes:
        """Show the plot in a notebook."""
        from trialpool.figures.canvas.rendering import rendered

        return rendered(self, "png")


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def clip(polygon: tuple[Point, ...], box: Box) -> tuple[Point, ...]:
    """Cut a polygon at a box (Sutherland and Hodgman 1974); empty where nothing is left."""
    left, top, right, bottom = box
    points = list(polygon)
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        kept: list[Point] = []
        for before, after in zip([points[-1], *points[:-1]] if points else [], points, strict=True):
            inside = [sign * (p[axis] - limit) >= 0 for p in (before, after)]
            if inside[0] != inside[1]:
                share = (limit - before[axis]) / (after[axis] - before[axis])
                cut = [a + share * (b - a) for a, b in zip(before, after, strict=True)]
                cut[axis] = limit
                kept.append((cut[0], cut[1]))
            if inside[1]:
                kept.append(after)
        points = kept
    return tuple(points)
