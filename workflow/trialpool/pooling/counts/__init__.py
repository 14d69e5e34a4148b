"""Pooling of counts: two-by-two tables, rates, proportions of single arms."""

from trialpool.pooling.counts.glmm import GLMM_MODELS, odds_ratio_glmm
from trialpool.pooling.counts.mantel_haenszel import mantel_haenszel
from trialpool.pooling.counts.peto import peto
from trialpool.pooling.counts.proportions import (
    PROPORTION_MEASURES,
    exact_interval,
    exact_rate_interval,
    proportion_effects,
    proportion_glmm,
)
from trialpool.pooling.counts.rates import (
    RATE_MEASURES,
    mantel_haenszel_rates,
    rate_glmm,
    rate_ratio_glmm,
)
from trialpool.pooling.counts.results import CountTest, PooledCounts
from trialpool.pooling.counts.tables import (
    DOUBLE_ZERO,
    ZERO_CELLS,
    CountEffects,
    LeftOut,
    count_effects,
)

__all__ = [
    "DOUBLE_ZERO",
    "GLMM_MODELS",
    "PROPORTION_MEASURES",
    "RATE_MEASURES",
    "ZERO_CELLS",
    "CountEffects",
    "CountTest",
    "LeftOut",
    "PooledCounts",
    "count_effects",
    "exact_interval",
    "exact_rate_interval",
    "mantel_haenszel",
    "mantel_haenszel_rates",
    "odds_ratio_glmm",
    "peto",
    "proportion_effects",
    "proportion_glmm",
    "rate_glmm",
    "rate_ratio_glmm",
]
