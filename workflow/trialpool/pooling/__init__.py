"""Pooling of trial effects: arrays in, frozen results out.

The package imports numpy, scipy.special and the standard library only, and
knows nothing of trials, files or figures.
"""

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
