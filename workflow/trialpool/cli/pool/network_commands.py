"""The command `trialpool network` on the command line; `cli.pool.network` does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trialpool.cli.intake.reading_options import Columns, DropMissing, Reading, Sheet
from trialpool.cli.options import AsJson, Level, Prior, PriorScale


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
    ci: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Interval of the random-effects estimates: hk-adhoc (Hartung-Knapp with floor), "
            "hk or wald.",
        ),
    ] = "hk-adhoc",
    correlation: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            help="Of contrasts that share an arm, where a trial of several arms gives neither all "
            "its contrasts nor patients per arm; 0.5 with equal arms.",
        ),
    ] = None,
    repair_errors: Annotated[
        bool,
        typer.Option(
            "--repair-errors",
            help="Replace standard errors that no trial can have by the nearest that one can.",
        ),
    ] = False,
    columns: Columns = None,
    sheet: Sheet = None,
    drop_missing: DropMissing = False,
    bayes: Annotated[
        bool, typer.Option("--bayes", help="The Bayesian model beside it, τ with a prior.")
    ] = False,
    prior: Prior = None,
    prior_scale: PriorScale = None,
    judgements: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV table with study and judgement, for example of risk of bias: how much of "
            "each estimate comes from trials judged so.",
        ),
    ] = None,
    no_splits: Annotated[
        bool,
        typer.Option(
            "--no-splits",
            help="No node splitting; direct and indirect evidence by back-calculation alone.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Network meta-analysis of a table; exit 1 when its rows make no network.

    Its columns are one of these sets, by these names or those of netmeta, gemtc,
    multinma, BUGSnet and metafor; other columns are ignored:

    study, treat1, treat2 with yi and sei (or vi), ratios as natural logarithms,
    or with hr, ci_lower and ci_upper, or with o_minus_e and variance: the effect
    of treat1 against treat2. A trial with three arms has three rows, or two and
    the patients of its arms (n1, n2), or two and --correlation;

    study, treatment, yi and sei, one row per arm: the baseline arm without yi,
    or an estimate of each arm; or mean, sd and n;

    study, treatment, events and n, one row per arm, with --measure;

    study, treat1, events1, n1, treat2, events2, n2, …: one row per trial.
    """
    from trialpool.cli.pool import network as command
    from trialpool.cli.pool import network_models

    of_classes = classes is not None
    request = command.Request(
        measure, reference, tau2, small_values, level, ci, correlation, repair_errors, bayes,
        None if of_classes else prior, prior_scale, judgements,
        Reading(columns, sheet, drop_missing),
    )  # fmt: skip
    model = network_models.Model(
        classes, class_effects, class_method, prior if of_classes else None, spread_prior,
        components, inactive, tuple(interaction or ()), moderator,
    )  # fmt: skip
    model.check()
    if model.asked:
        raise typer.Exit(network_models.run(file, request, model, as_json=as_json))
    raise typer.Exit(command.run(file, request, as_json=as_json, node_splitting=not no_splits))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(network)
