"""Rung 6 of the ladder: a ratio with one limit, as reports of non-inferiority and futility print.

The level of such a limit is one-sided: an upper limit of 95 % is the upper limit of a
two-sided interval of 90 %.
"""

from __future__ import annotations

import math
from typing import Final

from scipy.special import ndtri

from trialpool.effects.rung import Row, Rung, cells_of, log_or_minus_infinity, number_in
from trialpool.evidence.printed import Printed

ONE_LIMIT: Final = "ratio with one limit"
# Of a limit without a level: that of a two-sided 95 % interval whose other limit was not read.
ASSUMED_ONE_SIDED_LEVEL: Final = 97.5
ONE_LIMIT_FORMULA: Final = (
    "yi = ln(ratio); se = |ln(limit) − ln(ratio)| / z, z the normal quantile of the limit's "
    "one-sided level"
)
ONE_LIMIT_REFERENCE: Final = "Parmar 1998, Stat Med 17:2815; Tierney 2007, Trials 8:16"
# What `limit_sides` says -> columns of that limit and of the other one.
LIMIT_COLUMNS: Final = {"upper": ("ci_upper", "ci_lower"), "lower": ("ci_lower", "ci_upper")}


def se_from_limit(
    estimate: Printed, limit: Printed, side: str, level: float
) -> tuple[float, float, float]:
    """Derive the standard error of a log ratio from one confidence limit.

    Parameters
    ----------
    estimate, limit : Printed
        The ratio and its limit as printed (not logged).
    side : {"upper", "lower"}
    level : float
        One-sided confidence level in percent.

    Returns
    -------
    float, float, float
        Standard error of ln(ratio), and the smallest and largest that rounds to what was
        printed (Parmar 1998, Stat Med 17:2815, with one limit in place of two).

    Raises
    ------
    ValueError
        If a number is not positive, the limit lies on the wrong side of the estimate or
        the level is not between 50 and 100.
    """
    for name, printed in (("estimate", estimate), (f"{side} limit", limit)):
        if not printed.value > 0:
            raise ValueError(f"{name} {printed.text}: a ratio must be positive")
    low, high = (estimate, limit) if side == "upper" else (limit, estimate)
    if not low.value < high.value:
        raise ValueError(f"the {side} limit {limit.text} is on the wrong side of {estimate.text}")
    if not 50.0 < level < 100.0:
        raise ValueError(f"level {level}: must lie between 50 and 100 percent")
    z = float(ndtri(level / 100.0))
    least = log_or_minus_infinity(high.lower) - log_or_minus_infinity(low.upper)
    most = log_or_minus_infinity(high.upper) - log_or_minus_infinity(low.lower)
    return math.log(high.value / low.value) / z, max(least, 0.0) / z, most / z


def with_one_limit(row: Row) -> Rung | None:
    """Rung 6: None where the row does not say that one limit is printed, or has not both numbers.

    Parameters
    ----------
    row : mapping
        Cells of time_to_event.csv; its column ``limit_sides`` need not be there.
    """
    side = str(row.get("limit_sides", ""))
    if side not in LIMIT_COLUMNS:
        return None
    column, other = LIMIT_COLUMNS[side]
    estimate, limit = number_in(row, "estimate"), number_in(row, column)
    if estimate is None or limit is None:
        return None
    inputs = cells_of(row, "estimate", column, "ci_level", "limit_sides")
    level = number_in(row, "ci_level")
    reason = ""
    if level is None and row.get("ci_level", ""):
        reason = "the level of the limit is not a number"
    elif row.get(other, ""):
        reason = f"said to print its {side} limit only, and the other one is given too"
    if reason:
        return Rung(6, ONE_LIMIT, reason, inputs=inputs)
    used = ASSUMED_ONE_SIDED_LEVEL if level is None else level.value
    try:
        se, least, most = se_from_limit(estimate, limit, side, used)
    except ValueError as error:
        return Rung(6, ONE_LIMIT, str(error), inputs=inputs)
    flag = f"standard error from the {side} limit alone, one-sided {used:g}%"
    return Rung(
        6,
        ONE_LIMIT,
        yi=math.log(estimate.value),
        sei=se,
        yi_lower=log_or_minus_infinity(estimate.lower),
        yi_upper=log_or_minus_infinity(estimate.upper),
        sei_lower=least,
        sei_upper=most,
        formula=ONE_LIMIT_FORMULA,
        reference=ONE_LIMIT_REFERENCE,
        inputs=inputs,
        flags=(flag if level is not None else f"{flag} (level not printed)",),
    )
