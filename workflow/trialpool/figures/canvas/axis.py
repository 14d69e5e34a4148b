"""The horizontal axis: limits, ticks and clipping. Plain numbers, nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from trialpool.formatting import null_value, number, power_of_ten
from trialpool.measures import Measure

Pair = tuple[float, float]
# A trial that weighs next to nothing: estimate and interval.
Light = tuple[float, Pair | None]

# An interval wider than this many times the median trial interval is cut and gets an
# arrow: two trials under Hartung-Knapp (t with one degree of freedom) span factors of
# hundreds and would squash every other row into a dot.
_WIDE: Final = 2.5
# The primary pool is what the figure is drawn for: it is cut only where it is wider than this.
_WIDE_PRIMARY: Final = 5.0
# A cut of less than this share of the axis is not worth an arrow: the axis grows instead.
_NEARLY: Final = 0.12
# Of the equal share of a group: a trial that weighs less does not say how long the axis is.
LIGHT: Final = 0.1
# A trial that weighs next to nothing may lengthen the axis by this many lengths on its side.
_STRETCH: Final = 2.0
_PAD: Final = 0.035
_NULL_PAD: Final = 0.10
_MOST_TICKS: Final = 7
# A set of ticks that leaves more of the axis bare at an end than this many of its widest
# steps is passed over for one that reaches further.
_BARE: Final = 1.5

# Of the log: ratios from 0.7 to 1.5 and closer have even ticks where limits are given.
_EVEN: Final = 0.8
# Of the log: ratios that are closer have even ticks in any case.
_NEAR_ONE: Final = 0.5

# Ratios that read well: doublings where they give enough ticks, else the finest set that
# fits. Each set holds 1, and all but the decades hold the inverse of what they hold.
_FEWEST_TICKS: Final = 4
_DOUBLINGS: Final = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_RATIO_TICKS: Final[tuple[tuple[float, ...], ...]] = (
    tuple(round(0.05 * step, 2) for step in range(14, 31)),
    (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0),
    (0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0),
    (0.2, 0.33, 0.5, 0.67, 1.0, 1.5, 2.0, 3.0, 5.0),
    _DOUBLINGS,
    tuple(m * 10.0**e for e in range(-3, 4) for m in (1, 2, 5)),
    tuple(m * 10.0**e for e in range(-3, 4) for m in (1, 3)),
    *(
        tuple(10.0**e for e in range(-6 * step, 6 * step + 1, step))
        for step in (1, 2, 3, 5, 6, 10, 20, 50)
    ),
)


@dataclass(frozen=True)
class Tick:
    """A tick: its place on the analysis scale and its label."""

    value: float
    text: str


@dataclass(frozen=True)
class Axis:
    """Limits and ticks on the analysis scale.

    Attributes
    ----------
    lower, upper : float
        Limits of the axis.
    null : float
        No difference between the arms; NaN where nothing is compared.
    ticks : tuple of Tick
        Labelled ticks, all within the limits.
    """

    lower: float
    upper: float
    null: float
    ticks: tuple[Tick, ...]

    def fraction(self, value: float) -> float:
        """Return how far along the axis `value` lies, 0 at the left and 1 at the right."""
        return (value - self.lower) / (self.upper - self.lower)

    def holds(self, value: float) -> bool:
        """Whether `value` lies on the axis."""
        return self.lower <= value <= self.upper

    def clipped_sides(self, lower: float, upper: float) -> tuple[str, ...]:
        """Sides on which an interval goes on beyond the axis."""
        sides = []
        if lower < self.lower:
            sides.append("lower")
        if upper > self.upper:
            sides.append("upper")
        return tuple(sides)


def axis_limits(limits: Pair | None, measure: Measure, null: float) -> Pair | None:
    """Return the ends of the axis that were asked for on the analysis scale.

    Parameters
    ----------
    limits : (float, float) or None
        As printed: percent of proportions and of their differences.
    measure : Measure
    null : float
        On the analysis scale; NaN where nothing is compared.

    Raises
    ------
    ValueError
        If they do not rise, are no effects of the measure, or no difference lies outside.
    """
    if limits is None:
        return None
    low, high = map(float, limits)
    percent = 100.0 if measure.percent else 1.0
    rises = low < high and math.isfinite(high - low)
    if not rises or (measure.is_ratio and low <= 0):
        above = " above 0" if measure.is_ratio else ""
        raise ValueError(f"limits={low:g} {high:g}; allowed: a lower and a higher number{above}")
    lower, upper = measure.to_analysis(low / percent), measure.to_analysis(high / percent)
    if not (math.isnan(null) or lower < null < upper):
        raise ValueError(
            f"limits={low:g} {high:g}; allowed: limits around no difference, "
            f"{null_value(null, measure)}"
        )
    return lower, upper


def make_axis(
    measure: Measure,
    null: float,
    estimates: Iterable[float],
    trial_intervals: Iterable[Pair],
    pooled_intervals: Iterable[Pair] = (),
    *,
    primary_intervals: Iterable[Pair] = (),
    light: Iterable[Light] = (),
    limits: Pair | None = None,
    label_fits: Callable[[Axis], bool] = lambda axis: True,
) -> Axis:
    """Choose limits that show every estimate and all but the widest intervals.

    Parameters
    ----------
    measure : Measure
        Decides between ratio ticks and evenly spaced ones.
    null : float
        Null value on the analysis scale, always on the axis; NaN where there is none.
    estimates : iterable of float
        Everything that must be seen: each estimate of trials and pools, and margins.
    trial_intervals, pooled_intervals : iterable of (float, float)
        Their intervals; pooled ones include prediction intervals.
    primary_intervals : iterable of (float, float)
        Those of pooled ones that are primary.
    light : iterable of (float, (float, float) or None)
        Estimate and interval of each trial that weighs next to nothing: it is seen only
        where it lengthens the axis by less than twice its length.
    limits : (float, float), optional
        Ends of the axis that were asked for, on the analysis scale.
    label_fits : callable
        Told an axis, says whether its tick labels keep clear of each other.
    """
    points, trials, pools = list(estimates), list(trial_intervals), list(pooled_intervals)
    lower, upper = limits or _seen(
        measure, null, (points, trials, pools, list(primary_intervals)), list(light)
    )
    candidates: Iterable[Sequence[float]] = _even_values(lower, upper, measure)
    if measure.is_ratio:
        # Limits that were asked for are round themselves: even steps end on them.
        even = candidates if limits and upper - lower < _EVEN else ()
        candidates = (*even, _DOUBLINGS, *_narrow(upper - lower), *_RATIO_TICKS)
    alone = () if math.isnan(null) else (Tick(null, _tick_text(_shown(null, measure))),)
    fallback = Axis(lower, upper, null, alone)
    for values in candidates:
        axis = _with_ticks(lower, upper, null, values, measure, grows=limits is None)
        if len(axis.ticks) > _MOST_TICKS or not _names_null(axis) or not label_fits(axis):
            continue
        if len(axis.ticks) >= _FEWEST_TICKS and _reaches(axis):
            return axis
        if len(axis.ticks) > len(fallback.ticks):
            fallback = axis
    if len(fallback.ticks) > 2 or (measure.is_ratio and upper - lower >= _NEAR_ONE):
        return fallback
    # Long labels leave room for few: every second tick of a set of twos.
    for values in _even_values(lower, upper, measure, (4.0, 40.0)):
        axis = _with_ticks(lower, upper, null, values, measure, grows=limits is None)
        if len(axis.ticks) > len(fallback.ticks) and _names_null(axis) and label_fits(axis):
            fallback = axis
    return fallback


def _seen(
    measure: Measure,
    null: float,
    shown: tuple[list[float], list[Pair], list[Pair], list[Pair]],
    light: list[Light],
) -> Pair:
    """Choose the ends of the axis from what must be seen, and from light trials that are near."""
    points, trials, pools, primary = shown
    if light and points:
        low, high = _limits(null, *shown)
        reach = _STRETCH * (high - low)
        near = [found for found in light if low - reach <= found[0] <= high + reach]
        points = points + [estimate for estimate, _ in near]
        trials = trials + [pair for _, pair in near if pair is not None]
    if measure.is_proportion and measure.scale == "identity":
        # None is so wide that it squashes the others: all are shown whole, from 0 on.
        points = [*points, 0.0, *(end for pair in (*trials, *pools) for end in pair)]
    lower, upper = _limits(null, points, trials, pools, primary)
    if measure.scale == "identity":
        # Nothing lies beyond none and all, nor a rate below 0.
        ends = measure.bounds
        room = 0.02 * (upper - lower if math.isinf(ends[1] - ends[0]) else 1.0)
        lower, upper = max(lower, ends[0] - room), min(upper, ends[1] + room)
    return lower, upper


def _narrow(span: float) -> Iterable[Sequence[float]]:
    """Even steps around 1 for an axis of ratios near 1, the finest first."""
    if span >= _NEAR_ONE:
        return
    for power in range(math.floor(math.log10(span / _MOST_TICKS)), -1):
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            if step < 0.05:
                yield [round(1.0 + i * step, -power) for i in range(-_MOST_TICKS, _MOST_TICKS + 1)]


def _names_null(axis: Axis) -> bool:
    """Whether no difference has a tick, where it is on the axis."""
    near = 1e-9 * (axis.upper - axis.lower)
    return not axis.holds(axis.null) or any(abs(t.value - axis.null) <= near for t in axis.ticks)


def _reaches(axis: Axis) -> bool:
    """Whether the ticks go on to about both ends of the axis."""
    places = [tick.value for tick in axis.ticks]
    widest = max(right - left for left, right in pairwise(places))
    return max(places[0] - axis.lower, axis.upper - places[-1]) <= _BARE * widest


def _limits(
    null: float, points: list[float], trials: list[Pair], pools: list[Pair], primary: list[Pair]
) -> Pair:
    widths = [high - low for low, high in trials if math.isfinite(high - low)]
    usual = median(widths) if widths else 0.0
    kept = [pair for pair in (*trials, *pools) if pair[1] - pair[0] <= _WIDE * usual]
    kept += [pair for pair in primary if pair[1] - pair[0] <= _WIDE_PRIMARY * usual]
    held = [] if math.isnan(null) else [null]
    ends = [*held, *points, *(end for pair in kept for end in pair)] or [0.0]
    low, high = min(ends), max(ends)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    near = _NEARLY * (high - low)
    ends = [end for pair in (*trials, *pools) for end in pair if low - near <= end <= high + near]
    low, high = min([low, *ends]), max([high, *ends])
    span = high - low
    return (
        min([low - _PAD * span, *(place - _NULL_PAD * span for place in held)]),
        max([high + _PAD * span, *(place + _NULL_PAD * span for place in held)]),
    )


def _with_ticks(
    lower: float,
    upper: float,
    null: float,
    values: Sequence[float],
    measure: Measure,
    *,
    grows: bool,
) -> Axis:
    """Grow the axis to the next tick where that is near, then keep the ticks on it."""
    places = [(_analysed(value, measure), value) for value in values]
    reach = _NEARLY * (upper - lower) if grows else 0.0
    low = min([lower, *(place for place, _ in places if lower - reach <= place <= lower)])
    high = max([upper, *(place for place, _ in places if upper <= place <= upper + reach)])
    ticks = tuple(Tick(place, _tick_text(v)) for place, v in places if low <= place <= high)
    return Axis(low, high, null, ticks)


def _even_values(
    lower: float,
    upper: float,
    measure: Measure,
    factors: Sequence[float] = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
) -> Iterable[Sequence[float]]:
    low, high = _shown(lower, measure), _shown(upper, measure)
    power = math.floor(math.log10((high - low) / _MOST_TICKS))
    for factor in factors:
        step = factor * 10.0**power
        first, last = math.floor(low / step) - 1, math.ceil(high / step) + 1
        values = [round(index * step, max(0, -power)) for index in range(first, last + 1)]
        yield [value for value in values if _exists(value, measure)]


def _shown(value: float, measure: Measure) -> float:
    """Turn a value on the analysis scale into the number on the tick."""
    return (100 if measure.percent else 1) * measure.to_display(value)


def _exists(value: float, measure: Measure) -> bool:
    """Whether a number on a tick is one of the measure: no logit of 0, no ratio below it."""
    low, high = measure.bounds
    shown = value / 100 if measure.percent else value
    return low < shown < high or (measure.scale == "identity" and low <= shown <= high)


def _analysed(value: float, measure: Measure) -> float:
    return measure.to_analysis(value / 100 if measure.percent else value)


def _tick_text(value: float) -> str:
    """Print a tick with as many decimals as it has: 0.25, 0.5, 1; 10^6 and 2×10^−5 beyond those."""
    if value != 0 and not 0.99e-4 < abs(value) < 1e6:
        return power_of_ten(value)
    decimals = next((d for d in range(7) if math.isclose(round(value, d), value)), 7)
    return number(value, decimals)
