"""What any two arms of the trials in the tables compare, be they in a question or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from trialpool.evidence.comparisons import compare
from trialpool.evidence.contrasts import Taxonomy
from trialpool.records.comparisons import Comparison

Row = Mapping[str, str]


class ArmPairs:
    """Comparisons by trial and arms.

    Parameters
    ----------
    taxonomy : Taxonomy
    trials, arms : iterable of mapping
        Rows of trials.csv and arms.csv.
    """

    def __init__(self, taxonomy: Taxonomy, trials: Iterable[Row], arms: Iterable[Row]) -> None:
        known = {row["trial_id"]: row for row in trials}
        self._arms: dict[str, dict[str, Row]] = {}
        for row in arms:
            if row["trial_id"] in known:
                self._arms.setdefault(row["trial_id"], {})[row["arm_id"]] = row

        @cache
        def compared(trial_id: str, ours: str, theirs: str) -> Comparison:
            own = self._arms[trial_id]
            sides = ((arm, own[arm]["agents"]) for arm in (ours, theirs))
            return compare(taxonomy, known[trial_id], *sides)[0]

        self._compared = compared

    def of(self, trial_id: str, experimental: str, control: str) -> Comparison | None:
        """Return what one arm against another compares; None where one is not in the tables."""
        own = self._arms.get(trial_id, {})
        if experimental not in own or control not in own or experimental == control:
            return None
        return self._compared(trial_id, experimental, control)

    def ids(self) -> set[str]:
        """Return the ids of all comparisons that two arms of a trial can make."""
        return {
            self._compared(trial_id, ours, theirs).id
            for trial_id, own in self._arms.items()
            for ours in own
            for theirs in own
            if ours != theirs
        }
