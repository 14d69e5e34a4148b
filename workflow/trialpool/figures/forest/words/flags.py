"""Further notes on rows: how good the report is, who read it, what came since a release."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from trialpool.effects.flags import SECONDARY
from trialpool.evidence.grades import ARTICLE
from trialpool.records.results import Result
from trialpool.records.summaries import ReleasedTrial
from trialpool.records.trials import SelectedTrial

R = TypeVar("R", bound=Result)

SINGLE_READER = "one reader found the number, no second one yet"
NEW = "new since the last release"
CHANGED = "estimate or interval changed since the last release"
# As the comparison of builds: another processor moves nothing.
_SAME = 1e-8


def with_flags(
    result: R, *, single_reader: bool = False, previous: Sequence[ReleasedTrial] | None = None
) -> R:
    """Return a record whose trials carry further notes after their own.

    One of them is the grade of the source, where the number is not from an article.

    Parameters
    ----------
    result : Result
    single_reader : bool
        Mark trials whose row was extracted by one reader (`extraction` is "single").
    previous : sequence of ReleasedTrial, optional
        The same question's trials in an earlier release: trials that it does not have, and
        those whose numbers moved by more than 1e-8, are marked.
    """
    trials = []
    for trial in result.trials:
        flags = trial.flags + grade_flags(trial)
        if single_reader and trial.extraction == "single":
            flags += (SINGLE_READER,)
        if previous is not None:
            old = _same_comparison(trial, previous)
            if old is None:
                flags += (NEW,)
            elif _moved(trial.estimate, old.estimate) or _moved(trial.se, old.se):
                flags += (CHANGED,)
        trials.append(msgspec.structs.replace(trial, flags=flags))
    return msgspec.structs.replace(result, trials=tuple(trials))


def grade_flags(trial: SelectedTrial) -> tuple[str, ...]:
    """Name the grade of a trial's source; an article, the rule, and a flag that says it need none.

    That a number was read in a secondary source is a flag of its row already.
    """
    if trial.grade in ("", ARTICLE) or SECONDARY in trial.flags:
        return ()
    return (f"source: {trial.grade}",)


def _same_comparison(trial: SelectedTrial, before: Sequence[ReleasedTrial]) -> ReleasedTrial | None:
    """Find what stood for a trial: one with several arms has a row for each comparison.

    A baseline names no comparisons; there the group tells two rows of a trial apart.
    """
    own = [old for old in before if old.trial_id == trial.trial_id]
    if not trial.comparison or any(old.comparison for old in own):
        return next((old for old in own if old.comparison == trial.comparison), None)
    if len(own) > 1:
        own = [old for old in own if old.group == trial.group]
    return own[0] if own else None


def _moved(one: float, other: float) -> bool:
    return not math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)
