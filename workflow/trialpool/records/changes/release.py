"""results/changes.json: what moved since the last release, and which raw rows moved it.

Estimates, limits and standard errors on the analysis scale.
"""

from __future__ import annotations

from typing import Literal

from trialpool.records.base import Record


class ChangedCell(Record, frozen=True, kw_only=True):
    """A cell or a setting before and after, as it stands in its file; empty where there is none."""

    name: str
    before: str
    after: str


class ChangedRow(Record, frozen=True, kw_only=True):
    """A raw row that is new, gone or edited.

    `cells` are those that were edited, without what follows from them; `left_out` says why no
    question pools a row that is there, empty where one does.
    """

    row_id: str
    table: str
    trial_id: str
    endpoint: str
    status: Literal["new", "gone", "edited"]
    cells: tuple[ChangedCell, ...] = ()
    left_out: str = ""


class PoolThen(Record, frozen=True, kw_only=True):
    """A pool on one side: trials, estimate, interval, and the word of its verdict."""

    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    verdict: str


class MovedTrial(Record, frozen=True, kw_only=True):
    """A trial's effect that entered a pool, left it or changed in it.

    Attributes
    ----------
    row_ids : tuple of str
        The raw rows behind the effect: one, or one per arm.
    trial_id, label : str
    change : {"entered", "left", "changed"}
    reason : str
        Why, as far as the two sides tell; may be empty.
    before, after : tuple of float or None
        Effect and standard error.
    """

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    change: Literal["entered", "left", "changed"]
    reason: str
    before: tuple[float, float] | None
    after: tuple[float, float] | None


class PoolChange(Record, frozen=True, kw_only=True):
    """What moved in one pool of one question.

    Attributes
    ----------
    question, title, measure : str
    level : {"group", "strategy", "overall"}
    label : str
        As it is now.
    label_before : str
        Where it was another; empty where it was the same.
    comparison : str
        Id in comparisons.json; empty where the pool is none of one comparison.
    status : {"new", "gone", "changed", "renamed"}
        "renamed": no number moved.
    before, after : PoolThen or None
    trials : tuple of MovedTrial
    sentence : str
        All of this in words, with what caused it.
    """

    question: str
    title: str
    measure: str
    level: Literal["group", "strategy", "overall"]
    label: str
    label_before: str = ""
    comparison: str = ""
    status: Literal["new", "gone", "changed", "renamed"]
    before: PoolThen | None
    after: PoolThen | None
    trials: tuple[MovedTrial, ...] = ()
    sentence: str


class QuestionNote(Record, frozen=True, kw_only=True):
    """What else changed in a question: settings, reasons why rows are left out, further records.

    `status` is "new", "gone" or "changed"; `settings` and `excluded` (by row id) before and
    after; `sentences` say it.
    """

    question: str
    title: str
    status: Literal["new", "gone", "changed"]
    settings: tuple[ChangedCell, ...] = ()
    excluded: tuple[ChangedCell, ...] = ()
    sentences: tuple[str, ...] = ()


class ReleaseChanges(Record, frozen=True, kw_only=True):
    """What differs between the last release and this build.

    Attributes
    ----------
    schema_version : int
    release : str
        The release in words; empty where there is none.
    summary : str
        One sentence over all, or why nothing is compared.
    trials_new, trials_gone : tuple of str
        Trial ids.
    rows : tuple of ChangedRow
        Empty where the release keeps no raw rows.
    pools : tuple of PoolChange
        Changed conclusions first.
    questions : tuple of QuestionNote
    """

    schema_version: int
    release: str
    summary: str
    trials_new: tuple[str, ...] = ()
    trials_gone: tuple[str, ...] = ()
    rows: tuple[ChangedRow, ...] = ()
    pools: tuple[PoolChange, ...] = ()
    questions: tuple[QuestionNote, ...] = ()
