"""Where the table is in what was read: header, lines above and below, columns without a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final

from trialpool.effects.table_files.separators import Record, Split
from trialpool.effects.table_files.table import Table
from trialpool.findings import Finding, shorten

# The name that a column without one gets if its cells number or name the rows, as R writes them.
ROW_NAMES: Final = "row"
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_NOTE = re.compile(
    r"([*†‡§¶#]|\(?[a-z]\)|notes?\b|sources?\b|abbreviations?\b|footnotes?\b|legend\b)", re.I
)
_LONG_NOTE: Final = 60


def shape(file: str, found: Split) -> tuple[Table, list[Finding]]:
    """Cut records into header and rows.

    Returns
    -------
    Table
    findings : list of Finding
        Faults of its form; what was skipped without doubt are the table's warnings.
    """
    findings: list[Finding] = list(found.faults)
    warnings: list[Finding] = []
    records = list(found.records)

    def fault(line: int | None, rule: str, message: str, remedy: str, value: str = "") -> None:
        findings.append(Finding("fatal", rule, file, line, "", "", value, message, remedy))

    above, records = _titles(records)
    warnings += _skipped(file, above, "title-line", "this line above the header was skipped")
    if not records:
        fault(None, "rows-exist", "the table has a header and no rows", "Add one row per trial.")
        return Table(file, (), (), ()), findings
    header, body = records[0], records[1:]
    if above and any(_NUMBER.fullmatch(cell) for cell in header.cells):
        fault(header.line, "header", "the line below the title holds numbers, not names of columns",
              "Give every column a name.", shorten(",".join(header.cells)))  # fmt: skip
    body, below = _notes(body, len(header.cells))
    warnings += _skipped(file, below, "note-line", "this line below the table was skipped")
    names = _names(header, body, found.separator)
    rows, lines = [], []
    for record in body:
        cells = record.cells
        while len(cells) > len(names) and not cells[-1]:
            cells = cells[:-1]
        if len(cells) == len(names):
            rows.append(dict(zip(names, cells, strict=True)))
            lines.append(record.line)
            continue
        fault(
            record.line,
            "row-length",
            f"{len(cells)} cells where the header has {len(names)}",
            "Quote cells that hold the separator; leave a cell empty where nothing is known; "
            "delete a line that is no row.",
            shorten(found.separator.join(record.cells)),
        )
    columns = tuple(name for name in names if name)
    findings += _wrong_names(file, names, header, body)
    for row in rows:
        row.pop("", None)
    if not rows and not findings:
        message = "the table has a header and no rows"
        fault(None, "rows-exist", message, "Add one row per trial.")
    return Table(
        file, columns, tuple(rows), tuple(lines), header_line=header.line,
        warnings=tuple(warnings),
    ), findings  # fmt: skip


def _skipped(file: str, records: Sequence[Record], rule: str, message: str) -> list[Finding]:
    """Say what was skipped."""
    return [
        Finding("warning", rule, file, record.line, "", "", " ".join(filter(None, record.cells)),
                message, "Delete it if it is no row of the table; it is not read.")
        for record in records
    ]  # fmt: skip


def _wrong_names(
    file: str, names: Sequence[str], header: Record, body: Sequence[Record]
) -> list[Finding]:
    """Find columns with cells and no name, and names that are there twice."""
    findings = []
    for i, name in enumerate(names):
        first = next((r for r in body if i < len(r.cells) and r.cells[i]), None)
        if not name and first is not None:
            message = f"column {i + 1} holds cells and has no name"
            findings.append(
                Finding("fatal", "column-named", file, first.line, value=first.cells[i],
                        message=message, remedy="Give it a name, or delete it.")
            )  # fmt: skip
    for name, count in sorted(Counter(names).items()):
        if name and count > 1:
            remedy = "Keep one of them; a header of two lines needs one name per column."
            if any(_NUMBER.fullmatch(cell) for record in body[:1] for cell in record.cells):
                remedy = "Keep one of them."
            message = f"the header has {name!r} more than once"
            findings.append(
                Finding("fatal", "column-once", file, header.line, message=message, remedy=remedy)
            )
    return findings


def _titles(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Part lines of a single cell above a table of several columns."""
    if not records:
        return [], []
    usual = median(record.filled for record in records)
    start = 0
    while start < len(records) and records[start].filled == 1 and usual >= 2:
        start += 1
    return list(records[:start]), list(records[start:])


def _notes(body: Sequence[Record], width: int) -> tuple[list[Record], list[Record]]:
    """Part lines below a table that are notes: a single cell, in words or after an empty line."""
    end = len(body)
    while end > 1 and width > 1 and _is_note(body[end - 1]):
        end -= 1
    return list(body[:end]), list(body[end:])


def _is_note(record: Record) -> bool:
    if record.filled != 1:
        return False
    text = next(cell for cell in record.cells if cell)
    if not record.cells[0] or _NUMBER.fullmatch(text):
        return False
    return bool(_NOTE.match(text)) or len(text) > _LONG_NOTE or record.after_gap


def _names(header: Record, body: Sequence[Record], separator: str) -> list[str]:
    """Name the columns; one without a name that numbers or names the rows is `ROW_NAMES`."""
    names = list(header.cells)
    while (
        names
        and not names[-1]
        and not any(cell for record in body for cell in record.cells[len(names) - 1 : len(names)])
    ):
        names.pop()
    widths = {len(record.cells) for record in body}
    # R's write.table names its columns but not that of the row names. With commas the same
    # would be a decimal comma without quotes.
    if separator != "," and len(body) > 0 and widths == {len(names) + 1}:
        return [_free(names), *names]
    if names and not names[0] and all(record.cells[0] for record in body):
        names[0] = _free(names)
    return names


def _free(names: Sequence[str]) -> str:
    name = ROW_NAMES
    while name in names:
        name += "_"
    return name
