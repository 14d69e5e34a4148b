"""Pooling of trial effects: arrays in, frozen results out.

The package imports numpy, scipy.special and the standard library only, and
knows nothing of trials, files or figures.
"""

from trialpool.pooling.effects import at_tau2, random_effects, random_effects_many
from trialpool.pooling.results import BatchDiagnostics, Diagnostics, PooledEffect, PooledEffects
from trialpool.pooling.subgroups import SubgroupDifference, subgroup_difference

__all__ = [
    "BatchDiagnostics",
    "Diagnostics",
    "PooledEffect",
    "PooledEffects",
    "SubgroupDifference",
    "at_tau2",
    "random_effects",
    "random_effects_many",
    "subgroup_difference",
]
