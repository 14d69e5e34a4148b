"""Lines of an SVG figure, with the transforms and colours of the groups around them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from trialpool.findings import shorten
from trialpool.survival.digitised.curves import colour_code
from trialpool.survival.digitised.paths import FigurePath, numbered

# What is defined here and drawn elsewhere, or not at all.
_NOT_DRAWN: Final = ("defs", "clipPath", "symbol", "mask", "pattern", "marker")
_DEEPEST: Final = 200
_PATH: Final = re.compile(r"[MmZzLlHhVvCcSsQqTtAa\s,]|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class _Around:
    """What a group gives to the lines in it."""

    transform: Any
    name: str = ""
    stroke: str | None = None
    fill: str | None = None
    depth: int = 0


def svg_paths(text: str) -> list[FigurePath]:
    """Find the lines of an SVG figure.

    Raises
    ------
    ValueError
        If the text is not SVG, or a transform in it is not understood.
    """
    from defusedxml import DefusedXmlException, ElementTree
    from fontTools.misc.transform import Identity

    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ValueError(f"not SVG: {shorten(str(error))}") from None
    classes: dict[str, str] = {}
    for element in root.iter():
        if _tag(element) == "style":
            for names, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", element.text or ""):
                for name in re.findall(r"\.([\w-]+)", names):
                    classes[name] = classes.get(name, "") + rules + ";"
    found: list[FigurePath] = []
    _collect(root, _Around(Identity), classes, found)
    return numbered(found)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _collect(
    element: Any, around: _Around, classes: dict[str, str], found: list[FigurePath]
) -> None:
    tag = _tag(element)
    if tag in _NOT_DRAWN:
        return
    if around.depth > _DEEPEST:
        raise ValueError(f"groups lie more than {_DEEPEST} deep")
    own = _paints(element, classes)
    here = replace(
        around,
        transform=around.transform.transform(_transform(element.get("transform", ""))),
        name=element.get("id") or around.name,
        stroke=own.get("stroke", around.stroke),
        fill=own.get("fill", around.fill),
        depth=around.depth + 1,
    )
    corners, fault = _corners(tag, element)
    if len(corners) > 1 or fault:
        places = np.array(here.transform.transformPoints(corners), dtype=np.float64).reshape(-1, 2)
        if not np.isfinite(places).all():
            places, fault = places[:0], "a corner of its path is no finite place"
        colour = colour_code(here.stroke or "") or colour_code(here.fill or "")
        found.append(FigurePath(here.name, places[:, 0], places[:, 1], colour, fault))
    for child in element:
        _collect(child, here, classes, found)


def _paints(element: Any, classes: dict[str, str]) -> dict[str, str]:
    """Stroke and fill of an element: its style before its class before its attribute."""
    paints = {name: element.get(name) for name in ("stroke", "fill") if element.get(name)}
    rules = "".join(classes.get(name, "") for name in element.get("class", "").split())
    for rule in f"{rules};{element.get('style', '')}".split(";"):
        name, _, value = rule.partition(":")
        if name.strip() in ("stroke", "fill") and value.strip():
            paints[name.strip()] = value.strip()
    return paints


def _corners(tag: str, element: Any) -> tuple[list[tuple[float, float]], str]:
    """Corners of a line, and what is wrong with it."""
    from fontTools.pens.recordingPen import RecordingPen
    from fontTools.svgLib.path import parse_path

    if tag == "line":
        d = "M" + " ".join(element.get(name, "0") for name in ("x1", "y1", "x2", "y2"))
    elif tag in ("polyline", "polygon"):
        d = "M" + element.get("points", "")
    elif tag == "path":
        d = element.get("d", "")
    else:
        return [], ""
    # The parser takes numbers out of whatever stands between them.
    if strange := re.sub(_PATH, "", d):
        return [], f"{shorten(strange)!r} in its path"
    pen = RecordingPen()
    try:
        parse_path(d, pen)
    except (ValueError, IndexError, AssertionError, TypeError) as error:
        return [], f"its path is not understood: {shorten(str(error))}"
    return [points[-1] for operator, points in pen.value if points], ""


def _transform(text: str) -> Any:
    """Read what SVG's attribute `transform` does to a point."""
    from fontTools.misc.transform import Transform

    read = Transform()
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", text):
        try:
            v = [float(part) for part in inside.replace(",", " ").split()]
        except ValueError as error:
            raise ValueError(f"transform {name!r}: {shorten(str(error))}") from None
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
