"""The command that merges a bibliographic file into sources.csv."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from trialpool.evidence.tables import read_tables
from trialpool.files import write_rows
from trialpool.findings import InputError, fatal, shorten
from trialpool.intake.files import check_target
from trialpool.intake.merging import Cell, Merged, merge_references
from trialpool.settings import load_settings


def merge(
    file: Path,
    config: Path,
    raw: Path | None,
    output: Path | None,
    *,
    in_place: bool,
    as_json: bool,
) -> int:
    """Merge a file and say what it filled, what it contradicts and what it could not place.

    Written is a new file, or sources.csv itself; else nothing.
    """
    settings, faults = load_settings(config)
    if stopping := fatal(faults):
        raise InputError(stopping)
    folder = raw if raw is not None else settings.path("raw")
    evidence, faults = read_tables(folder, ["sources"])
    if stopping := fatal(faults):
        raise InputError(stopping)
    table = evidence.tables["sources"]
    merged = merge_references(file, table.columns, table.rows)
    target = folder / "sources.csv" if in_place else output
    if target is not None:
        if not in_place:
            check_target(target.parent, [target.name])
        write_rows(target, merged.columns, merged.rows)
    if as_json:
        typer.echo(json.dumps(_plain(merged, target), ensure_ascii=False, indent=2))
    else:
        _tell(merged, target)
    return 0


def _plain(merged: Merged, target: Path | None) -> dict[str, object]:
    return {
        "written": None if target is None else str(target),
        "matched": merged.matched,
        "filled": [asdict(cell) for cell in merged.filled],
        "conflicts": [asdict(cell) for cell in merged.conflicts],
        "not_merged": [asdict(one) for one in merged.not_merged],
        "not_understood": [entry.as_row() for entry in merged.left_out],
    }


def _tell(merged: Merged, target: Path | None) -> None:
    typer.echo(f"References that belong to a source: {merged.matched}")
    typer.echo(f"Cells filled: {len(merged.filled)}")
    for cell in merged.filled:
        typer.echo(f"  {_line(cell)}: {shorten(cell.given)}")
    typer.echo(f"Cells that say something else, left as they are: {len(merged.conflicts)}")
    for cell in merged.conflicts:
        typer.echo(f"  {_line(cell)}: {shorten(cell.own)!r}, the file {shorten(cell.given)!r}")
    typer.echo(f"References without a source: {len(merged.not_merged)}")
    for one in merged.not_merged:
        named = one.doi or (f"PMID {one.pmid}" if one.pmid else "no identifier")
        typer.echo(f"  {shorten(one.title)} ({named}): {one.reason}")
    typer.echo(f"Not understood, or only in part: {len(merged.left_out)}")
    for entry in merged.left_out:
        typer.echo(f"  {entry}")
    if target is None:
        typer.echo("Nothing was written: name a new file by -o, or change sources.csv by --write.")
    else:
        typer.echo(f"Written: {target}")


def _line(cell: Cell) -> str:
    return f"{cell.source_id}, {cell.column} (by {cell.matched_by})"
