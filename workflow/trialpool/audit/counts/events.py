"""Rules on counts and percentages."""

from __future__ import annotations

import math
from typing import Final

from trialpool.audit.context import AuditContext, Row, number, whole
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.effects.counts import count_from_percent
from trialpool.evidence.printed import Printed
from trialpool.settings import Settings

_COMPARE: Final = "Compare events, n and percent with the source."
_GRIM: Final = "Brown and Heathers 2017, Soc Psychol Personal Sci 8:363 (GRIM)"
_ARMS: Final = {"arms": [{"trial_id": "a", "arm_id": "x", "n": "212"}]}


def _response(**cells: str) -> Case:
    return Case({"responses": [cells]})


@rule(
    "events-at-most-n",
    "Events are at most as many as patients.",
    levels=("unusable", "warning"),
    reference="definition of a count",
    remedy=_COMPARE,
    tables=("responses", "time_to_event", "biomarker_contrasts", "reconstructed_survival"),
    holds=_response(events="29", n="47"),
    fails=_response(events="92", n="47"),
)
def events_at_most_n(context: AuditContext) -> Judgements:
    """Judge every count of events beside a count of patients.

    Where a response prints no n, the arm's randomised n is tried; a fault is then a warning.
    """
    for row in context.rows("responses"):
        n, own = _denominator(context, row)
        events = whole(row, "events")
        if n is not None and events is not None:
            yield _at_most("responses", row, "events", events, n, "n" if own else "")
    for table, arms in (
        ("time_to_event", ("experimental", "control")),
        ("biomarker_contrasts", ("a", "b")),
        ("reconstructed_survival", ("experimental", "control")),
    ):
        for row in context.rows(table):
            for arm in arms:
                events, n = whole(row, f"events_{arm}"), whole(row, f"n_{arm}")
                if events is not None and n is not None:
                    yield _at_most(table, row, f"events_{arm}", events, n, f"n_{arm}")


def _at_most(table: str, row: Row, column: str, events: int, n: int, n_column: str) -> Fault | None:
    if events <= n:
        return None
    of_n = f"{n}" if n_column else f"{n} of the arm"
    message = f"more events than patients: {events} of {of_n}"
    cells = (n_column,) if n_column else ()
    level = None if n_column else "warning"
    return Fault(table, row, column, message, f"0 to {n}", cells, level=level)  # type: ignore[arg-type]


def _denominator(context: AuditContext, row: Row) -> tuple[int | None, bool]:
    """Patients of a response: its own n, else the arm's."""
    own = whole(row, "n")
    if own is not None:
        return own, True
    return context.arm_n.get((str(row["trial_id"]), str(row["arm_id"]))), False


def _proportions(context: AuditContext) -> list[Row]:
    """Responses, without the trials whose rates the taxonomy knows to be a model's."""
    modelled = context.settings.taxonomy.get("responses_not_counts", {})
    return [row for row in context.rows("responses") if row["trial_id"] not in modelled]


@rule(
    "events-match-percent",
    "Events of n print as the percentage beside them.",
    levels=("unusable",),
    reference=_GRIM,
    remedy=_COMPARE,
    tables=("responses", "biomarker_contrasts", "arms"),
    holds=_response(events="29", n="47", percent="61.7"),
    fails=Case(
        {
            "responses": [
                {"trial_id": "a", "arm_id": "x", "events": "101", "percent": "47.9"},
            ],
            **_ARMS,
        },
        words="101 events and 47.9 % of an arm of 212 (101 of 212 is 47.6 %)",
    ),
)
def events_match_percent(context: AuditContext) -> Judgements:
    """Judge rows that print events, n and a percentage."""
    for row in _proportions(context):
        n, own = _denominator(context, row)
        percent, events = number(row, "percent"), whole(row, "events")
        if n and percent is not None and events is not None and events <= n:
            of_n = f"n = {n}" if own else f"n = {n} (of the arm)"
            cells = ("n", "percent") if own else ("percent",)
            yield _match("responses", row, "events", events, n, percent, of_n, cells)
    for row, side, percent, n in _contrast_rates(context):
        events = whole(row, f"events_{side}")
        if events is not None and events <= n:
            cells = (f"n_{side}", f"value_{side}")
            place = f"events_{side}"
            yield _match("biomarker_contrasts", row, place, events, n, percent, f"n = {n}", cells)


def _match(
    table: str,
    row: Row,
    column: str,
    events: int,
    n: int,
    percent: Printed,
    of_n: str,
    cells: tuple[str, ...],
) -> Fault | None:
    count = count_from_percent(percent, n)
    if count is not None and count.smallest <= events <= count.largest:
        return None
    decimals = max(percent.decimals, 1)
    message = f"{events} of {of_n} is {100 * events / n:.{decimals}f} %, not {percent.text} %"
    if count is None:
        feasible = f"no count of {n} is {percent.text} %"
    elif count.is_unique:
        feasible = str(count.smallest)
    else:
        feasible = f"{count.smallest} to {count.largest}"
    return Fault(table, row, column, message, feasible, cells)


@rule(
    "percent-of-whole",
    "A percentage of n patients is that of a whole number of them. Says nothing once n reaches "
    "10^(decimals + 2), nor of trials whose rates the taxonomy lists as a model's.",
    levels=("unusable",),
    reference=_GRIM,
    remedy=_COMPARE,
    tables=("responses", "biomarker_contrasts"),
    holds=_response(n="47", percent="30"),
    fails=_response(n="47", percent="31"),
)
def percent_of_whole(context: AuditContext) -> Judgements:
    """Judge percentages with their own n and without events."""
    for row in _proportions(context):
        percent, n = number(row, "percent"), whole(row, "n")
        if percent is not None and n and whole(row, "events") is None:
            yield from _grim("responses", row, "percent", "n", percent, n)
    for row, side, percent, n in _contrast_rates(context):
        if whole(row, f"events_{side}") is None:
            yield from _grim("biomarker_contrasts", row, f"value_{side}", f"n_{side}", percent, n)


def _grim(table: str, row: Row, column: str, n_column: str, percent: Printed, n: int) -> Judgements:
    if n >= 10 ** (percent.decimals + 2):
        return  # every percentage fits some count
    if count_from_percent(percent, n) is not None:
        yield None
        return
    below = math.floor(percent.value * n / 100)
    nearest = [k for k in (below, below + 1) if 0 <= k <= n]
    feasible = " or ".join(f"{100 * k / n:.{percent.decimals}f} ({k} of {n})" for k in nearest)
    message = f"no whole number of n = {n} patients is {percent.text} %"
    yield Fault(table, row, column, message, feasible, (n_column,))


def _contrast_rates(context: AuditContext) -> list[tuple[Row, str, Printed, int]]:
    """Response rates of biomarker contrasts that have their own n.

    Rates of endpoints that wait for an event are Kaplan-Meier estimates, not parts of n.
    """
    found = []
    for row in context.rows("biomarker_contrasts"):
        if row["measure"] == "percent" and counts_responses(context.settings, row):
            for side in ("a", "b"):
                rate, n = number(row, f"value_{side}"), whole(row, f"n_{side}")
                if rate is not None and n:
                    found.append((row, side, rate, n))
    return found


def counts_responses(settings: Settings, row: Row) -> bool:
    """Whether the row's endpoint is a response (its definition may stand behind it)."""
    endpoint = settings.endpoints.get(str(row["endpoint"]).partition(" (")[0])
    return endpoint is not None and endpoint.higher_is_good
