"""The questions on markers that bear on a chapter: who benefits, and who fares better anyway."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool.chapters.material import Material
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.chapters import OnMarkers, TrialReason
from trialpool.records.groups import ExcludedRow


def _is_another_level(reason: str) -> bool:
    """Tell whether a row is left out for its level and not for its numbers."""
    return (
        "is on neither side" in reason
        or "is not among the levels" in reason
        or ("overlaps both levels" in reason)
    )


def on_markers(material: Material, markers: Sequence[str]) -> list[OnMarkers]:
    """List the questions on any of some markers.

    Parameters
    ----------
    material : Material
    markers : sequence of str
        Canonical names.

    Returns
    -------
    list of OnMarkers
        In the order of the results.
    """
    found = []
    for record in material.results:
        kind, asked = stage(kind_of(record), "chapter").markers_asked(record)
        shared = [name for name in asked if name in markers]
        if not shared:
            continue
        used = {trial.trial_id for trial in record.trials}
        rows = [
            item
            for item in record.excluded
            if item.stage == "not poolable" and item.trial_id not in used
        ]
        told: dict[str, list[ExcludedRow]] = {}
        # Why a level that is asked for has no number says more than that others exist.
        for item in sorted(rows, key=lambda item: _is_another_level(item.reason)):
            same = told.setdefault(item.trial_id, [item])
            if item is not same[0] and item.reason == same[0].reason:
                same.append(item)
        found.append(
            OnMarkers(
                question=record.id,
                kind=kind,
                markers=tuple(shared),
                groups=tuple(group.label for group in record.groups),
                left_out=tuple(_reason(told[trial_id]) for trial_id in sorted(told)),
            )
        )
    return found


def _reason(rows: Sequence[ExcludedRow]) -> TrialReason:
    """Say why a trial is left out, with what its rows print."""
    printed = tuple(row.printed for row in rows if row.printed)
    return TrialReason(trial=rows[0].label, reason=rows[0].reason, printed=printed)
