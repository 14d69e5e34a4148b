"""Rules on reports that were retracted, and on what takes their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool.audit.context import AuditContext, Row
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.evidence.schemas import TABLES

_CITING: Final = tuple(
    table.name
    for table in TABLES.values()
    if table.name != "sources" and any(column.name == "source_id" for column in table.columns)
)
_RETRACTED: Final = {"source_id": "s", "status": "retracted", "replaced_by": "t"}
_ROW: Final = {"row_id": "a.1", "trial_id": "a", "endpoint": "relapse"}


def _sources(replaced_by: str) -> Case:
    first = {"source_id": "s", "status": "retracted", "replaced_by": replaced_by}
    return Case({"sources": [first, {"source_id": "t"}]})


def _cited(source_id: str) -> Case:
    row = {**_ROW, "source_id": source_id}
    return Case({"sources": [_RETRACTED, {"source_id": "t"}], "time_to_event": [row]})


@rule(
    "replacement-known",
    "A report that takes the place of another is a source, and not the same one.",
    levels=("fatal",),
    reference="referential integrity: a name means something only where it is defined",
    remedy="Correct the spelling, or add the report to sources.csv.",
    tables=("sources",),
    holds=_sources("t"),
    fails=_sources("u"),
)
def replacement_known(context: AuditContext) -> Judgements:
    """Judge every source; one that names no replacement holds."""
    known = {row["source_id"] for row in context.rows("sources")}
    for row in context.rows("sources"):
        other = row.get("replaced_by", "")
        if not other or (other in known and other != row["source_id"]):
            yield None
            continue
        message = (
            "a report cannot take its own place"
            if other == row["source_id"]
            else f"unknown source: sources.csv has no row {other!r}"
        )
        yield Fault("sources", row, "replaced_by", message, "another source_id of sources.csv")


@rule(
    "source-not-retracted",
    "No number comes from a retracted report.",
    levels=("warning",),
    reference="Cochrane Handbook 6.5, 4.4.6 (errata and retractions)",
    remedy="Take the number from the report that replaces it; until then the row enters no pool.",
    tables=_CITING,
    holds=_cited("t"),
    fails=_cited("s"),
)
def source_not_retracted(context: AuditContext) -> Judgements:
    """Judge every row that names its source."""
    retracted = {
        row["source_id"]: row
        for row in context.rows("sources")
        if row.get("status", "") == "retracted"
    }
    for table in _CITING:
        rows = context.rows(table)
        for row in rows:
            source = retracted.get(row["source_id"])
            if source is None:
                yield None
                continue
            other = str(source.get("replaced_by", ""))
            message = f"its source is retracted; {_in_its_place(row, other, rows)}"
            others = {f"{row['source_id']} status": "retracted"}
            yield Fault(
                table, row, "source_id", message, other or "a report that stands", others=others
            )


def _in_its_place(row: Row, other: str, rows: Sequence[Row]) -> str:
    """Say what takes the place of a row of a retracted report."""
    if not other:
        return "no report is named that takes its place"
    key = ("trial_id", "endpoint")
    found = [
        str(r["row_id"])
        for r in rows
        if r["source_id"] == other and "row_id" in r and all(r[c] == row[c] for c in key)
    ]
    held = f"which has {', '.join(found)}" if found else "of which no row on this endpoint was read"
    return f"replaced by {other}, {held}"
