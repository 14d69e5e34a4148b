"""The commands that read a build, and their options; the work is done elsewhere."""

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
) -> None:
    """Print the groups of all questions with their pools, as a Markdown table."""
    from trialpool.cli.builds.table import print_table

    print_table(results)


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


def register(app: typer.Typer) -> None:
    """Add the commands to `trialpool`."""
    app.command("table")(table)
    app.command("explain")(explain)
