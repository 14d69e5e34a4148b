"""The records of a comparison: what was added, removed, edited and moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trialpool.records.summaries import GroupSummary, SubgroupTestSummary

Status = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Edit:
    """One named value before and after.

    Attributes
    ----------
    name : str
        Column or setting.
    old, new : Any
        Its values, None where there was or is none.
    """

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class RowChange:
    """A raw row that was added, removed or edited.

    Attributes
    ----------
    row_id, table, trial_id, endpoint : str
        Names of the row as effects.csv gives them.
    status : {"added", "removed", "changed"}
        What happened to it.
    edits : tuple of Edit
        The columns that were edited; empty for other rows.
    """

    row_id: str
    table: str
    trial_id: str
    endpoint: str
    status: Status
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Cause:
    """A trial's effect that entered a group, left it or changed in it.

    Attributes
    ----------
    row_ids : tuple of str
        The raw rows behind the effect: one, or one per arm.
    trial_id, label : str
        The trial.
    change : {"entered", "left", "changed"}
        What happened to it in this group.
    reason : str
        Why, as far as the two sides tell; may be empty.
    old, new : tuple of float or None
        Effect and standard error on the analysis scale.
    """

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    change: Literal["entered", "left", "changed"]
    reason: str
    old: tuple[float, float] | None
    new: tuple[float, float] | None


@dataclass(frozen=True)
class GroupChange:
    """What moved in one group, or in the overall pool.

    Attributes
    ----------
    label : str
        Label of the group.
    status : {"added", "removed", "changed"}
        Whether the group appeared, disappeared or moved.
    moved : tuple of str
        Names in `trialpool.changes.summary.POOLED`.
    models : mapping of str to tuple of str
        Model → what of it moved; also models that appeared or disappeared.
    old, new : GroupSummary or None
        The group on both sides.
    causes : tuple of Cause
        The effects that entered, left or changed.
    """

    label: str
    status: Status
    moved: tuple[str, ...]
    models: Mapping[str, tuple[str, ...]]
    old: GroupSummary | None
    new: GroupSummary | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class SubgroupTestChange:
    """The test of differences between groups before and after; None where there is none."""

    old: SubgroupTestSummary | None
    new: SubgroupTestSummary | None


@dataclass(frozen=True)
class QuestionChange:
    """What moved in one question.

    Attributes
    ----------
    id, title : str
        The question.
    status : {"added", "removed", "changed"}
        Whether the question appeared, disappeared or moved.
    measures : tuple of str
        Code of its measure before and after.
    groups : tuple of GroupChange
        Its groups that moved, then its overall pool if that did.
    test : SubgroupTestChange or None
        The test of differences between groups where it moved.
    settings : tuple of Edit
        Settings that changed.
    excluded : tuple of Edit
        Row id → the reason why it is not pooled, where that reason changed.
    other : tuple of str
        Keys of the result record that differ beside all this.
    """

    id: str
    title: str
    status: Status
    measures: tuple[str, str]
    groups: tuple[GroupChange, ...] = ()
    test: SubgroupTestChange | None = None
    settings: tuple[Edit, ...] = ()
    excluded: tuple[Edit, ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changes:
    """Everything that differs between two results; empty where nothing does.

    Attributes
    ----------
    trials_added, trials_removed, trials_edited : tuple of str
        Trial ids; a trial is edited where one of its rows was added, removed or edited.
    rows : tuple of RowChange
        Raw rows, by id.
    questions : tuple of QuestionChange
        Questions, by id.
    """

    trials_added: tuple[str, ...] = ()
    trials_removed: tuple[str, ...] = ()
    trials_edited: tuple[str, ...] = ()
    rows: tuple[RowChange, ...] = ()
    questions: tuple[QuestionChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.trials_added or self.trials_removed or self.rows or self.questions)
