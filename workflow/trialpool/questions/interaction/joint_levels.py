"""Several levels of a marker at once: the multivariate model of their differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import chdtrc, fdtrc

from trialpool.pooling.dependent.floating_subgroups import (
    WithinTrial,
    floating_subgroups,
    within_trial_levels,
)
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.records.base import record_from
from trialpool.records.interaction import (
    AnyDifference,
    InteractionQuestion,
    InteractionTrial,
    Joint,
    JointLevel,
    JointModel,
    JointModels,
)
from trialpool.records.pools import Effect

# Field of the record -> tau² and interval of the model.
MODELS: Final = {"common_effect": ("CE", "wald"), "hk_adhoc": ("REML", "hk-adhoc")}
ALONE: Final = {"single_trial": ("CE", "wald")}


def joint_models(
    question: InteractionQuestion, trials: Sequence[InteractionTrial]
) -> tuple[Joint, ...]:
    """Fit all levels of a marker together, per mechanism and kind of comparison.

    Parameters
    ----------
    question : InteractionQuestion
        Its groups say which of them share a `base`.
    trials : sequence of InteractionTrial
        Each a level against the reference.
    """
    base = {group.label: group.base for group in question.groups}
    sets: dict[tuple[str, str], list[InteractionTrial]] = {}
    for trial in trials:
        sets.setdefault((base[trial.group], trial.levels[0].marker), []).append(trial)
    return tuple(_joint(*key, question, members) for key, members in sets.items())


def _joint(
    group: str, marker: str, question: InteractionQuestion, members: Sequence[InteractionTrial]
) -> Joint:
    # The reference stands beside every other level of its trial: it counts once.
    effects = {(trial.trial_id, level.level): level for trial in members for level in trial.levels}
    present = {level for _, level in effects}
    asked = question.interaction.biomarkers[marker].levels
    levels = [level for level in asked if level in present]
    rows = (
        [level.estimate for level in effects.values()],
        [level.se**2 for level in effects.values()],
        [trial for trial, _ in effects],
        [level for _, level in effects],
    )
    confidence = question.pooling.level
    k = len({trial for trial, _ in effects})
    models = {}
    for name, (tau2, ci) in (MODELS if k > 1 else ALONE).items():
        within = within_trial_levels(*rows, levels, tau2=tau2, ci=ci)
        floating = floating_subgroups(*rows, within, tau2=tau2, ci=ci, interval_level=confidence)
        models[name] = JointModel(
            tau2=within.tau2,
            levels=tuple(
                record_from(
                    effect, JointLevel, difference=difference, effect=record_from(effect, Effect)
                )
                for effect, difference in zip(
                    floating.effects, _differences(within, confidence), strict=True
                )
            ),
            test=any_difference(within),
        )
    return Joint(group=group, marker=marker, reference=levels[0], k=k, models=JointModels(**models))


def _differences(within: WithinTrial, confidence: float) -> list[Effect | None]:
    """Give the difference of each level from the reference; None for the reference itself."""
    df = np.array([np.nan if within.df is None else within.df])
    quantile = float(two_sided_quantile(confidence, df)[0])
    found: list[Effect | None] = [None]
    for place in range(1, len(within.levels)):
        estimate, se = within.estimates[place], float(np.sqrt(within.covariance[place, place]))
        found.append(
            Effect(
                estimate=estimate,
                se=se,
                ci_lower=estimate - quantile * se,
                ci_upper=estimate + quantile * se,
            )
        )
    return found


def any_difference(within: WithinTrial) -> AnyDifference:
    """Test that the effect is the same in all levels.

    Wald's statistic g'V⁻¹g of the differences g: chi-squared, or divided by its degrees
    of freedom an F where the intervals are those of a t distribution.
    """
    differences = np.array(within.estimates[1:])
    df1, df2 = differences.size, within.df
    value = float(differences @ np.linalg.solve(within.covariance[1:, 1:], differences))
    if df2 is None:
        p_value = float(chdtrc(df1, value))
        return AnyDifference(statistic="chi2", value=value, df1=df1, df2=None, p_value=p_value)
    value = value / df1
    p_value = float(fdtrc(df1, df2, value))
    return AnyDifference(statistic="F", value=value, df1=df1, df2=float(df2), p_value=p_value)
