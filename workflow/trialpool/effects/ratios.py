"""Log ratios and differences with their standard errors from what a report prints."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from trialpool.evidence.printed import Printed

INTERVAL_FORMULA = (
    "yi = ln(ratio); se = (ln(upper) − ln(lower)) / (2 z), z from the interval's level"
)
INTERVAL_REFERENCE = "Parmar 1998, Stat Med 17:2815; Tierney 2007, Trials 8:16"
DIFFERENCE_FORMULA = (
    "yi = difference / 100; se = (upper − lower) / (200 z), z from the interval's level"
)
DIFFERENCE_REFERENCE = "Cochrane Handbook 6.5, 6.3.1"


@dataclass(frozen=True)
class LogRatio:
    """A ratio on the natural-log scale, or a difference on its own.

    Attributes
    ----------
    yi, sei : float
        Natural log of the ratio, or the difference of proportions, and its standard error.
    sei_lower, sei_upper : float
        Smallest and largest standard error that rounds to the printed limits.
    asymmetry : float
        Distance of the estimate from the middle of its interval on the log
        scale, in half-widths of the interval; the smallest one (in absolute
        value) that the rounding of the three numbers allows. Positive when
        the estimate lies below the middle.
    """

    yi: float
    sei: float
    sei_lower: float
    sei_upper: float
    asymmetry: float


def normal_quantile(level: float) -> float:
    """Two-sided normal quantile of a confidence level given in percent."""
    return float(ndtri(0.5 + level / 200.0))


def log_ratio_from_interval(
    estimate: Printed, lower: Printed, upper: Printed, level: float = 95.0
) -> LogRatio:
    """Turn a printed ratio with its confidence interval into a log ratio.

    Parameters
    ----------
    estimate, lower, upper : Printed
        The ratio and its limits as printed (not logged).
    level : float
        Confidence level of the interval in percent.

    Returns
    -------
    LogRatio
        On the natural-log scale. The estimate is the printed one; the
        interval gives only its standard error (Parmar 1998; Tierney 2007).

    Raises
    ------
    ValueError
        If a number is not positive, the limits are not in order or the level
        is not between 50 and 100.
    """
    for name, printed in (("estimate", estimate), ("lower limit", lower), ("upper limit", upper)):
        if not printed.value > 0:
            raise ValueError(f"{name} {printed.text}: a ratio must be positive")
    _check_limits(lower, upper, level)
    z = normal_quantile(level)
    width = math.log(upper.value / lower.value)
    narrowest = _log(upper.lower) - _log(lower.upper)
    widest = _log(upper.upper) - _log(lower.lower)
    return LogRatio(
        yi=math.log(estimate.value),
        sei=width / (2 * z),
        sei_lower=max(narrowest, 0.0) / (2 * z),
        sei_upper=widest / (2 * z),
        asymmetry=_least_asymmetry(estimate, lower, upper),
    )


def difference_from_interval(
    estimate: Printed, lower: Printed, upper: Printed, level: float = 95.0
) -> LogRatio:
    """Turn a printed difference of two percentages with its interval into one of proportions.

    Parameters
    ----------
    estimate, lower, upper : Printed
        The difference and its limits in percentage points, as printed.
    level : float
        Confidence level of the interval in percent.

    Returns
    -------
    LogRatio
        On the plain scale of proportions: 17.5 points are 0.175. The estimate is the printed
        one (Cochrane Handbook 6.5, 6.3.1).

    Raises
    ------
    ValueError
        If a number is beyond 100 points, the limits are not in order or the level is not
        between 50 and 100.
    """
    for name, printed in (("estimate", estimate), ("lower limit", lower), ("upper limit", upper)):
        if not abs(printed.value) <= 100.0:
            raise ValueError(f"{name} {printed.text}: a difference is at most 100 points")
    _check_limits(lower, upper, level)
    z = normal_quantile(level)
    rounding = lower.half_unit + upper.half_unit
    width = upper.value - lower.value
    offset = (lower.value + upper.value) / 2 - estimate.value
    unexplained = max(abs(offset) - rounding / 2 - estimate.half_unit, 0.0)
    return LogRatio(
        yi=estimate.value / 100,
        sei=width / (200 * z),
        sei_lower=max(width - rounding, 0.0) / (200 * z),
        sei_upper=(width + rounding) / (200 * z),
        asymmetry=math.copysign(unexplained, offset) / (width / 2),
    )


def _check_limits(lower: Printed, upper: Printed, level: float) -> None:
    if not lower.value < upper.value:
        raise ValueError(f"limits {lower.text} and {upper.text} are not in ascending order")
    if not 50.0 < level < 100.0:
        raise ValueError(f"level {level}: must lie between 50 and 100 percent")


def _log(value: float) -> float:
    """Natural log, minus infinity where rounding allows zero (0.00 printed)."""
    return math.log(value) if value > 0 else -math.inf


def _least_asymmetry(estimate: Printed, lower: Printed, upper: Printed) -> float:
    """Asymmetry nearest to zero that the rounding of the three numbers allows.

    The ratio (ln l + ln u − 2 ln e) / (ln u − ln l) rises with l and with u and
    falls with e, so its extremes lie at two corners of the box of true values.
    """

    def ratio(low: float, high: float, middle: float) -> float:
        if not 0 < low < high:
            return 0.0  # rounding as coarse as the interval: nothing can be said
        return (math.log(low) + math.log(high) - 2 * math.log(middle)) / math.log(high / low)

    smallest = ratio(lower.lower, upper.lower, estimate.upper)
    largest = ratio(lower.upper, upper.upper, max(estimate.lower, 1e-300))
    if smallest <= 0.0 <= largest:
        return 0.0
    return smallest if smallest > 0 else largest
