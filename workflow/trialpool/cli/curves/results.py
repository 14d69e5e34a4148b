"""What individual data of two arms say, with what a report prints beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Final

from trialpool.cli.curves.checks import ComparedMedian, ComparedRatio
from trialpool.survival.hazards import HazardComparison, IntervalHazardRatio
from trialpool.survival.kaplan_meier import (
    SurvivalCurve,
    TimeEstimate,
    restricted_mean,
    survival_at,
)
from trialpool.survival.parametric import ParametricFit

# Standard errors on either side of an estimate in its 95 % limits.
Z95: Final = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class HazardRatio:
    """Log hazard ratio of a Cox model, with its 95 % limits."""

    measure: str = "HR"
    scale: str = "log"
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    proportional_hazards_p_value: float


@dataclass(frozen=True)
class ArmSurvival:
    """One arm: `restricted_mean` and `survival` to the horizon, `parametric` by AIC.

    `parametric` is empty without an event; `median` None where it is not reached.
    """

    arm: str
    n: int
    events: int
    median: float | None
    restricted_mean: TimeEstimate
    survival: TimeEstimate
    parametric: tuple[ParametricFit, ...]
    curve: SurvivalCurve


@dataclass(frozen=True)
class TwoArms:
    """Both arms, the experimental one first, and what lies between them.

    Where there is no hazard ratio, `hazard_ratio_missing` says why.
    """

    horizon: float
    hazard_ratio: HazardRatio | None
    hazard_ratio_missing: str | None
    arms: tuple[ArmSurvival, ...]
    intervals: tuple[IntervalHazardRatio, ...]
    restricted_mean_difference: TimeEstimate
    survival_difference: TimeEstimate


def hazard_ratio(found: HazardComparison) -> HazardRatio:
    """Give a Cox model its 95 % limits."""
    half = Z95 * found.se
    return HazardRatio(
        estimate=found.log_hr,
        se=found.se,
        ci_lower=found.log_hr - half,
        ci_upper=found.log_hr + half,
        proportional_hazards_p_value=found.ph_p_value,
    )


def arm_survival(name: str, curve: SurvivalCurve, horizon: float) -> ArmSurvival:
    """Summarise one arm to a horizon, without parametric fits.

    Raises
    ------
    ValueError
        If the curve is not known at the horizon.
    """
    return ArmSurvival(
        arm=name,
        n=curve.n,
        events=int(curve.events.sum()),
        median=curve.median,
        restricted_mean=restricted_mean(curve, horizon),
        survival=survival_at(curve, horizon),
        parametric=(),
        curve=curve,
    )


def as_json(
    found: TwoArms, ratio: ComparedRatio | None, medians: tuple[ComparedMedian, ...]
) -> dict[str, Any]:
    """Return the object that `trialpool survival --json` prints; what is infinite is null."""
    plain = asdict(found)
    for entry, arm in zip(plain["arms"], found.arms, strict=True):
        entry["curve"] = {
            name: getattr(arm.curve, name).tolist()
            for name in ("time", "at_risk", "events", "survival")
        }
    endless = [(fit, "median") for arm in plain["arms"] for fit in arm["parametric"]]
    endless += [(piece, "end") for piece in plain["intervals"]]
    for entry, name in endless:
        entry[name] = entry[name] if isfinite(entry[name]) else None
    if ratio is not None:
        plain["published_hr"] = asdict(ratio)
    if medians:
        plain["published_medians"] = [
            {"arm": arm.arm, **asdict(median)}
            for arm, median in zip(found.arms, medians, strict=True)
        ]
    return plain
