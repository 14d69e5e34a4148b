"""Several levels of a marker at once: the multivariate model of their differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.special import chdtrc, fdtrc

from trialpool.pooling.dependent.floating_subgroups import (
    WithinTrial,
    floating_subgroups,
    within_trial_levels,
)
from trialpool.pooling.numeric.tails import two_sided_quantile

Json = dict[str, Any]
Trial = Mapping[str, Any]
# Model of the record -> tau² and interval.
MODELS: Final = {"common-effect": ("CE", "wald"), "hk-adhoc": ("REML", "hk-adhoc")}
ALONE: Final = {"single-trial": ("CE", "wald")}


def joint_models(question: Mapping[str, Any], trials: Sequence[Trial]) -> list[Json]:
    """Fit all levels of a marker together, per mechanism and kind of comparison.

    Parameters
    ----------
    question : mapping
        Contents of question.json; its groups say which of them share a `base`.
    trials : sequence of dict
        Records of a level against the reference.

    Returns
    -------
    list of dict
        ``group, marker, reference, k, models``; per model ``tau2``, ``levels`` (`level`, `k`,
        the difference from the reference and the effect, each with `estimate, se, ci_lower,
        ci_upper`) and ``test`` (`statistic, value, df1, df2, p_value`: no level differs).
    """
    base = {group["label"]: group["base"] for group in question["groups"]}
    sets: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        key = base[trial["group"]], str(trial["levels"][0]["marker"])
        sets.setdefault(key, []).append(trial)
    return [_joint(group, marker, question, members) for (group, marker), members in sets.items()]


def _joint(group: str, marker: str, question: Mapping[str, Any], members: Sequence[Trial]) -> Json:
    # The reference stands beside every other level of its trial: it counts once.
    effects = {
        (trial["trial_id"], str(level["level"])): level
        for trial in members
        for level in trial["levels"]
    }
    present = {level for _, level in effects}
    asked = question["interaction"]["biomarkers"][marker]["levels"]
    levels = [level for level in asked if level in present]
    rows = (
        [level["estimate"] for level in effects.values()],
        [level["se"] ** 2 for level in effects.values()],
        [trial for trial, _ in effects],
        [level for _, level in effects],
    )
    confidence = question["pooling"]["level"]
    k = len({trial for trial, _ in effects})
    models: Json = {}
    for name, (tau2, ci) in (MODELS if k > 1 else ALONE).items():
        within = within_trial_levels(*rows, levels, tau2=tau2, ci=ci)
        floating = floating_subgroups(*rows, within, tau2=tau2, ci=ci, interval_level=confidence)
        models[name] = {
            "tau2": within.tau2,
            "levels": [
                {
                    "level": effect.level,
                    "k": effect.k,
                    "difference": difference,
                    "effect": {
                        key: getattr(effect, key)
                        for key in ("estimate", "se", "ci_lower", "ci_upper")
                    },
                }
                for effect, difference in zip(
                    floating.effects, _differences(within, confidence), strict=True
                )
            ],
            "test": any_difference(within),
        }
    return {"group": group, "marker": marker, "reference": levels[0], "k": k, "models": models}


def _differences(within: WithinTrial, confidence: float) -> list[Json | None]:
    """Give the difference of each level from the reference; None for the reference itself."""
    df = np.array([np.nan if within.df is None else within.df])
    quantile = float(two_sided_quantile(confidence, df)[0])
    found: list[Json | None] = [None]
    for place in range(1, len(within.levels)):
        estimate, se = within.estimates[place], float(np.sqrt(within.covariance[place, place]))
        found.append(
            {
                "estimate": estimate,
                "se": se,
                "ci_lower": estimate - quantile * se,
                "ci_upper": estimate + quantile * se,
            }
        )
    return found


def any_difference(within: WithinTrial) -> Json:
    """Test that the effect is the same in all levels.

    Wald's statistic g'V⁻¹g of the differences g: chi-squared, or divided by its degrees
    of freedom an F where the intervals are those of a t distribution.
    """
    differences = np.array(within.estimates[1:])
    df1 = differences.size
    covariance = within.covariance[1:, 1:]
    value = float(differences @ np.linalg.solve(covariance, differences))
    if within.df is None:
        return {
            "statistic": "chi2",
            "value": value,
            "df1": df1,
            "df2": None,
            "p_value": float(chdtrc(df1, value)),
        }
    return {
        "statistic": "F",
        "value": value / df1,
        "df1": df1,
        "df2": within.df,
        "p_value": float(fdtrc(df1, within.df, value / df1)),
    }
