"""What the results of all kinds share: the record behind every table, figure and sentence."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from trialpool.records.groups import (
    ExcludedRow,
    Favours,
    Group,
    GroupBase,
    SourceCited,
    StrategyPool,
    SubgroupTest,
)
from trialpool.records.pools import PoolSummary
from trialpool.records.reanalyses import Sensitivity
from trialpool.records.settings import ComparativeSettings, PooledFilters, QuestionHead
from trialpool.records.trials import Trial, WeighedTrial

R = TypeVar("R", bound="Result")

# Trials that a figure or a page shows: more are no picture, and more of a table than a page holds.
MOST_TRIALS: Final = 300


class Result(QuestionHead, frozen=True, kw_only=True, tag_field="kind"):
    """What every result says.

    Attributes
    ----------
    null_value : float or None
        No difference on the analysis scale; None where nothing is compared.
    favours : Favours
    model : str
        In one line.
    settings : PooledFilters
    trials : tuple of WeighedTrial
        In display order, group by group.
    groups : tuple of GroupBase
        A group's trials are those whose `group` is its label.
    overall : GroupBase or None
        The pool of all groups.
    overall_reason : str
        Why there is no pool of all groups; empty where there is one.
    subgroup_test : SubgroupTest or None
    excluded : tuple of ExcludedRow
        Every row of the question's endpoints that is not in the pool.
    sensitivity : tuple
        Re-analyses, told apart by their `kind`.
    sources : dict of str to SourceCited
    comment : str
        What a clinician should know about the choices made, from config.
    """

    null_value: float | None
    favours: Favours
    model: str
    settings: PooledFilters
    trials: tuple[WeighedTrial, ...]
    groups: tuple[GroupBase, ...]
    overall: GroupBase | None
    overall_reason: str
    subgroup_test: SubgroupTest | None
    excluded: tuple[ExcludedRow, ...]
    sensitivity: tuple[Sensitivity, ...]
    sources: dict[str, SourceCited]
    comment: str

    @property
    def beyond_groups(self) -> tuple[PoolSummary, ...]:
        """Estimates that no one group makes, to be approved and compared as groups are."""
        return ()


def bare(result: R) -> R:
    """Return a result with what is said of its groups alone, without its trials and re-analyses."""
    return msgspec.structs.replace(
        result, trials=(), excluded=(), sensitivity=(), sources={}, comment=""
    )


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
    return msgspec.structs.replace(result, trials=tuple(trials[i] for i in kept))


class ComparativeResult(Result, frozen=True, kw_only=True):
    """A result that compares two sides.

    `strategies` are the second level: pools of several groups, in the order of the first of each.
    """

    null_value: float
    settings: ComparativeSettings
    trials: tuple[Trial, ...]
    groups: tuple[Group, ...]
    overall: Group | None
    strategies: tuple[StrategyPool, ...]
