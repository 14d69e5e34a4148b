"""Results that are known and in no pool: eligible rows that allow no effect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import structs

from trialpool.records.groups import UNPLACED, ExcludedRow
from trialpool.records.summary.certainty import ResultNotPooled

# Stages at which an eligible result falls out although nothing stands for it. What a review sets
# aside, or has of another comparison of the same trial, is no gap.
_NOT_POOLABLE: Final = frozenset({"not poolable", UNPLACED})


def results_not_pooled(rows: Iterable[ExcludedRow]) -> tuple[ResultNotPooled, ...]:
    """Join the rows of a comparison that a question could not pool to one result per trial."""
    found: dict[str, ResultNotPooled] = {}
    for row in rows:
        if row.stage in _NOT_POOLABLE:
            found[row.trial_id] = _joined(found.get(row.trial_id), row)
    return tuple(found.values())


def _joined(before: ResultNotPooled | None, row: ExcludedRow) -> ResultNotPooled:
    """Add a row to the result of its trial."""
    printed = (row.printed,) if row.printed else ()
    if before is None:
        return ResultNotPooled(
            trial_id=row.trial_id,
            label=row.label,
            row_ids=(row.row_id,),
            printed=printed,
            reasons=(row.reason,),
        )
    return structs.replace(
        before,
        row_ids=(*before.row_ids, row.row_id),
        printed=(*before.printed, *printed),
        reasons=tuple(dict.fromkeys((*before.reasons, row.reason))),
    )
