"""What changes when trials enter whose standard error a p-value leaves open between two ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import structs

from trialpool import formatting as fmt
from trialpool.questions.shared.synthesis.primary_model import usual_model
from trialpool.records.base import record_from
from trialpool.records.groups import Group, Heading
from trialpool.records.questions import Bounded, ComparativeQuestion
from trialpool.records.reanalyses import P_VALUE_BOUNDS, PoolAgain, Reanalysis
from trialpool.records.trials import SelectedTrial

_ENDS: Final = {"smallest": "se_lower", "largest": "se_upper"}
_DESCRIPTION: Final = (
    "Trials whose report prints a ratio and its p-value and no interval are not in the main "
    "analysis where rounding, or sides of the p-value that are not said, leave the standard error "
    "open. Here they are, all at their smallest and all at their largest one, in their comparison "
    "and in the strategy over it. An end that is open has no row: with a standard error without "
    "limit a trial weighs nothing."
)
Trials = Sequence[SelectedTrial]


def bounds_sensitivity(
    question: ComparativeQuestion,
    trials: Trials,
    main: Sequence[Group],
    pool: Callable[[Heading, Trials], Group],
) -> tuple[Reanalysis, ...]:
    """Pool groups and strategies again with such trials, once at each end.

    Parameters
    ----------
    question : ComparativeQuestion
    trials : sequence of SelectedTrial
        Of the main analysis.
    main : sequence of Group
        Groups and strategies of the main analysis. A bounded trial may have a group of its own.
    pool : callable
        Pools and judges one group.
    """
    if question.bounded is None:
        return ()
    before = {group.label: group for group in main}
    rows = []
    for heading, labels in _sets(question, question.bounded):
        known = [trial for trial in trials if trial.group in labels]
        taken = {trial.trial_id for trial in known}
        for words, name in _ENDS.items():
            ours = [
                structs.replace(trial, se=end)
                for trial in question.bounded.trials
                if trial.group in labels
                and trial.trial_id not in taken
                and (end := getattr(trial.derivation, name)) is not None
            ]
            if not ours:
                continue
            again = pool(heading, (*known, *ours))
            rows.append(
                record_from(
                    again,
                    PoolAgain,
                    group=heading.label,
                    analysis=f"at the {words} standard error: {_change(again, before)}",
                    trials=tuple(f"{t.label} (SE {fmt.number(t.se, 3)})" for t in ours),
                )
            )
    return (
        Reanalysis(
            id=P_VALUE_BOUNDS,
            label="Standard errors that p-values leave open",
            description=_DESCRIPTION,
            ci_method=usual_model(question.pooling),
            results=tuple(rows),
        ),
    )


def _sets(
    question: ComparativeQuestion, bounded: Bounded
) -> Iterator[tuple[Heading, frozenset[str]]]:
    """Yield what is pooled again: a heading, and the groups whose trials it holds."""
    for heading in bounded.groups:
        yield heading, frozenset([heading.label])
    groups = {one.label: one for one in (*question.groups, *bounded.groups)}
    for strategy in bounded.strategies:
        labels = (n for n, one in groups.items() if one.comparison in strategy.comparisons)
        yield Heading(label=strategy.label, mechanism="", mechanisms=(), kind=""), frozenset(labels)


def _change(again: Group, before: Mapping[str, Group]) -> str:
    """Say the verdict, and that of the main analysis where it is another one."""
    found = _word(again)
    if again.label not in before:
        return f"{found}; not pooled without"
    old = _word(before[again.label])
    return f"{found}, as without" if found == old else f"{found}; without: {old}"


def _word(group: Group) -> str:
    return "no verdict" if group.verdict is None else group.verdict.word.replace("-", " ")
