"""The commands that read or bundle a build, and their options; the work is done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", help="The main configuration file.")]
DEFAULT_CONFIG = Path("config/config.yaml")
Results = Annotated[
    Path | None,
    typer.Option("--results", help="Results folder; by default the one of the configuration."),
]


def table(
    results: Annotated[Path, typer.Argument(help="A results folder.")] = Path("results"),
    settings: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Print a question's settings instead, and where each is."),
    ] = None,
    not_asked: Annotated[
        bool, typer.Option("--not-asked", help="Print the results that no question asks for.")
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="md, csv, tex, xlsx or docx; by default that of the file, else md.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; xlsx and docx need one.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --settings or --not-asked: print one object.")
    ] = False,
) -> None:
    """Print the groups of all questions with their pools, the same rows in every format.

    With --settings, print what one question comes to: every setting, with the line that it
    was written in and, where that is another question or a template, its id. With --not-asked,
    print the results that are in the data and in no question, each with its printed number.
    """
    if settings is not None:
        from trialpool.cli.builds import question_settings

        raise typer.Exit(question_settings.run(settings, config, as_json=as_json))
    from trialpool.cli.builds.table import print_not_asked, write_table

    if not_asked:
        print_not_asked(results, as_json=as_json)
        return
    if as_json:
        raise typer.BadParameter("is for --settings and --not-asked", param_hint="--json")
    write_table(results, form, output)


def explain(
    name: Annotated[str, typer.Argument(help="A row_id, or a trial_id.")],
    config: Config = DEFAULT_CONFIG,
    results: Results = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one object, effects on the analysis scale.")
    ] = False,
) -> None:
    """Go from a diamond back to the printed number, or through all that a trial reported."""
    from trialpool.cli.builds import explain as command

    raise typer.Exit(command.run(name, config, results, as_json=as_json))


def release(
    version: Annotated[
        str | None, typer.Argument(help="Number; by default report.version of the configuration.")
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(
            "--date", metavar="YYYY-MM-DD", help="By default report.data_date of the configuration."
        ),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of all releases.")] = Path(
        "releases"
    ),
    archive: Annotated[
        bool, typer.Option("--zip", help="Write the bundle as a ZIP archive as well.")
    ] = False,
) -> None:
    """Bundle data, configuration, results and report as a release, with checksums and metadata.

    Refuses a version that is there, a build that is not current (all records are computed
    again, about a minute for a large review), and results that moved and were not approved.
    """
    from trialpool.cli.builds import release as command

    raise typer.Exit(command.release(config, version, day, output, as_archive=archive))


def register(app: typer.Typer) -> None:
    """Add the commands to `trialpool`."""
    app.command("table")(table)
    app.command("explain")(explain)
    app.command("release")(release)
