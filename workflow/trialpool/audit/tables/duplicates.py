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
    return _pair("time_to_event", {"endpoint": "PFS"}, {"endpoint": "OS", "ci_lower": lower})


@rule(
    "same-number-two-endpoints",
    "Two endpoints of one comparison do not share estimate, both limits, p-value and medians.",
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
    """Whether both print a p-value or a median and these are not the same."""
    columns = ("p_value", "median_experimental", "median_control", "value_a", "value_b")
    present = [c for c in columns if one.get(c) and other.get(c)]
    return any(one[c] != other[c] for c in present)


@rule(
    "row-twice",
    "One report gives one row per result: not the same numbers of one comparison and endpoint in "
    "two rows.",
    levels=("warning",),
    reference=_COPIED,
    remedy="Keep one row, or say in the note what sets them apart; a pool uses one of them.",
    tables=("sources", "time_to_event", "responses", "biomarker_contrasts"),
    holds=_pair(
        "time_to_event",
        {"endpoint": "PFS", "source_id": "s"},
        {"endpoint": "PFS", "source_id": "s", "estimate": "0.65"},
    ),
    fails=_pair(
        "time_to_event",
        {"endpoint": "PFS", "source_id": "s"},
        {"endpoint": "PFS", "source_id": "s"},
    ),
)
def row_twice(context: AuditContext) -> Judgements:
    """Judge rows with numbers against earlier rows of the same source."""
    rates = ("events", "n", "percent")
    places: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
        ("time_to_event", ("experimental_arm", "control_arm"), _NUMBERS, ()),
        ("responses", ("arm_id", "biomarker"), rates, ("biomarker_level",)),
        ("biomarker_contrasts", ("arm_id",), (*_NUMBERS, "value_a", "value_b"), ()),
    )
    for table, columns, numbers, exact in places:
        seen: dict[tuple[str, ...], Row] = {}
        for row in context.rows(table):
            printed = tuple(str(row[c]) for c in numbers)
            told = sum(any(char.isdigit() for char in text) for text in printed)
            if told < (1 if table == "responses" else 2):
                continue
            source = context.same_source.get(str(row["source_id"]), str(row["source_id"]))
            place = (str(row[c]) for c in ("trial_id", "endpoint", *columns, *exact))
            key = (source, *place, *printed)
            if key not in seen:
                seen[key] = row
                yield None
                continue
            twin = seen[key]
            shown = ", ".join(text for text in printed if text)
            message = f"the same result as {twin['row_id']} from the same report: {shown}"
            column = next(c for c in numbers if row[c])
            cells = tuple(c for c in numbers if row[c] and c != column)
            others = {f"{twin['row_id']} {column}": str(twin[column])}
            yield Fault(table, row, column, message, "one row", cells, others)


@rule(
    "source-once",
    "A DOI or PubMed number belongs to one source.",
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
    """Judge every DOI and PubMed number of sources."""
    for column, noun in (("doi", "DOI"), ("pmid", "PubMed number")):
        seen: dict[str, str] = {}
        for row in context.rows("sources"):
            mark = str(row[column]).lower()
            if not mark:
                continue
            if mark not in seen:
                seen[mark] = str(row["source_id"])
                yield None
                continue
            message = f"the {noun} of source {seen[mark]} too"
            others = {f"{seen[mark]} {column}": str(row[column])}
            yield Fault("sources", row, column, message, "one source", others=others)
