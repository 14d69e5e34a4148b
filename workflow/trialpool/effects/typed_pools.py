"""Pooling of typed effect sizes: the measure travels with the numbers."""

from __future__ import annotations

from trialpool.effects.typed import EffectSizes
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
    return random_effects(
        effects.yi,
        effects.vi,
        tau2=tau2,
        ci=ci,
        pi=pi,
        level=level,
        measure=effects.measure,
        seed=seed,
    )
