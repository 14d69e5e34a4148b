"""What moved between two sets of results, and which rows moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, TypeVar

from trialpool.changes.places import Known, Places, RowIds, by_rows
from trialpool.changes.records import (
    Changes,
    Edit,
    GroupChange,
    QuestionChange,
    SubgroupTestChange,
)
from trialpool.changes.rows import compare_rows
from trialpool.changes.summary import (
    OF_A_MODEL,
    OVERALL,
    POOLED,
    STRATEGY,
    settings_of,
    summarise,
)
from trialpool.changes.tolerance import same
from trialpool.records.base import record_from
from trialpool.records.files import to_plain
from trialpool.records.pools import PooledEffect, PoolSummary
from trialpool.records.results import Result
from trialpool.records.summaries import GroupSummary, Summary

# Keys of a result that the summary or the settings cover, by what they would be reported as.
_COVERED: Final = (
    *("settings", "title", "question", "comment", "measure", "endpoints", "benefit"),
    *("overall_reason", "excluded"),
)
_SUMMARISED: Final = ("trials", "groups", "overall", "subgroup_test", "sources")


def compare_results(
    old: Mapping[str, Result],
    new: Mapping[str, Result],
    old_rows: Sequence[Mapping[str, str]] = (),
    new_rows: Sequence[Mapping[str, str]] = (),
) -> Changes:
    """Compare two builds.

    Parameters
    ----------
    old, new : mapping
        Question id → result.
    old_rows, new_rows : sequence of mapping
        Rows of effects.csv.

    Returns
    -------
    Changes
        Trials, rows and questions that differ by more than the tolerance.
    """
    ids_before, ids_after = ({row["row_id"] for row in rows} for rows in (old_rows, new_rows))
    questions = []
    for question in sorted(old.keys() | new.keys()):
        before, after = old.get(question), new.get(question)
        known_before = Known(_excluded(before), ids_before)
        known_after = Known(_excluded(after), ids_after)
        change = compare_question(
            summarise(before) if before else None,
            summarise(after) if after else None,
            known_before,
            known_after,
        )
        if before and after:
            reasons = _reasons(known_before, known_after)
            change = _with_the_rest(change, before, after, reasons)
        if change is not None:
            questions.append(change)
    return replace(compare_rows(old_rows, new_rows, old, new), questions=tuple(questions))


def compare_with_summaries(
    approved: Mapping[str, Summary],
    new: Mapping[str, Result],
    new_rows: Sequence[Mapping[str, str]] = (),
) -> Changes:
    """Compare a build with approved summaries.

    Parameters
    ----------
    approved : mapping
        Question id → summary.
    new : mapping
        Question id → result; questions without an approved summary are left out.
    new_rows : sequence of mapping
        Rows of effects.csv of the build.

    Returns
    -------
    Changes
        The questions that moved.
    """
    ids = {row["row_id"] for row in new_rows}
    changes = (
        compare_question(
            approved[question],
            summarise(new[question]),
            Known(),
            Known(_excluded(new[question]), ids),
        )
        for question in sorted(approved.keys() & new.keys())
    )
    return Changes(questions=tuple(change for change in changes if change is not None))


def _excluded(result: Result | None) -> dict[str, str]:
    return {row.row_id: row.reason for row in result.excluded} if result else {}


def compare_question(
    old: Summary | None, new: Summary | None, known_old: Known, known_new: Known
) -> QuestionChange | None:
    """Compare two summaries of one question; None where nothing moved.

    Parameters
    ----------
    old, new : Summary or None
        None where the question was or is not asked.
    known_old, known_new : Known
        What each side tells about rows that it does not pool.

    Returns
    -------
    QuestionChange or None
        What moved.
    """
    one = new or old
    assert one is not None
    groups = _compare_groups(old, new, known_old, known_new)
    if old is None or new is None:
        status: Literal["added", "removed"] = "added" if old is None else "removed"
        measures = (one.measure, one.measure)
        return QuestionChange(one.id, one.title, status, measures, groups)
    before, after = old.subgroup_test, new.subgroup_test
    test = None if same(before, after) else SubgroupTestChange(before, after)
    settings = _edits(
        {"measure": old.measure, **to_plain(old.settings)},
        {"measure": new.measure, **to_plain(new.settings)},
    )
    if not (groups or test or settings):
        return None
    measures = (old.measure, new.measure)
    return QuestionChange(new.id, new.title, "changed", measures, groups, test, settings)


def _edits(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Edit, ...]:
    return tuple(
        Edit(name, old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if not same(old.get(name), new.get(name))
    )


def _reasons(old: Known, new: Known) -> tuple[Edit, ...]:
    """Compare why rows are not pooled, for rows that are there and left out on both sides.

    A row that came or went is told with the rows, one that entered or left a pool with its group.
    """
    both = old.excluded.keys() & new.excluded.keys()
    return tuple(
        Edit(row_id, old.excluded[row_id], new.excluded[row_id])
        for row_id in sorted(both)
        if old.excluded[row_id] != new.excluded[row_id]
    )


def _with_the_rest(
    change: QuestionChange | None, old: Result, new: Result, reasons: tuple[Edit, ...]
) -> QuestionChange | None:
    """Add settings, filters, words and reasons, and name what else of result.json differs."""
    settings = _edits(settings_of(old), settings_of(new))
    moved = bool(change and (change.groups or change.test))
    settled = {*_COVERED, *(_SUMMARISED if moved else ())}
    plain, plain_now = to_plain(old), to_plain(new)
    other = tuple(edit.name for edit in _edits(plain, plain_now) if edit.name not in settled)
    if change is None and not (settings or reasons or other):
        return None
    measures = (old.measure, new.measure)
    change = change or QuestionChange(new.id, new.title, "changed", measures)
    return replace(change, settings=settings, excluded=reasons, other=other)


def _compare_groups(
    old: Summary | None, new: Summary | None, known_old: Known, known_new: Known
) -> tuple[GroupChange, ...]:
    """Compare groups by pairs, in the new order, then those that are gone.

    A group whose label alone changed has not moved. Then strategies, what no one group makes, and
    overall.
    """
    places = Places(_places(old), _places(new), known_old, known_new)
    changes = [_compare_group(*pair, places) for pair in paired_groups(old, new)]
    # In a pool of several groups, a trial that only changed its group has not moved.
    strategies_old, strategies_new = _strategies(old), _strategies(new)
    changes += [
        _compare_group(strategies_old.get(name), strategies_new.get(name), places)
        for name in dict.fromkeys((*strategies_new, *strategies_old))
    ]
    beyond_old, beyond_new = _beyond(old), _beyond(new)
    changes += [
        _compare_group(beyond_old.get(name), beyond_new.get(name), places)
        for name in dict.fromkeys((*beyond_new, *beyond_old))
    ]
    overall_old, overall_new = _overall(old), _overall(new)
    if overall_old or overall_new:
        changes.append(_compare_group(overall_old, overall_new, places))
    return tuple(change for change in changes if change is not None)


def paired_groups(
    old: Summary | None, new: Summary | None
) -> list[tuple[GroupSummary | None, GroupSummary | None]]:
    """Pair the groups of two summaries of a question, in the new order, then those that are gone.

    By comparison, else by label; what is then left on both sides by the rows that are pooled: the
    same trials under another name are the same group.
    """
    before, after = _groups(old, new), _groups(new, old)
    named = {frozenset(by_rows(group)): name for name, group in before.items() if name not in after}
    found: list[tuple[GroupSummary | None, GroupSummary | None]] = []
    renamed = set()
    for name, group in after.items():
        other = name if name in before else named.get(frozenset(by_rows(group)), name)
        renamed.add(other)
        found.append((before.get(other), group))
    return found + [(group, None) for name, group in before.items() if name not in renamed]


def _groups(summary: Summary | None, other: Summary | None) -> dict[str, GroupSummary]:
    """Return groups by the id of their comparison where both sides have it, else by label."""
    known = {group.comparison for group in other.groups} - {""} if other else set()
    return {
        group.comparison if group.comparison in known else group.label: group
        for group in (summary.groups if summary else ())
    }


def _strategies(summary: Summary | None) -> dict[str, GroupSummary]:
    """Return strategies by their ids, each with the trials of its groups."""
    found: dict[str, GroupSummary] = {}
    if summary is None:
        return found
    for one in summary.strategies:
        groups = [group for group in summary.groups if group.comparison in one.comparisons]
        trials = tuple(trial for group in groups for trial in group.trials)
        found[one.id] = record_from(
            one, GroupSummary, label=f"{STRATEGY}{one.label}", trials=trials
        )
    return found


def _beyond(summary: Summary | None) -> dict[str, GroupSummary]:
    """Return what no one group makes; the trials stand with the groups."""
    every = summary.beyond if summary else ()
    return {one.label: record_from(one, GroupSummary, trials=()) for one in every}


def _overall(summary: Summary | None) -> GroupSummary | None:
    if summary is None or summary.overall is None:
        return None
    trials = tuple(trial for group in summary.groups for trial in group.trials)
    return record_from(summary.overall, GroupSummary, label=OVERALL, trials=trials)


def _places(summary: Summary | None) -> dict[RowIds, str]:
    groups = summary.groups if summary else ()
    return {trial.row_ids: group.label for group in groups for trial in group.trials}


def _compare_group(
    old: GroupSummary | None, new: GroupSummary | None, places: Places
) -> GroupChange | None:
    one = new or old
    assert one is not None
    causes = places.causes(old, new)
    if old is None or new is None:
        status: Literal["added", "removed"] = "added" if old is None else "removed"
        return GroupChange(one.label, status, (), {}, old, new, causes)
    moved = _moved(old, new, tuple(POOLED))
    models = {}
    for model in dict.fromkeys((*old.models, *new.models)):
        before, after = old.models.get(model), new.models.get(model)
        what = _moved(before, after, OF_A_MODEL) if before and after else OF_A_MODEL
        if what:
            models[model] = what
    if not (moved or models or causes):
        return None
    return GroupChange(one.label, "changed", moved, models, old, new, causes)


P = TypeVar("P", PoolSummary, PooledEffect)


def _moved(old: P, new: P, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name
        for name in names
        if not all(same(getattr(old, field), getattr(new, field)) for field in POOLED[name])
    )
