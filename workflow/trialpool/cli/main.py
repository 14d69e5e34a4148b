"""The `trialpool` command."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from trialpool.cli.builds import reading_commands, review_commands, step_commands
from trialpool.cli.curves import curve_commands
from trialpool.cli.figure import forest_commands, plot_commands
from trialpool.cli.intake import intake_commands
from trialpool.cli.intake.reading_options import Columns, DropMissing, Reading, Sheet
from trialpool.cli.options import (
    AsJson,
    Bayes,
    Benefit,
    GroupColumn,
    LabelColumn,
    Level,
    MeanInterval,
    Prior,
    PriorScale,
)
from trialpool.cli.pool import network_commands
from trialpool.findings import InputError


def _program() -> typer.Typer:
    return typer.Typer(
        name="trialpool",
        help="A living meta-analysis of clinical trials.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


app = _program()

Config = Annotated[Path, typer.Option("--config", help="The main configuration file.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]
DEFAULT_CONFIG = Path("config/config.yaml")


def _say_version(wanted: bool) -> None:
    """Print the version and stop, before any command is looked for."""
    if wanted:
        from importlib.metadata import version

        typer.echo(version("trialpool"))
        raise typer.Exit


@app.callback()
def _about(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options of trialpool itself."""


class RulesCommand(typer.core.TyperCommand):
    """The audit command: its help ends with the rules, read only when help is asked for."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help, and the rules below it."""
        from trialpool.cli.builds.inspect import rules_in_words

        super().format_help(ctx, formatter)
        print(rules_in_words())  # noqa: T201


@app.command(cls=RulesCommand)
def audit(
    raw: Annotated[Path | None, typer.Argument(help="Folder of the raw tables.")] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print counts, findings and sources without DOI or PMID as JSON."
        ),
    ] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="Print what the rules say, and check nothing.")
    ] = False,
) -> None:
    """Check the raw tables and the configuration; exit 1 on a fatal finding."""
    from trialpool.cli.builds import inspect

    if rules:
        inspect.print_rules(as_json=as_json)
        return
    if raw is None:
        raise typer.BadParameter("needed unless --rules is given", param_hint="RAW")
    raise typer.Exit(inspect.audit(raw, config, as_json=as_json))


Results = Annotated[
    Path | None,
    typer.Option("--results", help="Results folder; by default the one of the configuration."),
]


@app.command()
def check(
    config: Config = DEFAULT_CONFIG,
    results: Results = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what moved as JSON.")] = False,
) -> None:
    """Compare results with the approved baseline; exit 1 when anything moved."""
    from trialpool.cli.builds import changes

    raise typer.Exit(changes.check(config, results, as_json=as_json))


@app.command()
def approve(config: Config = DEFAULT_CONFIG, results: Results = None) -> None:
    """Make the results the approved baseline."""
    from trialpool.cli.builds import changes

    raise typer.Exit(changes.approve(config, results))


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="An earlier results folder.")],
    new: Annotated[Path, typer.Argument(help="A later results folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="text, json, or md for a comment.")
    ] = "text",
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 when something changed.")
    ] = False,
) -> None:
    """Say what changed between two results folders, and which rows changed it."""
    from trialpool.cli.builds import changes

    raise typer.Exit(changes.diff(old, new, "json" if as_json else form, exit_code=exit_code))


