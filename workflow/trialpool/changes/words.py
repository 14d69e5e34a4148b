"""Changes in words, one line for each thing that moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from trialpool import formatting
from trialpool.changes.records import (
    Cause,
    Changes,
    Edit,
    GroupChange,
    QuestionChange,
    RowChange,
)
from trialpool.changes.rows import COMPUTED
from trialpool.changes.summary import OVERALL, STRATEGY
from trialpool.findings import shorten
from trialpool.measures import Measure, get_measure
from trialpool.records.pools import PooledEffect, PoolSummary
from trialpool.records.summaries import GroupSummary, SubgroupTestSummary, TrialSummary

# Whatever has an estimate with its interval.
Estimated = PooledEffect | PoolSummary
T = TypeVar("T")

# A double carries no more: what is still the same then moved by less than can be told.
_MOST_DECIMALS: Final = 16
_MODELS: Final = {
    "bayes": "Bayesian model",
    "common-effect": "common effect",
    "hk": "Hartung-Knapp without floor",
    "hk-adhoc": "random effects",
}
_STATUS: Final = {"added": "new", "removed": "gone", "changed": "edited"}


def describe(changes: Changes) -> list[str]:
    """Put changes into lines of text: trials, rows, then question by question.

    Parameters
    ----------
    changes : Changes
        What differs between two results.

    Returns
    -------
    list of str
        Lines without line ends; no line where nothing differs.
    """
    return [*_trials(changes), *_rows(changes.rows), *describe_questions(changes)]


def describe_questions(changes: Changes) -> list[str]:
    """Put what moved in each question into lines of text."""
    lines: list[str] = []
    for question in changes.questions:
        lines.extend(_question(question))
    return lines


def _trials(changes: Changes) -> Iterator[str]:
    for words, ids in (
        ("Trials added", changes.trials_added),
        ("Trials removed", changes.trials_removed),
        ("Trials edited", changes.trials_edited),
    ):
        if ids:
            yield f"{words} ({formatting.whole(len(ids))}): {', '.join(ids)}"


def _rows(rows: tuple[RowChange, ...]) -> Iterator[str]:
    for status, words in (
        ("added", "Rows added"),
        ("removed", "Rows removed"),
        ("changed", "Rows edited"),
    ):
        ours = [row for row in rows if row.status == status]
        if ours:
            yield f"{words} ({formatting.whole(len(ours))}):"
        for row in ours:
            place = ", ".join(filter(None, (row.table, row.endpoint)))
            yield f"  {row.row_id}" + (f" ({place})" if place else "")
            # What follows from an edited number is told only where nothing else was edited.
            edited = [edit for edit in row.edits if edit.name not in COMPUTED]
            for edit in edited or row.edits:
                yield f"    {edit.name}: {_value(edit.old)} → {_value(edit.new)}"


def _value(value: object) -> str:
    """Show a cell or setting as it stands in its file."""
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return formatting.NOT_AVAILABLE if value is None or value == "" else shorten(str(value))


def _question(question: QuestionChange) -> Iterator[str]:
    if question.status != "changed":
        words = "new question" if question.status == "added" else "question is gone"
        yield f"{question.id}: {words} ({question.title})"
    for edit in question.settings:
        yield from _setting(question.id, edit)
    for group in question.groups:
        yield f"{question.id} · {group.label}" + _state(group)
        for line in _group(group, question.measures):
            yield f"  {line}"
        # Pools of several groups move for the reasons that stand at these.
        of_several = group.label == OVERALL or group.label.startswith(STRATEGY)
        for cause in () if of_several else group.causes:
            yield f"  because of {_cause(cause, get_measure(question.measures[1]))}"
        # What no one group makes has no trials of its own: the groups say why.
        told = group.causes or (
            any(one.causes for one in question.groups) and not _trials_of(group)
        )
        if question.status == "changed" and group.status == "changed" and not told:
            changed = "settings did" if question.settings else "settings or code did"
            yield f"  because of no row: {changed}"
    if question.test:
        yield f"{question.id} · test between groups"
        for line in _apart(question.test.old, question.test.new, _test, _test):
            yield f"  {line}"
    for edit in question.excluded:
        yield f"{question.id} · {edit.name} is not pooled: {edit.old} → {edit.new}"
    if question.other:
        yield f"{question.id}: also differs in result.json: {', '.join(question.other)}"


def _trials_of(group: GroupChange) -> tuple[TrialSummary, ...]:
    return tuple(trial for side in (group.old, group.new) if side for trial in side.trials)


def _state(group: GroupChange) -> str:
    return {"added": " (new group)", "removed": " (group is gone)", "changed": ""}[group.status]


def _setting(question: str, edit: Edit) -> Iterator[str]:
    yield f"{question} · {edit.name}: {_value(edit.old)} → {_value(edit.new)}"


def _group(group: GroupChange, measures: tuple[str, str]) -> Iterator[str]:
    old_measure, new_measure = map(get_measure, measures)
    old, new = group.old, group.new
    if old is not None and new is not None:
        yield from _moved(group, old, new, (old_measure, new_measure))
    elif (one := new or old) is not None:
        yield from _whole_group(one, new_measure)


def _whole_group(group: GroupSummary, measure: Measure) -> Iterator[str]:
    yield f"k {formatting.whole(group.k)}; {_effect(group, measure)}"
    yield f"verdict: {group.verdict or 'none'}"


def _moved(
    group: GroupChange, old: GroupSummary, new: GroupSummary, measures: tuple[Measure, Measure]
) -> Iterator[str]:
    """Say what moved in a group that is there on both sides."""
    moved = set(group.moved)
    if "k" in moved:
        yield f"k {formatting.whole(old.k)} → {formatting.whole(new.k)}"
    if "primary model" in moved:
        yield f"primary model {_primary(old)} → {_primary(new)}"
    if moved & {"estimate", "interval"}:
        yield from _effects(old, new, measures)
    for model in group.models:
        before, after = old.models.get(model), new.models.get(model)
        # The pool of the group is that of its primary model, told above.
        told = model == _of_group(old) == _of_group(new) and moved & {"estimate", "interval"}
        if before and after and not told:
            for line in _effects(before, after, measures):
                yield f"{_MODELS.get(model, model)}: {line}"
    if "tau2" in moved:
        yield from _number("τ²", old.tau2, new.tau2, formatting.tau_squared)
    if "i2" in moved:
        yield from _number("I²", old.i2, new.i2, formatting.i_squared)
    if "prediction interval" in moved:
        for line in _apart(
            old,
            new,
            lambda pool: formatting.interval(pool.pi_lower, pool.pi_upper, measures[1]),
            lambda pool, decimals: _limits(pool.pi_lower, pool.pi_upper, decimals),
        ):
            yield f"prediction interval {line}"
    if "verdict" in moved:
        yield f"verdict {old.verdict or 'none'} → {new.verdict or 'none'}"


def _of_group(group: PoolSummary) -> str:
    """Name the model whose numbers are those of the group itself."""
    return "hk-adhoc" if group.primary_model is None else group.primary_model


def _primary(group: PoolSummary) -> str:
    model = group.primary_model
    return "none" if model is None else _MODELS.get(model, model.replace("-", " "))


def _effects(old: Estimated, new: Estimated, measures: tuple[Measure, Measure]) -> Iterator[str]:
    before, after = _effect(old, measures[0]), _effect(new, measures[1])
    if before != after:
        yield f"{before} → {after.removeprefix(measures[0].code + ' ')}"
        return
    (old_text, new_text) = _decimals(
        lambda side, d: (
            f"{formatting.number(side.estimate, d)} [{_limits(side.ci_lower, side.ci_upper, d)}]"
        ),
        old,
        new,
    )
    yield f"{after} as before; on the analysis scale {old_text} → {new_text}"


def _effect(pool: Estimated, measure: Measure) -> str:
    numbers = (pool.estimate, pool.ci_lower, pool.ci_upper)
    return f"{measure.code} {formatting.effect_with_interval(*numbers, measure)}"


def _limits(lower: float | None, upper: float | None, decimals: int) -> str:
    return f"{formatting.number(lower, decimals)} to {formatting.number(upper, decimals)}"


def _number(
    name: str, old: float | None, new: float | None, printed: Callable[[float | None], str]
) -> Iterator[str]:
    for line in _apart(old, new, printed, formatting.number):
        yield f"{name} {line}"


def _apart(
    old: T,
    new: T,
    printed: Callable[[T], str],
    exact: Callable[[T, int], str],
) -> Iterator[str]:
    """Show two values as they are printed, with more decimals where that looks the same."""
    before, after = printed(old), printed(new)
    if before != after:
        yield f"{before} → {after}"
    else:
        before, after = _decimals(exact, old, new)
        yield f"{before} → {after}"


def _decimals(exact: Callable[[T, int], str], old: T, new: T) -> tuple[str, str]:
    """Add decimals until two values look different."""
    before = after = ""
    for decimals in range(3, _MOST_DECIMALS + 1):
        before, after = exact(old, decimals), exact(new, decimals)
        if before != after:
            break
    return before, after


def _test(test: SubgroupTestSummary | None, decimals: int = 2) -> str:
    if not test:
        return formatting.NOT_AVAILABLE
    degrees = formatting.statistic(test.statistic, test.value, test.df1, test.df2)
    if decimals == 2:
        return f"{degrees}, {formatting.p_statement(test.p_value)}"
    return f"{test.statistic} = {formatting.number(test.value, decimals)}"


def _cause(cause: Cause, measure: Measure) -> str:
    rows = "row " if len(cause.row_ids) == 1 else "rows "
    words = rows + " + ".join(cause.row_ids)
    old, new = (
        f"{measure.code} {formatting.effect(effect[0], measure)}, "
        f"standard error {formatting.number(effect[1], 3)}"
        if effect
        else ""
        for effect in (cause.old, cause.new)
    )
    state = {"entered": "enters", "left": "leaves", "changed": "changed"}[cause.change]
    if cause.reason == "new":
        state = "new"
    elif cause.reason:
        state += f": {cause.reason}"
    words += f", {cause.label} ({state})"
    if cause.change != "changed":
        return f"{words}: {new or old}"
    if old == new and cause.old and cause.new:
        old, new = _decimals(
            lambda pair, d: f"{formatting.number(pair[0], d)}, {formatting.number(pair[1], d)}",
            cause.old,
            cause.new,
        )
    return f"{words}: {old} → {new}"
