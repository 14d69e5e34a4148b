"""Curves from the projects of WebPlotDigitizer (.json, .tar) and Engauge (.dig)."""

from __future__ import annotations

import io
import json
import math
import tarfile
from typing import Any, Final

import numpy as np

from trialpool.findings import shorten
from trialpool.survival.digitised.curves import ReadFile, as_curves

# A project with its figure; more is no project.
_LARGEST: Final = 200_000_000
_PLANE: Final = "XYAxes"


def curves_of_archive(content: bytes) -> ReadFile:
    """Read the curves of a WebPlotDigitizer project saved with its figure (.tar).

    Raises
    ------
    ValueError
        If it is no such archive, or its project is not understood.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            files = {
                member.name.rpartition("/")[2]: member
                for member in archive.getmembers()
                if member.isfile() and member.name.endswith(".json")
            }
            names = [name for name in files if name != "info.json"]
            if "wpd.json" in files:
                names = ["wpd.json"]
            if len(names) != 1:
                raise ValueError(f"not a WebPlotDigitizer project: it holds {len(names)} projects")
            member = files[names[0]]
            if member.size > _LARGEST:
                raise ValueError(f"its project has {member.size} bytes; allowed: {_LARGEST}")
            stream = archive.extractfile(member)
            text = b"" if stream is None else stream.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ValueError(f"not a tar archive: {error}") from None
    try:
        return curves_of_project(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("its project is not UTF-8 text") from None


def curves_of_project(text: str) -> ReadFile:
    """Read the curves of a WebPlotDigitizer project, versions 3 to 5.

    Returns
    -------
    ReadFile
        Sets of points that are no curve, such as those of a bar chart, are left out by name.

    Raises
    ------
    ValueError
        If it is no project, or no set of it is a curve.
    """
    try:
        project = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {shorten(str(error))}") from None
    wpd = project.get("wpd") if isinstance(project, dict) else None
    axes: dict[str, str] = {}
    if isinstance(wpd, dict):
        sets = wpd.get("dataSeries")
        every: Any = wpd.get("axesType")
    else:
        sets = project.get("datasetColl") if isinstance(project, dict) else None
        every = None
        axes = _axes(project.get("axesColl") if isinstance(project, dict) else None)
    if not isinstance(sets, list):
        raise ValueError("not a WebPlotDigitizer project: it has no 'datasetColl'")
    read, left_out = [], {}
    for number, entry in enumerate(sets, 1):
        name = _name(entry, f"curve {number}")
        kind = axes.get(str(entry.get("axesName"))) if isinstance(entry, dict) else None
        points, reason = _points(entry, kind or (every if isinstance(every, str) else _PLANE))
        if reason:
            while name in left_out:
                name += " (again)"
            left_out[name] = reason
        elif points:
            read.append((name, [p[0] for p in points], [p[1] for p in points]))
    told = [f"{shorten(name)!r} left out: {reason}" for name, reason in left_out.items()]
    if not read:
        raise ValueError("; ".join(told[:5]) or "the file holds no curve with points")
    return ReadFile(as_curves(read), tuple(told), left_out)


def _axes(found: Any) -> dict[str, str]:
    """Kind of each of a project's axes, by name."""
    listed = found if isinstance(found, list) else []
    return {
        str(entry.get("name")): str(entry.get("type"))
        for entry in listed
        if isinstance(entry, dict) and entry.get("type")
    }


def _name(entry: Any, otherwise: str) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return name.strip() or otherwise if isinstance(name, str) else otherwise


def _points(entry: Any, kind: str) -> tuple[list[tuple[float, float]], str]:
    """Points of a set, and why it is no curve."""
    data = entry.get("data") if isinstance(entry, dict) else None
    if not isinstance(data, list):
        return [], "it has no list of points"
    if data and kind != _PLANE:
        return [], f"its axes are {shorten(kind)}, not those of a plane"
    found = []
    for number, point in enumerate(data, 1):
        value = point.get("value") if isinstance(point, dict) else None
        if not isinstance(value, list):
            return [], f"point {number} has no values: calibrate its axes"
        if len(value) != 2:
            return [], f"point {number} has {len(value)} value(s), not a time and a survival"
        if not all(_is_number(part) for part in value):
            return [], f"point {number} holds {shorten(repr(value))}, not two numbers"
        found.append((float(value[0]), float(value[1])))
    return found, ""


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def curves_of_dig(text: str) -> ReadFile:
    """Read the curves of an Engauge project (.dig, from version 6.3 on, which is XML).

    Engauge keeps places in the figure; its axis points, three or more with both values, turn
    them into times and survival.

    Raises
    ------
    ValueError
        If it is no such project, or its axes are not linear or not known.
    """
    from defusedxml import DefusedXmlException, ElementTree

    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ValueError(
            f"not an Engauge project of version 6.3 or later: {shorten(str(error))}"
        ) from None
    systems = root.findall(".//CoordSystem") or [root]
    read, left_out = [], {}
    for system in systems:
        curves = [
            (curve.get("CurveName") or f"curve {i}", curve.findall(".//Point"))
            for i, curve in enumerate(system.findall(".//CurvesGraphs/Curve"), 1)
        ]
        if not any(points for _, points in curves):
            continue
        to_graph = _calibration(system)
        for name, points in curves:
            if not points:
                continue
            places = [_pair(point.find("PositionScreen")) for point in points]
            known = [place for place in places if place is not None]
            if len(known) < len(places):
                left_out[name] = f"point {places.index(None) + 1} has no place"
                continue
            values = np.column_stack([np.ones(len(known)), np.array(known)]) @ to_graph
            read.append((name, values[:, 0], values[:, 1]))
    told = [f"{shorten(name)!r} left out: {reason}" for name, reason in left_out.items()]
    if not read:
        raise ValueError("; ".join(told[:5]) or "the file holds no curve with points")
    return ReadFile(as_curves(read), tuple(told), left_out)


def _calibration(system: Any) -> Any:
    """Matrix of shape (3, 2) from 1, x and y of the figure to time and survival."""
    coords = system.find(".//Coords")
    for name in ("TypeString", "ScaleXThetaString", "ScaleYRadiusString"):
        kind = coords.get(name) if coords is not None else None
        if kind not in (None, "Cartesian", "Linear"):
            raise ValueError(f"its axes are {shorten(kind)}; allowed: Cartesian and linear")
    axes = next((c for c in system.iter("Curve") if c.get("CurveName") == "Axes"), None)
    points = axes.findall(".//Point") if axes is not None else []
    if any(point.get("IsXOnly") == "True" for point in points):
        raise ValueError(
            "its axis points have one value each; allowed: both values at each of three points"
        )
    pairs = [(_pair(p.find("PositionScreen")), _pair(p.find("PositionGraph"))) for p in points]
    known = [(screen, graph) for screen, graph in pairs if screen and graph]
    design = np.array([(1.0, *screen) for screen, _ in known]).reshape(-1, 3)
    if len(known) < len(pairs) or np.linalg.matrix_rank(design) < 3:
        raise ValueError(f"{len(known)} axis points with both values do not span its axes")
    graph = np.array([values for _, values in known])
    matrix, *_ = np.linalg.lstsq(design, graph, rcond=None)
    off = np.abs(design @ matrix - graph).max(axis=0)
    if (off > 0.02 * np.ptp(graph, axis=0)).any():
        raise ValueError("its axis points do not lie on straight axes")
    return matrix


def _pair(place: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(place.get(name)) for name in ("X", "Y"))
    except (AttributeError, TypeError, ValueError):
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None
