"""How many decimals the effects of a figure need, from the widths of their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import median

from trialpool.formatting import MOST_DECIMALS, Style, usual_decimals
from trialpool.measures import Measure


def checked_digits(digits: int) -> int:
    """Return a number of decimals that can be printed.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(digits, bool) or digits != int(digits) or not 0 <= digits <= MOST_DECIMALS:
        raise ValueError(f"digits={digits!r}; allowed: 0 to {MOST_DECIMALS}")
    return int(digits)


def style_of(
    digits: int | None, intervals: Iterable[tuple[float, float]], measure: Measure
) -> Style:
    """Return the style of numbers with decimals as asked for, else as the intervals need them.

    Raises
    ------
    ValueError
        As `checked_digits`.
    """
    if digits is not None:
        return Style(decimals=checked_digits(digits))
    return Style(decimals=decimals_of_spread(intervals, measure))


def decimals_of_spread(intervals: Iterable[tuple[float, float]], measure: Measure) -> int | None:
    """Say how many decimals effects need whose intervals are so wide.

    Two significant digits of the median width, but no other number than usual where that shows
    two digits as well (of ratios one: "0.69 [0.58 to 0.82]" says enough), or one digit more.

    Parameters
    ----------
    intervals : iterable of (float, float)
        Limits on the analysis scale.
    measure : Measure

    Returns
    -------
    int or None
        None where the usual decimals do.
    """
    factor = 100.0 if measure.percent else 1.0
    widths = [factor * (measure.to_display(b) - measure.to_display(a)) for a, b in intervals]
    widths = [width for width in widths if 0.0 < width < math.inf]
    if not widths:
        return None
    usual = usual_decimals(measure)
    needed = 1 - math.floor(math.log10(median(widths)) + 1e-9)
    if measure.is_ratio:
        needed = max(usual, needed - 1)
    needed = min(max(needed, 0), MOST_DECIMALS)
    return None if usual - 1 <= needed <= usual else needed
