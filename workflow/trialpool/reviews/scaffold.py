"""A folder for a review: configuration, tables with headers, Snakefile, README, its own CI."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

import yaml

from trialpool.evidence.schemas import TABLES
from trialpool.files import write_bytes
from trialpool.findings import Finding, InputError
from trialpool.reviews import example

# Columns of a new table beside those that it must have: what most reports print. `add` adds others.
USUAL: Final = {
    "trials": ("nct", "n_randomised"),
    "sources": ("journal", "doi", "pmid"),
    "time_to_event": (
        *("population", "ci_level", "p_value", "n_experimental", "n_control"),
        *("events_experimental", "events_control", "locator"),
    ),
    "responses": ("definition", "percent", "locator"),
}
_BLANK: Final = Path(__file__).resolve().parent / "blank"


def scaffold(folder: Path, name: str | None = None) -> list[Path]:
    """Write the files of a new review.

    Parameters
    ----------
    folder : Path
        New, or without any of these files.
    name : str, optional
        Example whose configuration and tables it gets; else commented settings and empty tables.

    Returns
    -------
    list of Path
        What was written, sorted.

    Raises
    ------
    InputError
        Every file that is there already; then nothing is written.
    KeyError
        There is no such example.
    """
    files = _files(_BLANK)
    own = Path(".github/workflows/living-review.yml")
    files[own] = files[own].replace(b"TRIALPOOL_VERSION", version("trialpool").encode())
    if name is None:
        tables = yaml.safe_load(files[Path("config/config.yaml")])["tables"]
        files |= {Path("data/raw", TABLES[table].file): _header(table) for table in tables}
    else:
        files |= _files(example(name))
    there = [Path() for _ in [folder] if folder.exists() and not folder.is_dir()]
    if taken := there or [path for path in sorted(files) if (folder / path).exists()]:
        message = "is there already; nothing is overwritten"
        remedy = "Name another folder, or move the file away."
        raise InputError(
            Finding("fatal", "not-overwritten", str(folder / path), message=message, remedy=remedy)
            for path in taken
        )
    for path, content in sorted(files.items()):
        write_bytes(folder / path, content)
    return [folder / path for path in sorted(files)]


def _files(folder: Path) -> dict[Path, bytes]:
    """Return the files below a folder by their paths from there."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder): path.read_bytes() for path in paths}


def _header(table: str) -> bytes:
    """Return a table without rows."""
    kept = {*TABLES[table].required, *USUAL.get(table, ())}
    names = [column.name for column in TABLES[table].columns if column.name in kept]
    return f"{','.join(names)}\n".encode()
