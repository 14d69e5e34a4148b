"""Individual data from a published Kaplan-Meier curve.

The model is that of Guyot, Ades, Ouwens and Welton 2012, BMC Med Res Methodol
12:9: between two printed numbers at risk, patients leave by events, which the
curve's falls show, or by censoring, spread evenly. Guyot walks from left to right
and repairs the last interval; here the numbers of events of all intervals are
found together, so that the numbers at risk are met exactly, the total of events
exactly where it is known, and the curve as closely as whole patients allow.
Events stand only where the curve falls: a flat tail holds none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from trialpool.survival.arrays import Bools, Floats
from trialpool.survival.clean import Marked, clean_points
from trialpool.survival.contradictions import check_distance, check_sound, check_total
from trialpool.survival.kaplan_meier import kaplan_meier


@dataclass(frozen=True)
class Reconstruction:
    """Reconstructed individual data of one arm.

    Attributes
    ----------
    time : ndarray of shape (n,)
        In the unit of the curve, ascending.
    event : ndarray of bool of shape (n,)
    curve_error_rms, curve_error_max : float
        Distance between the given points and the Kaplan-Meier curve of the data; an upright
        piece of the curve is at no distance.
    at_risk_error : int
        Largest difference to the printed numbers at risk.
    used_at_risk, used_events : bool
        What was known beside the curve.
    notes : tuple of str
        What had to be assumed or could not be met.
    repairs : tuple of str
        What was done to the points before.
    """

    time: Floats
    event: Bools
    curve_error_rms: float
    curve_error_max: float
    at_risk_error: int
    used_at_risk: bool
    used_events: bool
    notes: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.event.sum())


@dataclass(frozen=True)
class _Interval:
    """One interval between printed numbers at risk.

    `times` are those at which the curve falls, `share` how much of the
    cumulative hazard of the interval falls at each, `target` the survival at its
    end. `leavers` is None in the last one, where nobody counted who remains.
    """

    start: float
    end: float
    times: Floats
    hazard: Floats
    target: float
    n: int
    leavers: int | None


def reconstruct(
    time: npt.ArrayLike,
    survival: npt.ArrayLike,
    n: int,
    *,
    at_risk: Sequence[tuple[float, int]] = (),
    events: int | None = None,
    noise: float = 0.0,
) -> Reconstruction:
    """Reconstruct the individual data of one arm.

    Parameters
    ----------
    time, survival : array-like of shape (m,)
        Points of the curve, checked and not increasing (`curves.clean_points`):
        the survival just after each time, from (0, 1) on.
    n : int
        Patients at the start.
    at_risk : sequence of (float, int)
        Printed numbers at risk after time 0. Without them censoring inside the
        follow-up is unknown: with `events` one even rate of it is fitted, without
        it none is assumed and the events come out too many.
    events : int, optional
        Total number of events of the arm.
    noise : float
        How far smoothing moved the points; a total is held against exact ones only.

    Returns
    -------
    Reconstruction

    Raises
    ------
    ValueError
        If numbers contradict each other: increasing numbers at risk, more at risk
        than the curve leaves, a total of events that the curve excludes, a risk table
        beyond the curve.
    """
    t = np.asarray(time, dtype=np.float64)
    s = np.asarray(survival, dtype=np.float64)
    table = [(0.0, int(n)), *((float(a), int(b)) for a, b in at_risk if a > 0.0)]
    check_sound(t, s, table)
    if events is not None:
        check_total(t, s, table, events)
    last = float(t[-1])
    notes: list[str] = []
    intervals = _intervals(t, s, table)
    if len(table) == 1 and events is not None:
        times, flags = _even_censoring(intervals[0], events, last)
    else:
        if len(table) == 1:
            notes.append(
                "neither numbers at risk nor events are known: no censoring before the end of "
                "the curve is assumed, so events are too many and the interval too narrow"
            )
        numbers = _events_per_interval(intervals, events)
        if events is not None and sum(numbers) != events:
            notes.append(
                f"the curve and the numbers at risk allow {sum(numbers)} events, not {events}"
            )
        times, flags = _patients(intervals, numbers, last)
    order = np.lexsort((~flags, times))
    times, flags = times[order], flags[order]
    curve = kaplan_meier(times, flags)
    rms, largest = curve.distance(t, s)
    printed = np.array([count for _, count in table])
    found = curve.number_at_risk([moment for moment, _ in table])
    if len(table) == 1 and events is not None:
        notes += check_distance(t, s, int(n), events, largest, noise)
    return Reconstruction(
        time=times,
        event=flags,
        curve_error_rms=rms,
        curve_error_max=largest,
        at_risk_error=int(np.abs(found - printed).max()),
        used_at_risk=len(table) > 1,
        used_events=events is not None,
        notes=tuple(notes),
    )


def reconstruct_points(
    time: npt.ArrayLike,
    survival: npt.ArrayLike,
    n: int,
    *,
    marked: Marked = "line",
    at_risk: Sequence[tuple[float, int]] = (),
    events: int | None = None,
) -> Reconstruction:
    """Repair points that were read off a figure, and reconstruct the data of the arm.

    Parameters
    ----------
    time, survival : array-like of shape (m,)
        As read: in any order, with noise; survival as a proportion.
    n, at_risk, events
        As in `reconstruct`.
    marked : {"line", "corners"}
        As in `clean_points`.

    Returns
    -------
    Reconstruction
        Its distances are those to the points as they were read.

    Raises
    ------
    ValueError
        As `clean_points` and `reconstruct` do.
    """
    clean = clean_points(time, survival, marked=marked)
    found = reconstruct(
        clean.time, clean.survival, n, at_risk=at_risk, events=events, noise=clean.moved_max
    )
    rms, largest = kaplan_meier(found.time, found.event).distance(time, survival)
    return replace(found, curve_error_rms=rms, curve_error_max=largest, repairs=clean.repairs)


def _intervals(t: Floats, s: Floats, table: Sequence[tuple[float, int]]) -> list[_Interval]:
    """Cut the falls of the curve at the times of the risk table."""
    before = s[:-1]
    # A fall to 0 takes everybody: its hazard is that of the last patient, and finite here.
    hazard = -np.log(np.maximum(s[1:], 1e-4 * before) / before)
    falls = np.flatnonzero(hazard > 0.0)
    moments, hazards, values = t[1:][falls], hazard[falls], s[1:][falls]
    edges = [moment for moment, _ in table]
    found = []
    for i, (start, count) in enumerate(table):
        end = edges[i + 1] if i + 1 < len(edges) else float(t[-1])
        # The patients at risk at a time are those before its events.
        inside = (moments >= start) & ((moments < end) | (i + 1 == len(edges)))
        fallen = values[moments < end] if i + 1 < len(edges) else values
        found.append(
            _Interval(
                start=start,
                end=end,
                times=moments[inside],
                hazard=hazards[inside],
                target=float(fallen[-1]) if fallen.size else 1.0,
                n=count,
                leavers=count - table[i + 1][1] if i + 1 < len(table) else None,
            )
        )
    return found


def _survivors_share(interval: _Interval, d: int, c: int) -> float:
    """Ratio of survival at the end and the start with d events and c censored."""
    if d == 0:
        return 1.0
    times, flags = _within(interval, d, c)
    order = np.lexsort((~flags, times))
    flags = flags[order]
    at_risk = interval.n - np.arange(flags.size)
    return float(np.prod(np.where(flags, 1.0 - 1.0 / at_risk, 1.0)))


def _within(interval: _Interval, d: int, c: int) -> tuple[Floats, Bools]:
    """Place d events where the curve falls and c censored evenly."""
    span = interval.end - interval.start
    censored = interval.start + span * (np.arange(c) + 1.0) / (c + 1.0)
    placed: Floats = np.zeros(0)
    if d:
        # Events per fall are at risk × hazard; those still at risk dwindle with both.
        elapsed = (interval.times - interval.start) / span if span > 0 else interval.times * 0.0
        gone = 1.0 - np.exp(-(np.cumsum(interval.hazard) - interval.hazard))
        left = np.maximum(1.0 - gone - c / interval.n * elapsed, 1e-3)
        weight = np.cumsum(left * -np.expm1(-interval.hazard))
        wanted = (np.arange(d) + 0.5) / d * weight[-1]
        placed = interval.times[np.searchsorted(weight, wanted, side="left")]
    return np.concatenate([placed, censored]), np.repeat([True, False], [d, c])


def _censored(interval: _Interval, d: int, rate: float) -> int:
    """How many are censored beside d events; in the last interval by the rate so far."""
    if interval.leavers is not None:
        return interval.leavers - d
    expected = rate * (interval.end - interval.start) * interval.n
    return min(interval.n - d, round(expected))


def _most_events(interval: _Interval) -> int:
    if not interval.times.size:
        return 0
    return interval.n if interval.leavers is None else interval.leavers


def _events_per_interval(intervals: Sequence[_Interval], events: int | None) -> list[int]:
    """Whole numbers of events that follow the curve, and add up to the known total."""
    numbers: list[int] = []
    reached, rate, exposure, censored = 1.0, 0.0, 0.0, 0
    for interval in intervals:
        low, high = 0, _most_events(interval)
        goal = interval.target / reached if reached > 0.0 else 1.0
        # The share that survives falls with the number of events.
        while low < high:
            middle = (low + high) // 2
            share = _survivors_share(interval, middle, _censored(interval, middle, rate))
            low, high = (middle + 1, high) if share > goal else (low, middle)
        options = [d for d in (low - 1, low) if d >= 0]
        shares = [_survivors_share(interval, d, _censored(interval, d, rate)) for d in options]
        nearest = int(np.argmin([abs(share - goal) for share in shares]))
        numbers.append(options[nearest])
        reached *= shares[nearest]
        if interval.leavers is not None:
            censored += interval.leavers - options[nearest]
            mean = interval.n - 0.5 * interval.leavers
            exposure += (interval.end - interval.start) * mean
            rate = censored / exposure if exposure > 0.0 else 0.0
    return numbers if events is None else _reconciled(intervals, numbers, events)


def _reconciled(intervals: Sequence[_Interval], numbers: list[int], events: int) -> list[int]:
    """Move single events between counted and wanted where the curve changes least.

    An event more in an interval lowers log survival from its end on by about one
    over the patients at risk there; the sum of squared changes of the survival at
    the ends of the intervals is kept smallest, step by step.
    """
    ends = np.array([interval.target for interval in intervals])
    per_event = np.array(
        [1.0 / max(i.n - 0.5 * (i.leavers if i.leavers is not None else i.n // 2), 1.0)
         for i in intervals]
    )  # fmt: skip
    change = np.zeros(len(intervals))
    numbers = list(numbers)
    way = 1 if events > sum(numbers) else -1
    while sum(numbers) != events:
        costs = []
        for i, interval in enumerate(intervals):
            allowed = numbers[i] + way
            if not 0 <= allowed <= _most_events(interval):
                costs.append(np.inf)
                continue
            shifted = change.copy()
            shifted[i:] -= way * per_event[i]
            costs.append(float(np.sum((ends * np.expm1(shifted)) ** 2)))
        best = int(np.argmin(costs))
        if not np.isfinite(costs[best]):
            break
        numbers[best] += way
        change[best:] -= way * per_event[best]
    return numbers


def _patients(
    intervals: Sequence[_Interval], numbers: Sequence[int], last: float
) -> tuple[Floats, Bools]:
    """Give all patients their time; who is left at the end is censored there."""
    times, flags = [], []
    censored, exposure = 0, 0.0
    for interval, d in zip(intervals, numbers, strict=True):
        rate = censored / exposure if exposure > 0.0 else 0.0
        c = _censored(interval, d, rate)
        placed, kinds = _within(interval, d, c)
        times.append(placed)
        flags.append(kinds)
        if interval.leavers is None:
            rest = interval.n - d - c
            times.append(np.full(rest, last))
            flags.append(np.zeros(rest, dtype=np.bool_))
        else:
            censored += c
            exposure += (interval.end - interval.start) * (interval.n - 0.5 * interval.leavers)
    return np.concatenate(times), np.concatenate(flags)


def _even_censoring(interval: _Interval, events: int, last: float) -> tuple[Floats, Bools]:
    """Without a risk table: the constant hazard of censoring under which the falls are the events.

    The more are censored on the way, the fewer events the same falls stand for.
    Without any falls there is no event, whatever the total says.
    """
    if not interval.times.size or not events:
        return np.full(interval.n, last), np.zeros(interval.n, dtype=np.bool_)
    low, high = 0.0, 1.0 / last
    while _course(interval, high)[0][-1] > events and high < 1e6 / last:
        high *= 2.0
    if _course(interval, low)[0][-1] > events:
        for _ in range(60):
            middle = 0.5 * (low + high)
            fewer = _course(interval, middle)[0][-1] < events
            low, high = (low, middle) if fewer else (middle, high)
    rate = 0.5 * (low + high) if low > 0.0 else 0.0
    fallen, left = _course(interval, rate)
    quantiles = (np.arange(events) + 0.5) / events * fallen[-1]
    placed = interval.times[np.searchsorted(fallen, quantiles, side="left")]
    # Censored until each fall: those gone by neither event nor follow-up.
    censored = np.concatenate([[0.0], interval.n - left - fallen])
    moments = np.concatenate([[0.0], interval.times])
    number = min(round(float(censored[-1])), interval.n - events)
    wanted = (np.arange(number) + 0.5) / max(number, 1) * censored[-1]
    lost = np.interp(wanted, censored, moments)
    rest = interval.n - events - number
    times = np.concatenate([placed, lost, np.full(rest, last)])
    return times, np.repeat([True, False], [events, number + rest])


def _course(interval: _Interval, rate: float) -> tuple[Floats, Floats]:
    """Events up to, and patients left after, each fall under a constant hazard of censoring."""
    steps = np.diff(np.concatenate([[interval.start], interval.times]))
    log_left = -np.cumsum(rate * steps + interval.hazard)
    left = interval.n * np.exp(log_left)
    events = np.cumsum(left * np.expm1(interval.hazard))
    return events, left
