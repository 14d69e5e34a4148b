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
    classes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Class effects: CSV table with the columns treatment and class. They may join "
            "what no trial connects.",
        ),
    ] = None,
    class_effects: Annotated[
        str,
        typer.Option(metavar="NAME", help="Of treatments of a class: exchangeable or equal."),
    ] = "exchangeable",
    class_method: Annotated[
        str, typer.Option(metavar="NAME", help="Of class effects: bayes or REML.")
    ] = "bayes",
    prior: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of τ, with --classes; as in `trialpool pool`."),
    ] = None,
    spread_prior: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of the standard deviation within classes; by default the same as of τ.",
        ),
    ] = None,
    components: Annotated[
        bool,
        typer.Option(
            "--components", help="Additive effects of the components of treatments like A + B."
        ),
    ] = False,
    inactive: Annotated[
        str | None, typer.Option(metavar="NAME", help="Component without an effect.")
    ] = None,
    interaction: Annotated[
        list[str] | None,
        typer.Option(metavar="A:B", help="Effect of A with B beyond the sum; may be repeated."),
    ] = None,
    moderator: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Regress all effects on a number of each study."),
    ] = None,
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
    from trialpool.cli.pool import network_models

    request = command.Request(measure, reference, tau2, small_values, level)
    model = network_models.Model(
        classes, class_effects, class_method, prior, spread_prior, components, inactive,
        tuple(interaction or ()), moderator,
    )  # fmt: skip
    model.check()
    if model.asked:
        raise typer.Exit(network_models.run(file, request, model, as_json=as_json))
    raise typer.Exit(command.run(file, request, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(network)
