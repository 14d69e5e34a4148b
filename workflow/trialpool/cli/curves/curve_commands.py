"""The curve commands as the command line knows them; `cli.curves.reconstruction` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; by default the screen.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one object.")]


def digitise(
    file: Annotated[
        Path,
        typer.Argument(
            help="Vector figure (.svg, .pdf), WebPlotDigitizer project (.json, .tar), Engauge "
            "project (.dig), or a table of either (.csv, .tsv, .txt)."
        ),
    ],
    curve: Annotated[
        str | None,
        typer.Option(help="Which curve or line, by name, number or colour; see --list."),
    ] = None,
    x: Annotated[
        list[str] | None,
        typer.Option("--x", metavar="PLACE=TIME", help="A place on the time axis; give two."),
    ] = None,
    y: Annotated[
        list[str] | None,
        typer.Option("--y", metavar="PLACE=SURVIVAL", help="A place on the other axis; give two."),
    ] = None,
    page: Annotated[int, typer.Option(help="Page of a PDF.")] = 1,
    listed: Annotated[
        bool,
        typer.Option("--list", help="List the file's curves: name, colour, points, steps, extent."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as one object.")] = False,
    output: Output = None,
) -> None:
    """Take the points of a survival curve from a digitiser's export or a vector figure."""
    from trialpool.cli.curves import digitising

    if as_json and not listed:
        raise typer.BadParameter("it prints the list: give --list too", param_hint="'--json'")
    raise typer.Exit(
        digitising.digitise(
            file, curve, x or [], y or [], page, output, listed=listed, as_json=as_json
        )
    )


def reconstruct(
    file: Annotated[Path, typer.Argument(help="Points of one arm's curve: time,survival.")],
    n: Annotated[
        int | None,
        typer.Option("--patients", help="Patients at the start; by default those at risk at 0."),
    ] = None,
    at_risk: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME:NUMBER|FILE",
            help="A printed number at risk, give all; or a file of them: a row per time, or the "
            "table under the figure.",
        ),
    ] = None,
    arm: Annotated[
        str | None, typer.Option(help="Which arm of a file of numbers at risk, by name or number.")
    ] = None,
    events: Annotated[int | None, typer.Option(help="Events of the arm, where printed.")] = None,
    marked: Annotated[
        str, typer.Option(help="line: points along the line; corners: the foot of each fall.")
    ] = "line",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the individual data.")
    ] = None,
    published_median: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Printed median, or NR: says how well the data reproduce it."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Reconstruct the individual data of one arm from its curve (Guyot 2012)."""
    from trialpool.cli.curves import reconstruction

    risk = at_risk or []
    raise typer.Exit(
        reconstruction.reconstruct(
            file,
            n,
            risk,
            events,
            marked,
            output,
            arm=arm,
            published_median=published_median,
            as_json=as_json,
        )
    )


def survival(
    file: Annotated[Path, typer.Argument(help="Individual data of two arms: time,event,arm.")],
    experimental: Annotated[str, typer.Option(help="Name of the experimental arm.")],
    horizon: Annotated[
        float | None,
        typer.Option(help="End of the restricted mean; by default the shorter follow-up."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw the curves, numbers at risk and log-log plot: .svg, .pdf, .png."),
    ] = None,
    cut: Annotated[
        list[float] | None,
        typer.Option(help="A time at which to cut: hazard ratios by interval; give all."),
    ] = None,
    published_hr: Annotated[
        str | None,
        typer.Option(
            metavar="HR[,LOWER,UPPER]",
            help="Printed hazard ratio and 95 % limits: says how well the data reproduce it.",
        ),
    ] = None,
    published_medians: Annotated[
        str | None,
        typer.Option(metavar="EXPERIMENTAL,CONTROL", help="Printed medians, NR for not reached."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hazard ratio, proportional hazards, medians, restricted means and parametric fits."""
    from trialpool.cli.curves import two_arms

    raise typer.Exit(
        two_arms.survival(
            file,
            experimental,
            horizon,
            figure,
            cuts=tuple(cut or ()),
            published_hr=published_hr,
            published_medians=published_medians,
            as_json=as_json,
        )
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (digitise, reconstruct, survival):
        app.command()(command)
