"""What individual data of two arms say, with what a report prints beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Final

from trialpool.cli.curves.checks import ComparedMedian, ComparedRatio
from trialpool.survival.hazards import IntervalHazardRatio
from trialpool.survival.kaplan_meier import TimeEstimate
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
    """One arm: `restricted_mean` and `survival` to the horizon, `parametric` by AIC."""

    arm: str
    n: int
    events: int
    median: float | None
    restricted_mean: TimeEstimate
    survival: TimeEstimate
    parametric: tuple[ParametricFit, ...]


@dataclass(frozen=True)
class TwoArms:
    """Both arms, the experimental one first, and what lies between them."""

    horizon: float
    hazard_ratio: HazardRatio
    arms: tuple[ArmSurvival, ...]
    intervals: tuple[IntervalHazardRatio, ...]
    restricted_mean_difference: TimeEstimate
    survival_difference: TimeEstimate


def as_json(
    found: TwoArms, ratio: ComparedRatio | None, medians: tuple[ComparedMedian, ...]
) -> dict[str, Any]:
    """Return the object that `trialpool survival --json` prints; what is infinite is null."""
    plain = asdict(found)
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
