"""Which trials of two results are the same, and why one of them lacks a result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool.figures.forest.options.presets import LabelStyle
from trialpool.figures.forest.panels.table import Absent
from trialpool.figures.forest.words.naming import trial_label

Record = Mapping[str, Any]
Key = tuple[str, ...]

NOT_REPORTED: Final = "not reported"
NOT_POOLABLE: Final = "not poolable"
ELSEWHERE: Final = "in another group"
LEFT_OUT: Final = "left out"
_CHECK: Final = re.compile(r" \[[a-z0-9-]+\]$")


@dataclass(frozen=True)
class Pairing:
    """Rows of two results.

    Attributes
    ----------
    rows : dict of key to (trial or None, trial or None)
        Each key names a trial, its comparison and its group.
    years_agree : bool
        Whether every trial in both has the same year in both.
    orders : (tuple of key, tuple of key)
        Of each result for itself.
    """

    rows: Mapping[Key, tuple[Record | None, Record | None]]
    years_agree: bool
    orders: tuple[tuple[Key, ...], tuple[Key, ...]]

    def keys(self, index: int, group: str) -> list[Key]:
        """Keys of the trials of a group of one result, in its order."""
        return [key for key in self.orders[index] if key[0] == group]


def pair_trials(records: Sequence[Record]) -> Pairing:
    """Match the trials of two records.

    Where every trial of both has identifiers of its arms, by trial, arms and group; else
    by name and group, and by comparison too where a name alone stands for several.

    Raises
    ------
    ValueError
        If two trials of one record cannot be told apart.
    """
    first, second = (list(record["trials"]) for record in records)
    own = all(_arm(trial, "experimental") and _arm(trial, "control") for trial in (*first, *second))

    def keys(trials: Sequence[Record], *, comparison: bool) -> list[Key]:
        if own:
            return [
                (t["group"], t["trial_id"], _arm(t, "experimental"), _arm(t, "control"))
                for t in trials
            ]
        return [
            (t["group"], str(t["label"]), str(t.get("comparison") or "") if comparison else "")
            for t in trials
        ]

    plain = [keys(trials, comparison=False) for trials in (first, second)]
    twice = any(len(set(found)) < len(found) for found in plain)
    found = [keys(trials, comparison=twice) for trials in (first, second)]
    for names, record in zip(found, records, strict=True):
        if repeated := sorted({key for key in names if names.count(key) > 1}):
            raise ValueError(
                f"{record['title']}: {repeated[0][1]!r} stands twice in the group "
                f"{repeated[0][0]!r}; the trials of two results are matched by name: give each a "
                "name, or a comparison, of its own"
            )
    ours, theirs = (
        dict(zip(names, trials, strict=True))
        for names, trials in zip(found, (first, second), strict=True)
    )
    rows = {key: (ours.get(key), theirs.get(key)) for key in (*ours, *theirs)}
    agree = all(
        one.get("year") == two.get("year")
        for one, two in rows.values()
        if one is not None and two is not None
    )
    return Pairing(rows, agree, (tuple(found[0]), tuple(found[1])))


def _arm(trial: Record, side: str) -> str:
    return str((trial.get(side) or {}).get("arm_id") or "")


def shared_label(trials: Sequence[Record | None], style: LabelStyle, *, with_year: bool) -> str:
    """Name a row; the year of the report only where it is that of both endpoints.

    Sources are not numbered: each endpoint has its own.
    """
    known: Record = next(trial for trial in trials if trial is not None)
    return trial_label(known, style, year=with_year)


def absence(trial: Record, record: Record, pairing: Pairing, index: int) -> Absent:
    """Say why a record has no result of a trial.

    Parameters
    ----------
    trial : mapping
        The trial as the other record has it.
    record : mapping
        The record that lacks it; its `excluded` rows give the reason.
    pairing : Pairing
    index : int
        Which of the two records lacks it.
    """
    same = [
        pair[index]
        for key, pair in pairing.rows.items()
        if key[0] != trial["group"] and pair[index] is not None and _same(pair[index], trial)
    ]
    if same:
        return Absent(ELSEWHERE, (f"{trial['label']} stands in {same[0]['group']}",))  # type: ignore[index]
    out = [
        item
        for item in record.get("excluded") or ()
        if item[name := "trial_id" if item.get("trial_id") else "label"] == trial[name]
    ]
    # Tables give a reason only: what they leave out could not be pooled.
    unpoolable = [item for item in out if item.get("stage", NOT_POOLABLE) == NOT_POOLABLE]
    if unpoolable:
        return Absent(NOT_POOLABLE, (_reason(unpoolable[0]),))
    if out:
        return Absent(LEFT_OUT, (_reason(out[0]),))
    return Absent(NOT_REPORTED)


def _reason(item: Record) -> str:
    """Give the reason in words, without the name of the check behind it."""
    return _CHECK.sub("", str(item["reason"]))


def _same(one: Record | None, two: Record) -> bool:
    if one is None:
        return False
    names = ("label", "comparison")
    arms = [(_arm(t, "experimental"), _arm(t, "control")) for t in (one, two)]
    return all(one.get(name) == two.get(name) for name in names) and arms[0] == arms[1]
