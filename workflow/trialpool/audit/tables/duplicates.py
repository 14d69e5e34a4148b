"""Rules on numbers and sources that stand twice."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from trialpool.audit.context import AuditContext, Row
from trialpool.audit.rule import Case, Fault, Judgements, rule

_HR: Final = {"trial_id": "a", "estimate": "0.62", "ci_lower": "0.45", "ci_upper": "0.88"}
_NUMBERS: Final = ("estimate", "ci_lower", "ci_upper")
_COPIED: Final = "Cochrane Handbook 6.5, 5.5 (errors of extraction)"


def _pair(table: str, first: dict[str, str], second: dict[str, str]) -> Case:
    return Case({table: [{"row_id": "a.1", **_HR, **first}, {"row_id": "a.2", **_HR, **second}]})


def _endpoints(lower: str) -> Case:
    return _pair("time_to_event", {"endpoint": "relapse"}, {"endpoint": "death", "ci_lower": lower})


@rule(
    "same-number-two-endpoints",
    "Two endpoints of one comparison do not share estimate, both limits, p-value, medians and "
    "events.",
    levels=("warning",),
    reference=_COPIED,
    remedy="Compare both rows with the source: one may have been copied from the other.",
    tables=("time_to_event", "biomarker_contrasts"),
    holds=_endpoints("0.47"),
    fails=_endpoints("0.45"),
)
def same_number_two_endpoints(context: AuditContext) -> Judgements:
    """Judge each row with an interval against the rows before it on the same comparison."""
    places = (
        ("time_to_event", ("experimental_arm", "control_arm", "biomarker", "biomarker_level")),
        ("biomarker_contrasts", ("arm_id", "biomarker", "level_a", "level_b", "measure")),
    )
    for table, columns in places:
        seen: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in context.rows(table):
            if not all(row[column] for column in _NUMBERS):
                continue
            key = tuple(str(row[c]) for c in ("trial_id", *columns, *_NUMBERS))
            twins = [r for r in seen[key] if _differs(r, row) and not _contradicts(r, row)]
            seen[key].append(row)
            if not twins:
                yield None
                continue
            twin = twins[0]
            message = (
                f"{row['endpoint']} has the numbers of {twin['endpoint']} ({twin['row_id']}): "
                f"{row['estimate']} ({row['ci_lower']} to {row['ci_upper']})"
            )
            yield Fault(
                table,
                row,
                "estimate",
                message,
                "other numbers",
                (*_NUMBERS[1:], "endpoint"),
                {f"{twin['row_id']} endpoint": str(twin["endpoint"])},
            )


def _differs(one: Row, other: Row) -> bool:
    return bool(one["endpoint"] != other["endpoint"])


def _contradicts(one: Row, other: Row) -> bool:
    """Whether both print a p-value, a median or events, and these are not the same."""
    columns = (
        *("p_value", "median_experimental", "median_control", "value_a", "value_b"),
        *("events_experimental", "events_control", "events_a", "events_b"),
    )
    present = [c for c in columns if one.get(c) and other.get(c)]
    return any(one[c] != other[c] for c in present)


@rule(
    "source-once",
    "A DOI, a PubMed number, or a title of one kind and year belongs to one source.",
    levels=("warning",),
    reference=_COPIED,
    remedy="Make one source of the two, or correct the number.",
    tables=("sources",),
    holds=Case(
        {
            "sources": [
                {"source_id": "s", "pmid": "26920887"},
                {"source_id": "t", "pmid": "26920878"},
            ]
        }
    ),
    fails=Case(
        {
            "sources": [
                {"source_id": "s", "pmid": "26920887"},
                {"source_id": "t", "pmid": "26920887"},
            ]
        }
    ),
)
def source_once(context: AuditContext) -> Judgements:
    """Judge every DOI, PubMed number and title of sources."""
    nouns = {"doi": "DOI", "pmid": "PubMed number", "title": "title"}
    for row, column, earlier in context.source_marks:
        if not earlier:
            yield None
            continue
        message = f"the {nouns[column]} of source {earlier} too"
        others = {f"{earlier} {column}": str(row[column])}
        yield Fault("sources", row, column, message, "one source", others=others)
