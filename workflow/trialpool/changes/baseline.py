"""Approved results on disk: one small file per question, made to be read in a `git diff`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trialpool.changes.summary import summarise
from trialpool.changes.tolerance import same
from trialpool.files import read_json, write_json
from trialpool.findings import Finding, InputError
from trialpool.records.files import from_plain, to_plain
from trialpool.records.results import Result
from trialpool.records.summaries import Summary

VERSION: Final = 1
# Marks a file as a baseline, so that no other JSON file is ever removed as a stale one.
_MARK: Final = "baseline_version"


@dataclass(frozen=True)
class Approval:
    """What approving did to the folder of baselines: ids of questions.

    Attributes
    ----------
    written, kept, removed : tuple of str
        Files written anew, already the same, and removed because their
        question is not asked any more.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def read_baseline(folder: Path) -> dict[str, Summary]:
    """Read all baselines of a folder; JSON files of another kind are passed over.

    Parameters
    ----------
    folder : Path
        Folder of the baselines; may be missing.

    Returns
    -------
    dict
        Question id → summary, by id.

    Raises
    ------
    InputError
        If a file is not valid JSON, was written by another version or lacks something.
    """
    approved = {}
    faults = []
    for path in sorted(folder.glob("*.json")):
        try:
            content = read_json(path)
        except (OSError, ValueError) as error:
            faults.append(_fault(path, f"cannot be read as JSON: {error}"))
            continue
        if not isinstance(content, dict) or _MARK not in content:
            continue
        if content[_MARK] != VERSION:
            faults.append(_fault(path, f"was written in form {content[_MARK]}, not {VERSION}"))
            continue
        try:
            approved[path.stem] = from_plain(content, Summary)
        except ValueError as error:
            faults.append(_fault(path, f"is no summary of a result: {error}"))
    if faults:
        raise InputError(faults)
    return approved


def _fault(path: Path, message: str) -> Finding:
    remedy = "Delete it and run: trialpool approve."
    return Finding("fatal", "baseline", str(path), message=message, remedy=remedy)


def write_baseline(folder: Path, results: Mapping[str, Result]) -> Approval:
    """Write the summary of each result, and remove files of questions no longer asked.

    Parameters
    ----------
    folder : Path
        Folder of the baselines; made if it is missing.
    results : mapping
        Question id → result, of all questions.

    Returns
    -------
    Approval
        What was done. A file that says the same within the tolerance is not touched.
    """
    written, kept, removed = [], [], []
    for question, result in results.items():
        path = folder / f"{question}.json"
        content = {_MARK: VERSION, **to_plain(summarise(result))}
        if same(_content(path), content):
            kept.append(question)
        else:
            write_json(path, content)
            written.append(question)
    for path in sorted(folder.glob("*.json")):
        content = _content(path)
        if path.stem not in results and isinstance(content, dict) and _MARK in content:
            path.unlink()
            removed.append(path.stem)
    return Approval(tuple(written), tuple(kept), tuple(removed))


def _content(path: Path) -> Any:
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None
