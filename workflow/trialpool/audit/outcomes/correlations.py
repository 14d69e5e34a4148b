"""Rules on correlations: what r can be, how many patients it needs, how wide its interval is."""

from __future__ import annotations

import math
from typing import Final

from scipy.special import ndtri

from trialpool.audit.context import AuditContext, Row, number, whole
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.effects.outcomes.arms import FEWEST_PAIRS
from trialpool.evidence.printed import Printed
from trialpool.measures import get_measure

_T: Final = "correlations"
_COMPARE: Final = "Compare the numbers with the source."
_FISHER: Final = "Fisher 1921, Metron 1:3 (artanh r has the variance 1/(n − 3))"
_SLACK: Final = 1e-9
# An interval by another method than Fisher's differs by less, from some dozens of patients on.
APART: Final = 0.1


def _case(**cells: str) -> Case:
    same = {"row_id": "a.1", "trial_id": "a", "arm_id": "x", "endpoint": "adherence"}
    return Case({_T: [{**same, "variable": "age", **cells}]})


@rule(
    "correlation-range",
    "A correlation and its limits lie between -1 and 1.",
    levels=("unusable",),
    reference="definition of a correlation",
    remedy="Enter r itself, not its percent, its square or Fisher's z.",
    tables=(_T,),
    holds=_case(r="0.34", ci_lower="-0.10", ci_upper="0.67"),
    fails=_case(r="1.34"),
)
def correlation_range(context: AuditContext) -> Judgements:
    """Judge every correlation and every limit."""
    for row in context.rows(_T):
        for column in ("r", "ci_lower", "ci_upper"):
            cell = number(row, column)
            if cell is not None:
                message = f"{cell.text} is no correlation"
                fault = Fault(_T, row, column, message, "-1 to 1")
                yield fault if abs(cell.value) > 1 + _SLACK else None


@rule(
    "correlation-patients",
    f"A correlation is of {FEWEST_PAIRS} patients or more: of fewer Fisher's z has no variance.",
    levels=("unusable",),
    reference=_FISHER,
    remedy=_COMPARE,
    tables=(_T,),
    holds=_case(r="0.34", n="4"),
    fails=_case(r="0.34", n="3"),
)
def correlation_patients(context: AuditContext) -> Judgements:
    """Judge the patients behind every correlation."""
    for row in context.rows(_T):
        n = whole(row, "n")
        if n is not None:
            message = f"of {n} patients Fisher's z has no variance"
            fault = Fault(_T, row, "n", message, f"at least {FEWEST_PAIRS}", ("r",))
            yield fault if n < FEWEST_PAIRS else None


@rule(
    "correlation-interval",
    "The interval around a correlation is as wide on Fisher's scale as its number of patients "
    f"makes it: 1/√(n − 3), within {APART:.0%} and what rounding leaves open.",
    levels=("warning",),
    reference=_FISHER,
    remedy="Compare r, limits and n with the source: a partial correlation, or another n.",
    tables=(_T,),
    holds=_case(r="0.34", ci_lower="0.08", ci_upper="0.56", n="55"),
    fails=_case(r="0.34", ci_lower="0.08", ci_upper="0.56", n="550"),
)
def correlation_interval(context: AuditContext) -> Judgements:
    """Judge correlations with both limits and a number of patients."""
    for row in context.rows(_T):
        n, between = whole(row, "n"), _widths(row)
        if n is None or n < FEWEST_PAIRS or between is None:
            continue
        expected = 1 / math.sqrt(n - 3)
        low, high = between
        if low <= expected * (1 + APART) and high >= expected * (1 - APART):
            yield None
            continue
        fits = f"{3 + 1 / high**2:.0f}" + (f" to {3 + 1 / low**2:.0f}" if low > 0 else " or more")
        message = (
            f"the interval means a standard error of {low:.3f} to {high:.3f} of Fisher's z, {n} "
            f"patients one of {expected:.3f}"
        )
        yield Fault(_T, row, "n", message, f"{fits} patients", ("r", "ci_lower", "ci_upper"))


def _widths(row: Row) -> tuple[float, float] | None:
    """Return the smallest and the largest standard error that the rounded limits allow."""
    lower, upper = number(row, "ci_lower"), number(row, "ci_upper")
    level = number(row, "ci_level")
    if lower is None or upper is None or lower.value >= upper.value:
        return None
    z = float(ndtri(0.5 + (95.0 if level is None else level.value) / 200))
    ends = [_fisher(lower, "upper"), _fisher(upper, "lower")]
    wide = [_fisher(lower, "lower"), _fisher(upper, "upper")]
    if any(value is None for value in (*ends, *wide)):
        return None
    inner, outer = (b - a for a, b in (ends, wide) if a is not None and b is not None)
    return max(inner, 0.0) / (2 * z), outer / (2 * z)


def _fisher(limit: Printed, end: str) -> float | None:
    value = float(getattr(limit, end))
    return get_measure("ZCOR").to_analysis(value) if -1 < value < 1 else None
