"""Where everything is: texts, marks and the panel, in points from the top left corner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from trialpool.figures.canvas.axis import Axis
from trialpool.figures.text.widths import ASCENT, DESCENT, Face, text_width

Align = Literal["left", "center", "right"]
Point = tuple[float, float]
TextRole = Literal[
    "title",
    "header",
    "heading",
    "behind",
    "cell",
    "pool",
    "statistics",
    "missing",
    "symbol",
    "tick",
    "favours",
    "note",
    "rob",
]
MarkKind = Literal[
    "rule", "stripe", "band", "rob", "null", "pooled-line", "axis", "tick",
    "interval", "square", "diamond", "prediction", "arrow", "margin",
]  # fmt: skip


@dataclass(frozen=True)
class TextMark:
    """A text and its place.

    Attributes
    ----------
    text : str
        What is printed.
    x, y : float
        Anchor: `x` as `align` says, `y` the baseline.
    size : float
        Font size in points.
    face : {"regular", "bold", "italic"}
        Face of the shipped font.
    align : {"left", "center", "right"}
        Side of the text at `x`.
    role : str
        What the text is; decides its colour.
    row : int or None
        Index of the row it belongs to.
    column : str
        Column it stands in, empty where it spans several.
    url : str
        Address it leads to.
    """

    text: str
    x: float
    y: float
    size: float
    face: Face
    align: Align
    role: TextRole
    row: int | None = None
    column: str = ""
    url: str = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the line of text."""
        width = text_width(self.text, self.size, self.face)
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[self.align]
        left = self.x - share * width
        return left, self.y - ASCENT * self.size, left + width, self.y + DESCENT * self.size


@dataclass(frozen=True)
class Mark:
    """A line or polygon and its place.

    Attributes
    ----------
    kind : str
        What it is.
    points : tuple of (float, float)
        Corners in drawing order.
    row : int or None
        Index of the row it belongs to.
    style : str
        Variant, for example the standing of a diamond or the side of an arrow.
    panel: int
        Index of the panel it stands in, where there are several.
    """

    kind: MarkKind
    points: tuple[Point, ...]
    row: int | None = None
    style: str = ""
    panel: int = 0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class Panel:
    """The part of the figure that has an axis."""

    left: float
    right: float
    top: float
    bottom: float
    axis: Axis

    def x(self, value: float) -> float:
        """Horizontal place of a value on the analysis scale."""
        return self.left + self.axis.fraction(value) * (self.right - self.left)


@dataclass(frozen=True)
class Geometry:
    """A complete layout.

    Attributes
    ----------
    width, height : float
        Size of the canvas in points.
    panel : Panel
        Place and axis of the plot.
    texts, marks : tuple
        Everything drawn, in drawing order (marks below texts).
    others : tuple of Panel
        Further panels on the same rows.
    """

    width: float
    height: float
    panel: Panel
    texts: tuple[TextMark, ...]
    marks: tuple[Mark, ...]
    others: tuple[Panel, ...] = ()

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels from left to right."""
        return (self.panel, *self.others)

    def texts_of(self, row: int) -> tuple[TextMark, ...]:
        """Texts of one row."""
        return tuple(text for text in self.texts if text.row == row)

    def marks_of(self, row: int, kind: str | None = None) -> tuple[Mark, ...]:
        """Return the marks of one row, of one kind if given."""
        return tuple(mark for mark in self.marks if mark.row == row and kind in (None, mark.kind))


def safe_id(identifier: str) -> str:
    """Turn an identifier into letters, digits, "-" and "_"."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", identifier)
