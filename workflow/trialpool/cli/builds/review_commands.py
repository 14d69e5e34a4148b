"""The commands that start and build a review, and their options; the work is done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_CONFIG = Path("config/config.yaml")
Cores = Annotated[int, typer.Option("--cores", min=1, help="Jobs that run at once.")]


def build(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of the review; by default as --config says.")
    ] = None,
    config: Annotated[
        Path,
        typer.Option(
            "--config", help="The main configuration file; where FOLDER is given, from there."
        ),
    ] = DEFAULT_CONFIG,
    cores: Cores = 2,
    snakemake_args: Annotated[
        str,
        typer.Option(
            "--snakemake-args", metavar="ARGS", help="Further arguments of Snakemake, such as -n."
        ),
    ] = "",
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show all that Snakemake says.")
    ] = False,
    no_cache: Annotated[
        bool,
        typer.Option(
            "--no-cache",
            help="Make anew whatever is to be made; nothing comes from .trialpool-cache.",
        ),
    ] = False,
) -> None:
    """Build a review: pools, figures, and the pages of results/report.

    Paths are relative to the review: the folder above the configuration file where that lies in a
    folder named config, else the file's own. What did not change is not built again. Exit 1 on any
    fault in the input, all of them told at once; the last good results stay. What Snakemake says
    is in results/logs/snakemake.txt, and shown with --verbose or --snakemake-args.
    """
    from trialpool.cli.builds import building

    raise typer.Exit(
        building.build(folder, config, cores, snakemake_args, verbose=verbose, cache=not no_cache)
    )


def init(
    folder: Annotated[Path, typer.Argument(help="New folder of the review.")],
    example: Annotated[
        str | None,
        typer.Option(
            "--example",
            metavar="NAME",
            help="Start from heart-failure, nsclc, bcg, stroke-care or adherence, and build it.",
        ),
    ] = None,
    cores: Cores = 2,
) -> None:
    """Start a review: commented settings, tables with their headers, Snakefile, README.

    A workflow for GitHub as well, which builds the review when its data change and comments what
    moved. Nothing is overwritten.
    """
    from trialpool.cli.builds import starting

    raise typer.Exit(starting.init(folder, example, cores))


def settings(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="config, questions, taxonomy; or a table such as trials, means."
        ),
    ] = None,
) -> None:
    """Print what may stand in a file of a review: settings, or the columns of a table.

    Settings as JSON Schema in YAML; of questions.yaml what each kind of question adds follows.
    Without NAME, print the names.
    """
    from trialpool.evidence.schemas import TABLES
    from trialpool.settings.kinds import settings_texts
    from trialpool.settings.schemas import schema_names, schema_path

    if name is None:
        typer.echo("\n".join([*schema_names(), *TABLES]))
        return
    stem = name.removesuffix(".csv").removesuffix(".yaml")
    if stem in TABLES:
        typer.echo(TABLES[stem].in_words())
        return
    if stem not in schema_names():
        message = f"{name!r} is not one of {', '.join([*schema_names(), *TABLES])}"
        raise typer.BadParameter(message, param_hint="'NAME'")
    texts = [schema_path(stem).read_text(encoding="utf-8")]
    if stem == "questions":
        texts += [f"# kind: {kind}\n{text}" for kind, text in settings_texts().items()]
    typer.echo("---\n".join(texts), nl=False)


def register(app: typer.Typer) -> None:
    """Add the commands to `trialpool`."""
    app.command("init")(init)
    app.command("build")(build)
    app.command("settings")(settings)
