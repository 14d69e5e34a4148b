"""Parts of the methods text: citations, and settings that differ between questions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from trialpool.questions.shared.words.references import REFERENCES
from trialpool.records.results import Result

R = TypeVar("R", bound=Result)
V = TypeVar("V", bound=Hashable)


@dataclass(frozen=True)
class Section:
    """A part of the methods: a heading and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


class Citations:
    """Collects what is cited, in order of first mention."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def __call__(self, *keys: str) -> str:
        """Cite papers: "(Parmar 1998; Tierney 2007)"."""
        self.keys += [key for key in keys if key not in self.keys]
        return "(" + "; ".join(REFERENCES[key].short for key in keys) + ")"


def by_value(results: Sequence[R], value: Callable[[R], V | None]) -> list[tuple[V, str]]:
    """Find the distinct values, each with words on which questions have it.

    The words are empty where all questions that have a value agree.
    """
    titles: dict[V, list[str]] = {}
    for result in results:
        found = value(result)
        if found is not None and found not in ("", ()):
            titles.setdefault(found, []).append(result.title)
    if len(titles) == 1:
        return [(next(iter(titles)), "")]
    return [(found, f" (questions: {'; '.join(names)})") for found, names in titles.items()]
