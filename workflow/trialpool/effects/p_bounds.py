"""What a p-value says of a standard error that it does not fix: between which two values it lies.

A result without an interval is left out of a pool when its p-value fixes no standard error, and
that is so where the ratio is near 1 and p near 1: results would go missing because they show no
effect. So both ends of what rounding, and sides that are not said, leave open are pooled beside
the main analysis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from scipy.special import ndtri

from trialpool.effects.p_values import other_test, says_two_sided
from trialpool.effects.rung import Row, cells_of, log_or_minus_infinity, number_in, total_of
from trialpool.evidence.printed import Printed, PrintedP, parse_p_value

BOUNDED: Final = "ratio with a p-value that bounds the standard error"
BOUNDED_FORMULA: Final = (
    "yi = ln(ratio); se between |ln(ratio)| / z at both ends of what the rounding of ratio and p "
    "leaves open, z the normal quantile of 1 − p/2, or of 1 − p too where p does not say that it "
    "is two-sided"
)
BOUNDED_REFERENCE: Final = "Parmar 1998, Stat Med 17:2815; Tierney 2007, Trials 8:16"
# The least standard error of n patients, times √n: a quarter of all events for a log hazard
# ratio, half responding in equal arms for a log odds ratio.
_LEAST: Final = {"HR": 2.0, "OR": 4.0}
Ends = tuple[float, float]


@dataclass(frozen=True)
class Bounds:
    """A log ratio whose standard error lies between two values.

    Attributes
    ----------
    yi : float
        Natural log of the ratio.
    sei_lower, sei_upper : float
        Infinite above where p may be 1 or is a lower bound, or the ratio 1.
    inputs : dict of str to str
        The printed cells.
    words : str
        The range and what it rests on, for a reader.
    formula : str
    """

    yi: float
    sei_lower: float
    sei_upper: float
    inputs: dict[str, str]
    words: str
    formula: str


def standard_error_between(
    estimate: Printed,
    p: PrintedP,
    least: float = 0.0,
    *,
    two_sided: bool = False,
    worse: bool | None = None,
) -> tuple[Ends, str] | None:
    """Bound the standard error of a log ratio by its p-value.

    Parameters
    ----------
    estimate : Printed
        The ratio (not logged).
    p : PrintedP
        Of the test of no difference (superiority); a number, or a bound such as ``<0.001``.
    least : float
        The smallest standard error that the patients or events allow.
    two_sided : bool
        Whether the report says that p is two-sided. Else it may be one-sided as well.
    worse : bool, optional
        Whether the experimental side did worse, None where that is not known: only if it did is
        a one-sided p above 0.5.

    Returns
    -------
    ((float, float), str) or None
        Smallest and largest standard error (infinite where open), and on which reading of p they
        rest: ``"two-sided"``, ``"one-sided"`` or ``"one- or two-sided"``. None where p and ratio
        bound it on neither end, or no reading agrees with `least`.
    """
    readings: dict[str, Ends | None] = {"two-sided": _two_sided(p)}
    if not two_sided:
        readings["one-sided"] = _one_sided(p, worse=worse)
    low, high = log_or_minus_infinity(estimate.lower), math.log(estimate.upper)
    nearest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    farthest = max(abs(low), abs(high))
    found: dict[str, Ends] = {}
    for name, z in readings.items():
        if z is None:
            continue
        smallest = nearest / z[1]
        largest = farthest / z[0] if z[0] > 0 else math.inf
        if smallest <= 0.0 and math.isinf(largest):
            return None  # this reading says nothing, so the p-value does not
        if largest >= least:
            found[name] = max(smallest, least), largest
    if not found:
        return None
    name = next(iter(found)) if len(found) == 1 else "one- or two-sided"
    return (min(e[0] for e in found.values()), max(e[1] for e in found.values())), name


def _two_sided(p: PrintedP) -> Ends:
    low, high = _p_range(p)
    return max(-float(ndtri(high / 2)), 0.0), _quantile(low / 2)


def _one_sided(p: PrintedP, *, worse: bool | None) -> Ends | None:
    """Range of |z| of a one-sided p; None where it cannot be one."""
    low, high = _p_range(p)
    if low >= 0.5:
        # The arm that was to be better did worse.
        return None if worse is False else (float(ndtri(low)), _quantile(1.0 - high))
    if high > 0.5 and worse is not False:
        return 0.0, max(_quantile(low), _quantile(1.0 - high))
    return max(-float(ndtri(high)), 0.0), _quantile(low)


def _quantile(tail: float) -> float:
    return max(-float(ndtri(tail)), 0.0) if tail > 0 else math.inf


def _p_range(p: PrintedP) -> Ends:
    """Smallest and largest p that a printed one stands for: by rounding, or as a bound."""
    number = p.number
    if p.relation in ("<", "≤"):
        return 0.0, number.value
    if p.relation in (">", "≥"):
        return number.value, 1.0
    return max(number.lower, 0.0), min(number.upper, 1.0)


def bounds_of(row: Row, patients: int | None = None) -> Bounds | None:
    """Bound the standard error of a row with a ratio and a p-value and no interval.

    Parameters
    ----------
    row : mapping
        Cells of time_to_event.csv, response_contrasts.csv or biomarker_contrasts.csv, as text.
    patients : int, optional
        Of the two arms as randomised: at least as many as were analysed. Events and patients of
        the row come before.

    Returns
    -------
    Bounds or None
        None where there is no ratio with a p-value of superiority, p is said to be one-sided, or
        it bounds nothing.
    """
    estimate, p = number_in(row, "estimate"), parse_p_value(str(row.get("p_value", "")))
    measure = str(row["measure"])
    if estimate is None or not estimate.value > 0 or p is None or measure not in ("HR", "OR", "RR"):
        return None
    if other_test(p) or row.get("p_sides", "") == "1":
        return None
    least, floor = _least(row, measure, patients)
    worse = None
    if "experimental_arm" in row and estimate.value != 1.0:
        worse = (estimate.value > 1.0) is (measure == "HR")
    found = standard_error_between(
        estimate, p, least, two_sided=says_two_sided(row, p), worse=worse
    )
    if found is None:
        return None
    (smallest, largest), reading = found
    return Bounds(
        math.log(estimate.value),
        smallest,
        largest,
        cells_of(row, "estimate", "p_value", "p_sides"),
        f"its p-value ({reading}) leaves the standard error {_between(smallest, largest)}",
        BOUNDED_FORMULA + (f"; and at least {floor}" if floor else ""),
    )


def _between(smallest: float, largest: float) -> str:
    if smallest <= 0.0:
        return f"at most {largest:.3g}"
    if math.isinf(largest):
        return f"at least {smallest:.3g}, open above"
    return f"between {smallest:.3g} and {largest:.3g}"


def _least(row: Row, measure: str, patients: int | None) -> tuple[float, str]:
    """Smallest standard error of the row's events, else patients; 0 where neither is known.

    Of a log hazard ratio it is 2/√events, events at most all patients; of a log odds ratio
    4/√patients. A risk ratio of what nearly all have has no such bound.
    """
    if measure not in _LEAST:
        return 0.0, ""
    suffixes = ("a", "b") if "level_a" in row else ("experimental", "control")
    events, own = (total_of(row, *(f"{name}_{s}" for s in suffixes)) for name in ("events", "n"))
    known = [(own, "patients"), (patients, "patients of the arms")]
    if measure == "HR":
        known.insert(0, (events, "events"))
    for count, noun in known:
        if count:
            factor = _LEAST[measure]
            return factor / math.sqrt(count), f"{factor:g}/√{count} {noun}"
    return 0.0, ""
