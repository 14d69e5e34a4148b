"""The trials that a figure or a page of a large question shows: those of the most weight."""

from __future__ import annotations

from typing import Final, TypeVar

from msgspec.structs import replace

from trialpool.records.results import Result

R = TypeVar("R", bound=Result)

# More rows are no picture, and more of a table than a page can hold.
MOST_TRIALS: Final = 300


def heaviest(result: R, most: int | None = MOST_TRIALS) -> R:
    """Return a record with the trials of the most weight in their groups, in their order.

    Parameters
    ----------
    result : Result
        Its pools stay those of all trials.
    most : int or None
        How many trials are kept at most; None for all.
    """
    trials = result.trials
    if most is None or len(trials) <= most:
        return result
    # A trial without a weight stands alone in its group.
    weights = [1.0 if trial.weight is None else trial.weight for trial in trials]
    kept = sorted(sorted(range(len(trials)), key=lambda i: -weights[i])[:most])
    return replace(result, trials=tuple(trials[i] for i in kept))
