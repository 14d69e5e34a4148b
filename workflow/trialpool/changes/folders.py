"""Reading what a build left in its results folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trialpool.files import read_rows
from trialpool.findings import Finding, InputError
from trialpool.records.files import read_result
from trialpool.records.results import Result


@dataclass(frozen=True)
class Results:
    """What a build found.

    Attributes
    ----------
    records : dict
        Question id → result.
    rows : list of dict
        Rows of effects.csv, every cell as text.
    """

    records: dict[str, Result]
    rows: list[dict[str, str]]


def read_results(folder: Path, questions: Iterable[str] | None = None) -> Results:
    """Read a results folder.

    Parameters
    ----------
    folder : Path
        A folder that `trialpool build` wrote, or a copy of one.
    questions : iterable of str, optional
        Ids of the questions to read; all that are there by default.

    Returns
    -------
    Results
        Results by id, and rows.

    Raises
    ------
    InputError
        If this is not a results folder, a question was not built, or a file
        cannot be read; every such file is named.
    """
    found = sorted(path.parent.name for path in folder.glob("questions/*/result.json"))
    table = folder / "effects.csv"
    if not table.is_file() or not found:
        wanted = "effects.csv" if not table.is_file() else "questions/*/result.json"
        message = f"this is not a results folder: it holds no {wanted}"
        if not folder.is_dir():
            message = "there is no such folder"
        remedy = "Name a folder that trialpool build wrote, or a copy of one."
        raise InputError([_fault(folder, message, remedy)])
    records = {}
    faults = []
    for question in found if questions is None else sorted(questions):
        path = folder / "questions" / question / "result.json"
        try:
            if not path.is_file():
                faults.append(_fault(path, "the question was not built", "Run: trialpool build."))
                continue
            records[question] = read_result(path)
        except InputError as error:
            faults += error.findings
    rows = read_rows(table)
    if rows and "row_id" not in rows[0]:
        faults.append(_fault(table, "it has no column row_id", "Build it again."))
    if faults:
        raise InputError(faults)
    return Results(records, rows)


def _fault(path: Path, message: str, remedy: str) -> Finding:
    return Finding("fatal", "results-folder", str(path), message=message, remedy=remedy)
