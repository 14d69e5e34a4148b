"""What the page asks the rooms of the kinds of questions for: words, and parts of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from trialpool.measures import Direction
from trialpool.questions.registry import stage
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.sides import Conclusion
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.base import kind_of
from trialpool.records.groups import GroupBase
from trialpool.records.results import ComparativeResult, Result


class Words(Protocol):
    """The words of a kind."""

    def conclude(self, group: GroupBase, result: Result, /) -> Conclusion:
        """Put the result of a group into words."""

    def on_markers(self, result: Result, /) -> MarkerWords | None:
        """Say what a question tells of markers."""


class ComparativeWords(Words, Protocol):
    """The words of a kind that compares two sides; `UNIT` is that of a number in a sentence."""

    UNIT: str

    def describe_side(self, side: Direction, result: ComparativeResult, /) -> str:
        """Say what a side of no difference means."""


class Page(Protocol):
    """Parts of the page of a kind; `FOREST_REMARK` says what its forest plot adds."""

    FOREST_REMARK: str

    def figures(self, result: Result, /) -> tuple[str, ...]:
        """Name the figures beside the forest plot."""

    def parts(self, result: Result, /) -> tuple[Part, ...]:
        """Prepare what only this kind shows."""

    def methods(self, results: Sequence[Result], cite: Citations, /) -> Section | None:
        """Describe what only this kind does."""


def words_of(result: Result) -> Words:
    """Return the words of a result's kind."""
    return cast("Words", stage(kind_of(result), "words"))


def comparative_words(result: ComparativeResult) -> ComparativeWords:
    """Return the words of the kind of a result that compares two sides."""
    return cast("ComparativeWords", stage(kind_of(result), "words"))


def page_of(kind: str) -> Page:
    """Return the parts of the page of a kind."""
    return cast("Page", stage(kind, "page"))
