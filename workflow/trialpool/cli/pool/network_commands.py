"""The command `trialpool network` on the command line; `cli.pool.network` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trialpool.cli.options import AsJson, Level


def network(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV table of contrasts, or of arms.")
    ],
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="OR, RR or RD of arms, and needed there; HR, OR, RR, RD, RMSTD or generic of yi.",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="TREATMENT",
            help="What the others are compared with; its part of the network is analysed. "
            "By default the treatment of most trials.",
        ),
    ] = None,
    tau2: Annotated[
        str, typer.Option(metavar="NAME", help="Between-trial variance: REML, ML or DL.")
    ] = "REML",
    small_values: Annotated[
        str,
        typer.Option(
            metavar="good|bad", help="Whether small effects are good or bad, for the ranking."
        ),
    ] = "good",
    level: Level = 0.95,
    as_json: AsJson = False,
) -> None:
    """Network meta-analysis of a table; exit 1 when its rows make no network.

    Its columns are one of these sets; other columns are ignored:

    study, treat1, treat2 with yi and sei (or vi), ratios as natural logarithms,
    or with hr, ci_lower and ci_upper, or with o_minus_e and variance: the effect
    of treat1 against treat2. A trial with three arms has three rows;

    study, treatment, events and n, one row per arm, with --measure.
    """
    from trialpool.cli.pool import network as command

    request = command.Request(measure, reference, tau2, small_values, level)
    raise typer.Exit(command.run(file, request, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(network)
