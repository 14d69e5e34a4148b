"""`trialpool digitise`: the points of a curve, from a digitiser's export or a vector figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from trialpool.cli.curves.inputs import give, pairs, read, refuse, table, text_of
from trialpool.findings import refuse_overwriting
from trialpool.survival.digitised.curves import ReadCurve, ReadFile
from trialpool.survival.digitised.paths import Axis, FigurePath

FIGURES = (".svg", ".pdf")
EXPORTS = (".csv", ".tsv", ".txt", ".json", ".tar", ".dig")


def digitise(
    file: Path,
    curve: str | None,
    x: list[str],
    y: list[str],
    page: int,
    output: Path | None,
    *,
    listed: bool = False,
    as_json: bool = False,
) -> int:
    """Write the points of a curve as CSV of time and survival, or list what the file holds."""
    if output is not None:
        refuse_overwriting(file, output)
    suffix = file.suffix.lower()
    try:
        if suffix in FIGURES:
            paths = _paths(file, suffix, page)
            axes = _axes(x, y, needed=not listed)
            if listed:
                give(_list_of_lines(paths, axes, as_json=as_json), output)
                return 0
            found = _of_figure(paths, axes, curve)
            notes: tuple[str, ...] = found.notes
        elif suffix in EXPORTS:
            read_file = _export(file, suffix)
            if listed:
                give(_list_of_curves(read_file, as_json=as_json), output)
                return 0
            found = _of_export(read_file, curve)
            notes = (*read_file.notes, *found.notes)
        else:
            allowed = ", ".join((*FIGURES, *EXPORTS))
            raise typer.BadParameter(f"{file.name}; allowed: {allowed}")
    except ValueError as error:
        raise refuse(file, "curve-read", str(error), "Name another line or file.") from None
    for note in notes:
        typer.echo(f"Note: {note}", err=True)
    points = zip(found.time.tolist(), found.survival.tolist(), strict=True)
    give(table(["time", "survival"], points), output)
    return 0


def _paths(file: Path, suffix: str, page: int) -> list[FigurePath]:
    from trialpool.survival.digitised.paths import pdf_paths
    from trialpool.survival.digitised.svg import svg_paths

    return svg_paths(text_of(file)) if suffix == ".svg" else pdf_paths(read(file), page)


def _axes(x: list[str], y: list[str], *, needed: bool) -> tuple[Axis, Axis] | None:
    """Read two places on each axis; a list of lines can do without."""
    if not needed and not x and not y:
        return None
    axes = []
    for option, texts in (("'--x'", x), ("'--y'", y)):
        marks = pairs(texts, option)
        if len(marks) != 2:
            message = f"{len(marks)} given; two are needed, such as 61.2=0"
            raise typer.BadParameter(message, param_hint=option)
        axes.append(Axis((marks[0][0], marks[1][0]), (marks[0][1], marks[1][1])))
    return axes[0], axes[1]


def _of_figure(
    paths: Sequence[FigurePath], axes: tuple[Axis, Axis] | None, wanted: str | None
) -> ReadCurve:
    from trialpool.survival.digitised.curves import as_curves
    from trialpool.survival.digitised.paths import choose_path, points_of_path

    if axes is None:
        raise ValueError("two places on each axis are needed")
    path = choose_path(paths, wanted)
    (found,) = as_curves([(path.name, *points_of_path(path, *axes))])
    lost = [f"line {p.name!r} cannot be read: {p.fault}" for p in paths if p.fault]
    return ReadCurve(found.name, found.time, found.survival, (*lost[:5], *found.notes))


def _export(file: Path, suffix: str) -> ReadFile:
    from trialpool.survival.digitised import projects, tables

    if suffix == ".tar":
        return projects.curves_of_archive(read(file))
    if suffix == ".json":
        return projects.curves_of_project(text_of(file))
    if suffix == ".dig":
        return projects.curves_of_dig(text_of(file))
    return tables.curves_of_table(text_of(file))


def _of_export(found: ReadFile, wanted: str | None) -> ReadCurve:
    from trialpool.survival.digitised.curves import choose

    if wanted is not None and wanted in found.left_out:
        raise ValueError(f"{wanted!r}: {found.left_out[wanted]}")
    if wanted is None and len(found.curves) == 1:
        return found.curves[0]
    try:
        if wanted is not None:
            return choose(found.curves, wanted)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--curve'") from None
    names = ", ".join(repr(curve.name) for curve in found.curves)
    raise typer.BadParameter(f"the file holds {names}", param_hint="'--curve'")


def _list_of_curves(found: ReadFile, *, as_json: bool) -> str:
    rows = [
        _row(i, curve, curve.time, curve.survival, curve.notes)
        for i, curve in enumerate(found.curves, 1)
    ]
    return _listing(rows, found.notes, ("time", "survival"), as_json=as_json)


def _list_of_lines(
    paths: Sequence[FigurePath], axes: tuple[Axis, Axis] | None, *, as_json: bool
) -> str:
    rows = []
    for i, path in enumerate(paths, 1):
        x, y = (axes[0](path.x), axes[1](path.y)) if axes else (path.x, path.y)
        rows.append(_row(i, path, x, y, (path.fault,) if path.fault else ()))
    units = ("time", "survival") if axes else ("x", "y")
    return _listing(rows, (), units, as_json=as_json)


def _row(number: int, item: Any, x: Any, y: Any, notes: tuple[str, ...]) -> dict[str, Any]:
    """One line of the list: extents are those of its corners."""
    extent = [[float(v.min()), float(v.max())] if v.size else None for v in (x, y)]
    return {
        "number": number,
        "name": item.name,
        "colour": item.colour,
        "points": int(x.size),
        "steps": item.steps,
        "extent": extent,
        "looks_like_curve": item.looks_like_curve,
        "notes": list(notes),
    }


def _listing(
    rows: list[dict[str, Any]], notes: Sequence[str], units: tuple[str, str], *, as_json: bool
) -> str:
    if as_json:
        units_of = dict(zip(("across", "upwards"), units, strict=True))
        record = {"units": units_of, "curves": rows, "notes": list(notes)}
        return json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    heads = ("No.", "Name", "Colour", "Points", "Steps", *(u.capitalize() for u in units), "Curve")
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, head in enumerate(heads):
        drawn.add_column(Text(head), justify="left" if i in (1, 2, 7) else "right")
    for row in rows:
        spans = ["–" if e is None else f"{e[0]:.6g} to {e[1]:.6g}" for e in row["extent"]]
        cells = [row["number"], row["name"], row["colour"] or "–", row["points"], row["steps"]]
        told = "; ".join(row["notes"]) or ("yes" if row["looks_like_curve"] else "")
        drawn.add_row(*(Text(str(cell)) for cell in (*cells, *spans, told)))
    console = Console(highlight=False, width=120, legacy_windows=False)
    with console.capture() as capture:
        console.print(drawn)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    return "\n".join([*lines, *(f"Note: {note}" for note in notes), ""])
