"""The command `trialpool plot` as the command line knows it; `cli.figure.plots` does the work."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from trialpool.cli.figure.plot_kinds import KINDS
from trialpool.cli.intake.reading_options import Columns, DropMissing, Reading, Sheet
from trialpool.cli.options import Digits, Dpi, Limits


def plot(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help=" ".join(f"{name}: {words}" for name, words in KINDS.items()),
        ),
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV table as for `trialpool pool`; for plots of networks as for "
            "`trialpool network`; for overview and risk-of-bias a results folder, too.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Figure to write: .svg, .pdf, .eps, .png or .tiff; a .csv goes beside it.",
        ),
    ],
    measure: Annotated[str | None, typer.Option(metavar="NAME", help="Effect measure.")] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the trials' names.")
    ] = None,
    tau2: Annotated[
        str | None, typer.Option(metavar="NAME", help="Estimator of tau², as in `pool`.")
    ] = None,
    ci: Annotated[
        str | None, typer.Option(metavar="NAME", help="Interval of the mean, as in `pool`.")
    ] = None,
    level: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    order: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|NAMES",
            help="For cumulative a column of numbers or dates; for network-funnel treatments, "
            "the one first in favour of which no bias is expected: A,B,C.",
        ),
    ] = None,
    moderator: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Numbers, for bubble.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Groups, for orchard; for specification the group."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="TREATMENT", help="For plots of networks, as in `network`."),
    ] = None,
    small_values: Annotated[
        str | None,
        typer.Option(metavar="good|bad", help="For league and rank, as in `network`."),
    ] = None,
    tool: Annotated[
        str | None, typer.Option(metavar="NAME", help="For risk-of-bias, where the file has none.")
    ] = None,
    weighted: Annotated[
        bool, typer.Option("--weighted", help="For risk-of-bias: shares of weight.")
    ] = False,
    digits: Digits = None,
    limits: Limits = None,
    columns: Columns = None,
    sheet: Sheet = None,
    drop_missing: DropMissing = False,
    title: Annotated[str | None, typer.Option(help="Title of the figure.")] = None,
    width: Annotated[float | None, typer.Option("--width", help="Width in mm.")] = None,
    dpi: Dpi = 300,
) -> None:
    """Draw a plot of a table of effects, or the overview of a results folder."""
    from trialpool.cli.figure import plots

    given = {
        field.name: context.params[field.name]
        for field in fields(plots.Options)
        if getattr(context.get_parameter_source(field.name), "name", "") == "COMMANDLINE"
    }
    request = plots.Request(kind, plots.Options(**given), title, width, dpi,
                            Reading(columns, sheet, drop_missing))  # fmt: skip
    raise typer.Exit(plots.run(file, request, output))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plot)
