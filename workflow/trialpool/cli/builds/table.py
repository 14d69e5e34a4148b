"""The results of a build as tables in several formats, and those that no question asks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from trialpool.files import write_bytes
from trialpool.findings import Finding, InputError
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.files import read_not_asked, read_result, to_plain
from trialpool.report.exports.texts import WRITERS, markdown_cell

FORMATS: Final = (*WRITERS, "xlsx", "docx")
_TITLE: Final = "Results"


def write_table(folder: Path, form: str | None, output: Path | None) -> None:
    """Write every question's groups with all models: to a file, or as text to the terminal.

    Parameters
    ----------
    folder : Path
        A results folder.
    form : str or None
        Of `FORMATS`; None: that of the file's extension, Markdown without a file.
    output : Path or None

    Raises
    ------
    typer.BadParameter
        If the format is not known, or needs a file and there is none.
    InputError
        If the folder holds no results.
    """
    form = form or (output.suffix.removeprefix(".") if output else "md")
    if form not in FORMATS:
        message = f"{form!r} is not known; allowed: {', '.join(FORMATS)}"
        raise typer.BadParameter(message, param_hint="'--format'")
    if output is None and form not in WRITERS:
        raise typer.BadParameter(f"{form} needs a file to write", param_hint="'--output'")
    results = [read_result(path) for path in sorted((folder / "questions").glob("*/result.json"))]
    if not results:
        raise _not_built(folder, "questions/*/result.json")
    tables = [table for one in results for table in stage(kind_of(one), "table").tables(one)]
    if form == "xlsx":
        from trialpool.report.exports.workbook import table_sheets, workbook

        content = workbook(table_sheets(tables), _TITLE)
    elif form == "docx":
        from trialpool.report.exports.document import table_document

        content = table_document(tables, _TITLE)
    else:
        content = WRITERS[form](tables).encode("utf-8")
    if output is None:
        print(content.decode("utf-8"), end="")  # noqa: T201
    else:
        write_bytes(output, content)


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
    return f"| {' | '.join(map(markdown_cell, cells))} |"


def _not_built(folder: Path, missing: str) -> InputError:
    message, remedy = f"no {missing} here", "Run trialpool build first, or name the results folder."
    fault = Finding("fatal", "results-exist", str(folder), message=message, remedy=remedy)
    return InputError([fault])
