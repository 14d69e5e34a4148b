"""What moved since a release in sentences: one for each pool, one over all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from trialpool import formatting
from trialpool.findings import shorten
from trialpool.measures import get_measure
from trialpool.records.changes.release import (
    ChangedCell,
    ChangedRow,
    MovedTrial,
    PoolChange,
    PoolThen,
    QuestionNote,
)

# Where no row of the pool moved and no setting of its question was changed.
_NO_CAUSE = "No row of it and no setting of its question changed: another setting or the code did."


def pool_sentence(
    change: PoolChange, rows: Mapping[str, ChangedRow], settings: Sequence[ChangedCell]
) -> str:
    """Say what moved in a pool, and which rows or settings moved it.

    Parameters
    ----------
    change : PoolChange
        Its own sentence is not read.
    rows : mapping of str to ChangedRow
        Raw rows that are new, gone or edited, by id.
    settings : sequence of ChangedCell
        Settings of its question that changed.
    """
    label = change.label
    if change.label_before:
        label += f" (was called {change.label_before})"
    before, after = change.before, change.after
    start = f"{label}, {change.title}: "
    if after is None:
        assert before is not None
        said = f"no longer pooled; it was {_state(before, change.measure)}."
    elif before is None:
        said = f"new: {_state(after, change.measure)}."
    elif change.status == "renamed":
        return f"{start}another name, the same numbers ({_state(after, change.measure)})."
    else:
        said = f"{_moved(before, after, change.measure)}."
    # Pools of several comparisons move for the reasons that stand at these.
    if change.level != "group":
        return start + said
    causes = [cause_words(trial, change.measure, rows) for trial in change.trials]
    if not causes and settings:
        causes = ["Because of " + "; ".join(map(cell_words, settings)) + "."]
    elif not causes and change.status == "changed":
        causes = [_NO_CAUSE]
    return start + " ".join([said, *causes])


def _state(pool: PoolThen, code: str) -> str:
    return f"{_effect(pool, code)}, {_trials(pool.k)}, {_word(pool.verdict)}"


def _effect(pool: PoolThen, code: str) -> str:
    measure = get_measure(code)
    numbers = (pool.estimate, pool.ci_lower, pool.ci_upper)
    return f"{code} {formatting.effect_with_interval(*numbers, measure)}"


def _trials(k: int) -> str:
    return f"{formatting.whole(k)} {'trial' if k == 1 else 'trials'}"


def _word(verdict: str) -> str:
    return verdict.replace("-", " ") if verdict else "no verdict"


def _moved(before: PoolThen, after: PoolThen, code: str) -> str:
    was, now = _effect(before, code), _effect(after, code)
    if was != now:
        effect = f"{was} → {now.removeprefix(f'{code} ')}"
    elif before.estimate == after.estimate:
        effect = f"{now} as before"
    else:
        effect = f"{now} as before when rounded"
    trials = (
        _trials(after.k)
        if before.k == after.k
        else f"{formatting.whole(before.k)} → {_trials(after.k)}"
    )
    words = (
        f"{_word(after.verdict)} as before"
        if before.verdict == after.verdict
        else f"verdict {_word(before.verdict)} → {_word(after.verdict)}"
    )
    return f"{effect}; {trials}; {words}"


def cause_words(trial: MovedTrial, code: str, rows: Mapping[str, ChangedRow]) -> str:
    """Say what became of a trial's effect in a pool, with its rows and the cells edited."""
    measure = get_measure(code)
    was, now = (
        "" if side is None else f"{code} {formatting.effect(side[0], measure)}"
        for side in (trial.before, trial.after)
    )
    row = f"row{'s' * (len(trial.row_ids) > 1)} {' and '.join(trial.row_ids)}"
    if trial.change == "entered":
        verb = "New" if trial.reason == "new" else "Enters"
        reason = "" if trial.reason in ("", "new") else f", {trial.reason}"
        return f"{verb}: {trial.label} ({now}; {row}{reason})."
    if trial.change == "left":
        reason = f", {trial.reason}" if trial.reason else ""
        return f"Left: {trial.label} ({was}; {row}{reason})."
    edits = [
        cell_words(cell)
        for row_id in trial.row_ids
        if row_id in rows
        for cell in rows[row_id].cells
    ]
    how = "; ".join(edits) if edits else f"{was} → {now.removeprefix(f'{code} ')}"
    return f"Changed: {trial.label} ({row}: {how})."


def cell_words(cell: ChangedCell) -> str:
    """Write "estimate 0.74 → 0.70"."""
    before, after = (
        shorten(text) or formatting.NOT_AVAILABLE for text in (cell.before, cell.after)
    )
    return f"{cell.name.replace('_', ' ')} {before} → {after}"


def question_sentences(
    status: str,
    settings: Iterable[ChangedCell],
    excluded: Iterable[ChangedCell],
    other: Sequence[str],
) -> Iterator[str]:
    """Say what else changed in a question."""
    if status != "changed":
        yield "A new question." if status == "new" else "The question is asked no more."
    for cell in settings:
        yield f"Setting: {cell_words(cell)}."
    for cell in excluded:
        yield f"Row {cell.name} is left out for another reason: {cell.before} → {cell.after}."
    if other:
        yield f"Also differs in its record: {', '.join(name.replace('_', ' ') for name in other)}."


def summary(
    release: str,
    trials: tuple[Sequence[str], Sequence[str]],
    rows: Sequence[ChangedRow],
    pools: Sequence[PoolChange],
    questions: Sequence[QuestionNote],
) -> str:
    """Say all in one sentence: trials, rows, pools, changed conclusions."""
    if not (any(trials) or rows or pools or questions):
        return f"Nothing changed since {release}."
    parts = [
        _count(len(trials[0]), "new trial"),
        _count(len(trials[1]), "trial gone", "trials gone"),
        *(
            _count(sum(row.status == status for row in rows), f"{words} row")
            for status, words in (("new", "new"), ("gone", "removed"), ("edited", "edited"))
        ),
    ]
    ours = [pool for pool in pools if pool.level == "group"]
    parts += [
        _count(sum(pool.status == "new" for pool in ours), "new pool"),
        _count(sum(pool.status == "gone" for pool in ours), "pool gone", "pools gone"),
        _count(sum(pool.status == "changed" for pool in ours), "moved pool"),
        _count(sum(pool.status == "renamed" for pool in ours), "renamed pool"),
        _count(
            sum(changes_conclusion(pool) for pool in ours),
            "changed conclusion",
        ),
    ]
    said = ", ".join(filter(None, parts)) or "settings or words only"
    return f"Since {release}: {said}."


def _count(number: int, one: str, several: str = "") -> str:
    if not number:
        return ""
    return f"{formatting.whole(number)} {one if number == 1 else several or one + 's'}"


def changes_conclusion(pool: PoolChange) -> bool:
    """Whether the word of a pool that was there before is another one now."""
    if pool.before is None or pool.after is None:
        return False
    return pool.before.verdict != pool.after.verdict
