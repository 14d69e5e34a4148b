"""What a result says, without what follows from it: the form in which two are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from trialpool.records.base import record_from
from trialpool.records.files import to_plain
from trialpool.records.groups import Group, GroupBase, StrategyPool
from trialpool.records.pools import PoolSummary
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.summaries import GroupSummary, StrategySummary, Summary

OVERALL: Final = "Overall"
# Before the label of a strategy, which may be that of a group.
STRATEGY: Final = "Strategy: "
# One name for each thing that may move, with the fields of a summary that hold it.
POOLED: Final[Mapping[str, tuple[str, ...]]] = {
    "k": ("k",),
    "estimate": ("estimate",),
    "interval": ("ci_lower", "ci_upper"),
    "tau2": ("tau2",),
    "i2": ("i2",),
    "prediction interval": ("pi_lower", "pi_upper"),
    "primary model": ("primary_model",),
    "verdict": ("verdict",),
}
OF_A_MODEL: Final = ("estimate", "interval")


def summarise(result: Result) -> Summary:
    """Reduce a result to what is approved and compared.

    Returns
    -------
    Summary
        Per group the trials with their effects, the pool, the models and the verdict;
        strategies and what no one group makes without trials; the overall pool; the test
        between groups; the settings that change numbers. The same result gives the same bytes.
    """
    overall = result.overall
    return record_from(
        result,
        Summary,
        groups=[_pool(group, result, GroupSummary) for group in result.groups],
        beyond=result.beyond_groups,
        strategies=[_pool(one, result, StrategySummary) for one in strategies_of(result)],
        overall=None if overall is None else _pool(overall, result, PoolSummary),
    )


def strategies_of(result: Result) -> tuple[StrategyPool, ...]:
    """Return the pools over several comparisons; kinds that compare no arms have none."""
    return result.strategies if isinstance(result, ComparativeResult) else ()


P = TypeVar("P", bound=PoolSummary)


def _pool(group: GroupBase, result: Result, kind: type[P]) -> P:
    return record_from(
        group,
        kind,
        verdict=verdict_text(group),
        models=group.models.named(),
        trials=[trial for trial in result.trials if trial.group == group.label],
    )


def verdict_text(group: GroupBase) -> str:
    """Write a verdict without its numbers: "benefit, important; prior"; empty without one."""
    verdict = group.verdict if isinstance(group, Group) else None
    return "" if verdict is None else verdict.in_short()


def settings_of(result: Result) -> dict[str, Any]:
    """Return the words and settings of a question under dotted names, values as in its file."""
    plain = to_plain(result)
    words = ("title", "question", "comment", "measure", "endpoints", "benefit", "overall_reason")
    return {name: plain[name] for name in words} | dict(_flat(plain["settings"]))


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
