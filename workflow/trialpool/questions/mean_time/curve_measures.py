"""What the same curves say by other measures: hazard ratio and survival at the horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool.pooling import random_effects

Json = dict[str, Any]

# As in the selection of candidates, which flags the same trials.
_PROPORTIONAL_BELOW: Final = 0.05

# id, label, description, measure, and the fields of a trial's curve that hold it.
_ANALYSES: Final = (
    (
        "hazard-ratio-of-curves",
        "Hazard ratio of the same curves",
        "Cox models of the reconstructed data, over the whole follow-up. Where hazards are not "
        "proportional a hazard ratio averages over time and depends on the length of follow-up.",
        "HR",
        "log_hr",
    ),
    (
        "survival-at-horizon",
        "Difference in survival at the horizon",
        "Kaplan-Meier estimates of the reconstructed data, in percentage points.",
        "RD",
        "survival_difference",
    ),
)


def curves_sensitivity(
    groups: Sequence[Mapping[str, Any]],
    trials: Sequence[Mapping[str, Any]],
    pooling: Mapping[str, Any],
) -> list[Json]:
    """Pool hazard ratios and survival differences of the trials whose curves a question uses.

    Parameters
    ----------
    groups, trials : sequence of mapping
        Of the result record; only trials with a ``curve`` enter.
    pooling : mapping
        Settings of the question.

    Returns
    -------
    list of dict
        Entries of ``sensitivity`` with a ``measure`` of their own; empty where no
        trial has a curve.
    """
    if not any("curve" in trial for trial in trials):
        return []
    entries = []
    for name, label, description, measure, field in _ANALYSES:
        rows = []
        for group in groups:
            members = [
                trial
                for trial in trials
                if trial["group"] == group["label"] and trial["curve"][f"{field}_se"]
            ]
            if not members:
                continue
            pooled = random_effects(
                [trial["curve"][field] for trial in members],
                [trial["curve"][f"{field}_se"] ** 2 for trial in members],
                tau2=pooling["tau2"],
                ci="hk-adhoc",
                pi=pooling["pi"],
                level=pooling["level"],
                measure=measure,
            )
            crossing = [
                f"{trial['label']} (hazards not proportional)"
                if field == "log_hr" and _not_proportional(trial)
                else str(trial["label"])
                for trial in members
            ]
            rows.append(
                {
                    "group": group["label"],
                    "analysis": label,
                    "k": pooled.k,
                    "estimate": pooled.estimate,
                    "ci_lower": pooled.ci_lower,
                    "ci_upper": pooled.ci_upper,
                    "tau2": pooled.tau2,
                    "trials": crossing,
                }
            )
        entries.append(
            {
                "id": name,
                "label": label,
                "description": description,
                "measure": measure,
                "ci_method": "hk-adhoc",
                "results": rows,
            }
        )
    return entries


def _not_proportional(trial: Mapping[str, Any]) -> bool:
    p_value = trial["curve"]["ph_p_value"]
    return p_value is not None and p_value < _PROPORTIONAL_BELOW
