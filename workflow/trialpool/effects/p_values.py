"""Rungs 3 and 4 of the ladder: what p-values say, and when they say nothing.

A p-value gives a standard error only if it is exact, two-sided and of superiority,
and the row says so: a one-sided p taken for a two-sided one makes the standard
error too small (by 9 % at 0.0067), and nothing in the number shows it.
"""

from __future__ import annotations

import math
from typing import Any, Final

from trialpool.effects import logrank
from trialpool.effects.rung import (
    Row,
    Rung,
    cells_of,
    from_derived,
    number_in,
    whole_in,
)
from trialpool.evidence.printed import PrintedP, parse_p_value

P_VALUE: Final = "ratio with two-sided p"
LOGRANK_ALLOCATION: Final = "log-rank p, events and allocation"
LOGRANK_EVENTS: Final = "log-rank p and events of both arms"
# Rung 3 is used only where rounding leaves its standard error this much, relatively.
ROUNDING_LIMIT: Final = 0.05
# What may stand beside a p-value without changing what it says: each part between commas.
_PLAIN_REMARKS: Final = frozenset(
    {
        "two-sided",
        "superiority",
        "nominal",
        "log-rank",
        "stratified",
        "unstratified",
        "stratified log-rank",
        "unstratified log-rank",
        "cox",
        "wald",
    }
)


def remarks(p: PrintedP) -> tuple[str, ...]:
    """Return what stands beside a p-value in brackets, part by part, in lower case."""
    inside = p.remark.strip().removeprefix("(").removesuffix(")")
    return tuple(part.strip().lower() for part in inside.split(",") if part.strip())


def other_test(p: PrintedP) -> str:
    """Return the words by which a p-value is not one of two-sided superiority; empty if none."""
    return next((part for part in remarks(p) if part not in _PLAIN_REMARKS), "")


def says_two_sided(row: Row, p: PrintedP) -> bool:
    """Whether a p-value is declared two-sided, in its own cell or by the column ``p_sides``."""
    return "two-sided" in remarks(p) or row.get("p_sides", "") == "2"


def _not_two_sided(row: Row, p: PrintedP) -> str:
    """Say why a p-value is not an exact, declared two-sided one of superiority; empty if it is."""
    if not p.is_exact:
        return "the p-value is a bound, not a number"
    if marked := other_test(p):
        return f"the p-value is marked {marked!r}: not a two-sided test of superiority"
    if not says_two_sided(row, p):
        return "the row does not say that the p-value is two-sided"
    return ""


def with_p(row: Row) -> Rung | None:
    """Rung 3."""
    estimate, p = number_in(row, "estimate"), parse_p_value(str(row.get("p_value", "")))
    if estimate is None or p is None:
        return None
    inputs = cells_of(row, "estimate", "p_value", "p_sides")
    if row.get("p_sides", "") == "1":
        # No number at all: as a two-sided one it would be wrong even beside another rung.
        return Rung(3, P_VALUE, "the p-value is one-sided", inputs=inputs)
    reason = _not_two_sided(row, p)
    if not p.is_exact:
        return Rung(3, P_VALUE, reason, inputs=inputs)
    try:
        derived = logrank.ratio_with_p(estimate, p.number)
    except ValueError as error:
        return Rung(3, P_VALUE, str(error), inputs=inputs)
    said = remarks(p)
    if any("log-rank" in part for part in said):
        test = "p-value of a log-rank test beside a Cox hazard ratio"
    elif {"cox", "wald"} & set(said):
        test = "p-value of the Cox model"
    else:
        test = "the test behind the p-value is not stated"
    spread = max(derived.sei_upper / derived.sei - 1.0, 1.0 - derived.sei_lower / derived.sei)
    if not reason and spread > ROUNDING_LIMIT:
        reason = (
            f"rounding of the ratio and its p-value leaves the standard error open by "
            f"{_percent(spread)}, more than ± {_percent(ROUNDING_LIMIT)}"
        )
    flags = ("standard error from the p-value", test)
    return from_derived(
        derived, 3, P_VALUE, logrank.P_FORMULA, logrank.P_REFERENCE, inputs, flags, reason
    )


