"""One way from a printed row to a log hazard ratio and its standard error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trialpool.effects import logrank
from trialpool.evidence.printed import Printed, parse_count, parse_number

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rung:
    """One way from a row to a log hazard ratio.

    Attributes
    ----------
    number : int
        Its place on the ladder, 1 to 6.
    name : str
        What was printed.
    reason : str
        Why it cannot be used; empty where it can.
    yi, sei : float or None
        Natural log of the ratio and its standard error, None where there is none.
        A refused rung may hold numbers: they serve comparison, never a pool.
    yi_lower, yi_upper, sei_lower, sei_upper : float or None
        What the rounding of the printed numbers leaves open.
    asymmetry : float or None
        Of an interval: see `trialpool.effects.ratios.LogRatio`.
    formula, reference : str
    inputs : mapping of str to str
        The printed cells that were used, by column.
    flags : tuple of str
        What a reader must know.
    locator : str
        Where the inputs stand, if not where the row's own place is.
    """

    number: int
    name: str
    reason: str = ""
    yi: float | None = None
    sei: float | None = None
    yi_lower: float | None = None
    yi_upper: float | None = None
    sei_lower: float | None = None
    sei_upper: float | None = None
    asymmetry: float | None = None
    formula: str = ""
    reference: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    locator: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the rung gives an effect size that may be pooled."""
        return not self.reason and self.sei is not None


@dataclass(frozen=True)
class RowEffect:
    """What one raw row yields.

    `status` is ``"effect"`` (a number with its standard error), ``"count"``
    (events of n), ``"mean"`` or ``"rate"`` (of one arm), ``"estimate-only"`` (no
    standard error; `sei_lower` and `sei_upper` are what its p-value leaves open,
    where it bounds one), ``"none"`` or ``"unreadable"``. `inputs` are the printed
    cells that were used, `rungs` all ways of the ladder that the row has numbers for,
    `place` where inputs stand that are not at the row's own place.
    """

    status: str
    reason: str = ""
    measure: str = ""
    scale: str = ""
    yi: float | None = None
    sei: float | None = None
    sei_lower: float | None = None
    sei_upper: float | None = None
    asymmetry: float | None = None
    events: int | None = None
    n: int | None = None
    events_smallest: int | None = None
    events_largest: int | None = None
    rung: str = ""
    formula: str = ""
    reference: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    place: str = ""


def disagreement(one: Rung, other: Rung) -> float | None:
    """Smallest relative gap between two rungs' standard errors that rounding allows.

    Returns
    -------
    float or None
        0 where the rounding intervals meet; 0.2 where the larger one exceeds the
        smaller one by at least 20 %; None where a rung has no standard error.
    """
    if one.sei is None or other.sei is None:
        return None
    bounds = (one.sei_lower, one.sei_upper, other.sei_lower, other.sei_upper)
    if any(bound is None for bound in bounds):
        return None
    low_1, high_1, low_2, high_2 = (float(bound) for bound in bounds if bound is not None)
    low, high = (high_1, low_2) if high_1 < low_2 else (high_2, low_1)
    return high / low - 1.0 if high > low > 0 else 0.0


def cells_of(row: Row, *columns: str) -> dict[str, str]:
    """Return the cells that are there and not empty, by column."""
    return {column: str(row[column]) for column in columns if str(row.get(column, ""))}


def number_in(row: Row, column: str) -> Printed | None:
    """Read a number, None where the column or a number is missing."""
    return parse_number(str(row.get(column, "")))


def whole_in(row: Row, column: str) -> int | None:
    """Read a whole number, None where the column or a number is missing."""
    text = str(row.get(column, ""))
    return parse_count(text)


def total_of(row: Row, *columns: str) -> int | None:
    """Sum whole numbers, None unless all of them are there."""
    counts = [whole_in(row, column) for column in columns]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def log_or_minus_infinity(value: float) -> float:
    """Natural log, minus infinity where rounding allows zero or less."""
    return math.log(value) if value > 0 else -math.inf


def from_derived(
    derived: logrank.Derived,
    number: int,
    name: str,
    formula: str,
    reference: str,
    inputs: Mapping[str, str],
    flags: tuple[str, ...],
    reason: str = "",
) -> Rung:
    """Build a rung from derived numbers; with a reason, one that is refused."""
    return Rung(
        number,
        name,
        reason,
        derived.yi,
        derived.sei,
        derived.yi_lower,
        derived.yi_upper,
        derived.sei_lower,
        derived.sei_upper,
        None,
        formula,
        reference,
        inputs,
        flags,
    )
