"""Effects as reports print them: an estimate with its interval, its p-value or standard error."""

from __future__ import annotations

import math
from typing import Final

from scipy.special import ndtri

from trialpool.effects.forms.form import (
    A_STANDARD_ERROR,
    Derived,
    Fault,
    Numbers,
    RowEffect,
    each_row,
    not_positive,
)
from trialpool.effects.forms.form import Form as _Form
from trialpool.effects.ratios import log_ratio_from_interval, normal_quantile
from trialpool.evidence.printed import Printed
from trialpool.measures import MEASURES, Measure

# Of the half-width of an interval: how far the estimate may lie from its middle on the analysis
# scale before a reader is told. Beyond rounding, so only slips and other scales come here.
_MOST_ASYMMETRY: Final = 0.2
_DEFAULT_LEVEL: Final = 95.0
# The column of each printed effect, and the measure on whose scale it is analysed.
PRINTED: Final[dict[str, str]] = {
    "hr": "HR",
    "or": "OR",
    "rr": "RR",
    "rd": "RD",
    "irr": "IRR",
    "md": "MD",
    "smd": "SMD",
    "rom": "ROM",
    "cor": "ZCOR",
}
_COMPLEMENTS: Final = (("ci_lower", "ci_upper"), ("p_value",), ("sei",))
_POSITIVE: Final = (
    "positive-ratio",
    "Enter the ratio itself, not its logarithm; logarithms belong into yi.",
)


def printed_form(column: str) -> _Form:
    """Give the form of one printed effect."""

    def derive(i: int, numbers: Numbers, measure: Measure) -> Derived:
        return _printed(i, column, numbers, measure)

    return _Form(
        f"{column}, ci_lower and ci_upper (and ci_level), or p_value, or sei",
        (column,),
        (PRINTED[column],),
        PRINTED[column],
        each_row(derive),
        alternatives=_COMPLEMENTS,
        optional=("ci_level",),
        may_be_empty=("ci_level", *(name for names in _COMPLEMENTS for name in names)),
    )


def _printed(i: int, column: str, numbers: Numbers, measure: Measure) -> Derived:
    names = [name for name in (column, "ci_lower", "ci_upper") if name in numbers]
    faults = _outside(i, names, numbers, measure)
    level = numbers["ci_level"].value if "ci_level" in numbers else _DEFAULT_LEVEL
    if not 50.0 < level < 100.0:
        message = "the level of an interval must lie between 50 and 100 percent"
        remedy = "Enter it in percent, for example 95."
        text = numbers["ci_level"].text
        faults.append(Fault(i, "ci_level", text, "interval-level", message, remedy))
    faults += not_positive(i, numbers, {"sei": A_STANDARD_ERROR})
    if faults:
        return None, faults
    if len(names) == 3:
        return _from_interval(i, column, numbers, measure, level)
    if len(names) == 2:
        missing = "ci_upper" if "ci_lower" in numbers else "ci_lower"
        remedy = "Enter both limits of the interval."
        return None, [Fault(i, missing, "", "number", "the cell is empty", remedy)]
    yi = measure.to_analysis(numbers[column].value)
    if "sei" in numbers:
        return RowEffect(yi, numbers["sei"].value ** 2), []
    if "p_value" in numbers:
        return _from_p(i, column, numbers, yi)
    message = "no interval, no p-value and no standard error"
    remedy = "Enter one of them, or take the row out."
    return None, [Fault(i, column, numbers[column].text, "number", message, remedy)]


def _outside(i: int, names: list[str], numbers: Numbers, measure: Measure) -> list[Fault]:
    """Find numbers that the measure cannot have."""
    if measure.is_ratio:
        return not_positive(i, numbers, dict.fromkeys(names, _POSITIVE))
    low, high = measure.bounds
    faults = []
    for name in names:
        number = numbers[name]
        if not low <= number.value <= high or (measure.scale == "z" and abs(number.value) == 1):
            message = f"a {measure.name.split(',')[0]} lies between {low:g} and {high:g}"
            remedy = "Enter a fraction, not a percentage; check the number."
            faults.append(Fault(i, name, number.text, "range", message.replace("-", "−"), remedy))
    return faults


