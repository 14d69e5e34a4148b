"""Results that are known and in no pool: eligible rows of trials that give a group no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import structs

from trialpool.evidence.arm_pairs import ArmPairs
from trialpool.evidence.tables import Evidence
from trialpool.records.groups import UNPLACED, ExcludedRow
from trialpool.records.results import ComparativeResult
from trialpool.records.summary.certainty import ResultNotPooled

# Tables whose rows name two arms, and the one whose rows name one.
_CONTRASTS: Final = ("time_to_event", "response_contrasts")
_RATES: Final = "responses"
# Stages at which an eligible result falls out although nothing stands for it. What a review sets
# aside, or has of another comparison of the same trial, is no gap.
_NOT_POOLABLE: Final = frozenset({"not poolable", UNPLACED})


class NotPooled:
    """Finds the results that a question knows of a comparison and does not pool."""

    def __init__(self, evidence: Evidence, pairs: ArmPairs) -> None:
        self._pairs = pairs
        self._rows: dict[str, tuple[str, Mapping[str, Any]]] = {
            str(row["row_id"]): (table, row)
            for table in (*_CONTRASTS, _RATES)
            for row in evidence.rows(table)
        }

    def of(self, result: ComparativeResult) -> dict[str, tuple[ResultNotPooled, ...]]:
        """Return them by the id of the comparison, in the order of the question.

        A trial whose effect on the outcome is in the group of the comparison has none there.
        """
        sides = [(t.trial_id, t.experimental.arm_id, t.control.arm_id) for t in result.trials]
        made = [(self._pairs.of(*arms), arms[0]) for arms in sides]
        pooled = {(one.id, trial_id) for one, trial_id in made if one is not None}
        found: dict[tuple[str, str], ResultNotPooled] = {}
        for item in result.excluded:
            if item.stage not in _NOT_POOLABLE:
                continue
            for comparison in dict.fromkeys(self._comparisons(item)):
                place = comparison, item.trial_id
                if place not in pooled:
                    found[place] = _joined(found.get(place), item)
        by_comparison: dict[str, tuple[ResultNotPooled, ...]] = {}
        for (comparison, _), one in found.items():
            by_comparison[comparison] = (*by_comparison.get(comparison, ()), one)
        return by_comparison

    def _comparisons(self, item: ExcludedRow) -> Iterator[str]:
        """Yield the ids of the comparisons that a row is about, as its arms stand in it."""
        table, row = self._rows.get(item.row_id, ("", {}))
        if table in _CONTRASTS:
            arms = [(str(row["experimental_arm"]), str(row["control_arm"]))]
        elif table == _RATES:
            arms = list(self._pairs.with_arm(item.trial_id, str(row["arm_id"])))
        else:
            return
        for ours, theirs in arms:
            comparison = self._pairs.of(item.trial_id, ours, theirs)
            if comparison is not None:
                yield comparison.id


def _joined(before: ResultNotPooled | None, item: ExcludedRow) -> ResultNotPooled:
    """Add a row to the result of its trial."""
    if before is None:
        return ResultNotPooled(
            trial_id=item.trial_id,
            label=item.label,
            row_ids=(item.row_id,),
            printed=(item.printed,) if item.printed else (),
            stage=item.stage,
            reason=item.reason,
        )
    printed = (*before.printed, item.printed) if item.printed else before.printed
    reasons = before.reason
    if item.reason not in reasons:
        reasons = f"{reasons}; {item.reason}"
    return structs.replace(
        before, row_ids=(*before.row_ids, item.row_id), printed=printed, reason=reasons
    )
