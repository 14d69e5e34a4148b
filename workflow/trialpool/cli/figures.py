"""`trialpool forest`: the table and options of `trialpool pool`, drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import typer

from trialpool.cli import pool_counts
from trialpool.cli.pool import Request, build, check_options
from trialpool.effects.inputs import (
    MeasureRefusedError,
    UnknownColumnError,
    read_effects,
    read_table,
)
from trialpool.figures.choice import Choice


@dataclass(frozen=True)
class Drawing:
    """How the plot was asked for on the command line."""

    output: Path
    preset: str
    choice: Choice
    favours: tuple[str, str] | None
    width: str | None
    title: str
    rows_per_page: int | None
    as_json: bool


def forest(file: Path, request: Request, drawing: Drawing) -> int:
    """Pool a file and draw it; return the exit status.

    Raises
    ------
    typer.BadParameter
        For an option that is not known, or does not go with the file's columns.
    InputError
        With every fault of the file.
    """
    from trialpool.figures.forest import draw_forest
    from trialpool.figures.pooled import record_of_pool
    from trialpool.figures.save import FORMATS

    if drawing.output.suffix.lower() not in FORMATS:
        message = f"{drawing.output.name}: the extension must be one of {', '.join(FORMATS)}"
        raise typer.BadParameter(message, param_hint="'--output'")
    check_options(request)
    table = read_table(file)
    try:
        effects = read_effects(table, request.measure, request.label)
        effects = pool_counts.with_rule(table, effects, request)
        pooled = build(table, effects, request)
        record = record_of_pool(
            pooled, effects, cells=table.rows, title=drawing.title, favours=drawing.favours
        )
        drawn = draw_forest(
            record,
            width_mm=_width(drawing.width),
            title=True,
            preset=drawing.preset,
            choice=drawing.choice,
            rows_per_page=drawing.rows_per_page,
        )
    except MeasureRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="'--measure'") from None
    except (UnknownColumnError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    for warning in effects.warnings:
        typer.echo(str(table.finding(warning, "warning")), err=True)
    for left_out in effects.excluded:
        typer.echo(f"Not drawn: {left_out.label}: {left_out.reason}", err=True)
    written = drawn.save(drawing.output)
    if drawing.as_json:
        typer.echo(json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        for path in written:
            typer.echo(str(path))
    return 0


def _width(text: str | None) -> float | str | None:
    """Read a width: a number of millimetres, or the name of one."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text
