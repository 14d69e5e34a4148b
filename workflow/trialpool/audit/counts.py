"""Rules on counts and percentages."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.audit.context import AuditContext, finding
from trialpool.effects.counts import count_from_percent
from trialpool.evidence.printed import parse_number
from trialpool.findings import Finding, Level

_COMPARE = "Compare events, n and percent with the source."


def check_counts(context: AuditContext) -> Iterator[Finding]:
    """Check that events are at most n, and that events of n print as the percentage.

    Where the row prints no n, the arm's randomised n is tried: a count and a
    percentage that do not fit it cannot be turned into events of n.
    """
    arm_n = {(row["trial_id"], row["arm_id"]): str(row["n"]) for row in context.rows("arms")}
    for row in context.rows("responses"):
        own_n, events = str(row["n"]), str(row["events"])
        n = own_n or arm_n.get((row["trial_id"], row["arm_id"]), "")
        if not n.isdigit() or int(n) < 1:
            continue
        of_n = f"n = {n}" if own_n else f"n = {n} (of the arm)"
        if events.isdigit() and int(events) > int(n):
            message = f"more events than patients: {events} of {of_n}"
            level: Level = "unusable" if own_n else "warning"
            yield finding("responses", row, level, "events-at-most-n", "events", message, _COMPARE)
            continue
        percent = parse_number(str(row["percent"]).removesuffix("%"))
        if percent is None or not (own_n or events):
            continue
        count = count_from_percent(percent, int(n))
        if events.isdigit():
            fits = count is not None and count.smallest <= int(events) <= count.largest
            if not fits:
                message = (
                    f"{events} of {of_n} is {100 * int(events) / int(n):.1f} %, "
                    f"not {percent.text} %"
                )
                yield finding(
                    "responses",
                    row,
                    "unusable",
                    "events-match-percent",
                    "events",
                    message,
                    _COMPARE,
                )
        elif count is None:
            message = f"no whole number of {of_n} patients is {percent.text} %"
            yield finding(
                "responses", row, "unusable", "percent-of-whole", "percent", message, _COMPARE
            )


def check_events(context: AuditContext) -> Iterator[Finding]:
    """Check that a time-to-event row has no more events than patients in an arm."""
    for table in ("time_to_event", "reconstructed_survival"):
        for row in context.rows(table):
            for arm in ("experimental", "control"):
                events, n = str(row[f"events_{arm}"]), str(row[f"n_{arm}"])
                if events.isdigit() and n.isdigit() and int(events) > int(n):
                    message = f"more events than patients: {events} of {n}"
                    yield finding(
                        table,
                        row,
                        "unusable",
                        "events-at-most-n",
                        f"events_{arm}",
                        message,
                        _COMPARE,
                    )
