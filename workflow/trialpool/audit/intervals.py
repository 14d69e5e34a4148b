"""Rules on ratios, their intervals and p-values. Printed numbers are intervals themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator

from scipy.special import ndtri

from trialpool.audit.context import AuditContext, Row, finding
from trialpool.evidence.printed import parse_number, parse_p_value
from trialpool.findings import Finding, Level

# Table -> columns of the estimate and its limits.
_RATIOS = {
    "time_to_event": ("estimate", "ci_lower", "ci_upper"),
    "biomarker_contrasts": ("estimate", "ci_lower", "ci_upper"),
    "reconstructed_survival": ("hr", "hr_ci_lower", "hr_ci_upper"),
}
_COMPARE = "Compare estimate and limits with the source."
ASYMMETRY_UNUSABLE = 0.2
# Log-rank tests, stratification and unadjusted tests beside adjusted estimates move z a little.
_Z_TOLERANCE = 0.5
_Z_CLOSE = 0.1


def check_ratios(context: AuditContext) -> Iterator[Finding]:
    """Check that ratios are positive, limits in order, the estimate inside them."""
    for table, columns in _RATIOS.items():
        for row in context.rows(table):
            printed = [parse_number(str(row[column])) for column in columns]
            for column, number in zip(columns, printed, strict=True):
                if number is not None and not number.value > 0:
                    message = "a ratio must be positive"
                    yield finding(table, row, "fatal", "ratio-positive", column, message, _COMPARE)
            if any(number is not None and not number.value > 0 for number in printed):
                continue
            estimate, lower, upper = printed
            if (lower is None) != (upper is None):
                column = columns[1] if lower is None else columns[2]
                message = "one limit of the interval without the other"
                yield finding(table, row, "warning", "interval-complete", column, message, _COMPARE)
            if lower is None or upper is None:
                continue
            if lower.value > upper.value:
                message = f"the lower limit is above the upper limit {row[columns[2]]}"
                yield finding(table, row, "fatal", "limits-in-order", columns[1], message, _COMPARE)
            elif estimate is not None and not lower.value <= estimate.value <= upper.value:
                message = f"the interval {lower.text} to {upper.text} does not hold its estimate"
                rule = "interval-holds-estimate"
                yield finding(table, row, "fatal", rule, columns[0], message, _COMPARE)


def check_percent_intervals(context: AuditContext) -> Iterator[Finding]:
    """Check that a percentage lies in its own interval."""
    for row in context.rows("responses"):
        printed = [
            parse_number(str(row[column]).removesuffix("%"))
            for column in ("percent", "ci_lower", "ci_upper")
        ]
        percent, lower, upper = printed
        if lower is not None and upper is not None and lower.value > upper.value:
            message = f"the lower limit is above the upper limit {row['ci_upper']}"
            yield finding(
                "responses", row, "fatal", "limits-in-order", "ci_lower", message, _COMPARE
            )
        elif percent is not None and (
            (lower is not None and percent.upper < lower.lower)
            or (upper is not None and percent.lower > upper.upper)
        ):
            message = f"the interval {row['ci_lower']} to {row['ci_upper']} does not hold it"
            rule = "interval-holds-estimate"
            yield finding("responses", row, "fatal", rule, "percent", message, _COMPARE)


def check_symmetry(context: AuditContext) -> Iterator[Finding]:
    """Check that the estimate lies in the middle of its interval on the log scale.

    Wald intervals of a log ratio are symmetric; profile-likelihood and exact
    ones nearly. An offset beyond 0.2 half-widths that no rounding explains
    points to a misprint, and then the standard error cannot be trusted.
    """
    for table in ("time_to_event", "biomarker_contrasts"):
        for row, derived in context.with_effects(table):
            if derived["status"] != "effect" or derived["asymmetry"] == 0.0:
                continue
            offset = float(derived["asymmetry"])
            beyond = abs(offset) > ASYMMETRY_UNUSABLE
            message = (
                f"{row['estimate']} lies {abs(offset):.2f} half-widths from the middle of "
                f"{row['ci_lower']} to {row['ci_upper']} on the log scale, beyond what rounding "
                "explains" + ("; the interval cannot be trusted" if beyond else "")
            )
            level: Level = "unusable" if beyond else "warning"
            yield finding(table, row, level, "interval-symmetric", "estimate", message, _COMPARE)


def check_width(context: AuditContext) -> Iterator[Finding]:
    """Check that the interval is not narrower than the patients or events allow.

    The variance of a log hazard ratio is at least 4 / events (equal split),
    and events are at most the number of patients (Parmar 1998).
    """
    trial_n = {row["trial_id"]: str(row["n_randomised"]) for row in context.rows("trials")}
    for row, derived in context.with_effects("time_to_event"):
        if derived["status"] != "effect":
            continue
        events = _sum(row, "events_experimental", "events_control")
        patients = _sum(row, "n_experimental", "n_control")
        whole = trial_n.get(str(row["trial_id"]), "")
        if events:
            bound, words = events, f"{events} events"
        elif patients:
            bound, words = patients, f"{patients} patients"
        elif whole.isdigit() and int(whole) > 0:
            bound, words = int(whole), f"{whole} patients of the trial"
        else:
            continue
        least = 2.0 / math.sqrt(bound)
        widest = float(derived["sei_upper"])
        if widest < least:
            message = (
                f"the interval {row['ci_lower']} to {row['ci_upper']} means a standard error of "
                f"at most {widest:.3f}, but {words} cannot give less than {least:.3f}"
            )
            yield finding(
                "time_to_event", row, "unusable", "interval-width", "ci_upper", message, _COMPARE
            )


def _sum(row: Row, *columns: str) -> int | None:
    values = [str(row[column]) for column in columns]
    return sum(map(int, values)) if all(value.isdigit() for value in values) else None


def check_p_values(context: AuditContext) -> Iterator[Finding]:
    """Compare an exact p-value with the one that the interval implies.

    Where the printed p fits the interval as a one-sided value and not as a
    two-sided one, it is reported as one-sided.
    """
    for row, derived in context.with_effects("time_to_event"):
        p = parse_p_value(str(row["p_value"]))
        if derived["status"] != "effect" or p is None or not p.is_exact or p.number.value <= 0:
            continue
        yi, sei_lower = abs(float(derived["yi"])), float(derived["sei_lower"])
        if sei_lower <= 0:
            continue
        half = (parse_number(str(row["estimate"])) or p.number).half_unit
        ratio = math.exp(yi)
        low = max(yi - half / ratio, 0.0) / float(derived["sei_upper"])
        high = (yi + half / ratio) / sei_lower
        p_low, p_high = max(p.number.lower, 1e-12), min(p.number.upper, 1.0 - 1e-12)
        two = (-float(ndtri(p_high / 2)), -float(ndtri(p_low / 2)))
        one = (-float(ndtri(min(p_high, 0.5))), -float(ndtri(min(p_low, 0.5))))
        gap_two, gap_one = _gap(two, (low, high)), _gap(one, (low, high))
        if gap_two > _Z_CLOSE and gap_one <= _Z_CLOSE < gap_two - gap_one:
            message = (
                f"p = {row['p_value']} fits the interval {row['ci_lower']} to {row['ci_upper']} "
                "as a one-sided value, not as a two-sided one"
            )
            rule, remedy = "p-one-sided", "Note beside the p-value that it is one-sided."
        elif gap_two > _Z_TOLERANCE:
            message = (
                f"p = {row['p_value']} (z between {two[0]:.1f} and {two[1]:.1f}) is far from what "
                f"the interval implies (z between {low:.1f} and {high:.1f})"
            )
            rule, remedy = "p-against-interval", "Check both; p may come from another test."
        else:
            continue
        yield finding("time_to_event", row, "warning", rule, "p_value", message, remedy)


def _gap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance between two intervals, 0 where they meet."""
    return max(one[0] - other[1], other[0] - one[1], 0.0)
