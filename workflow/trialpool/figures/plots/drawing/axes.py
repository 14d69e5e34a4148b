"""Axes of the plots: ticks at ratios that read well, or at round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from trialpool.figures.canvas.axis import Axis, Tick, axis_limits, make_axis
from trialpool.figures.text.widths import text_width
from trialpool.formatting import number
from trialpool.measures import Measure

TICK_SIZE: Final = 7.5
_GAP: Final = 6.0


def effect_axis(
    measure: Measure,
    values: Iterable[float],
    length: float,
    *,
    upright: bool = False,
    limits: tuple[float, float] | None = None,
) -> Axis:
    """Return the axis of an effect that holds all `values` and no difference.

    Parameters
    ----------
    measure : Measure
    values : iterable of float
        Analysis scale.
    length : float
        In points; decides how many labels fit.
    upright : bool
        Whether the axis is vertical, so that labels need height, not width.
    limits : (float, float), optional
        Ends of the axis that were asked for, as printed.

    Raises
    ------
    ValueError
        If the axis cannot have these ends.
    """
    values = [value for value in values if math.isfinite(value)]
    null = 0.0 if measure.compares else math.nan

    def fits(axis: Axis) -> bool:
        return _clear(axis, length, upright=upright)

    ends = axis_limits(limits, measure, null)
    return make_axis(measure, null, values, [], [], limits=ends, label_fits=fits)


def plain_axis(
    low: float, high: float, length: float, *, pad: float = 0.05, upright: bool = False
) -> Axis:
    """Return an axis of a plain number from `low` to `high` with round ticks."""
    if not high > low:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    room = pad * (high - low)
    low, high = low - room, high + room
    power = math.floor(math.log10(high - low))
    best = Axis(low, high, math.nan, ())
    for step in (f * 10.0**e for e in range(power + 1, power - 3, -1) for f in (5.0, 2.0, 1.0)):
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first > 9:
            break
        ticks = tuple(
            Tick(i * step, number(round(i * step, decimals), decimals))
            for i in range(first, last + 1)
        )
        axis = Axis(low, high, math.nan, ticks)
        if not _clear(axis, length, upright=upright):
            break
        if len(ticks) >= 2 or not best.ticks:
            best = axis
        if len(ticks) >= 5:
            break
    return best


def index_axis(n: int) -> Axis:
    """Return an axis of rows or ranks 0 to n - 1, without ticks."""
    return Axis(-0.5, n - 0.5, math.nan, ())


def _clear(axis: Axis, length: float, *, upright: bool) -> bool:
    places = [
        (
            length * axis.fraction(tick.value),
            0.6 * TICK_SIZE if upright else text_width(tick.text, TICK_SIZE) / 2,
        )
        for tick in axis.ticks
    ]
    gap = 2.0 if upright else _GAP
    return all(b - a > half + other + gap for (a, half), (b, other) in pairwise(places))


def axis_title(measure: Measure) -> str:
    """Name the effect and its scale for an axis."""
    return f"{measure.axis_label} (log scale)" if measure.is_ratio else measure.axis_label
