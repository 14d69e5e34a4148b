"""Points of a curve from a digitiser's export, or from the vector path of a figure.

A figure in SVG or PDF holds the curve itself: its path gives every corner, where
clicking gives a noisy sample. Two known places on each axis turn the figure's
units into time and survival.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trialpool.survival.arrays import Floats


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
        Its id in the file, or "path N" by its position.
    x, y : ndarray of shape (m,)
        Corners in the figure's units, in drawing order.
    """

    name: str
    x: Floats
    y: Floats

    @property
    def is_step(self) -> bool:
        """Whether every piece is level or upright, as a Kaplan-Meier curve is."""
        size = max(float(np.ptp(self.x)), float(np.ptp(self.y)), 1e-12)
        dx, dy = np.abs(np.diff(self.x)), np.abs(np.diff(self.y))
        return bool(self.x.size > 2 and (np.minimum(dx, dy) <= 1e-6 * size).all())


def points_of_path(path: FigurePath, time: Axis, survival: Axis) -> tuple[Floats, Floats]:
    """Turn the corners of a path into times and survival."""
    return time(path.x), survival(path.y)


def read_digitiser(text: str, suffix: str) -> dict[str, tuple[Floats, Floats]]:
    """Read curves exported by WebPlotDigitizer.

    Parameters
    ----------
    text : str
        Contents of the file.
    suffix : str
        ".json" for a project, ".csv" for a table: either x and y of one curve, or
        a pair of columns per curve under a line with the curves' names.

    Returns
    -------
    dict
        Time and survival by the name of the curve, in the order of the file.

    Raises
    ------
    ValueError
        Saying what in the file is not understood.
    """
    found = _from_project(text) if suffix.lower() == ".json" else _from_table(text)
    if not found:
        raise ValueError("the file holds no curve with points")
    return found


def _from_project(text: str) -> dict[str, tuple[Floats, Floats]]:
    try:
        project = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    sets = project.get("datasetColl") if isinstance(project, dict) else None
    if sets is None and isinstance(project, dict):
        sets = (project.get("wpd") or {}).get("dataSeries")
    if not isinstance(sets, list):
        raise ValueError("not a WebPlotDigitizer project: it has no 'datasetColl'")
    found = {}
    for number, entry in enumerate(sets, 1):
        values = [point.get("value") for point in entry.get("data", [])]
        if any(not isinstance(value, list) or len(value) < 2 for value in values):
            raise ValueError(f"curve {number} has a point without two values: calibrate its axes")
        if values:
            pairs = np.array([value[:2] for value in values], dtype=np.float64)
            found[str(entry.get("name") or f"curve {number}")] = (pairs[:, 0], pairs[:, 1])
    return found


def _from_table(text: str) -> dict[str, tuple[Floats, Floats]]:
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    names: list[str] = []
    body = rows
    while body and not _is_number(next((cell for cell in body[0] if cell.strip()), "")):
        heads = [cell.strip() for cell in body[0]]
        if not all(head.casefold() in ("x", "y", "time", "survival", "") for head in heads):
            names = heads[::2]
        body = body[1:]
    width = max((len(row) for row in body), default=0)
    if not body or width < 2:
        raise ValueError("no rows with two numbers")
    found = {}
    for pair in range(width // 2):
        columns = [row[2 * pair : 2 * pair + 2] for row in body]
        kept = [cells for cells in columns if len(cells) == 2 and any(c.strip() for c in cells)]
        for number, cells in enumerate(kept, 1):
            wrong = next((cell for cell in cells if not _is_number(cell)), None)
            if wrong is not None:
                raise ValueError(f"point {number} of curve {pair + 1}: {wrong!r} is not a number")
        name = names[pair] if pair < len(names) and names[pair] else f"curve {pair + 1}"
        values = np.array([[float(c) for c in cells] for cells in kept], dtype=np.float64)
        if kept:
            found[name] = (values[:, 0], values[:, 1])
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def svg_paths(text: str) -> list[FigurePath]:
    """Find the lines of an SVG figure, with the transforms of their groups applied.

    Raises
    ------
    ValueError
        If the text is not SVG.
    """
    from defusedxml import ElementTree
    from fontTools.misc.transform import Identity

    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise ValueError(f"not SVG: {error}") from None
    found: list[FigurePath] = []
    _collect(root, Identity, "", found)
    return found


def _collect(element: Any, around: Any, group: str, found: list[FigurePath]) -> None:
    here = around.transform(_transform(element.get("transform", "")))
    tag = str(element.tag).rpartition("}")[2]
    name = element.get("id") or group
    if tag in ("defs", "clipPath", "symbol", "mask"):
        return
    corners = here.transformPoints(_corners(tag, element))
    if len(corners) > 1:
        places = np.array(corners, dtype=np.float64)
        found.append(FigurePath(name or f"path {len(found) + 1}", places[:, 0], places[:, 1]))
    for child in element:
        _collect(child, here, name, found)


def _corners(tag: str, element: Any) -> list[tuple[float, float]]:
    from fontTools.pens.recordingPen import RecordingPen
    from fontTools.svgLib.path import parse_path

    if tag in ("polyline", "polygon"):
        d = "M" + element.get("points", "")
    elif tag == "path":
        d = element.get("d", "")
    else:
        return []
    pen = RecordingPen()
    try:
        parse_path(d, pen)
    except (ValueError, IndexError, AssertionError):
        return []
    return [points[-1] for operator, points in pen.value if points]


def _transform(text: str) -> Any:
    """Read what SVG's attribute `transform` does to a point."""
    import re

    from fontTools.misc.transform import Transform

    read = Transform()
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", text):
        v = [float(part) for part in inside.replace(",", " ").split()]
        match name, len(v):
            case "matrix", 6:
                read = read.transform(v)
            case "translate", 1 | 2:
                read = read.translate(*v)
            case "scale", 1 | 2:
                read = read.scale(*v)
            case "rotate", 1 | 3:
                x, y = v[1:] or (0.0, 0.0)
                read = read.translate(x, y).rotate(math.radians(v[0])).translate(-x, -y)
            case "skewX", 1:
                read = read.skew(math.radians(v[0]))
            case "skewY", 1:
                read = read.skew(0.0, math.radians(v[0]))
            case _:
                raise ValueError(
                    f"transform {name!r} with {len(v)} numbers is not understood; allowed: "
                    "matrix, translate, scale, rotate, skewX, skewY"
                )
    return read


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
    except pdfium.PdfiumError as error:
        raise ValueError(f"not a PDF: {error}") from None
    if not 1 <= page <= len(document):
        raise ValueError(f"page={page}; allowed: 1 to {len(document)}")
    found: list[FigurePath] = []
    for number, item in enumerate(document[page - 1].get_objects(), 1):
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
            found.append(FigurePath(f"path {number}", places[:, 0], places[:, 1]))
    return found


def choose_path(paths: Sequence[FigurePath], name: str | None) -> FigurePath:
    """Return the named line, or the only one that has the steps of a survival curve.

    Raises
    ------
    ValueError
        If there is no such line or several; the message lists them.
    """
    named = [path for path in paths if path.name == name] if name else []
    steps = named or ([] if name else [path for path in paths if path.is_step and path.x.size > 6])
    if len(steps) == 1:
        return steps[0]
    listed = ", ".join(f"{p.name} ({p.x.size} points)" for p in paths if p.is_step) or "none"
    what = f"no single line is named {name!r}" if name else f"{len(steps)} lines have steps"
    raise ValueError(f"{what}; lines with steps: {listed}")
