"""Rules on baseline_risk.csv: what happened in control arms."""

from __future__ import annotations

from typing import Final

from trialpool.audit.context import AuditContext, number
from trialpool.audit.rule import Case, Fault, Judgements, rule

_TABLE: Final = "baseline_risk"
_RATE: Final = {
    "row_id": "a.death.k01",
    "measure": "survival",
    "time_months": "24",
    "unit": "percent",
}
_MEDIAN: Final = {
    **{"row_id": "a.death.k02", "measure": "median", "value": "12.4", "unit": "months"},
    "from_row": "a.death.t01",
}


def _case(**cells: str) -> Case:
    return Case({_TABLE: [{**_RATE, **cells}]})


def _copied(median: str) -> Case:
    row = {"row_id": "a.death.t01", "median_control": median, "time_unit": "months"}
    return Case({_TABLE: [_MEDIAN], "time_to_event": [row]})


@rule(
    "control-rate-possible",
    "A rate without the event lies between 0 and 100 %, inside its own interval, and has its time; "
    "a median is a positive time or not reached.",
    levels=("unusable",),
    reference="definition of a survival curve and of its median",
    remedy="Look the row up in its source.",
    tables=(_TABLE,),
    holds=_case(value="75.5", ci_lower="72.8", ci_upper="78.2"),
    fails=_case(value="755", ci_lower="72.8", ci_upper="78.2"),
)
def control_rate_possible(context: AuditContext) -> Judgements:
    """Judge every rate and every median."""
    for row in context.rows(_TABLE):
        value = number(row, "value")
        if row["measure"] == "median":
            positive = value.upper > 0 if value is not None else row["value"] == "NR"
            fault = "" if positive else f"a median of {row['value'] or 'nothing'}"
            yield Fault(_TABLE, row, "value", fault, "a positive time or NR") if fault else None
            continue
        low, high = number(row, "ci_lower"), number(row, "ci_upper")
        time = number(row, "time_months")
        if value is None or value.upper < 0 or value.lower > 100:
            message = f"a rate of {row['value'] or 'nothing'} percent"
            yield Fault(_TABLE, row, "value", message, "0 to 100")
        elif time is None or time.upper <= 0:
            yield Fault(_TABLE, row, "time_months", "a rate without its time", "a positive time")
        elif (low is not None and low.lower > value.upper) or (
            high is not None and high.upper < value.lower
        ):
            message = f"{value.text} lies outside {row['ci_lower']} to {row['ci_upper']}"
            yield Fault(_TABLE, row, "value", message, cells=("ci_lower", "ci_upper"))
        else:
            yield None


@rule(
    "control-median-agrees",
    "A median that was copied from a row is the one that the row holds.",
    levels=("warning",),
    reference="definition of a copy",
    remedy="Copy it again, or name the row that prints it.",
    tables=(_TABLE, "time_to_event"),
    holds=_copied("12.4"),
    fails=_copied("14.2"),
)
def control_median_agrees(context: AuditContext) -> Judgements:
    """Judge the medians that name a row which has one."""
    rows = {str(row["row_id"]): row for row in context.rows("time_to_event")}
    for row in context.rows(_TABLE):
        origin = rows.get(str(row["from_row"]))
        if row["measure"] != "median" or origin is None or not origin["median_control"]:
            continue
        there = (origin["median_control"], origin["time_unit"] or "months")
        if there == (row["value"], row["unit"]):
            yield None
            continue
        message = f"{row['from_row']} holds {there[0]} {there[1]}"
        yield Fault(_TABLE, row, "value", message, " ".join(there), ("unit", "from_row"))
