"""Parts of the methods text: citations, and settings that differ between questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trialpool.report.references import REFERENCES

Record = Mapping[str, Any]


class Citations:
    """Collects what is cited, in order of first mention."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def __call__(self, *keys: str) -> str:
        """Cite papers: "(Parmar 1998; Tierney 2007)"."""
        self.keys += [key for key in keys if key not in self.keys]
        return "(" + "; ".join(REFERENCES[key].short for key in keys) + ")"


def by_value(records: Sequence[Record], value: Callable[[Record], Any]) -> list[tuple[Any, str]]:
    """Find the distinct values, each with words on which questions have it.

    The words are empty where all questions that have a value agree.
    """
    titles: dict[Any, list[str]] = {}
    for record in records:
        found = value(record)
        if found not in (None, "", ()):
            titles.setdefault(found, []).append(str(record["title"]))
    if len(titles) == 1:
        return [(next(iter(titles)), "")]
    return [(found, f" (questions: {'; '.join(names)})") for found, names in titles.items()]


def setting(name: str) -> Callable[[Record], Any]:
    """Return a function that looks up one of a record's settings."""

    def value(record: Record) -> Any:
        found = record["settings"].get(name)
        return tuple(found) if isinstance(found, list) else found

    return value
