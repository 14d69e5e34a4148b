"""Lines of a figure: the curve itself, where clicking gives a noisy sample of it.

Two known places on each axis turn the figure's units into time and survival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from trialpool.survival.arrays import Floats
from trialpool.survival.digitised.curves import choose, told_apart

# A line that is a curve has more corners than a frame or a tick.
_CORNERS: Final = 6
_LEVEL: Final = 1e-6


@dataclass(frozen=True)
class Axis:
    """A linear axis through two places of a figure with known values.

    Attributes
    ----------
    place, value : tuple of float
        Two positions in the figure's units, and what the axis says there.
    """

    place: tuple[float, float]
    value: tuple[float, float]

    def __post_init__(self) -> None:
        if self.place[0] == self.place[1] or self.value[0] == self.value[1]:
            raise ValueError(
                f"axis {self.place} → {self.value}; allowed: two different places and values"
            )

    def __call__(self, position: Floats) -> Floats:
        """Turn positions into values."""
        share = (position - self.place[0]) / (self.place[1] - self.place[0])
        return self.value[0] + share * (self.value[1] - self.value[0])


@dataclass(frozen=True)
class FigurePath:
    """A line of a figure.

    Attributes
    ----------
    name : str
        Its id in the file, numbered where several share one, or "path N" by its position.
    x, y : ndarray of shape (m,)
        Corners in the figure's units, in drawing order.
    colour : str or None
        "#rrggbb" of its stroke, else of its filling.
    fault : str
        Why its corners are not known, where they are not.
    """

    name: str
    x: Floats
    y: Floats
    colour: str | None = None
    fault: str = ""

    @property
    def is_step(self) -> bool:
        """Whether every piece is level or upright, as a Kaplan-Meier curve is."""
        dx, dy = np.abs(np.diff(self.x)), np.abs(np.diff(self.y))
        return bool(self.x.size > 2 and (np.minimum(dx, dy) <= _LEVEL * self._size).all())

    @property
    def looks_like_curve(self) -> bool:
        """Whether it has the steps and the corners of a survival curve."""
        return self.is_step and self.x.size > _CORNERS

    @property
    def steps(self) -> int:
        """Number of its upright pieces; 0 of a line that slants."""
        return int((np.abs(np.diff(self.y)) > _LEVEL * self._size).sum()) if self.is_step else 0

    @property
    def _size(self) -> float:
        return max(float(np.ptp(self.x)), float(np.ptp(self.y)), 1e-12) if self.x.size else 1.0


def points_of_path(path: FigurePath, time: Axis, survival: Axis) -> tuple[Floats, Floats]:
    """Turn the corners of a path into times and survival."""
    return time(path.x), survival(path.y)


def numbered(paths: Sequence[FigurePath]) -> list[FigurePath]:
    """Give every line a name of its own; one without a name is called by its position."""
    names = told_apart([path.name or f"path {i}" for i, path in enumerate(paths, 1)])
    return [replace(path, name=name) for path, name in zip(paths, names, strict=True)]


def choose_path(paths: Sequence[FigurePath], wanted: str | None) -> FigurePath:
    """Return the line of a name, number or colour, or the only one that looks like a curve.

    Raises
    ------
    ValueError
        If there is no such line or several; the message lists them.
    """
    if wanted:
        path = choose(paths, wanted)
        if path.fault:
            raise ValueError(f"line {path.name!r}: {path.fault}")
        return path
    curves = [path for path in paths if path.looks_like_curve]
    if len(curves) == 1:
        return curves[0]
    steps = [path for path in paths if path.is_step]
    shown = ", ".join(f"{p.name} ({p.colour or 'no colour'}, {p.steps} steps)" for p in steps[:20])
    more = f" and {len(steps) - 20} more (--list shows all)" if len(steps) > 20 else ""
    raise ValueError(
        f"{len(curves)} lines look like a curve; lines with steps: {shown or 'none'}{more}"
    )


def pdf_paths(content: bytes, page: int = 1) -> list[FigurePath]:
    """Find the lines of a page of a PDF figure.

    Raises
    ------
    ValueError
        If the content is no PDF or the page does not exist.
    """
    import ctypes

    import pypdfium2 as pdfium
    from pypdfium2 import raw

    try:
        document = pdfium.PdfDocument(content)
        shown = document[page - 1] if 1 <= page <= len(document) else None
    except pdfium.PdfiumError as error:
        raise ValueError(f"not a PDF, or a damaged one: {error}") from None
    if shown is None:
        raise ValueError(f"page={page}; allowed: 1 to {len(document)}")
    found: list[FigurePath] = []
    for item in shown.get_objects():
        if item.type != raw.FPDF_PAGEOBJ_PATH:
            continue
        matrix = item.get_matrix()
        corners = []
        for index in range(raw.FPDFPath_CountSegments(item.raw)):
            x, y = ctypes.c_float(), ctypes.c_float()
            segment = raw.FPDFPath_GetPathSegment(item.raw, index)
            raw.FPDFPathSegment_GetPoint(segment, x, y)
            corners.append(matrix.on_point(x.value, y.value))
        if len(corners) > 1:
            places = np.array(corners, dtype=np.float64)
            fault = "" if np.isfinite(places).all() else "a corner of it is no finite place"
            places = places[:0] if fault else places
            found.append(FigurePath("", places[:, 0], places[:, 1], _pdf_colour(item.raw), fault))
    return numbered(found)


def _pdf_colour(item: Any) -> str | None:
    """Colour in which a line is drawn, or its area filled."""
    import ctypes

    from pypdfium2 import raw

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(item, fill, stroke)
    parts = [ctypes.c_uint() for _ in range(4)]
    read = raw.FPDFPageObj_GetStrokeColor if stroke.value else raw.FPDFPageObj_GetFillColor
    if not read(item, *parts):
        return None
    return "#" + "".join(f"{part.value:02x}" for part in parts[:3])