def _from_interval(
    i: int, column: str, numbers: Numbers, measure: Measure, level: float
) -> Derived:
    estimate, lower, upper = (numbers[name] for name in (column, "ci_lower", "ci_upper"))
    if not lower.value < upper.value:
        message = f"the lower limit must be below the upper one, {upper.text}"
        remedy = "Check the two limits."
        return None, [Fault(i, "ci_lower", lower.text, "interval-order", message, remedy)]
    if not lower.value <= estimate.value <= upper.value:
        message = f"the estimate lies outside its interval {lower.text} to {upper.text}"
        remedy = "Check the three numbers against the source."
        fault = Fault(i, column, estimate.text, "interval-holds-estimate", message, remedy)
        return None, [fault]
    if measure.scale == "log":
        ratio = log_ratio_from_interval(estimate, lower, upper, level)
        yi, sei, asymmetry = ratio.yi, ratio.sei, abs(ratio.asymmetry)
    else:
        yi, low, high = (measure.to_analysis(x.value) for x in (estimate, lower, upper))
        sei = (high - low) / (2 * normal_quantile(level))
        asymmetry = _least_asymmetry(estimate, lower, upper, measure)
    warnings: tuple[Fault, ...] = ()
    if asymmetry > _MOST_ASYMMETRY:
        scale = "" if measure.scale == "identity" else f" on the {measure.scale} scale"
        message = (
            f"the estimate lies {asymmetry:.2f} half-widths off the middle of its "
            f"interval {lower.text} to {upper.text}{scale}"
        )
        logs = ", and that they are not logarithms" if measure.is_ratio else ""
        remedy = f"Check the three numbers{logs}."
        warnings = (Fault(i, column, estimate.text, "interval-symmetry", message, remedy),)
    return RowEffect(yi, sei**2, warnings=warnings), []


def _least_asymmetry(estimate: Printed, lower: Printed, upper: Printed, measure: Measure) -> float:
    """Distance from the middle in half-widths, the least that the rounding allows."""

    def at(value: float) -> float:
        low, high = measure.bounds
        inside = min(max(value, low), high)
        return math.atanh(inside * (1 - 1e-12)) if measure.scale == "z" else inside

    corners = [
        (at(low) + at(high) - 2 * at(middle)) / (at(high) - at(low))
        for low, high, middle in (
            (lower.lower, upper.lower, estimate.upper),
            (lower.upper, upper.upper, estimate.lower),
        )
        if low < high
    ]
    if len(corners) < 2 or min(corners) <= 0.0 <= max(corners):
        return 0.0
    return min(map(abs, corners))


def _from_p(i: int, column: str, numbers: Numbers, yi: float) -> Derived:
    """Take the standard error from a two-sided p-value: |yi| / z(p) (Handbook 6.5, 6.3.2)."""
    p = numbers["p_value"]
    if not 0.0 < p.value < 1.0:
        message = "a p-value that gives a standard error lies between 0 and 1"
        remedy = "Enter the two-sided p-value with its digits, or the interval."
        return None, [Fault(i, "p_value", p.text, "p-value", message, remedy)]
    if yi == 0.0:
        message = f"the estimate shows no effect, so p = {p.text} gives no standard error"
        remedy = "Enter the interval or the standard error, or take the row out."
        return None, [Fault(i, column, numbers[column].text, "p-value", message, remedy)]
    return RowEffect(yi, (yi / float(ndtri(p.value / 2))) ** 2), []


PRINTED_FORMS: Final = tuple(printed_form(column) for column in PRINTED)
assert set(PRINTED.values()) <= set(MEASURES)
