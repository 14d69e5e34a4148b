"""Rules on ratios and their intervals. Printed numbers are intervals themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from trialpool.audit.context import AuditContext, Row, number, total
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.effects.one_sided import LIMIT_COLUMNS
from trialpool.effects.ratios import LogRatio, log_ratio_from_interval, normal_quantile
from trialpool.evidence.printed import Printed

# Table -> columns of the estimate and its limits.
RATIOS: Final = {
    "time_to_event": ("estimate", "ci_lower", "ci_upper"),
    "biomarker_contrasts": ("estimate", "ci_lower", "ci_upper"),
    "response_contrasts": ("estimate", "ci_lower", "ci_upper"),
    "outcome_contrasts": ("estimate", "ci_lower", "ci_upper"),
    "reconstructed_survival": ("hr", "hr_ci_lower", "hr_ci_upper"),
}
# Measures of these tables that are no ratio.
DIFFERENCES: Final = frozenset(("RD", "MD", "SMD"))
ASSUMED_LEVEL: Final = 95.0
ASYMMETRY_UNUSABLE: Final = 0.2
# Binary rounding must not decide at the border of a printed number's range.
SLACK: Final = 1e-9
_COMPARE: Final = "Compare estimate and limits with the source."
_ARITHMETIC: Final = "definition of a ratio and of an interval"


def ratio_case(estimate: str, lower: str, upper: str, **cells: str) -> Case:
    """Make an example of one hazard ratio with its interval."""
    row = {"estimate": estimate, "ci_lower": lower, "ci_upper": upper, **cells}
    return Case({"time_to_event": [row]})


def _printed(row: Row, table: str) -> list[Printed | None]:
    return [number(row, column) for column in RATIOS[table]]


def _rows(context: AuditContext, table: str) -> Iterator[Row]:
    """Rows of a table that hold a ratio: all but differences."""
    return (row for row in context.rows(table) if not _is_difference(row))


def _is_difference(row: Row) -> bool:
    return row.get("measure", "") in DIFFERENCES


def _plain_rows(context: AuditContext) -> Iterator[tuple[str, str, Row]]:
    """Table, column of the estimate, and row of what has limits on a plain scale."""
    for row in context.rows("responses"):
        yield "responses", "percent", row
    for row in context.rows("means"):
        yield "means", "mean", row
    for row in context.rows("correlations"):
        yield "correlations", "r", row
    for table in ("response_contrasts", "outcome_contrasts"):
        for row in context.rows(table):
            if _is_difference(row):
                yield table, "estimate", row


def _in_order(context: AuditContext) -> Iterator[tuple[str, Row, Printed | None, Printed, Printed]]:
    """Rows with two positive limits."""
    for table in RATIOS:
        for row in _rows(context, table):
            estimate, lower, upper = _printed(row, table)
            if (
                lower is None
                or upper is None
                or any(p is not None and not p.value > 0 for p in (estimate, lower, upper))
            ):
                continue
            yield table, row, estimate, lower, upper


@rule(
    "ratio-positive",
    "A ratio and its limits are above zero; a lower limit may be small enough to print as 0.00.",
    levels=("fatal",),
    reference=_ARITHMETIC,
    remedy=_COMPARE,
    tables=tuple(RATIOS),
    holds=ratio_case("0.74", "0.65", "0.85"),
    fails=ratio_case("-0.74", "0.65", "0.85"),
)
def ratio_positive(context: AuditContext) -> Judgements:
    """Judge every printed ratio and limit."""
    for table, columns in RATIOS.items():
        for row in _rows(context, table):
            for column, printed in zip(columns, _printed(row, table), strict=True):
                if printed is None:
                    continue
                rounds_to_zero = column == columns[1] and printed.value == 0 < printed.decimals
                if printed.value > 0 or rounds_to_zero:
                    yield None
                else:
                    yield Fault(table, row, column, "a ratio must be positive", "above 0")


@rule(
    "limits-in-order",
    "The lower limit of an interval is not above the upper one.",
    levels=("fatal",),
    reference=_ARITHMETIC,
    remedy=_COMPARE,
    tables=(*RATIOS, "responses", "means", "correlations"),
    holds=ratio_case("0.74", "0.65", "0.85"),
    fails=ratio_case("0.74", "0.85", "0.65"),
)
def limits_in_order(context: AuditContext) -> Judgements:
    """Judge the limits of ratios, of response rates and of their differences."""
    for table, row, _, lower, upper in _in_order(context):
        yield _order(table, row, RATIOS[table][1:], lower, upper)
    for table, _, row in _plain_rows(context):
        low, high = number(row, "ci_lower"), number(row, "ci_upper")
        if low is not None and high is not None:
            yield _order(table, row, ("ci_lower", "ci_upper"), low, high)


def _order(
    table: str, row: Row, columns: tuple[str, ...], lower: Printed, upper: Printed
) -> Fault | None:
    if not _is_above(lower, upper):
        return None
    message = f"the lower limit is above the upper limit {row[columns[1]]}"
    return Fault(table, row, columns[0], message, f"at most {upper.text}", (columns[1],))


def _is_above(one: Printed, other: Printed) -> bool:
    """Whether one true value must be above another.

    Rounding to the same digit keeps the order of two numbers: then the printed values decide.
    """
    if one.decimals == other.decimals:
        return one.value > other.value
    return one.lower > other.upper + SLACK


@rule(
    "interval-holds-estimate",
    "An interval holds its own estimate.",
    levels=("fatal",),
    reference=_ARITHMETIC,
    remedy=_COMPARE,
    tables=(*RATIOS, "responses", "means", "correlations"),
    holds=ratio_case("0.74", "0.65", "0.85"),
    fails=ratio_case("0.64", "0.65", "0.85"),
)
def interval_holds_estimate(context: AuditContext) -> Judgements:
    """Judge ratios, response rates and their differences with an estimate and a limit."""
    for row in context.rows("time_to_event"):
        estimate, lower, upper = _printed(row, "time_to_event")
        if _says_one_limit(row) and estimate is not None and (lower is None) != (upper is None):
            yield _holding("time_to_event", row, RATIOS["time_to_event"], estimate, lower, upper)
    for table, row, estimate, lower, upper in _in_order(context):
        if estimate is not None and not _is_above(lower, upper):
            yield _holding(table, row, RATIOS[table], estimate, lower, upper)
    for table, column, row in _plain_rows(context):
        columns = (column, "ci_lower", "ci_upper")
        percent, low, high = (number(row, column) for column in columns)
        if percent is None or (low is None and high is None):
            continue
        if low is None or high is None or not _is_above(low, high):
            yield _holding(table, row, columns, percent, low, high)


def _holding(
    table: str,
    row: Row,
    columns: tuple[str, str, str],
    estimate: Printed,
    lower: Printed | None,
    upper: Printed | None,
) -> Fault | None:
    below = lower is not None and _is_above(lower, estimate)
    above = upper is not None and _is_above(estimate, upper)
    if not (below or above):
        return None
    message = f"the interval {row[columns[1]]} to {row[columns[2]]} does not hold its estimate"
    feasible = f"{row[columns[1]]} to {row[columns[2]]}"
    return Fault(table, row, columns[0], message, feasible, columns[1:])


@rule(
    "interval-complete",
    "An interval has both its limits, or the one that its row names as the only one.",
    levels=("warning",),
    reference=_ARITHMETIC,
    remedy=_COMPARE,
    tables=tuple(RATIOS),
    holds=ratio_case("0.74", "0.65", "0.85"),
    fails=ratio_case("0.74", "0.65", ""),
)
def interval_complete(context: AuditContext) -> Judgements:
    """Judge ratios that have at least one limit."""
    for table, columns in RATIOS.items():
        for row in context.rows(table):
            _, lower, upper = _printed(row, table)
            if lower is None and upper is None:
                continue
            if _says_one_limit(row):
                yield _only_limit(table, row)
                continue
            if lower is not None and upper is not None:
                yield None
                continue
            column, other = columns[1:] if lower is None else (columns[2], columns[1])
            message = "one limit of the interval without the other"
            yield Fault(table, row, column, message, "a limit", (other,))


def _says_one_limit(row: Row) -> bool:
    return row.get("limit_sides", "") in LIMIT_COLUMNS


def _only_limit(table: str, row: Row) -> Fault | None:
    """Judge that a row which names one limit has it, and not the other."""
    printed, other = LIMIT_COLUMNS[row["limit_sides"]]
    if row[printed] and not row[other]:
        return None
    message = f"{row['limit_sides']} is said to be the only limit printed, and it is not"
    return Fault(table, row, "limit_sides", message, f"{printed} alone", (printed, other))


def read_ratio(row: Row, table: str) -> tuple[Printed, Printed, Printed, LogRatio] | None:
    """Read a printed ratio with its interval; None where it has none or cannot be read."""
    estimate, lower, upper = _printed(row, table)
    if estimate is None or lower is None or upper is None:
        return None
    if _says_one_limit(row) or _is_difference(row):
        return None
    level = number(row, "ci_level") if "ci_level" in row else None
    try:
        ratio = log_ratio_from_interval(
            estimate, lower, upper, ASSUMED_LEVEL if level is None else level.value
        )
    except ValueError:
        return None  # other rules name it
    return estimate, lower, upper, ratio


@rule(
    "interval-symmetric",
    "On the log scale an estimate lies in the middle of its interval. An offset that no rounding "
    f"explains is a warning, beyond {ASYMMETRY_UNUSABLE} half-widths the row is unusable.",
    levels=("unusable", "warning"),
    reference="Parmar 1998, Stat Med 17:2815; Tierney 2007, Trials 8:16",
    remedy=_COMPARE,
    tables=tuple(RATIOS),
    holds=ratio_case("0.74", "0.65", "0.85"),
    fails=ratio_case("1.34", "0.95", "1.64"),
)
def interval_symmetric(context: AuditContext) -> Judgements:
    """Judge every ratio with an interval.

    Wald intervals of a log ratio are symmetric, profile-likelihood and exact ones nearly: a
    large offset points to a misprint, and then the standard error cannot be trusted.
    """
    for table, columns in RATIOS.items():
        for row in context.rows(table):
            read = read_ratio(row, table)
            if read is None:
                continue
            estimate, lower, upper, ratio = read
            if ratio.asymmetry == 0.0:
                yield None
                continue
            beyond = abs(ratio.asymmetry) > ASYMMETRY_UNUSABLE
            message = (
                f"{row[columns[0]]} lies {abs(ratio.asymmetry):.2f} half-widths from the middle "
                f"of {lower.text} to {upper.text} on the log scale, beyond what rounding "
                "explains" + ("; the interval cannot be trusted" if beyond else "")
            )
            if not beyond and _is_plain(estimate, lower, upper):
                message += "; on the plain scale it is the middle: the limits may be computed there"
            feasible = _range(
                math.sqrt(max(lower.lower, 0.0) * upper.lower),
                math.sqrt(lower.upper * upper.upper),
            )
            yield Fault(
                table,
                row,
                columns[0],
                message,
                feasible,
                columns[1:],
                level="unusable" if beyond else "warning",
            )


def _is_plain(estimate: Printed, lower: Printed, upper: Printed) -> bool:
    """Whether the estimate may be the arithmetic mean of its limits."""
    low, high = (lower.lower + upper.lower) / 2, (lower.upper + upper.upper) / 2
    return low <= estimate.upper and estimate.lower <= high


@rule(
    "interval-width",
    "An interval is not narrower than its events or patients allow: the standard error of a log "
    "hazard ratio is at least 2/√events, of a log odds ratio at least 4/√patients, and events "
    "are at most as many as patients.",
    levels=("unusable",),
    reference="Parmar 1998, Stat Med 17:2815 (variance 4/events at equal split, its least); "
    "for counts the least of 1/a + 1/b + 1/c + 1/d",
    remedy=_COMPARE,
    tables=("trials", "arms", *RATIOS),
    holds=ratio_case("0.65", "0.50", "0.85", events_experimental="100", events_control="120"),
    fails=ratio_case("0.65", "0.59", "0.73", events_experimental="90", events_control="106"),
)
def interval_width(context: AuditContext) -> Judgements:
    """Judge the intervals of rows that have events, patients or at least a trial's size.

    The information about a log hazard ratio is a sum over events of p (1 − p), p being the
    share of the risk set in one group, so at most events / 4: this holds for any allocation,
    for strata, and with covariates.
    """
    for table, columns in RATIOS.items():
        for row in context.rows(table):
            read = read_ratio(row, table)
            bound = _bound(context, table, row) if read is not None else None
            if read is None or bound is None:
                continue
            least, words, used = bound
            _, lower, upper, ratio = read
            if ratio.sei_upper >= least - SLACK:
                yield None
                continue
            message = (
                f"the interval {lower.text} to {upper.text} means a standard error of at most "
                f"{ratio.sei_upper:.3f}, but {words} cannot give less than {least:.3f}"
            )
            level = number(row, "ci_level") if "ci_level" in row else None
            half = normal_quantile(ASSUMED_LEVEL if level is None else level.value) * least
            feasible = "at least as wide as " + _range(
                math.exp(ratio.yi - half), math.exp(ratio.yi + half)
            )
            yield Fault(table, row, columns[2], message, feasible, (*columns[:2], *used))


_ARMS: Final = ("experimental_arm", "control_arm")


def _bound(
    context: AuditContext, table: str, row: Row
) -> tuple[float, str, tuple[str, ...]] | None:
    """Least standard error of the row, with what it comes from."""
    if table == "biomarker_contrasts":
        if not row["level_b"] or _is_continuous(row):
            return None  # per unit of a continuous marker: no such bound
        if row["measure"] == "OR":
            patients = total(row, "n_a", "n_b")
            words = f"an odds ratio of {patients} patients"
            return (4.0 / math.sqrt(patients), words, ("n_a", "n_b")) if patients else None
        suffixes = ("a", "b")
    elif table == "outcome_contrasts":
        return None
    elif table == "response_contrasts":
        ids = [(str(row["trial_id"]), str(row[arm])) for arm in _ARMS]
        if row["measure"] != "OR" or not all(map(context.arm_n.get, ids)):
            return None  # a risk ratio of what nearly all have has no such bound
        enrolled = sum(context.arm_n[arm] for arm in ids)
        return 4.0 / math.sqrt(enrolled), f"an odds ratio of {enrolled} patients of the arms", ()
    else:
        suffixes = ("experimental", "control")
    for kind, noun in (("events", "events"), ("n", "patients")):
        names = tuple(f"{kind}_{suffix}" for suffix in suffixes)
        count = total(row, *names)
        if count:
            return 2.0 / math.sqrt(count), f"{count} {noun}", names
    trial = str(row["trial_id"])
    if table == "time_to_event":
        arms = [context.arm_n.get((trial, str(row[f"{suffix}_arm"]))) for suffix in suffixes]
        sizes = [n for n in arms if n]
        if len(sizes) == len(arms):
            patients = sum(sizes)
            return 2.0 / math.sqrt(patients), f"{patients} patients of the arms", ()
    size = context.trial_n.get(trial)
    if size and table != "biomarker_contrasts":
        return 2.0 / math.sqrt(size), f"{size} patients of the trial", ()
    return None


def _is_continuous(row: Row) -> bool:
    return str(row["level_a"]).startswith("per ")


def _range(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}"
