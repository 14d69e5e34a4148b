"""Contents of the raw tables: cell by cell, keys and references between tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from trialpool.evidence.columns import Column, Table
from trialpool.evidence.printed import parse_count, parse_number, parse_p_value
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.findings import Finding

_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LONGEST_ID: Final = 100
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+/()-]*")


def _is_number(text: str) -> bool:
    return text == "" or parse_number(text) is not None


def _is_ratio(text: str) -> bool:
    # A zero or negative ratio is a number: the audit names that fault in its own words.
    return _is_number(text)


def _is_count(text: str) -> bool:
    return text == "" or parse_count(text) is not None


def _is_percent(text: str) -> bool:
    if text == "":
        return True
    number = parse_number(text.removesuffix("%"))
    return number is not None and 0.0 <= number.value <= 100.0


def _is_level(text: str) -> bool:
    if text == "":
        return True
    number = parse_number(text)
    return number is not None and 50.0 < number.value < 100.0


def _is_p_value(text: str) -> bool:
    return text == "" or parse_p_value(text) is not None


def _is_date(text: str) -> bool:
    if text == "":
        return True
    day = f"{text}-01" if _MONTH.fullmatch(text) else text
    try:
        return _DAY.fullmatch(day) is not None and bool(date.fromisoformat(day))
    except ValueError:
        return False


def _is_id(text: str) -> bool:
    # A slash occurs in row ids; two dots would make a path of it. Some ids name files.
    return _ID.fullmatch(text) is not None and ".." not in text and len(text) <= _LONGEST_ID


CELL_TESTS: Final[dict[str, Callable[[str], bool]]] = {
    "id": _is_id,
    "number": _is_number,
    "ratio": _is_ratio,
    "count": _is_count,
    "percent": _is_percent,
    "level": _is_level,
    "p-value": _is_p_value,
    "date": _is_date,
}

_CELL_REMEDY: Final = "Compare the cell with the source; leave it empty if nothing was reported."
_FILLED_REMEDY: Final = "Fill it in: this cell cannot be empty."


def check_contents(evidence: Evidence, in_doubt: Collection[str] = ()) -> list[Finding]:
    """Check every cell, key and reference of the tables that were read.

    Parameters
    ----------
    evidence : Evidence
    in_doubt : collection of str
        Files that could not be read as a whole: that a row of theirs is unknown says nothing.

    Returns
    -------
    list of Finding
        Fatal findings only; the order is that of the tables.
    """
    findings: list[Finding] = []
    for name in TABLES:
        if name in evidence.tables:
            table = TABLES[name]
            read = evidence.tables[name]
            findings.extend(_check_cells(table, read))
            if table.key_once:
                findings.extend(_check_key(table, read))
            findings.extend(_check_references(table, read, evidence, in_doubt))
    return findings


def without_unreadable(evidence: Evidence, findings: Sequence[Finding]) -> Evidence:
    """Empty every cell of a number that `check_contents` could not read.

    The fault is told already, and stops the build; a rule that takes the cell for a
    number would tell it a second time, or fail.
    """
    kinds = {f"cell-is-{kind}" for kind in CELL_TESTS if kind != "id"}
    faulty = {(fault.file, fault.line, fault.column) for fault in findings if fault.rule in kinds}
    if not faulty:
        return evidence
    files = {TABLES[name].file: name for name in evidence.tables}
    spoilt = {files[file] for file, _, _ in faulty if file in files}
    tables = dict(evidence.tables)
    for name in spoilt:
        file, table = TABLES[name].file, evidence.tables[name]
        rows = tuple(
            {
                column: "" if (file, row[LINE], column) in faulty else cell
                for column, cell in row.items()
            }
            for row in table.rows
        )
        tables[name] = RawTable(table.columns, rows)
    return Evidence(tables)


def _check_cells(table: Table, read: RawTable) -> Iterator[Finding]:
    """Test each cell of each column that holds more than text."""
    there = [column for column in table.optional if column.name in read.columns]
    for column in (*table.columns, *there):
        if column.kind == "text":
            continue
        choices = frozenset(column.choices)
        allowed = choices.__contains__ if column.kind == "choice" else CELL_TESTS[column.kind]
        for row in read.rows:
            cell = row[column.name]
            if not allowed(cell):
                yield Finding(
                    "fatal",
                    f"cell-is-{column.kind}",
                    table.file,
                    row[LINE],
                    _row_id(table, row),
                    column.name,
                    cell,
                    f"must be {column.rule}",
                    # Only a choice that does not allow it fails where nothing stands.
                    _remedy(column, empty=not cell),
                )


def _remedy(column: Column, *, empty: bool) -> str:
    if empty:
        return _FILLED_REMEDY
    must = column.kind == "choice" and "" not in column.choices
    return "Write one of these words." if must else _CELL_REMEDY


def _row_id(table: Table, row: Mapping[str, Any]) -> str:
    return " / ".join(str(row[column]) for column in table.key)


def _check_key(table: Table, read: RawTable) -> Iterator[Finding]:
    """Every key once; trials, whose ids name pages, whatever their case."""
    alike = str.casefold if table.file == "trials.csv" else str
    first_line: dict[tuple[str, ...], int] = {}
    for row in read.rows:
        key = [row[column] for column in table.key]
        same = tuple(map(alike, key))
        if same in first_line:
            yield Finding(
                "fatal",
                "key-once",
                table.file,
                row[LINE],
                " / ".join(key),
                ", ".join(table.key),
                " / ".join(key),
                f"a duplicate row: the key stands already in line {first_line[same]}",
                "Delete one of the two, or give the new row a key of its own.",
            )
        else:
            first_line[same] = row[LINE]


def _check_references(
    table: Table, read: RawTable, evidence: Evidence, in_doubt: Collection[str]
) -> Iterator[Finding]:
    """Trials, arms and sources that a row names must exist."""
    for columns, target in table.references:
        if target not in evidence.tables or TABLES[target].file in in_doubt:
            continue  # its own finding says that the table is missing, or rows of it
        target_key = TABLES[target].key
        known = {tuple(row[part] for part in target_key) for row in evidence.rows(target)}
        first_parts = {key[0] for key in known}
        for row in read.rows:
            value = tuple(row[column] for column in columns)
            if value in known or not value[-1]:
                continue  # an empty cell is told of as one
            if len(value) > 1 and value[0] not in first_parts:
                continue  # the trial itself is unknown: said once, by its own reference
            noun = target.removesuffix("s")
            yield Finding(
                "fatal",
                f"{noun}-known",
                table.file,
                row[LINE],
                _row_id(table, row),
                columns[-1],
                value[-1],
                f"unknown {noun}: {target}.csv has no row {' / '.join(value)!r}",
                f"Correct the spelling, or add the {noun} to {target}.csv.",
            )
