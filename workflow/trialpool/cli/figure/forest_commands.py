"""The command that draws a table of effects; pooling and drawing are done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trialpool.cli.intake.reading_options import Columns, DropMissing, Reading, Sheet
from trialpool.cli.options import (
    Digits,
    Dpi,
    GroupColumn,
    LabelColumn,
    Level,
    Limits,
    MeanInterval,
    Prior,
    PriorScale,
)


def forest(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV table with one row per trial, or a result.json.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="File to write: .svg, .pdf, .eps, .png, .tiff or .csv."
        ),
    ],
    tau2: Annotated[
        str, typer.Option(metavar="NAME", help="Between-trial variance, as of `trialpool pool`.")
    ] = "REML",
    ci: MeanInterval = "hk-adhoc",
    pi: Annotated[
        str, typer.Option(metavar="NAME", help="Prediction interval: t, hts, normal or bootstrap.")
    ] = "t",
    method: Annotated[
        str,
        typer.Option(metavar="NAME", help="iv; of counts also mh, peto or glmm, as of `pool`."),
    ] = "iv",
    zero_cells: Annotated[
        str | None, typer.Option(metavar="RULE", help="Of counts, as of `trialpool pool`.")
    ] = None,
    glmm_model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of glmm: unconditional or conditional."),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="As of `trialpool pool`: OR, PLO, MD, what yi is."),
    ] = None,
    by: GroupColumn = None,
    level: Level = 0.95,
    label: LabelColumn = None,
    bayes: Annotated[
        bool, typer.Option("--bayes", help="The diamond of the Bayesian model.")
    ] = False,
    prior: Prior = None,
    prior_scale: PriorScale = None,
    shrunken: Annotated[
        bool | None,
        typer.Option("--shrunken", help="With --bayes: true effects under the trials' own."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Rows by cluster, the diamond of a multilevel model."),
    ] = None,
    robust: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --cluster: CR1 or CR2.")
    ] = None,
    network: Annotated[
        bool,
        typer.Option(
            "--network",
            help="A table as of `trialpool network`: each treatment against the reference.",
        ),
    ] = False,
    reference: Annotated[
        str | None, typer.Option(metavar="TREATMENT", help="With --network.")
    ] = None,
    columns: Columns = None,
    sheet: Sheet = None,
    drop_missing: DropMissing = False,
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="default, jama, bmj, revman5 or lancet.")
    ] = "default",
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Left of the plot: counts, comparison, weight, rob, any of the file. Repeatable.",
        ),
    ] = None,
    column_right: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Right of the plot. Repeatable."),
    ] = None,
    arms: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="EXPERIMENTAL CONTROL", help="Names over the counts."),
    ] = None,
    favours: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="LOWER HIGHER", help="What lower and higher effects mean."),
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="given, estimate, precision, year, label, or any column."
        ),
    ] = "given",
    width: Annotated[
        str | None,
        typer.Option(
            metavar="MM",
            help="A number, or lancet-column (75), column (89), lancet-page (154), page (183).",
        ),
    ] = None,
    title: Annotated[
        str, typer.Option(help="Over the plot; by default that of the record, or the measure.")
    ] = "",
    beside: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A second table or result.json, on the same rows: one outcome beside another.",
        ),
    ] = None,
    names: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="FIRST SECOND", help="With --beside: what stands over the two plots."),
    ] = None,
    rows_per_page: Annotated[
        int, typer.Option(metavar="N", help="0 never splits the plot into pages.")
    ] = 60,
    pi_style: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="bar, line, polygon, shade or density."),
    ] = None,
    squares: Annotated[
        str | None, typer.Option(metavar="NAME", help="weight, exact, equal or events.")
    ] = None,
    cid: Annotated[
        str | None,
        typer.Option(metavar="LIMITS", help="Differences too small to matter: 0.8, or 0.8,1.25."),
    ] = None,
    digits: Digits = None,
    limits: Limits = None,
    stripes: Annotated[
        bool | None, typer.Option("--stripes", help="Grey ground behind every other trial.")
    ] = None,
    symmetric: Annotated[
        bool | None, typer.Option("--symmetric", help="As long on both sides of the null.")
    ] = None,
    label_style: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="comma, source (numbered) or parentheses."),
    ] = None,
    method_line: Annotated[
        bool | None,
        typer.Option("--method-line/--no-method-line", help="Method named over the plot."),
    ] = None,
    test_line: Annotated[
        bool | None,
        typer.Option("--test-line/--no-test-line", help="Test of each pool under it."),
    ] = None,
    totals_row: Annotated[
        bool | None,
        typer.Option("--totals-row/--no-totals-row", help="Sums of the arms in a row."),
    ] = None,
    stamp: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Last line: version of the data; 'hash' for theirs."),
    ] = None,
    rob: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Judgements of risk of bias; by default rob_…. Repeatable."
        ),
    ] = None,
    comparison: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Of a result.json: this comparison alone (comparisons.json has ids)."
        ),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="Earlier result.json: mark what is new or changed."),
    ] = None,
    single_reader: Annotated[
        bool, typer.Option("--single-reader", help="Mark what one reader alone found.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Of the bootstrap.")] = None,
    dpi: Dpi = 300,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the record that was drawn, or both in a list.")
    ] = False,
) -> None:
    """Pool a table of effects as `trialpool pool` does, and draw its forest plot.

    A result.json is drawn as it is: it is pooled already.
    """
    from trialpool.cli.figure import forest
    from trialpool.cli.figure.pooled import NetworkAsked
    from trialpool.cli.pool.bayes import BayesRequest
    from trialpool.cli.pool.moderators import ModeratorRequest
    from trialpool.cli.pool.request import CountOptions, Request
    from trialpool.figures.forest.options.display_options import Choice

    given = [
        (name, str(context.params[name]))
        for name in forest.given(context)
        if name in ("tau2", "ci", "pi")
    ]
    request = Request(
        tau2=tau2,
        ci=ci,
        pi=pi,
        method=method,
        measure=measure,
        level=level,
        seed=seed,
        by=by,
        label=label,
        leave_one_out=False,
        cumulative=None,
        influence=False,
        counts=CountOptions(zero_cells, glmm_model, None, tuple(given)),
        bayes=BayesRequest(bayes, prior, prior_scale),
        moderated=ModeratorRequest(cluster=cluster, robust=robust),
        reading=Reading(columns, sheet, drop_missing),
    )
    choice = Choice(
        columns=tuple(column) if column else None,
        columns_right=tuple(column_right) if column_right else None,
        arms=arms,
        order=order,
    )
    looks = {
        "pi_style": pi_style,
        "squares": squares,
        "cid": forest.cid_limits(cid),
        "digits": digits,
        "limits": limits,
        "stripes": stripes,
        "symmetric": symmetric,
        "label_style": label_style,
        "method_line": method_line,
        "test_line": test_line,
        "totals_row": totals_row,
        "shrunken": shrunken,
        "stamp": True if stamp == "hash" else stamp,
    }
    drawing = forest.Drawing(
        output=output,
        preset=preset,
        choice=choice,
        favours=favours,
        width=width,
        title=title,
        rows_per_page=rows_per_page or None,
        as_json=as_json,
        looks=looks,
        rob=tuple(rob) if rob else None,
        previous=previous,
        single_reader=single_reader,
        names=names,
        dpi=dpi,
        comparison=comparison,
        network=NetworkAsked(network, reference),
    )
    if comparison is not None and (beside or file.suffix.lower() != ".json"):
        raise typer.BadParameter("goes with one result.json", param_hint="'--comparison'")
    if beside is not None:
        found = forest.given(context)
        raise typer.Exit(forest.forest_beside((file, beside), request, drawing, found))
    if names is not None:
        raise typer.BadParameter("goes with --beside", param_hint="'--names'")
    if file.suffix.lower() == ".json":
        raise typer.Exit(forest.forest_of_record(file, drawing, forest.given(context)))
    raise typer.Exit(forest.forest(file, request, drawing))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forest)
