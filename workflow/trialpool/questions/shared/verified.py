"""What results of every kind hand over to be computed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from trialpool.records.groups import GroupBase
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.trials import WeighedTrial
from trialpool.verification.pools import Analysis, Contents, Pool, TrialCurves, numbers_of


class Estimated(Protocol):
    """An effect with its standard error, on the analysis scale."""

    @property
    def estimate(self) -> float:
        """The effect."""

    @property
    def se(self) -> float:
        """Its standard error."""


def pool_of(
    result: Result,
    label: str,
    rows: Sequence[Estimated],
    models: Mapping[str, object],
    *,
    independent: bool = True,
) -> Pool:
    """Hand over one set of effects with the pools that its models gave."""
    return Pool(
        question=result.id,
        group=label,
        effects=tuple(row.estimate for row in rows),
        variances=tuple(row.se**2 for row in rows),
        level=result.settings.level,
        independent=independent,
        models={name: numbers_of(pool) for name, pool in models.items()},
    )


def contents(
    result: Result,
    pools: Sequence[Pool] = (),
    curves: Sequence[TrialCurves] = (),
    left: Sequence[Analysis] = (),
) -> Contents:
    """Hand over the pools of groups, strategies and all of them, and what a kind has besides."""
    found = []
    groups: list[tuple[GroupBase, list[WeighedTrial]]] = [
        (group, [trial for trial in result.trials if trial.group == group.label])
        for group in result.groups
    ]
    for strategy in result.strategies if isinstance(result, ComparativeResult) else ():
        labels = {g.label for g in result.groups if g.comparison in strategy.comparisons}
        members = [trial for trial in result.trials if trial.group in labels]
        # Where a trial has several comparisons, a strategy took one of them.
        if len(members) == strategy.k:
            groups.append((strategy, members))
    if result.overall is not None:
        groups.append((result.overall, list(result.trials)))
    for group, members in groups:
        independent = len({trial.trial_id for trial in members}) == len(members)
        models = group.models.named()
        found.append(pool_of(result, group.label, members, models, independent=independent))
    others = [*left]
    if result.subgroup_test is not None and result.subgroup_test.value is not None:
        reason = "tests of differences between groups"
        others.append(Analysis(result.id, "", "test of groups", result.subgroup_test.k, reason))
    if any(entry.results for entry in result.sensitivity):
        reason = "re-analyses, by the functions of the main analysis"
        others.append(Analysis(result.id, "", "sensitivity", None, reason))
    several = [pool for pool in (*found, *pools) if len(pool.effects) > 1]
    return Contents(tuple(several), tuple(curves), tuple(others))
