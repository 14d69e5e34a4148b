"""What differs between the last release and a build, as one record: results/changes.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import structs

from trialpool.changes.baseline import read_baseline
from trialpool.changes.compare import compare_question, compare_results, paired_groups
from trialpool.changes.folders import Results, read_results
from trialpool.changes.places import Known
from trialpool.changes.records import Changes, Edit, GroupChange, QuestionChange, RowChange
from trialpool.changes.rows import COMPUTED
from trialpool.changes.sentences import (
    changes_conclusion,
    pool_sentence,
    question_sentences,
    summary,
)
from trialpool.changes.summary import OVERALL, STRATEGY, summarise
from trialpool.changes.tolerance import same
from trialpool.files import read_json
from trialpool.findings import InputError
from trialpool.records.changes.release import (
    ChangedCell,
    ChangedRow,
    MovedTrial,
    PoolChange,
    PoolThen,
    QuestionNote,
    ReleaseChanges,
)
from trialpool.records.pools import PoolSummary
from trialpool.records.results import Result
from trialpool.records.summaries import GroupSummary, Summary

SCHEMA_VERSION: Final = 1
NO_RELEASE: Final = "There is no release yet to compare with."
# What a release says of itself, in its own folder beside the results.
ABOUT: Final = "release.json"
_STATUS: Final[Mapping[str, Any]] = {"added": "new", "removed": "gone", "changed": "changed"}
_OF_ROWS: Final[Mapping[str, Any]] = {**_STATUS, "changed": "edited"}


@dataclass(frozen=True)
class Release:
    """The last release.

    Attributes
    ----------
    name : str
        In words: "release 1.2 of 2026-05-01".
    results : Results or None
        Its results; None where only summaries are kept.
    summaries : mapping of str to Summary
        Of a folder of baselines.
    fault : str
        Why it cannot be compared with; empty where it can.
    """

    name: str
    results: Results | None = None
    summaries: Mapping[str, Summary] = field(default_factory=dict)
    fault: str = ""


def read_release(folder: Path) -> Release:
    """Read the last release: a results folder, one of a release's bundle, or baselines.

    A record of an earlier version that this one cannot read is no fault of the build: what is
    written then says so.

    Raises
    ------
    InputError
        If a baseline cannot be read.
    """
    name = _name(folder)
    if not (folder / "questions").is_dir():
        found = read_baseline(folder)
        fault = "" if found else f"{name[0].upper()}{name[1:]} holds no results to compare with."
        return Release(name, summaries=found, fault=fault)
    try:
        return Release(name, read_results(folder))
    except InputError:
        fault = (
            f"{name[0].upper()}{name[1:]} was written by another version, whose records this one "
            "cannot read: nothing is compared."
        )
        return Release(name, fault=fault)


def _name(folder: Path) -> str:
    for place in (folder / ABOUT, folder.parent / ABOUT):
        if place.is_file():
            about = read_json(place)
            return f"release {about['version']} of {about['date']}"
    return f"the results in {folder.name}"


def changes_since(
    release: Release | None, built: Results, renamed: Mapping[str, str] | None = None
) -> ReleaseChanges:
    """Compare a build with the last release.

    Parameters
    ----------
    release : Release or None
    built : Results
        The build.
    renamed : mapping of str to str, optional
        Id of a comparison in an earlier build to the one that it has now.

    Returns
    -------
    ReleaseChanges
        Pools that moved by more than the tolerance, with the trials and raw rows that moved
        them, and pools whose name alone changed. Without a release it only says so.
    """
    if release is None:
        return ReleaseChanges(schema_version=SCHEMA_VERSION, release="", summary=NO_RELEASE)
    if release.fault:
        return ReleaseChanges(
            schema_version=SCHEMA_VERSION, release=release.name, summary=release.fault
        )
    changes, before = _compared(release, built, renamed or {})
    left_out = _left_out(built.records.values())
    rows = tuple(_row(row, left_out) for row in changes.rows)
    by_id = {row.row_id: row for row in rows}
    now = {question: summarise(result) for question, result in built.records.items()}
    settings = {one.id: tuple(map(_cell, one.settings)) for one in changes.questions}
    pools = [
        structs.replace(pool, sentence=pool_sentence(pool, by_id, settings.get(pool.question, ())))
        for pool in (
            *(_pool(group, one, now) for one in changes.questions for group in one.groups),
            *_renamed_pools(before, now),
        )
    ]
    notes = tuple(note for one in changes.questions if (note := _note(one)) is not None)
    trials = (changes.trials_added, changes.trials_removed)
    return ReleaseChanges(
        schema_version=SCHEMA_VERSION,
        release=release.name,
        summary=summary(release.name, trials, rows, pools, notes),
        trials_new=trials[0],
        trials_gone=trials[1],
        rows=rows,
        pools=tuple(sorted(pools, key=_weight)),
        questions=notes,
    )


def _compared(
    release: Release, built: Results, renamed: Mapping[str, str]
) -> tuple[Changes, Mapping[str, Summary]]:
    """Compare by results where they are kept, else by summaries, which know no raw rows."""
    if release.results is not None:
        old = {name: _as_now(one, renamed) for name, one in release.results.records.items()}
        changes = compare_results(old, built.records, release.results.rows, built.rows)
        return changes, {name: summarise(one) for name, one in old.items()}
    before = {name: _as_now(one, renamed) for name, one in release.summaries.items()}
    after = {name: summarise(one) for name, one in built.records.items()}
    known = Known(rows={row["row_id"] for row in built.rows})
    found = (
        compare_question(before.get(name), after.get(name), Known(), known)
        for name in sorted(before.keys() | after.keys())
    )
    was, now = _trials(before), _trials(after)
    return (
        Changes(
            trials_added=tuple(sorted(now - was)),
            trials_removed=tuple(sorted(was - now)),
            questions=tuple(one for one in found if one is not None),
        ),
        before,
    )


def _trials(summaries: Mapping[str, Summary]) -> set[str]:
    groups = (group for one in summaries.values() for group in one.groups)
    return {trial.trial_id for group in groups for trial in group.trials}


R = TypeVar("R", Result, Summary)


def _as_now(one: R, renamed: Mapping[str, str]) -> R:
    """Give the comparisons of an earlier record the ids that they have now."""
    groups = tuple(
        structs.replace(group, comparison=renamed.get(group.comparison, group.comparison))
        for group in one.groups
    )
    return structs.replace(one, groups=groups)


def _pool(group: GroupChange, question: QuestionChange, now: Mapping[str, Summary]) -> PoolChange:
    one = group.new or group.old
    assert one is not None
    level: Any = "group"
    label = group.label
    if label.startswith(STRATEGY):
        level, label = "strategy", label.removeprefix(STRATEGY)
    elif label == OVERALL and label not in {g.label for g in _groups(now, question.id)}:
        level = "overall"
    old_label = group.old.label if group.old and group.new else group.label
    return PoolChange(
        question=question.id,
        title=question.title,
        measure=question.measures[0 if group.new is None else 1],
        level=level,
        label=label,
        label_before="" if old_label == group.label else old_label.removeprefix(STRATEGY),
        comparison=one.comparison,
        status=_STATUS[group.status],
        before=_then(group.old),
        after=_then(group.new),
        trials=tuple(
            MovedTrial(
                row_ids=cause.row_ids,
                trial_id=cause.trial_id,
                label=cause.label,
                change=cause.change,
                reason=cause.reason,
                before=cause.old,
                after=cause.new,
            )
            for cause in group.causes
        ),
        sentence="",
    )


def _groups(summaries: Mapping[str, Summary], question: str) -> Sequence[GroupSummary]:
    return summaries[question].groups if question in summaries else ()


def _renamed_pools(before: Mapping[str, Summary], now: Mapping[str, Summary]) -> list[PoolChange]:
    """Find the pools that have another name and the same numbers: moved ones say it themselves."""
    found = []
    for question in sorted(before.keys() & now.keys()):
        one = now[question]
        for old, group in paired_groups(before[question], one):
            if old is None or group is None or old.label == group.label:
                continue
            then = _then(old), _then(group)
            if not same(*then):
                continue
            found.append(
                PoolChange(
                    question=question,
                    title=one.title,
                    measure=one.measure,
                    level="group",
                    label=group.label,
                    label_before=old.label,
                    comparison=group.comparison,
                    status="renamed",
                    before=then[0],
                    after=then[1],
                    sentence="",
                )
            )
    return found


def _then(pool: PoolSummary | None) -> PoolThen | None:
    if pool is None:
        return None
    # The word alone: its size and flags may change with every build.
    word = pool.verdict.split(";")[0].split(",")[0]
    return PoolThen(
        k=pool.k,
        estimate=pool.estimate,
        ci_lower=pool.ci_lower,
        ci_upper=pool.ci_upper,
        verdict=word,
    )


def _note(question: QuestionChange) -> QuestionNote | None:
    status = _STATUS[question.status]
    settings, excluded = (
        tuple(map(_cell, edits)) for edits in (question.settings, question.excluded)
    )
    # Where a pool moved, everything that is computed from its trials moved with it.
    other = () if question.groups else question.other
    sentences = tuple(question_sentences(status, settings, excluded, other))
    if not sentences:
        return None
    return QuestionNote(
        question=question.id,
        title=question.title,
        status=status,
        settings=settings,
        excluded=excluded,
        sentences=sentences,
    )


def _left_out(results: Iterable[Result]) -> dict[str, str]:
    """Say why rows are in no pool: first the reason of a question that they would belong to."""
    excluded = [row for result in results for row in result.excluded]
    reasons: dict[str, str] = {}
    for row in sorted(excluded, key=lambda row: not row.is_candidate):
        reasons.setdefault(row.row_id, row.reason)
    for result in results:
        for trial in result.trials:
            for row_id in trial.row_ids:
                reasons.pop(row_id, None)
    return reasons


def _row(row: RowChange, left_out: Mapping[str, str]) -> ChangedRow:
    # What follows from an edited number is told only where nothing else was edited.
    edits = tuple(edit for edit in row.edits if edit.name not in COMPUTED) or row.edits
    return ChangedRow(
        left_out=left_out.get(row.row_id, "") if row.status != "removed" else "",
        row_id=row.row_id,
        table=row.table,
        trial_id=row.trial_id,
        endpoint=row.endpoint,
        status=_OF_ROWS[row.status],
        cells=tuple(map(_cell, edits)),
    )


def _cell(edit: Edit) -> ChangedCell:
    return ChangedCell(name=edit.name, before=_text(edit.old), after=_text(edit.new))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _weight(pool: PoolChange) -> tuple[int, int, str, str]:
    """Order what a reader must know first: conclusions, new pools, gone ones, then the rest."""
    levels = ("group", "overall", "strategy")
    rank = (
        0
        if changes_conclusion(pool)
        else ("new", "gone", "changed", "renamed").index(pool.status) + 1
    )
    return rank, levels.index(pool.level), pool.question, pool.label
