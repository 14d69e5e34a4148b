"""The flow of data through a review, and its checklist (PRISMA 2020 and the living extension)."""

from __future__ import annotations

from typing import Literal

from trialpool.records.base import Record


class FlowReason(Record, frozen=True, kw_only=True):
    """Why rows stand in a stage, with the trials that they are of."""

    label: str
    rows: int
    trials: int


class FlowStage(Record, frozen=True, kw_only=True):
    """How far rows came, and trials and reports by the one of their rows that came furthest.

    The counts of all stages add up to what is in the tables.

    Attributes
    ----------
    id, label : str
    rows, trials, sources : int
        `sources` are reports.
    reasons : tuple of FlowReason
        The most frequent first; a trial may stand in several.
    """

    id: str
    label: str
    rows: int
    trials: int
    sources: int
    reasons: tuple[FlowReason, ...] = ()


class Flow(Record, frozen=True, kw_only=True):
    """From the tables to the pools.

    Attributes
    ----------
    tables : dict of str to int
        Raw table of results to rows.
    rows, trials, sources : int
        In the tables.
    stages : tuple of FlowStage
        From those that came least far.
    """

    tables: dict[str, int]
    rows: int
    trials: int
    sources: int
    stages: tuple[FlowStage, ...]


class ChecklistItem(Record, frozen=True, kw_only=True):
    """An item of the checklist and what the review says to it.

    Attributes
    ----------
    number : str
        As in PRISMA 2020 ("13a"), "L1" to "L4" in its living extension; "living" follows the
        number of an item to which that extension adds something.
    section, topic : str
        `topic` in words of this project.
    by : {"project", "people"}
        Who can know it: the project from its records, or people, who write config/review.yaml.
    text : str
        Empty: not given.
    page : str
        The page of the report that holds it; empty where `text` is all.
    """

    number: str
    section: str
    topic: str
    by: Literal["project", "people"]
    text: str
    page: str = ""

    @property
    def is_given(self) -> bool:
        """Whether the review says something to it."""
        return bool(self.text)


class Prisma(Record, frozen=True, kw_only=True):
    """Flow and checklist of a review."""

    flow: Flow
    checklist: tuple[ChecklistItem, ...]
