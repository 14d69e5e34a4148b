"""Pooling of typed effect sizes: the measure travels with the numbers."""

from __future__ import annotations

from dataclasses import replace

from scipy.special import ndtr, stdtr

from trialpool.effects.typed import EffectSizes
from trialpool.measures import Measure, get_measure
from trialpool.pooling import PooledEffect, random_effects
from trialpool.pooling.univariate.settings import DEFAULT_SEED


def pool(
    effects: EffectSizes,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    pi: str = "t",
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> PooledEffect:
    """Pool effect sizes that know their measure.

    Parameters
    ----------
    effects : EffectSizes
        From `effect_sizes`.
    tau2, ci, pi, level, seed
        As in `random_effects`.

    Returns
    -------
    PooledEffect

    Raises
    ------
    TypeError
        If `effects` are bare numbers.
    ValueError
        Naming the argument, the value and what is allowed.
    """
    if not isinstance(effects, EffectSizes):
        raise TypeError(
            f"effects is {type(effects).__name__}; allowed: EffectSizes, from effect_sizes(yi=…, "
            "vi=…), or sei=…, or hr=…, ci_lower=…, ci_upper=…, or events and n, or o_minus_e"
        )
    pooled = random_effects(
        effects.yi,
        effects.vi,
        tau2=tau2,
        ci=ci,
        pi=pi,
        level=level,
        measure=effects.measure,
        seed=seed,
    )
    return against_null(pooled, get_measure(effects.measure))


def against_null(pooled: PooledEffect, measure: Measure) -> PooledEffect:
    """Test a pool against "no effect" of its measure, which need not be 0.

    Parameters
    ----------
    pooled : PooledEffect
        Its p-value tests 0 on the analysis scale.
    measure : Measure

    Returns
    -------
    PooledEffect
        With p None where nothing is compared, and against 0.5 of an area under a curve;
        t with the degrees of freedom of the interval, normal where there are none.
    """
    if measure.null == 0.0:
        return pooled
    if measure.null is None or pooled.p_value is None or not pooled.se > 0:
        return replace(pooled, p_value=None)
    statistic = -abs(pooled.estimate - measure.null) / pooled.se
    tail = ndtr(statistic) if pooled.df is None else stdtr(pooled.df, statistic)
    return replace(pooled, p_value=2.0 * float(tail))
