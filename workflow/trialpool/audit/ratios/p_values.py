"""Rules on p-values beside intervals."""

from __future__ import annotations

import math
import re
from typing import Final

from scipy.special import ndtr, ndtri

from trialpool.audit.context import AuditContext, Row, number
from trialpool.audit.ratios.intervals import ASSUMED_LEVEL, ratio_case, read_ratio
from trialpool.audit.rule import Fault, Judgements, rule
from trialpool.effects.ratios import LogRatio, normal_quantile
from trialpool.evidence.printed import Printed, PrintedP, parse_p_value

_TABLES: Final = ("time_to_event", "biomarker_contrasts", "response_contrasts", "outcome_contrasts")
_CELLS: Final = ("estimate", "ci_lower", "ci_upper", "ci_level")
_OUTCOMES: Final = "outcome_contrasts"
# Log-rank tests, stratification and unadjusted tests beside adjusted estimates move z a little.
Z_TOLERANCE: Final = 0.5
Z_CLOSE: Final = 0.1
# The row itself says that its p-value tests something else.
_OTHER_TEST: Final = re.compile(
    r"\bp(-value)?\b[^;.]*(non-?\s?inferior|equivalence)|^\W*non-?\s?inferior", re.IGNORECASE
)
_NON_INFERIORITY: Final = re.compile(r"non-?\s?inferior|equivalen", re.IGNORECASE)
_SAYS_ONE_SIDED: Final = re.compile(r"one[- ]sided|1-sided", re.IGNORECASE)


def _z_of_p(p: PrintedP, *, sides: int) -> tuple[float, float]:
    """Range of |z| that a printed p-value allows."""
    low, high = p.number.lower, p.number.upper
    if p.relation in ("<", "≤"):
        low, high = 0.0, p.number.value
    elif p.relation in (">", "≥"):
        low, high = p.number.value, 1.0
    low, high = min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)
    largest = -float(ndtri(low / sides)) if low > 0 else math.inf
    return max(-float(ndtri(high / sides)), 0.0), max(largest, 0.0)


def _z_of_interval(estimate: Printed, ratio: LogRatio) -> tuple[float, float]:
    """Range of |ln estimate| / SE that the printed estimate and limits allow."""
    ends = (math.log(estimate.lower), math.log(estimate.upper))
    least = 0.0 if ends[0] <= 0.0 <= ends[1] else min(abs(end) for end in ends)
    return least / ratio.sei_upper, max(map(abs, ends)) / ratio.sei_lower


