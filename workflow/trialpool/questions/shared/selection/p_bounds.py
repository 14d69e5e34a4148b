"""Trials whose standard error a p-value only bounds: they are pooled beside the main analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec import structs

from trialpool.questions.shared.selection.library import Library
from trialpool.records.settings import Asked
from trialpool.records.trials import SelectedTrial

A = TypeVar("A", bound=Asked)


def bounded_trials(
    library: Library,
    asked: A,
    main: tuple[SelectedTrial, ...],
    choose: Callable[[Library, A], tuple[SelectedTrial, ...]],
) -> tuple[SelectedTrial, ...]:
    """Find the trials that a question would pool if their standard errors were known.

    The question chooses again as if every bounded standard error were the smallest, and as if it
    were the largest. A trial that its group has by a known standard error is not among them.

    Parameters
    ----------
    library : Library
    asked : Asked
    main : tuple of SelectedTrial
        The trials of the main analysis.
    choose : callable
        The trials of the question, from a library.

    Returns
    -------
    tuple of SelectedTrial
        With both ends, `derivation.se_lower` and `se_upper`; None where that one is open.
    """
    bounded = library.bounded.items()
    rows = {row_id for (_, row_id), row in bounded if row["endpoint"] in asked.endpoints}
    if not rows:
        return ()
    low, high = ({t.row_ids: t for t in choose(end, asked)} for end in library.at_ends)
    groups = {(trial.trial_id, trial.group) for trial in main}
    trials = {trial.trial_id for trial in main}
    taken = {one.pooled for one in library.overlaps if trials & set(one.members)}
    found = []
    for row_ids, trial in {**high, **low}.items():
        if not rows & set(row_ids) or (trial.trial_id, trial.group) in groups:
            continue
        if trial.trial_id in taken:
            continue  # its patients are in the main analysis already, trial by trial
        ends = (one[row_ids].se if row_ids in one else None for one in (low, high))
        smallest, largest = ends
        derivation = structs.replace(trial.derivation, se_lower=smallest, se_upper=largest)
        found.append(structs.replace(trial, derivation=derivation))
    return tuple(found)
