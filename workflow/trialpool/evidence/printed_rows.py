"""A row of a table of results in its own words: the number as its report prints it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.evidence.printed import parse_number

Row = Mapping[str, Any]

# Tables whose rows are results of a trial.
RESULT_TABLES: Final = (
    "time_to_event",
    "responses",
    "response_contrasts",
    "means",
    "rates",
    "correlations",
    "outcome_contrasts",
    "biomarker_contrasts",
    "reconstructed_survival",
)
_USUAL_LEVEL: Final = "95"


def printed_row(table: str, row: Row) -> str:
    """Write what a row says, every number in its own digits.

    Parameters
    ----------
    table : str
        One of `RESULT_TABLES`.
    row : mapping
        Its cells, as text; a column that the table may lack can be absent.

    Returns
    -------
    str
        Such as ``"HR 0.74 (0.58 to 0.94), p .012"`` or ``"18/64, 28.1%"``; empty where the row
        holds no number. Restricted means are computed, not printed: those are rounded.
    """
    if table == "reconstructed_survival":
        return _restricted_means(row)
    return _ARMS.get(table, _contrast)(row)


def _rate(row: Row) -> str:
    """Write the response of one arm: "18/64, 28.1% (17.6 to 40.8)"."""
    percent, n = _cell(row, "percent").removesuffix("%"), _cell(row, "n")
    rate, events = f"{percent}%{_limits(row)}" if percent else "", _cell(row, "events")
    if events:
        count = f"{events}/{n}" if n else f"{events} events"
        return f"{count}, {rate}" if rate else count
    return f"{rate} of {n}" if rate and n else rate


def _mean(row: Row) -> str:
    """Write the mean of one arm: "5.2 (SD 1.1) mm, n 34"; or its median with the other numbers."""
    spread = [f"{word} {text}" for word in ("SD", "SE") if (text := _cell(row, word.lower()))]
    ends = [(low, high) for low, high in (("q1", "q3"), ("min", "max")) if _cell(row, low)]
    if _cell(row, "mean"):
        inside = ", ".join(spread)
        number = f"{_cell(row, 'mean')}{f' ({inside})' if inside else ''}{_limits(row)}"
    elif _cell(row, "median"):
        inside = ", ".join(f"{_cell(row, low)} to {_cell(row, high)}" for low, high in ends)
        number = f"median {_cell(row, 'median')}{f' ({inside})' if inside else ''}"
    else:
        return ""
    n = _cell(row, "n")
    return f"{number} {_cell(row, 'unit')}".rstrip() + (f", n {n}" if n else "")


def _events(row: Row) -> str:
    """Write the rate of one arm: "12 in 345 years"."""
    events, time = _cell(row, "events"), _cell(row, "person_time")
    return f"{events} in {time} {_cell(row, 'time_unit')}" if events and time else events


def _correlation(row: Row) -> str:
    """Write a correlation: "r 0.23 (0.10 to 0.35), n 120"."""
    if not _cell(row, "r"):
        return ""
    n = _cell(row, "n")
    return f"r {_cell(row, 'r')}{_limits(row)}" + (f", n {n}" if n else "")


def _contrast(row: Row) -> str:
    """Write a ratio or difference with its interval; medians or rates where there is none."""
    p = _cell(row, "p_value")
    limits = _limits(row)
    if _cell(row, "estimate") or limits:
        number = f"{row['measure']} {_cell(row, 'estimate')}".rstrip() + limits
    else:
        number = _both_sides(row)
    return ", ".join(part for part in (number, f"p {p}" if p else "") if part)


def _both_sides(row: Row) -> str:
    """Write what stands on each side of a contrast without a ratio."""
    if _cell(row, "value_a") or _cell(row, "value_b"):
        return f"{row['measure']} {_two(row, 'value_a', 'value_b')}"
    if _cell(row, "median_experimental") or _cell(row, "median_control"):
        medians = _two(row, "median_experimental", "median_control")
        return f"medians {medians} {_cell(row, 'time_unit')}".rstrip()
    if _cell(row, "events_experimental") or _cell(row, "events_control"):
        return f"events {_two(row, 'events_experimental', 'events_control')}"
    return ""


def _two(row: Row, ours: str, theirs: str) -> str:
    return " v ".join(_cell(row, name) or fmt.NOT_AVAILABLE for name in (ours, theirs))


def _limits(row: Row) -> str:
    """Write an interval in brackets, with its level where that is not the usual one."""
    lower, upper = _cell(row, "ci_lower"), _cell(row, "ci_upper")
    level, side = _cell(row, "ci_level"), _cell(row, "limit_sides")
    if side:
        of = f", one-sided {level}%" if level else ", one-sided"
        return f" ({side} limit {upper if side == 'upper' else lower}{of})"
    if not lower and not upper:
        return ""
    named = f"{level}% interval " if level not in ("", _USUAL_LEVEL) else ""
    return f" ({named}{lower or fmt.NOT_AVAILABLE} to {upper or fmt.NOT_AVAILABLE})"


def _restricted_means(row: Row) -> str:
    means = [parse_number(_cell(row, name)) for name in ("rmst_experimental", "rmst_control")]
    within = f"within {row['horizon_months']} months"
    if None in means:
        return f"restricted means {within}"
    ours, theirs = (fmt.number(mean.value, 1) for mean in means if mean is not None)
    return f"restricted means {ours} v {theirs} months {within}"


def _cell(row: Row, name: str) -> str:
    return str(row.get(name) or "").strip()


_ARMS: Final = {
    **{"responses": _rate, "means": _mean, "rates": _events},
    "correlations": _correlation,
}
