"""How well reconstruction works: draw a known curve, read it off with noise, rebuild it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from trialpool.survival.arrays import Bools, Floats, check_arm, check_times
from trialpool.survival.hazards import compare_hazards
from trialpool.survival.kaplan_meier import SurvivalCurve, kaplan_meier, restricted_mean
from trialpool.survival.reconstruct import Reconstruction, reconstruct_points

Known = Literal["at-risk-and-events", "at-risk", "events", "curve"]
KNOWN: Final[tuple[Known, ...]] = ("at-risk-and-events", "at-risk", "events", "curve")
_TICKS: Final = (8, 12)


@dataclass(frozen=True)
class RoundTrip:
    """Truth and what the reconstruction makes of it.

    Attributes
    ----------
    log_hr_error_in_se : float
        Difference of the log hazard ratios in standard errors of the true one.
    hr_error : float
        |HR / true HR − 1|.
    rmst_error : float
        Largest relative error of an arm's restricted mean, at 90 % of the follow-up.
    median_error : float or None
        Largest error of a median, as a share of the distance between two axis
        ticks; None where no arm reaches its median.
    ph_p_value, true_ph_p_value : float
    curve_error_max : float
    """

    log_hr_error_in_se: float
    hr_error: float
    rmst_error: float
    median_error: float | None
    ph_p_value: float
    true_ph_p_value: float
    curve_error_max: float


def tick_step(last: float) -> float:
    """Distance of axis ticks a journal would choose: 1, 2, 3 or 6 times a power of ten."""
    for power in range(-6, 9):
        for factor in (1.0, 2.0, 3.0, 6.0):
            step = factor * 10.0**power
            if last / step <= _TICKS[1]:
                return step
    raise ValueError(f"last={last!r}; allowed: a positive length of follow-up")


def read_off(
    curve: SurvivalCurve, rng: np.random.Generator, *, noise: float = 0.005, points: int = 200
) -> tuple[Floats, Floats]:
    """Read points off a drawn curve with normal noise in both directions.

    Parameters
    ----------
    curve : SurvivalCurve
    rng : numpy.random.Generator
    noise : float
        Standard deviation as a share of each axis.
    points : int
    """
    time = np.linspace(0.0, curve.last, points)
    survival = curve.at(time) + rng.normal(0.0, noise, points)
    time = np.maximum(time + rng.normal(0.0, noise * curve.last, points), 0.0)
    time[0], survival[0] = 0.0, 1.0
    return time, survival


def rebuild(
    curve: SurvivalCurve, events: int, known: Known, rng: np.random.Generator, **reading: float
) -> Reconstruction:
    """Read a curve off and reconstruct its data, knowing what a report may print beside it."""
    options = {"noise": reading.get("noise", 0.005), "points": int(reading.get("points", 200))}
    time, survival = read_off(curve, rng, **options)  # type: ignore[arg-type]
    step = tick_step(curve.last)
    ticks = np.arange(step, min(curve.last, float(time.max())), step)
    table = list(zip(ticks.tolist(), curve.number_at_risk(ticks).tolist(), strict=True))
    return reconstruct_points(
        time,
        survival,
        curve.n,
        at_risk=table if known.startswith("at-risk") else (),
        events=events if known.endswith("events") else None,
    )


def round_trip(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    experimental: npt.ArrayLike,
    *,
    known: Known = "at-risk-and-events",
    seed: int = 1,
    noise: float = 0.005,
    points: int = 200,
) -> RoundTrip:
    """Compare what is estimated from rebuilt data with the truth.

    Parameters
    ----------
    time, event, experimental : array-like of shape (n,)
        Known individual data of two arms.
    known : {"at-risk-and-events", "at-risk", "events", "curve"}
        What is known beside the curves.
    seed, noise, points
        Of the reading, see `read_off`.
    """
    t, e = check_times(time, event)
    arm = check_arm(experimental, t.size)
    rng = np.random.default_rng(seed)
    rebuilt, means, medians, worst = [], [], [], 0.0
    for own in (arm, ~arm):
        curve = kaplan_meier(t[own], e[own])
        found = rebuild(curve, int(e[own].sum()), known, rng, noise=noise, points=points)
        again = kaplan_meier(found.time, found.event)
        horizon = 0.9 * min(curve.last, again.last)
        truth = restricted_mean(curve, horizon).estimate
        means.append(abs(restricted_mean(again, horizon).estimate / truth - 1.0))
        if curve.median is not None:
            got = again.median if again.median is not None else again.last
            medians.append(abs(got - curve.median) / tick_step(curve.last))
        off = again.at(curve.time) - curve.survival
        worst = max(worst, float(np.abs(off).max()))
        rebuilt.append(found)
    true = compare_hazards(t, e, arm)
    ours, theirs = rebuilt
    got_hr = compare_hazards(*_joined(ours, theirs))
    change = got_hr.log_hr - true.log_hr
    return RoundTrip(
        log_hr_error_in_se=change / true.se,
        hr_error=abs(float(np.expm1(change))),
        rmst_error=max(means),
        median_error=max(medians) if medians else None,
        ph_p_value=got_hr.ph_p_value,
        true_ph_p_value=true.ph_p_value,
        curve_error_max=worst,
    )


def _joined(ours: Reconstruction, theirs: Reconstruction) -> tuple[Floats, Bools, Bools]:
    arms = np.repeat([True, False], [ours.time.size, theirs.time.size])
    return (
        np.concatenate([ours.time, theirs.time]),
        np.concatenate([ours.event, theirs.event]),
        arms,
    )
