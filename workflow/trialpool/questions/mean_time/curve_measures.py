"""What the same curves say by other measures: hazard ratio and survival at the horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from trialpool.questions.shared.synthesis.members import MAIN_CI, pool_effects
from trialpool.records.base import record_from
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import Curve, SelectedTrial

# As in the selection of candidates, which flags the same trials.
_PROPORTIONAL_BELOW: Final = 0.05

# id, label, description, and the measure.
_ANALYSES: Final = (
    (
        "hazard-ratio-of-curves",
        "Hazard ratio of the same curves",
        "Cox models of the reconstructed data, over the whole follow-up. Where hazards are not "
        "proportional a hazard ratio averages over time and depends on the length of follow-up.",
        "HR",
    ),
    (
        "survival-at-horizon",
        "Difference in survival at the horizon",
        "Kaplan-Meier estimates of the reconstructed data, in percentage points.",
        "RD",
    ),
)


def curves_sensitivity(
    groups: Mapping[str, Sequence[SelectedTrial]], pooling: Pooling
) -> list[Reanalysis]:
    """Pool hazard ratios and survival differences of the trials whose curves a question uses.

    Parameters
    ----------
    groups : mapping of str to sequence of SelectedTrial
        Trials with their curves, by label of their group.
    pooling : Pooling

    Returns
    -------
    list of Reanalysis
        Each with a ``measure`` of its own; empty where no trial has a curve.
    """
    curves = {
        label: [(trial.label, trial.curve) for trial in members if trial.curve is not None]
        for label, members in groups.items()
    }
    if not any(curves.values()):
        return []
    entries = []
    for name, label, description, measure in _ANALYSES:
        rows = []
        for group, members in curves.items():
            known = [
                (trial, curve, found)
                for trial, curve in members
                if (found := _effect(curve, measure)) is not None
            ]
            if not known:
                continue
            pooled = pool_effects(
                [estimate for _, _, (estimate, _) in known],
                [se**2 for _, _, (_, se) in known],
                measure,
                pooling,
            )
            crossing = tuple(
                f"{trial} (hazards not proportional)"
                if measure == "HR" and not_proportional(curve) is not None
                else trial
                for trial, curve, _ in known
            )
            rows.append(
                record_from(pooled, PoolAgain, group=group, analysis=label, trials=crossing)
            )
        entries.append(
            Reanalysis(
                id=name,
                label=label,
                description=description,
                measure=measure,
                ci_method=MAIN_CI,
                results=tuple(rows),
            )
        )
    return entries


def _effect(curve: Curve, measure: str) -> tuple[float, float] | None:
    """Estimate and standard error of a measure, None where the curve does not have it."""
    estimate, se = (
        (curve.log_hr, curve.log_hr_se)
        if measure == "HR"
        else (curve.survival_difference, curve.survival_difference_se)
    )
    return (estimate, se) if estimate is not None and se else None


def not_proportional(curve: Curve) -> float | None:
    """Return the p-value of the test of proportional hazards where it fails, else None."""
    failed = curve.ph_p_value is not None and curve.ph_p_value < _PROPORTIONAL_BELOW
    return curve.ph_p_value if failed else None
