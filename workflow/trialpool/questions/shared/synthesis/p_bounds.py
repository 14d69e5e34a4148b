"""What changes when trials enter whose standard error a p-value leaves open between two ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import structs

from trialpool import formatting as fmt
from trialpool.questions.shared.synthesis.members import by_group
from trialpool.questions.shared.synthesis.primary_model import usual_model
from trialpool.records.base import record_from
from trialpool.records.groups import Group, Heading
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.trials import SelectedTrial

ENTRY: Final = "p-value-bounds"
Trials = Sequence[SelectedTrial]


def bounds_sensitivity(
    question: ComparativeQuestion,
    trials: Trials,
    groups: Sequence[Group],
    pool: Callable[[Heading, Trials], Group],
) -> tuple[Reanalysis, ...]:
    """Pool the groups again with such trials, once at each end.

    All of a group's are at their smallest standard errors together, then at their largest. Where
    an end is open that trial is left out of that pool.

    Parameters
    ----------
    question : ComparativeQuestion
    trials : sequence of SelectedTrial
        Of the main analysis.
    groups : sequence of Group
        Of the main analysis; a bounded trial may have a group of its own.
    pool : callable
        Pools and judges one group.
    """
    if not question.bounded:
        return ()
    members, main = by_group(trials), {group.label: group for group in groups}
    rows = []
    for label, bounded in by_group(question.bounded).items():
        heading = Heading(label=label, mechanism="", mechanisms=(), kind="")
        for end in ("smallest", "largest"):
            ours = [_at(trial, end) for trial in bounded if _end(trial, end) is not None]
            if not ours:
                continue
            again = pool(heading, (*members.get(label, ()), *ours))
            names = tuple(f"{trial.label} (SE {fmt.number(trial.se, 3)})" for trial in ours)
            rows.append(
                record_from(
                    again,
                    PoolAgain,
                    group=label,
                    analysis=f"{end} that the p-values allow: {_change(again, main)}",
                    trials=names,
                )
            )
    return (
        Reanalysis(
            id=ENTRY,
            label="Standard errors that p-values leave open",
            description=(
                "Trials whose report prints a ratio and its p-value and no interval are not in the "
                "main analysis where rounding, or sides of the p-value that are not said, leave "
                "the standard error open. Here they are, at the smallest and at the largest "
                "standard error. An end that is open has no row: with a standard error without "
                "limit a trial weighs nothing."
            ),
            ci_method=usual_model(question.pooling),
            results=tuple(rows),
        ),
    )


def _end(trial: SelectedTrial, end: str) -> float | None:
    how = trial.derivation
    return how.se_lower if end == "smallest" else how.se_upper


def _at(trial: SelectedTrial, end: str) -> SelectedTrial:
    return structs.replace(trial, se=_end(trial, end))


def _change(again: Group, main: Mapping[str, Group]) -> str:
    """Say the verdict, and that of the main analysis where it is another one."""
    found = _word(again)
    if again.label not in main:
        return f"{found}; no trial in the main analysis"
    before = _word(main[again.label])
    return f"{found}, as without" if found == before else f"{found}; without: {before}"


def _word(group: Group) -> str:
    return "no verdict" if group.verdict is None else group.verdict.word.replace("-", " ")
