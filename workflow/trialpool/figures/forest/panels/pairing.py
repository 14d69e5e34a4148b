"""Which trials of two results are the same, and why one of them lacks a result."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, TypeVar

from msgspec import structs

from trialpool.figures.forest.options.presets import LabelStyle
from trialpool.figures.forest.panels.table import Absent
from trialpool.figures.forest.words.naming import trial_label
from trialpool.records.groups import ExcludedRow
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Trial

Key = tuple[str, ...]
R = TypeVar("R", bound=ComparativeResult)

NOT_IN_DATA: Final = "not in our data"
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

    rows: Mapping[Key, tuple[Trial | None, Trial | None]]
    years_agree: bool
    orders: tuple[tuple[Key, ...], tuple[Key, ...]]

    def keys(self, index: int, group: str) -> list[Key]:
        """Keys of the trials of a group of one result, in its order."""
        return [key for key in self.orders[index] if key[0] == group]


def pair_trials(records: Sequence[ComparativeResult]) -> Pairing:
    """Match the trials of two records.

    Where every trial of both has identifiers of its arms, by trial, arms and group; else
    by name and group, and by comparison too where a name alone stands for several.

    Raises
    ------
    ValueError
        If two trials of one record cannot be told apart.
    """
    first, second = (record.trials for record in records)
    own = all(all(_arms(trial)) for trial in (*first, *second))

    def keys(trials: Sequence[Trial], *, comparison: bool) -> list[Key]:
        if own:
            return [(t.group, t.trial_id, *_arms(t)) for t in trials]
        return [(t.group, t.label, t.comparison if comparison else "") for t in trials]

    plain = [keys(trials, comparison=False) for trials in (first, second)]
    twice = any(len(set(found)) < len(found) for found in plain)
    found = [keys(trials, comparison=twice) for trials in (first, second)]
    for names, record in zip(found, records, strict=True):
        if repeated := sorted({key for key in names if names.count(key) > 1}):
            raise ValueError(
                f"{record.title}: {repeated[0][1]!r} stands twice in the group "
                f"{repeated[0][0]!r}; the trials of two results are matched by name: give each a "
                "name, or a comparison, of its own"
            )
    ours, theirs = (
        dict(zip(names, trials, strict=True))
        for names, trials in zip(found, (first, second), strict=True)
    )
    rows = {key: (ours.get(key), theirs.get(key)) for key in (*ours, *theirs)}
    agree = all(
        one.year == two.year for one, two in rows.values() if one is not None and two is not None
    )
    return Pairing(rows, agree, (tuple(found[0]), tuple(found[1])))


def under_shared_names(first: R, second: R) -> tuple[R, R]:
    """Call one comparison by one name in both records, and two comparisons by two names.

    Records name their groups as far as they have to for themselves.
    """
    labels: dict[str, str] = {}
    for record in (first, second):
        for group in record.groups:
            if group.comparison:
                known = labels.get(group.comparison, "")
                labels[group.comparison] = max(known, group.label, key=len)
    names = {}
    for own, label in labels.items():
        same = [other for other, text in labels.items() if text == label]
        names[own] = label if len(same) == 1 else f"{label}, {_last_part(own, same)}"
    return _renamed(first, names), _renamed(second, names)


def _last_part(own: str, same: Sequence[str]) -> str:
    """Return the words of an id from where it parts from the others."""
    parts = [name.split("-") for name in same]
    alike = next((i for i, words in enumerate(zip_longest(*parts)) if len(set(words)) > 1), 0)
    return " ".join(own.split("-")[alike:]) or own


def _renamed(record: R, names: Mapping[str, str]) -> R:
    of = {group.label: names.get(group.comparison, group.label) for group in record.groups}
    return structs.replace(
        record,
        groups=tuple(structs.replace(group, label=of[group.label]) for group in record.groups),
        trials=tuple(
            structs.replace(trial, group=of.get(trial.group, trial.group))
            for trial in record.trials
        ),
    )


def _arms(trial: Trial) -> tuple[str, str]:
    return trial.experimental.arm_id, trial.control.arm_id


def shared_label(trials: Sequence[Trial | None], style: LabelStyle, *, with_year: bool) -> str:
    """Name a row; the year of the report only where it is that of both endpoints.

    Sources are not numbered: each endpoint has its own.
    """
    known = next(trial for trial in trials if trial is not None)
    return trial_label(known, style, year=with_year)


def absence(trial: Trial, record: ComparativeResult, pairing: Pairing, index: int) -> Absent:
    """Say why a record has no result of a trial.

    Parameters
    ----------
    trial : Trial
        The trial as the other record has it.
    record : ComparativeResult
        The record that lacks it; its `excluded` rows give the reason.
    pairing : Pairing
    index : int
        Which of the two records lacks it.
    """
    here = ((key[0], pair[index]) for key, pair in pairing.rows.items())
    same = [group for group, own in here if group != trial.group and own and _same(own, trial)]
    if same:
        return Absent(ELSEWHERE, (f"{trial.label} stands in {same[0]}",))
    out = [
        item
        for item in record.excluded
        if (item.trial_id == trial.trial_id if item.trial_id else item.label == trial.label)
    ]
    # Tables give a reason only: what they leave out could not be pooled.
    unpoolable = [item for item in out if item.stage in ("", NOT_POOLABLE)]
    if unpoolable:
        return Absent(NOT_POOLABLE, (_reason(unpoolable[0]),))
    if out:
        return Absent(LEFT_OUT, (_reason(out[0]),))
    return Absent(NOT_IN_DATA)


def _reason(item: ExcludedRow) -> str:
    """Give the reason in words, without the name of the check behind it."""
    return _CHECK.sub("", item.reason)


def _same(one: Trial, two: Trial) -> bool:
    return (one.label, one.comparison, *_arms(one)) == (two.label, two.comparison, *_arms(two))
