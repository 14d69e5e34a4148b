"""Pooling of trial effects: arrays in, frozen results out.

The package imports numpy, scipy.special and the standard library only, and
knows nothing of trials, files or figures. A name is imported when it is first asked for: most
commands need a few formulas, not SciPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from trialpool.pooling.bayes.hierarchical_model import bayesian_random_effects
    from trialpool.pooling.bayes.results import BayesianPool, Posterior
    from trialpool.pooling.dependent.multilevel import dependent_effects
    from trialpool.pooling.regression.meta_regression import meta_regression
    from trialpool.pooling.univariate.given_tau2 import at_tau2
    from trialpool.pooling.univariate.inverse_variance import random_effects, random_effects_many
    from trialpool.pooling.univariate.leave_one_out import without_each
    from trialpool.pooling.univariate.results import (
        BatchDiagnostics,
        Diagnostics,
        PooledEffect,
        PooledEffects,
    )
    from trialpool.pooling.univariate.subgroups import SubgroupDifference, subgroup_difference

__all__ = [
    "BatchDiagnostics",
    "BayesianPool",
    "Diagnostics",
    "PooledEffect",
    "PooledEffects",
    "Posterior",
    "SubgroupDifference",
    "at_tau2",
    "bayesian_random_effects",
    "dependent_effects",
    "meta_regression",
    "random_effects",
    "random_effects_many",
    "subgroup_difference",
    "without_each",
]

_HOMES: Final = {
    "BatchDiagnostics": "univariate.results",
    "BayesianPool": "bayes.results",
    "Diagnostics": "univariate.results",
    "PooledEffect": "univariate.results",
    "PooledEffects": "univariate.results",
    "Posterior": "bayes.results",
    "SubgroupDifference": "univariate.subgroups",
    "at_tau2": "univariate.given_tau2",
    "bayesian_random_effects": "bayes.hierarchical_model",
    "dependent_effects": "dependent.multilevel",
    "meta_regression": "regression.meta_regression",
    "random_effects": "univariate.inverse_variance",
    "random_effects_many": "univariate.inverse_variance",
    "subgroup_difference": "univariate.subgroups",
    "without_each": "univariate.leave_one_out",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
