"""A board on which one plot is laid out from top to bottom: title, frames, keys, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from trialpool.figures.canvas.axis import Axis
from trialpool.figures.canvas.geometry import Align, Point, TextMark, TextRole, safe_id
from trialpool.figures.plots.drawing.axes import TICK_SIZE
from trialpool.figures.plots.drawing.labels import Target, place_labels
from trialpool.figures.plots.drawing.scene import (
    MM,
    Box,
    Caption,
    Cell,
    Frame,
    PlotFigure,
    PlotGeometry,
    Shape,
)
from trialpool.figures.text.unprinted import lacking, note
from trialpool.figures.text.widths import ASCENT, DESCENT, Face, printable, text_width, wrap

MARGIN: Final = 8.0
TITLE_SIZE: Final = 9.0
TEXT_SIZE: Final = 7.5
NOTE_SIZE: Final = 7.0
TICK: Final = 3.0
_LINE: Final = 1.32


class Board:
    """Collects shapes and texts; `top` is the first free height.

    Parameters
    ----------
    identifier, title : str
    width_mm : float
    kind : str
        What plot it is, whatever its identifier: "funnel".
    """

    def __init__(self, identifier: str, title: str, width_mm: float, kind: str = "plot") -> None:
        if not 60.0 <= width_mm <= 600.0:
            raise ValueError(f"width_mm={width_mm}; allowed: 60 to 600")
        self.title = title
        self.kind = kind
        self.caption = Caption(safe_id(identifier), printable(title))
        self.width = width_mm * MM
        self.shapes: list[Shape] = []
        self.texts: list[TextMark] = []
        self.frames: list[Frame] = []
        self.top = MARGIN
        self.paragraph(self.caption.title, TITLE_SIZE, "bold", "title")
        self.top += 4.0

    @property
    def right(self) -> float:
        """Right edge of what may be drawn."""
        return self.width - MARGIN

    def text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float = TEXT_SIZE,
        face: Face = "regular",
        align: Align = "left",
        role: TextRole = "cell",
        row: int | None = None,
    ) -> None:
        """Write a text at its baseline."""
        if text:
            self.texts.append(TextMark(printable(text), x, y, size, face, align, role, row))

    def paragraph(
        self, text: str, size: float = NOTE_SIZE, face: Face = "regular", role: TextRole = "note"
    ) -> None:
        """Write a text over the whole width, wrapped, and move down."""
        if not text:
            return
        for line in wrap(printable(text), size, face, self.width - 2 * MARGIN):
            self.text(line, MARGIN, self.top + ASCENT * size, size=size, face=face, role=role)
            self.top += _LINE * size

    def add(
        self,
        kind: str,
        points: Iterable[Point],
        style: str,
        *,
        form: str = "line",
        label: str = "",
        values: tuple[float, ...] = (),
        radius: float = 0.0,
    ) -> Shape:
        """Draw a shape over those before it."""
        shape = Shape(
            kind,
            form,  # type: ignore[arg-type]
            tuple((float(x), float(y)) for x, y in points),
            style,
            label,
            tuple(float(value) for value in values),
            radius,
        )
        self.shapes.append(shape)
        return shape

    def gutter(self, y_axis: Axis) -> float:
        """Left edge of a frame whose vertical axis has these labels."""
        widest = max((text_width(t.text, TICK_SIZE) for t in y_axis.ticks), default=0.0)
        return MARGIN + widest + TICK + 3.0

    def frame(
        self,
        x_axis: Axis,
        y_axis: Axis,
        height: float,
        *,
        left: float | None = None,
        right: float | None = None,
        y_title: str = "",
        down: bool = False,
    ) -> Frame:
        """Open a frame below what is there, with the title of its vertical axis over it."""
        left = self.gutter(y_axis) if left is None else left
        if y_title:
            # Over the labels of the axis, wherever the frame begins.
            start = max(MARGIN, left - (self.gutter(y_axis) - MARGIN))
            self.text(y_title, start, self.top + ASCENT * TEXT_SIZE, role="header")
            self.top += _LINE * TEXT_SIZE + 3.0
        right = self.right if right is None else right
        frame = Frame(left, right, self.top, self.top + height, x_axis, y_axis, down)
        self.frames.append(frame)
        return frame

    def close(self, frame: Frame, x_title: str = "", *, box: bool = False) -> None:
        """Draw the axes of a frame over its content and move below it."""
        left, top, right, bottom = frame.box
        self.add("axis", ((left, top), (left, bottom), (right, bottom)), "axis")
        if box:
            self.add("axis", ((left, top), (right, top), (right, bottom)), "axis")
        for tick in frame.y_axis.ticks:
            y = frame.y(tick.value)
            self.add("tick", ((left - TICK, y), (left, y)), "axis", values=(tick.value,))
            baseline = y + (ASCENT - DESCENT) * TICK_SIZE / 2 - 0.2
            self.text(
                tick.text, left - TICK - 2, baseline, size=TICK_SIZE, align="right", role="tick"
            )
        self.top = bottom
        self.ticks_below(frame)
        if x_title:
            self.centred(x_title, left, right)
        self.top += 3.0

    def ticks_below(self, frame: Frame) -> None:
        """Draw the ticks of a horizontal axis and their labels."""
        for tick in frame.x_axis.ticks:
            x = frame.x(tick.value)
            points = ((x, frame.bottom), (x, frame.bottom + TICK))
            self.add("tick", points, "axis", values=(tick.value,))
            half = text_width(tick.text, TICK_SIZE) / 2
            self.text(
                tick.text,
                min(max(x, MARGIN / 2 + half), self.width - MARGIN / 2 - half),
                frame.bottom + TICK + 1.5 + ASCENT * TICK_SIZE,
                size=TICK_SIZE,
                align="center",
                role="tick",
            )
        if frame.x_axis.ticks:
            self.top += TICK + 1.5 + _LINE * TICK_SIZE

    def centred(self, text: str, left: float, right: float) -> None:
        """Write a line in the middle between two places and move below it."""
        half = text_width(printable(text), TEXT_SIZE) / 2
        middle = min(max((left + right) / 2, MARGIN + half), self.right - half)
        y = self.top + ASCENT * TEXT_SIZE + 1.0
        self.text(text, middle, y, align="center", role="header")
        self.top += _LINE * TEXT_SIZE + 1.0

    def key(self, entries: Sequence[tuple[str, str, str]]) -> None:
        """Explain marks in a line: (form, style, words) each."""
        x, swatch = MARGIN, 12.0
        size = NOTE_SIZE
        for form, style, words in entries:
            width = swatch + 3.0 + text_width(printable(words), size)
            if x > MARGIN and x + width > self.right:
                x, self.top = MARGIN, self.top + _LINE * size + 1.5
            middle = self.top + 0.5 * _LINE * size
            if form == "line":
                self.add("key", ((x, middle), (x + swatch, middle)), style)
            elif form == "disc":
                self.add("key", ((x + swatch / 2, middle),), style, form="disc", radius=2.8)
            else:
                half = 3.2
                corners = (
                    (x, middle - half),
                    (x + swatch, middle - half),
                    (x + swatch, middle + half),
                    (x, middle + half),
                )
                self.add("key", corners, style, form="polygon")
            self.text(words, x + swatch + 3.0, middle + 0.27 * size, size=size, role="note")
            x += width + 10.0
        self.top += _LINE * size + 3.0

    def name_points(
        self, targets: Sequence[Target], frame: Frame, lines: Iterable[Box] = ()
    ) -> int:
        """Label points directly where there is room; return how many stay without a name."""
        points = [s.box for s in self.shapes if s.kind in ("trial", "pool") and s.form == "disc"]
        targets = [Target(t.x, t.y, t.radius, printable(t.text)) for t in targets]
        area = (frame.left + 2, frame.top, frame.right - 1, frame.bottom - 1)
        labels, left_out = place_labels(targets, [*points, *lines], area)
        self.texts += labels
        return left_out

    def finish(
        self,
        alt: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        notes: Sequence[str] = (),
    ) -> PlotFigure:
        """Write the notes and paint everything."""
        from trialpool.figures.plots.drawing.styles import make_figure

        kept = [tuple(row) for row in rows]
        unprinted = lacking(
            cell for row in (*kept, (self.title, *notes)) for cell in row if isinstance(cell, str)
        )
        for text in (*notes, note(unprinted)):
            self.paragraph(text)
        bottom = max([self.top, *(t.box[3] for t in self.texts), *(s.box[3] for s in self.shapes)])
        geometry = PlotGeometry(
            self.width, bottom + MARGIN, tuple(self.frames), tuple(self.shapes), tuple(self.texts)
        )
        family = f"{self.caption.id} sans"
        return PlotFigure(
            geometry=geometry,
            table=self.caption,
            alt=printable(alt),
            columns=tuple(columns),
            rows=tuple(kept),
            font_family=family,
            kind=self.kind,
            paint=partial(make_figure, geometry, self.caption.id, family),
        )


def unnamed(left_out: int) -> str:
    """Say how many points have no label."""
    if not left_out:
        return ""
    points = "1 point is" if left_out == 1 else f"{left_out} points are"
    return f"{points} not named for lack of room; the CSV beside the figure names every one."
