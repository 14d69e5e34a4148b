"""How much differences in mean time may differ between trials, from what hazard ratios do.

With S₁ = S₀^HR the restricted mean changes by ∫₀ᴴ −S₀ ln S₀ dt for each unit of log HR (near
HR = 1), so tau in months is tau of log hazard ratios times that integral over the control curve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Final

from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.records.trials import Curve, SelectedTrial

# Below it a difference of cumulative hazards is lost in rounding, and the curve is flat.
_FLAT: Final = 1e-6


def months_per_log_ratio(survival: Sequence[tuple[float, float]], horizon: float) -> float:
    """Integrate −S ln S of a curve that is known at some times.

    Between two of them the hazard is taken as constant, which is exact for an exponential curve;
    after the last one the curve is taken as flat.

    Parameters
    ----------
    survival : sequence of (float, float)
        Months and survival as a probability, in order of time, without the start.
    horizon : float
        Months.

    Returns
    -------
    float
        Months of restricted mean lost for each unit by which the log hazard ratio rises from 0.
    """
    total, time, hazard = 0.0, 0.0, 0.0
    for end, probability in [*(p for p in survival if p[0] <= horizon), (horizon, math.nan)]:
        # −S ln S is 0 at both ends of its range.
        later = hazard if math.isnan(probability) else -math.log(max(probability, 1e-12))
        step = later - hazard
        if step < _FLAT:
            total += (end - time) * hazard * math.exp(-hazard)
        else:
            inside = (hazard + 1) * math.exp(-hazard) - (later + 1) * math.exp(-later)
            total += (end - time) / step * inside
        time, hazard = end, max(later, hazard)
    return total


def prior_factor(trials: Sequence[SelectedTrial]) -> float | None:
    """Return months per unit of log hazard ratio in a group: the mean over its control curves.

    None where no trial has survival of its control arm at landmarks.
    """
    found = [
        months_per_log_ratio(_control(trial.curve), trial.curve.horizon_months)
        for trial in trials
        if trial.curve is not None and trial.curve.landmarks
    ]
    return fmean(found) if found else None


def _control(curve: Curve) -> list[tuple[float, float]]:
    return [(mark.months, mark.control.survival) for mark in curve.landmarks]


def prior_in_months(ratio_prior: str, factor: float) -> str:
    """Scale a prior of tau of log hazard ratios to months, in the words that ask for it."""
    return check_prior(ratio_prior).prior.scaled(factor).text
