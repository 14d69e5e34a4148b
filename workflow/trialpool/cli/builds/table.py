"""The results of a build as one table in Markdown."""

from __future__ import annotations

from pathlib import Path

from trialpool.findings import Finding, InputError
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.files import read_result


def print_table(folder: Path) -> None:
    """Print every question's groups with all models.

    Raises
    ------
    InputError
        If the folder holds no results.
    """
    results = [read_result(path) for path in sorted((folder / "questions").glob("*/result.json"))]
    if not results:
        raise InputError(
            [
                Finding(
                    "fatal",
                    "results-exist",
                    str(folder),
                    message="no questions/*/result.json here",
                    remedy="Run make report first, or name the results folder.",
                )
            ]
        )
    for result in results:
        for line in stage(kind_of(result), "table").table_lines(result):
            print(line)  # noqa: T201
