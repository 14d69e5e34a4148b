"""The command `trialpool plot` as the command line knows it; `cli.figure.plots` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

KINDS = {
    "funnel": "Effects against standard errors, contours of significance.",
    "radial": "z-values against precision (Galbraith).",
    "labbe": "Risks of two arms (L'Abbé); needs counts and --measure.",
    "baujat": "Contribution to heterogeneity against influence.",
    "influence": "Case diagnostics, one row per trial.",
    "leave-one-out": "The pool without each trial.",
    "cumulative": "The pool as trials enter; needs --order.",
    "gosh": "The pool of every subset.",
    "bubble": "Meta-regression; needs --moderator.",
    "orchard": "Many trials around their pools; --by for groups.",
    "posterior": "Bayesian effects and their shrinkage.",
    "specification": "Specification curve of a multiverse.csv; needs --measure.",
    "network": "Treatments and the trials that compare them; a table as for `network`.",
    "league": "Every treatment against every other, as a heat map; the same table.",
    "rank": "P-scores, rank probabilities, effects against the reference; the same table.",
    "overview": "All questions of a results folder.",
}


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
            help="CSV table as for `trialpool pool`; for network, league and rank as for "
            "`trialpool network`; for overview a results folder.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Figure to write: .svg, .pdf or .png; a .csv goes beside it."
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
        str | None, typer.Option(metavar="COLUMN", help="Numbers or dates, for cumulative.")
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
        typer.Option(metavar="TREATMENT", help="For network, league and rank, as in `network`."),
    ] = None,
    small_values: Annotated[
        str | None,
        typer.Option(metavar="good|bad", help="For league and rank, as in `network`."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the figure.")] = None,
    width: Annotated[float | None, typer.Option("--width", help="Width in mm.")] = None,
) -> None:
    """Draw a plot of a table of effects, or the overview of a results folder."""
    from trialpool.cli.figure import plots

    given = {
        name: context.params[name]
        for name in (
            *("measure", "label", "tau2", "ci", "level", "order", "moderator", "by"),
            *("reference", "small_values"),
        )
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }
    request = plots.Request(kind, given, title, width)
    raise typer.Exit(plots.run(file, request, output))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plot)
