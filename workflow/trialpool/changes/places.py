"""Where each effect of a question stands in two sets of results, and why it moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from trialpool.changes.records import Cause
from trialpool.changes.tolerance import same
from trialpool.records.summaries import GroupSummary, TrialSummary

RowIds = tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """What one side tells about rows that are not in a pool.

    Attributes
    ----------
    excluded : mapping of str to str
        Row id → why the question does not pool it.
    rows : collection of str or None
        Ids of all raw rows; None where they are not known.
    """

    excluded: Mapping[str, str] = field(default_factory=dict)
    rows: Collection[str] | None = None


@dataclass(frozen=True)
class Places:
    """Where each effect of a question stands on both sides, to tell why it moved.

    Attributes
    ----------
    old, new : mapping
        Row ids of an effect → label of its group.
    known_old, known_new : Known
        What each side tells about rows that it does not pool.
    """

    old: Mapping[RowIds, str]
    new: Mapping[RowIds, str]
    known_old: Known
    known_new: Known

    def causes(self, old: GroupSummary | None, new: GroupSummary | None) -> tuple[Cause, ...]:
        """Name the effects that entered a group, changed in it or left it."""
        before, after = by_rows(old), by_rows(new)
        found = []
        for row_ids in dict.fromkeys((*after, *before)):
            was, now = before.get(row_ids), after.get(row_ids)
            trial = now or was
            assert trial is not None
            old_effect, new_effect = (
                (side.estimate, side.se) if side else None for side in (was, now)
            )
            if same(old_effect, new_effect):
                continue
            if was is None:
                change: Literal["entered", "left", "changed"] = "entered"
                reason = self._why_entered(row_ids)
            elif now is None:
                change, reason = "left", self._why_left(row_ids)
            else:
                change, reason = "changed", ""
            found.append(
                Cause(
                    row_ids,
                    trial.trial_id,
                    trial.label,
                    change,
                    reason,
                    old_effect,
                    new_effect,
                )
            )
        return tuple(found)

    def _why_left(self, row_ids: RowIds) -> str:
        if row_ids in self.new:
            return f"now in “{self.new[row_ids]}”"
        reasons = [self.known_new.excluded[r] for r in row_ids if r in self.known_new.excluded]
        if reasons:
            return "; ".join(dict.fromkeys(reasons))
        if self.known_new.rows is not None and not set(row_ids) <= set(self.known_new.rows):
            return "removed from the tables"
        return "not a row of this question any more"

    def _why_entered(self, row_ids: RowIds) -> str:
        if row_ids in self.old:
            return f"was in “{self.old[row_ids]}”"
        reasons = [self.known_old.excluded[r] for r in row_ids if r in self.known_old.excluded]
        if reasons:
            return f"was left out: {'; '.join(dict.fromkeys(reasons))}"
        if self.known_old.rows is not None and not set(row_ids) <= set(self.known_old.rows):
            return "new"
        return ""


def by_rows(group: GroupSummary | None) -> dict[RowIds, TrialSummary]:
    """Return the effects of a group by the rows that they are from."""
    return {trial.row_ids: trial for trial in group.trials} if group else {}
