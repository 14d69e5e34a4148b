"""The results of a build as one table in Markdown, and the results that no question asks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from trialpool.findings import Finding, InputError
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.files import read_not_asked, read_result, to_plain


def print_table(folder: Path) -> None:
    """Print every question's groups with all models.

    Raises
    ------
    InputError
        If the folder holds no results.
    """
    results = [read_result(path) for path in sorted((folder / "questions").glob("*/result.json"))]
    if not results:
        raise _not_built(folder, "questions/*/result.json")
    for result in results:
        for line in stage(kind_of(result), "table").table_lines(result):
            print(line)  # noqa: T201


def print_not_asked(folder: Path, *, as_json: bool) -> None:
    """Print the results that are in the data and in no question, with their printed numbers.

    Raises
    ------
    InputError
        If the folder holds no not_asked.json.
    """
    path = folder / "not_asked.json"
    if not path.is_file():
        raise _not_built(folder, path.name)
    record = read_not_asked(path)
    if as_json:
        print(json.dumps(to_plain(record), ensure_ascii=False, indent=2))  # noqa: T201
        return
    columns = ("trial", "endpoint", "contrast", "whom", "printed", "grade", "source", "reason")
    print(f"## In the data, not asked\n\n{len(record.results)} results.\n")  # noqa: T201
    print(_line(columns))  # noqa: T201
    print("|---" * len(columns) + "|")  # noqa: T201
    for one in record.results:
        whom = "; ".join(filter(None, (one.population, one.biomarker, one.biomarker_level)))
        nearest = ": ".join(filter(None, (one.question, one.reason)))
        cells = (one.trial, one.endpoint, one.contrast, whom, one.printed, one.grade, one.source)
        print(_line((*cells, nearest)))  # noqa: T201


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _not_built(folder: Path, missing: str) -> InputError:
    message, remedy = f"no {missing} here", "Run make report first, or name the results folder."
    fault = Finding("fatal", "results-exist", str(folder), message=message, remedy=remedy)
    return InputError([fault])
