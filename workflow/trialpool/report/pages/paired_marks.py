"""Estimates before and after on one small axis, as SVG: before hollow, after filled."""

from __future__ import annotations

from html import escape
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Measure
from trialpool.records.changes.release import PoolChange, PoolThen

_WIDTH: Final = 240.0
_HEIGHT: Final = 44.0
_MARGIN: Final = 8.0
_LINES: Final = (13.0, 31.0)
_HALF: Final = 4.5


def paired_marks(change: PoolChange, measure: Measure, null: float | None = 0.0) -> str:
    """Draw a pool before and after; empty where neither has an interval.

    Parameters
    ----------
    change : PoolChange
    measure : Measure
        Of its numbers.
    null : float or None
        No difference on the analysis scale, drawn as a line; None draws none.
    """
    sides = [(change.before, "before", _LINES[0]), (change.after, "after", _LINES[1])]
    values = [value for pool, _, _ in sides if pool is not None for value in _numbers(pool)]
    if not values:
        return ""
    if null is not None:
        values.append(null)
    low, high = min(values), max(values)
    if high == low:
        low, high = low - 1.0, high + 1.0

    def x(value: float) -> float:
        return _MARGIN + (_WIDTH - 2 * _MARGIN) * (value - low) / (high - low)

    drawn = []
    if null is not None:
        place = f"{x(null):.1f}"
        drawn.append(f'<line class="null" x1="{place}" x2="{place}" y1="2" y2="{_HEIGHT - 2:g}"/>')
    for pool, name, y in sides:
        if pool is not None:
            limits = _limits(pool)
            if limits is not None:
                ends = f'x1="{x(limits[0]):.1f}" x2="{x(limits[1]):.1f}"'
                drawn.append(f'<line class="{name}" {ends} y1="{y:g}" y2="{y:g}"/>')
            drawn.append(
                f'<rect class="{name}" x="{x(pool.estimate) - _HALF:.1f}" y="{y - _HALF:g}" '
                f'width="{2 * _HALF:g}" height="{2 * _HALF:g}"/>'
            )
    words = "; ".join(
        f"{name} {_text(pool, measure)}" for pool, name, _ in sides if pool is not None
    )
    # Marks and lines are drawn in the colour of the text around them, on light and on dark.
    return (
        f'<svg class="marks" role="img" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
        f'width="{_WIDTH:g}" height="{_HEIGHT:g}" aria-label="{escape(words)}">'
        '<g stroke="currentColor" fill="currentColor">' + "".join(drawn) + "</g></svg>"
    )


def _limits(pool: PoolThen) -> tuple[float, float] | None:
    if pool.ci_lower is None or pool.ci_upper is None:
        return None
    return pool.ci_lower, pool.ci_upper


def _numbers(pool: PoolThen) -> tuple[float, ...]:
    return (pool.estimate, *(_limits(pool) or ()))


def _text(pool: PoolThen, measure: Measure) -> str:
    numbers = (pool.estimate, pool.ci_lower, pool.ci_upper)
    return f"{measure.code} {fmt.effect_with_interval(*numbers, measure)}"
