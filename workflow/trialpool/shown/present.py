"""Which table shows which result; modules load when a result is first looked at."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from trialpool.pooling.plain_values import Doubted, Shown
from trialpool.shown.table import ShownTable

# By the name of the class of a result, or of one that it inherits from.
TABLES: Final[dict[str, tuple[str, str]]] = {
    "EffectSizes": ("others", "effect_sizes"),
    "PooledEffect": ("pools", "pooled_effect"),
    "PooledEffects": ("pools", "pooled_effects"),
    "PooledCounts": ("pools", "pooled_counts"),
    "BayesianPool": ("pools", "bayesian_pool"),
    "DependentEffects": ("pools", "dependent_effects"),
    "SubgroupDifference": ("pools", "subgroup_difference"),
    "Refits": ("refits", "refits"),
    "Influence": ("refits", "influence"),
    "Baujat": ("refits", "baujat"),
    "Gosh": ("refits", "gosh"),
    "GoshSummary": ("refits", "gosh_summary"),
    "Subgroups": ("refits", "subgroups"),
    "RegressionTest": ("small_study", "regression_test"),
    "RankTest": ("small_study", "rank_test"),
    "TrimAndFill": ("small_study", "trim_and_fill"),
    "SelectionModel": ("small_study", "selection_model"),
    "PetPeese": ("small_study", "pet_peese"),
    "MetaRegression": ("regressions", "meta_regression"),
    "NetworkRegression": ("regressions", "network_regression"),
    "BivariateFit": ("regressions", "bivariate_fit"),
    "Surrogacy": ("regressions", "surrogacy"),
    "ComparedTreatments": ("networks", "compared_treatments"),
    "InformationSize": ("others", "information_size"),
    "OneMore": ("others", "one_more"),
}


def table_of(result: object) -> ShownTable:
    """Give the table of a result.

    Raises
    ------
    TypeError
        If there is none for its type.
    """
    for kind in type(result).__mro__:
        if kind.__name__ in TABLES:
            module, name = TABLES[kind.__name__]
            function: Callable[[Any], ShownTable] = getattr(
                importlib.import_module(f"trialpool.shown.{module}"), name
            )
            return _warned(function(result), result)
    raise TypeError(f"{type(result).__name__} has no table in trialpool.shown.present")


def _warned(table: ShownTable, result: object) -> ShownTable:
    """Add what is doubtful of a result to the notes below its table."""
    if not isinstance(result, Doubted) or not result.warnings:
        return table
    return replace(table, notes=(*table.notes, *(f"Warning: {x}" for x in result.warnings)))


def install() -> None:
    """Let results show themselves as tables."""
    Shown.presenter = table_of
