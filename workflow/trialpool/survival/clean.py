"""Digitised points made into a curve: what is noise is repaired and counted, the rest refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from trialpool.survival.arrays import Floats

# A curve read off a figure is uncertain by about half a percent of the axis at a
# point; repairs beyond four times that are no longer reading noise.
TOLERANCE: Final = 0.02
# What a reader marked: places along the drawn line, or the foot of each fall.
Marked = Literal["line", "corners"]
Positions = npt.NDArray[np.intp]
# Points that a level at the end needs to be believed.
_SUPPORT: Final = 3
# The last points may lie this many times as far off as any smoothed one does.
_NOISE_FACTOR: Final = 2.0


@dataclass(frozen=True)
class CleanCurve:
    """A curve that starts at (0, 1) and never rises.

    Attributes
    ----------
    time, survival : ndarray of shape (m,)
    moved_rms, moved_max : float
        How far the repair moved the survival of the points.
    repairs : tuple of str
        What was done, in words.
    """

    time: Floats
    survival: Floats
    moved_rms: float
    moved_max: float
    repairs: tuple[str, ...]


def clean_points(
    time: npt.ArrayLike,
    survival: npt.ArrayLike,
    *,
    marked: Marked = "line",
    tolerance: float = TOLERANCE,
) -> CleanCurve:
    """Repair digitisation noise within a bound.

    Points are put in order of time, values just outside [0, 1] are set to the
    bound, points at one time are averaged, and a rising curve is replaced by the
    nearest one that never rises (isotonic least squares; Barlow et al. 1972),
    which averages the noise out instead of running along its lower edge.

    Parameters
    ----------
    time, survival : array-like of shape (m,)
        Survival as a proportion.
    marked : {"line", "corners"}
        Points along the line lie on either side of a fall, which is then put in
        the middle between them; points at the foot of each fall tell its time.
        Two points at one time do so too.
    tolerance : float
        The most by which a point may be moved.

    Raises
    ------
    ValueError
        With every reason why these points are no survival curve.
    """
    from scipy.optimize import isotonic_regression

    t = np.asarray(time, dtype=np.float64)
    s = np.asarray(survival, dtype=np.float64)
    faults = curve_faults(t, s, tolerance)
    if faults:
        raise ValueError("; ".join(faults))
    repairs = []
    span = float(t.max())
    early = t < 0.0
    if early.any():
        repairs.append(f"{int(early.sum())} point(s) just before time 0 moved to it")
        t = np.maximum(t, 0.0)
    order = np.argsort(t, kind="stable")
    if (np.diff(t) < 0).any():
        repairs.append("points put in order of time")
    t, s = t[order], s[order]
    outside = (s > 1.0) | (s < 0.0)
    if outside.any():
        repairs.append(f"{int(outside.sum())} value(s) just outside 0 to 1 set to the bound")
    bounded = np.clip(s, 0.0, 1.0)
    fitted = np.asarray(isotonic_regression(bounded, increasing=False).x, dtype=np.float64)
    rises = int((np.diff(bounded) > 0).sum())
    if rises:
        repairs.append(f"{rises} rise(s) smoothed to the nearest curve that never rises")
    first, last = _pieces(t)
    # Reading noise shows in rises; without any, or where the last fall was read as an upright
    # piece, the points are exact and the fall is one of the curve.
    noise = min(tolerance, _NOISE_FACTOR * float(np.abs(fitted - bounded).max()))
    levelled = False
    if not _ends_upright(fitted, first, last):
        fitted, levelled = _level_end(fitted, noise)
    if levelled:
        repairs.append("a fall read from the last one or two points, within noise, was levelled")
    moved = fitted - s
    moments = t[first]
    # Several points at one time are a vertical piece of the curve: its lower end is S(t).
    value = fitted[last]
    if moments[0] > 0.0:
        if moments[0] > 0.1 * span:
            repairs.append(f"nothing was read before {moments[0]:g}: taken as 1 until then")
        moments, value = np.concatenate([[0.0], moments]), np.concatenate([[1.0], value])
    value[0] = 1.0
    if marked == "line":
        moments = _between(moments, value, last > first)
    return CleanCurve(
        moments,
        value,
        float(np.sqrt(np.mean(moved * moved))),
        float(np.abs(moved).max()),
        tuple(repairs),
    )


def _pieces(t: Floats) -> tuple[Positions, Positions]:
    """First and last position of the points at each time; `t` ascends."""
    first = np.unique(t, return_index=True)[1]
    return first, np.append(first[1:], t.size) - 1


def _ends_upright(fitted: Floats, first: Positions, last: Positions) -> bool:
    """Whether the last fall was read as a vertical piece: two points at its time."""
    upper = np.where(last > first, fitted[first], np.append(1.0, fitted[last][:-1]))
    falls = np.flatnonzero(upper - fitted[last] > 0.0)
    return bool(falls.size and last[falls[-1]] > first[falls[-1]])


def _between(moments: Floats, value: Floats, vertical: npt.NDArray[np.bool_]) -> Floats:
    """Put each fall in the middle of the points around it, unless it was read as vertical."""
    if vertical.size < moments.size:
        vertical = np.concatenate([[False], vertical])
    falls = np.concatenate([[False], np.diff(value) < 0.0]) & ~vertical
    # The last point stays: it says how far the follow-up goes.
    falls[-1] = False
    middle = moments.copy()
    middle[1:] = np.where(falls[1:], 0.5 * (moments[:-1] + moments[1:]), moments[1:])
    return middle


def _level_end(fitted: Floats, noise: float) -> tuple[Floats, bool]:
    """Level a fall within the noise that only the last one or two points support.

    At its end isotonic regression follows the noise of single points (the "spiking
    problem"; Woodroofe and Sun 1993, Statistica Sinica 3:501), and a fall there
    would stand for events while nobody of the other arm is at risk any more.
    """
    level = fitted.copy()
    for _ in range(2):
        last = level == level[-1]
        if last.sum() >= _SUPPORT or last.all():
            break
        above = level[~last][-1]
        if above - fitted[-1] > noise:
            break
        level[last] = above
    return level, bool(level[-1] != fitted[-1])


def curve_faults(time: Floats, survival: Floats, tolerance: float = TOLERANCE) -> list[str]:
    """Say why points are no survival curve; empty if they are one up to reading noise."""
    if time.ndim != 1 or time.shape != survival.shape:
        return [f"time has shape {time.shape} and survival {survival.shape}: they must be equal"]
    if time.size < 2:
        return [f"{time.size} point(s): a curve needs at least two"]
    if not (np.isfinite(time).all() and np.isfinite(survival).all()):
        return ["a time or survival is not a finite number"]
    faults = []
    if survival.max() > 1.0 + tolerance:
        percent = survival.max() <= 100.0 * (1.0 + tolerance) and np.median(survival) > 1.5
        hint = "in percent? divide by 100" if percent else "survival is a proportion"
        faults.append(f"survival of {survival.max():g} is above 1 ({hint})")
    if survival.min() < -tolerance:
        faults.append(f"survival of {survival.min():g} is below 0")
    if time.max() <= 0.0:
        faults.append("no time is above 0")
    elif time.min() < -0.01 * time.max():
        faults.append(f"time {time.min():g} is below 0")
    if faults:
        return faults
    order = np.argsort(time, kind="stable")
    first = survival[order][0]
    start = time[order][0]
    if abs(first - 1.0) > tolerance and start <= 0.02 * time.max():
        faults.append(f"the curve starts at {first:g}, not at 1")
    rise = _largest_rise(time[order], survival[order], tolerance)
    if rise > 2.0 * tolerance:
        faults.append(f"the curve rises by {rise:.3g}: more than reading noise")
    return faults


def _largest_rise(time: Floats, survival: Floats, tolerance: float) -> float:
    """How far the curve climbs above what it had fallen to clearly earlier.

    Where it falls steeply, two points may come out in the wrong order of time.
    """
    lowest = np.concatenate([[np.inf], np.minimum.accumulate(survival)])
    earlier = np.searchsorted(time, time - tolerance * float(time.max()), side="left")
    return float((survival - lowest[earlier]).max())
