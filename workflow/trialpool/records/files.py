"""Records as files: the one place where question.json and result.json are read and written.

The JSON Schemas of docs/schemas/ are generated here from the same records.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from inspect import cleandoc
from operator import or_
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from trialpool.files import read_json, write_json
from trialpool.findings import Finding, InputError
from trialpool.questions.registry import KINDS, record_class
from trialpool.records.base import Record
from trialpool.records.changes.release import ReleaseChanges
from trialpool.records.chapters import Chapters, NotAsked
from trialpool.records.comparisons import Comparisons
from trialpool.records.questions import Question
from trialpool.records.results import Result
from trialpool.records.summary.findings import SummariesOfFindings

R = TypeVar("R", bound=Record)

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# A reader of a group in JSON is told first what it is about.
_FIRST: Final = (
    *("id", "label", "comparison", "comparisons", "strategy", "mechanism", "mechanisms", "kind"),
    *("n", "n_is_minimum", "events", "events_are_minimum"),
)


def to_plain(record: Record) -> dict[str, Any]:
    """Return a record as a JSON file holds it: plain values, lists, in the order of the file.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has none such.
    """
    text = json.dumps(msgspec.to_builtins(record), ensure_ascii=False, allow_nan=False)
    plain: dict[str, Any] = json.loads(text)
    for name in ("groups", "strategies"):
        if isinstance(plain.get(name), list):
            plain[name] = [_first_what_about(group) for group in plain[name]]
    return plain


def _first_what_about(group: dict[str, Any]) -> dict[str, Any]:
    first = {name: group[name] for name in _FIRST if name in group}
    return first | {name: value for name, value in group.items() if name not in first}


def from_plain(plain: Any, kind: type[R]) -> R:
    """Make a record of plain values.

    Raises
    ------
    msgspec.ValidationError
        If a value is missing or of another type; the message names its place.
    """
    return msgspec.convert(plain, kind)


def result_of(plain: dict[str, Any]) -> Result:
    """Make the result record of a kind from what result.json holds."""
    kind: type[Result] = record_class(str(plain["kind"]), "RESULT")
    return from_plain(plain, kind)


def as_result(given: Result | Mapping[str, Any]) -> Result:
    """Return a result as it is, or make it of what was loaded from a result.json.

    Raises
    ------
    TypeError
        If a mapping is no result record of this version.
    """
    if isinstance(given, Result):
        return given
    start = "result: this mapping is no result record"
    if "trials" not in given or "groups" not in given:
        raise TypeError(f"{start}: it has no trials and groups")
    try:
        return result_of(dict(given))
    except KeyError as error:
        raise TypeError(f"{start} of this version: its kind is {error}") from None
    except ValueError as error:
        raise TypeError(f"{start} of this version: {error}") from None


def question_of(plain: dict[str, Any]) -> Question:
    """Make the question record of a kind from what question.json holds."""
    kind: type[Question] = record_class(str(plain["kind"]), "QUESTION")
    return from_plain(plain, kind)


def write_record(path: Path, record: Record) -> None:
    """Write a record as JSON, whole or not at all."""
    write_json(path, to_plain(record))


def read_result(path: Path) -> Result:
    """Read a result.json.

    Raises
    ------
    InputError
        If it is no result record of this version.
    """
    found: Result = _read(path, "RESULT")
    return found


def read_question(path: Path) -> Question:
    """Read a question.json.

    Raises
    ------
    InputError
        If it is no question record of this version.
    """
    found: Question = _read(path, "QUESTION")
    return found


def read_chapters(path: Path) -> Chapters:
    """Read chapters.json."""
    return from_plain(read_json(path), Chapters)


def read_not_asked(path: Path) -> NotAsked:
    """Read not_asked.json."""
    return from_plain(read_json(path), NotAsked)


def read_comparisons(path: Path) -> Comparisons:
    """Read comparisons.json."""
    return from_plain(read_json(path), Comparisons)


def read_changes(path: Path) -> ReleaseChanges:
    """Read changes.json."""
    return from_plain(read_json(path), ReleaseChanges)


def read_summaries(path: Path) -> SummariesOfFindings:
    """Read summaries.json."""
    return from_plain(read_json(path), SummariesOfFindings)


def _read(path: Path, which: str) -> Any:
    try:
        plain = read_json(path)
        kind = plain.get("kind") if isinstance(plain, dict) else None
        if kind not in KINDS:
            raise ValueError(f"its kind is {kind!r}, known are {', '.join(sorted(KINDS))}")
        return from_plain(plain, record_class(kind, which))
    except (OSError, ValueError) as error:
        remedy = "It was written by another version or by hand: run trialpool build."
        message = f"is no record that this version can read: {error}"
        fault = Finding("fatal", "record-readable", str(path), message=message, remedy=remedy)
        raise InputError([fault]) from error


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each kind of file by its name, for example ``"result"``.

    A question and a result are one of several kinds, told apart by ``kind``.
    """
    by_kind = {
        which.lower(): reduce(or_, [record_class(kind, which) for kind in KINDS])
        for which in ("QUESTION", "RESULT")
    }
    others = {
        "changes": ReleaseChanges,
        "comparisons": Comparisons,
        "not_asked": NotAsked,
        "summaries": SummariesOfFindings,
    }
    records = {**by_kind, **others}
    return {name: _schema(record) for name, record in records.items()}


def _schema(record: Any) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components((record,), ref_template="#/$defs/{name}")
    for component in components.values():
        # Before msgspec 0.23 a docstring keeps its indents, like that of Python before 3.13.
        if "description" in component:
            component["description"] = cleandoc(component["description"])
    return {"$schema": _DIALECT, **schema, "$defs": dict(sorted(components.items()))}
