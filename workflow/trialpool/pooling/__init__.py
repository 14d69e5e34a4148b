"""Pooling of trial effects: arrays in, frozen results out.

The package imports numpy, scipy.special and the standard library only, and
knows nothing of trials, files or figures.
"""

from trialpool.pooling.bayes import bayesian_random_effects
from trialpool.pooling.bayes_results import BayesianPool, Posterior
from trialpool.pooling.effects import at_tau2, random_effects, random_effects_many
from trialpool.pooling.multilevel import dependent_effects
from trialpool.pooling.regression import meta_regression
from trialpool.pooling.results import BatchDiagnostics, Diagnostics, PooledEffect, PooledEffects
from trialpool.pooling.subgroups import SubgroupDifference, subgroup_difference
from trialpool.pooling.without import without_each

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