@app.command()
def pool(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV table with one row per trial.")],
    tau2: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Between-trial variance: REML, DL, DL2, PM, ML, EB, HE, HS, HSk, SJ, "
            "or CE for the common effect.",
        ),
    ] = "REML",
    ci: MeanInterval = "hk-adhoc",
    pi: Annotated[
        str,
        typer.Option(metavar="NAME", help="Prediction interval: t, hts, normal or bootstrap."),
    ] = "t",
    method: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="iv: inverse variance; of counts also mh: Mantel-Haenszel (with --tau2 DL random "
            "effects about it, as RevMan), peto, glmm: mixed model of OR or PLO.",
        ),
    ] = "iv",
    zero_cells: Annotated[
        str | None,
        typer.Option(
            metavar="RULE",
            help="0.5 to the cells of: affected trials (iv), all-if-any, all, none (mh); "
            "or treatment-arm: in proportion to the arms.",
        ),
    ] = None,
    glmm_model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="unconditional (default) or conditional (exact)."),
    ] = None,
    quadrature_points: Annotated[
        int | None, typer.Option(metavar="N", help="Of glmm; by default 25.")
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Code of metafor's escalc, for example OR, RR, RD of counts, IRR of person-time, "
            "MD, SMD, ROM of means, PLO or PFT of one arm's proportions, ZCOR of correlations; "
            "any of them, HR, RMSTD or generic of yi. An unknown one has all of them listed.",
        ),
    ] = None,
    by: GroupColumn = None,
    level: Level = 0.95,
    label: LabelColumn = None,
    columns: Columns = None,
    sheet: Sheet = None,
    drop_missing: DropMissing = False,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Pool again without each trial.")
    ] = False,
    cumulative: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Pool again, trials entering by number or date."),
    ] = None,
    influence: Annotated[
        bool, typer.Option("--influence", help="Outliers and influential trials.")
    ] = False,
    bayes: Bayes = False,
    prior: Prior = None,
    prior_scale: PriorScale = None,
    benefit: Benefit = None,
    small_study: Annotated[
        bool,
        typer.Option(
            "--small-study",
            help="Regression and rank tests, trim and fill, selection model, PET-PEESE.",
        ),
    ] = False,
    selection_step: Annotated[
        list[float] | None,
        typer.Option(
            metavar="P",
            help="One-sided p-value where the selection model steps; may be repeated. "
            "By default 0.025.",
        ),
    ] = None,
    gosh: Annotated[
        bool, typer.Option("--gosh", help="Pool every subset of the trials (random beyond 2^15).")
    ] = False,
    gosh_out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write the subsets of --gosh.")
    ] = None,
    moderator: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Regress on it: numbers, or levels. Repeatable."),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN=LEVEL", help="Level of a moderator to compare with."),
    ] = None,
    permutations: Annotated[
        int | None,
        typer.Option(metavar="N", help="Permutation p-values: all if at most N, else N random."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Effects with the same cell depend on each other."),
    ] = None,
    robust: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Cluster-robust errors: CR1 or CR2."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the bootstrap, subsets and permutations.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Pool any table of effects; exit 1 when a cell of it cannot be trusted.

    Its columns are one of these sets, by these names or those of metafor, meta, RevMan and
    Stata; other columns are ignored:

    yi and vi, or yi and sei, ratios as natural logarithms;

    hr, ci_lower and ci_upper, and where it is not 95 the ci_level in percent;

    events_experimental, n_experimental, events_control, n_control, with --measure;

    events and n of one arm, with --measure;

    o_minus_e and variance.
    """
    from trialpool.cli.pool import effects as command
    from trialpool.cli.pool.bayes import BayesRequest
    from trialpool.cli.pool.moderators import ModeratorRequest
    from trialpool.cli.pool.request import CountOptions, Request

    given = [
        (name, str(context.params[name]))
        for name in ("tau2", "ci", "pi")
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
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
        leave_one_out=leave_one_out,
        cumulative=cumulative,
        influence=influence,
        bayes=BayesRequest(bayes, prior, prior_scale, benefit),
        small_study=small_study,
        steps=tuple(selection_step or (0.025,)),
        gosh=gosh,
        gosh_out=gosh_out,
        reading=Reading(columns, sheet, drop_missing),
        counts=CountOptions(zero_cells, glmm_model, quadrature_points, tuple(given)),
        moderated=ModeratorRequest(
            moderators=tuple(moderator or ()),
            references=tuple(reference or ()),
            permutations=permutations,
            cluster=cluster,
            robust=robust,
        ),
    )
    raise typer.Exit(command.run(file, request, as_json=as_json))


review_commands.register(app)
reading_commands.register(app)
app.add_typer(step_commands.step, name="step")
intake_commands.register(app)
curve_commands.register(app)
network_commands.register(app)
plot_commands.register(app)
forest_commands.register(app)


def main() -> None:
    """Run the command; bad input ends with its findings and exit status 1."""
    program = app
    if sys.argv[1:2] == ["step"]:
        # A build starts some twenty: a third of the start is putting the other commands together.
        program = _program()
        program.callback()(_about)
        program.add_typer(step_commands.step, name="step")
        # Records, pages and cells are made by the ten thousand, and few of them are garbage.
        gc.set_threshold(50_000, *gc.get_threshold()[1:])
    try:
        program()
    except InputError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] in sys.stdlib_module_names | {"trialpool"}:
            raise
        from trialpool.extras import install_command

        needed = f"fatal: this command needs {error.name}: {install_command(error.name)}"
        print(needed, file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