def _percent(share: float) -> str:
    return "an unlimited amount" if math.isinf(share) else f"{100 * share:.0f} %"


def logrank_rungs(row: Row) -> tuple[Rung, ...]:
    """Rung 4, by the allocation of patients and by the events of both arms."""
    p = parse_p_value(str(row.get("logrank_p", "")))
    if p is None:
        return ()
    events = (whole_in(row, "events_experimental"), whole_in(row, "events_control"))
    patients = (whole_in(row, "n_experimental"), whole_in(row, "n_control"))
    total = whole_in(row, "events_total")
    if events[0] is not None and events[1] is not None:
        total = events[0] + events[1]
    favours, known_from = direction(row)
    cells = cells_of(row, "logrank_p", "events_experimental", "events_control", "events_total")
    if total is None:
        return (Rung(4, LOGRANK_ALLOCATION, "the number of events is not given", inputs=cells),)
    reason = _logrank_fault(p, favours)
    found = []
    if patients[0] is not None and patients[1] is not None:
        inputs = {**cells, **cells_of(row, "n_experimental", "n_control")}
        found.append(
            _logrank_rung(
                LOGRANK_ALLOCATION,
                lambda: logrank.variance_from_allocation(total, patients[0] or 0, patients[1] or 0),
                (p, favours, known_from, reason, inputs),
            )
        )
    if events[0] is not None and events[1] is not None:
        found.append(
            _logrank_rung(
                LOGRANK_EVENTS,
                lambda: logrank.variance_from_events(events[0] or 0, events[1] or 0),
                (p, favours, known_from, reason, cells),
            )
        )
    if not found:
        words = "neither the patients nor the events of both arms are given"
        found.append(Rung(4, LOGRANK_ALLOCATION, words, inputs=cells))
    return tuple(found)


def _logrank_fault(p: PrintedP, favours: bool | None) -> str:
    """Why a log-rank p-value gives no effect: `logrank_p` is two-sided unless it says otherwise."""
    if not p.is_exact:
        return "the log-rank p-value is a bound, not a number"
    if marked := other_test(p):
        return f"the log-rank p-value is marked {marked!r}"
    if favours is None:
        return "neither a hazard ratio nor two medians say which arm did better"
    return ""


def _logrank_rung(name: str, variance: Any, parts: tuple[Any, ...]) -> Rung:
    p, favours, known_from, reason, inputs = parts
    if reason:
        return Rung(4, name, reason, inputs=inputs)
    try:
        derived = logrank.logrank_with_variance(p.number, variance(), favours)
    except ValueError as error:
        return Rung(4, name, str(error), inputs=inputs)
    formula = (
        logrank.ALLOCATION_FORMULA if name == LOGRANK_ALLOCATION else logrank.ARM_EVENTS_FORMULA
    )
    flags = ("hazard ratio from a log-rank test and events", f"direction from {known_from}")
    return from_derived(derived, 4, name, formula, logrank.LOGRANK_REFERENCE, inputs, flags)


def direction(row: Row) -> tuple[bool | None, str]:
    """Say whether the experimental arm did better, and from what that is known.

    Returns
    -------
    bool or None, str
        From the hazard ratio (events are bad: below 1 is better), else from two
        medians of time to the event (longer is better). None where neither is
        given or they are equal: never guessed from events.
    """
    estimate = number_in(row, "estimate")
    if estimate is not None and estimate.value != 1.0:
        return estimate.value < 1.0, "the hazard ratio"
    ours, theirs = number_in(row, "median_experimental"), number_in(row, "median_control")
    if estimate is None and ours is not None and theirs is not None and ours.value != theirs.value:
        return ours.value > theirs.value, "the medians"
    return None, ""