def _gap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance between two ranges, 0 where they meet."""
    return max(one[0] - other[1], other[0] - one[1], 0.0)


def _pairs(context: AuditContext) -> list[tuple[str, Row, PrintedP, tuple[float, float]]]:
    """Rows with a p-value and an interval that gives a standard error."""
    found = []
    for table in _TABLES:
        for row in context.rows(table):
            p, read = parse_p_value(str(row["p_value"])), read_ratio(row, table)
            if p is None or read is None or _tests_margin(row, p):
                continue
            estimate, _, _, ratio = read
            if estimate.lower > 0 and ratio.sei_lower > 0:
                found.append((table, row, p, _z_of_interval(estimate, ratio)))
    for row in context.rows(_OUTCOMES):
        p, z = parse_p_value(str(row["p_value"])), _z_of_difference(row)
        if p is not None and z is not None and not _tests_margin(row, p):
            found.append((_OUTCOMES, row, p, z))
    return found


def _z_of_difference(row: Row) -> tuple[float, float] | None:
    """Range of |difference| / SE that a printed difference of means and its limits allow."""
    estimate, lower, upper = (number(row, name) for name in _CELLS[:3])
    if row["measure"] not in ("MD", "SMD") or estimate is None or lower is None or upper is None:
        return None
    level = number(row, "ci_level")
    twice = 2 * normal_quantile(ASSUMED_LEVEL if level is None else level.value)
    narrowest, widest = (upper.lower - lower.upper) / twice, (upper.upper - lower.lower) / twice
    if narrowest <= 0:
        return None
    ends = (estimate.lower, estimate.upper)
    least = 0.0 if ends[0] <= 0.0 <= ends[1] else min(map(abs, ends))
    return least / widest, max(map(abs, ends)) / narrowest


def _note(row: Row) -> str:
    return str(row.get("evidence_note", row.get("note", "")))


def _tests_margin(row: Row, p: PrintedP) -> bool:
    """Whether the p-value is said to be one of non-inferiority or equivalence."""
    said = (p.remark, _note(row))
    return any(_OTHER_TEST.search(text) for text in said)


def _says_one_sided(row: Row, p: PrintedP) -> bool:
    """Whether the p-value is one-sided by its own words or by the column for that."""
    return row.get("p_sides", "") == "1" or bool(_SAYS_ONE_SIDED.search(p.remark))


def _looks_one_sided(p: PrintedP, z: tuple[float, float]) -> bool:
    """Whether an exact p fits the interval as a one-sided value and not as a two-sided one."""
    two, one = _gap(_z_of_p(p, sides=2), z), _gap(_z_of_p(p, sides=1), z)
    return p.is_exact and p.number.value > 0 and two > Z_CLOSE and one <= Z_CLOSE < two - one


def _feasible(z: tuple[float, float]) -> str:
    return f"{2 * float(ndtr(-z[1])):.3g} to {2 * float(ndtr(-z[0])):.3g}"


@rule(
    "p-one-sided",
    "A p-value beside a two-sided interval is two-sided, unless it says otherwise.",
    levels=("warning",),
    reference="Tierney 2007, Trials 8:16 (a one-sided p halves the two-sided one)",
    remedy="Note beside the p-value that it is one-sided: it must not be turned into a "
    "standard error as a two-sided one.",
    tables=_TABLES,
    holds=ratio_case("0.96", "0.79", "1.17", p_value="0.68"),
    fails=ratio_case("0.96", "0.79", "1.17", p_value="0.3392"),
)
def p_one_sided(context: AuditContext) -> Judgements:
    """Judge p-values that do not say that they are one-sided."""
    for table, row, p, z in _pairs(context):
        if _says_one_sided(row, p):
            continue
        if not _looks_one_sided(p, z):
            yield None
            continue
        message = (
            f"p = {row['p_value']} fits the interval {row['ci_lower']} to {row['ci_upper']} "
            "as a one-sided value, not as a two-sided one"
        )
        yield Fault(table, row, "p_value", message, _feasible(z), _CELLS)


@rule(
    "p-against-interval",
    f"A p-value agrees with the interval: |z| of both within {Z_TOLERANCE}. Log-rank beside Cox "
    "and unadjusted beside adjusted tests differ by less. A p-value that is said to be of "
    "non-inferiority is not judged.",
    levels=("warning",),
    reference="Parmar 1998, Stat Med 17:2815; Altman and Bland 2011, BMJ 343:d2304",
    remedy="Check both; p may come from another test.",
    tables=_TABLES,
    holds=ratio_case("0.74", "0.56", "0.98", p_value="0.035"),
    fails=ratio_case("0.65", "0.59", "0.73", p_value=".03"),
)
def p_against_interval(context: AuditContext) -> Judgements:
    """Judge p-values, exact ones and bounds, that do not look one-sided."""
    for table, row, p, z in _pairs(context):
        says_one = _says_one_sided(row, p)
        if not says_one and _looks_one_sided(p, z):
            continue
        implied = _z_of_p(p, sides=1 if says_one else 2)
        if _gap(implied, z) <= Z_TOLERANCE:
            yield None
            continue
        shown = f"{implied[0]:.1f} or more" if math.isinf(implied[1]) else _between(implied)
        message = (
            f"p = {row['p_value']} (z {shown}) is far from what the interval implies "
            f"(z {_between(z)}){_margin_words(context, row)}"
        )
        yield Fault(table, row, "p_value", message, _feasible(z), _CELLS)


def _between(z: tuple[float, float]) -> str:
    return f"between {z[0]:.1f} and {z[1]:.1f}"


def _margin_words(context: AuditContext, row: Row) -> str:
    """Say that the p-value may be one of non-inferiority, where the trial is of that design."""
    listed = row["trial_id"] in context.settings.taxonomy.get("designs_equivalence", {})
    notes = [_note(row), str(row["p_value"])]
    notes += [str(t["notes"]) for t in context.rows("trials") if t["trial_id"] == row["trial_id"]]
    if listed or any(_NON_INFERIORITY.search(note) for note in notes):
        return "; the trial tests non-inferiority or equivalence, and p may be of that test"
    return ""
