"""Starting a review."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

from trialpool.reviews import examples
from trialpool.reviews.scaffold import scaffold


def init(folder: Path, example: str | None, cores: int) -> int:
    """Write the files of a new review, and build it where it is an example.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    InputError
        Every file that is there already, or what builds reviews is not installed.
    """
    if example is None:
        _tell(scaffold(folder))
        typer.echo("Next: README.md there says how to fill it in.")
        return 0
    if example not in examples():
        message = f"{example!r} is not one of {', '.join(examples())}"
        raise typer.BadParameter(message, param_hint="'--example'")
    from trialpool.cli.builds.building import DEFAULT_CONFIG, build, require_pipeline

    require_pipeline()
    _tell(scaffold(folder, example))
    status = build(folder, DEFAULT_CONFIG, cores, "")
    if not status:
        typer.echo(f"Build it again: trialpool build {shlex.quote(str(folder))}")
    return status


def _tell(files: list[Path]) -> None:
    for file in files:
        typer.echo(str(file))
