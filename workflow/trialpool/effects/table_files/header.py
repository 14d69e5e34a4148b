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
    findings, warnings = list(found.faults), []
    records = list(found.records)

    def fault(line: int | None, rule: str, message: str, remedy: str, value: str = "") -> None:
        findings.append(Finding("fatal", rule, file, line, "", "", value, message, remedy))

    above, records = _titles(records)
    for record in above:
        told = " ".join(cell for cell in record.cells if cell)
        message = "this line above the header was skipped"
        warnings.append(
            Finding("warning", "title-line", file, record.line, "", "", told, message,
                    "Delete it if it is a title; it is not read.")
        )  # fmt: skip
    if not records:
        fault(None, "rows-exist", "the table has a header and no rows", "Add one row per trial.")
        return Table(file, (), (), ()), findings
    header, body = records[0], records[1:]
    if above and any(_NUMBER.fullmatch(cell) for cell in header.cells):
        fault(header.line, "header", "the line below the title holds numbers, not names of columns",
              "Give every column a name.", shorten(",".join(header.cells)))  # fmt: skip
    body, below = _notes(body, len(header.cells))
    for record in below:
        told = " ".join(cell for cell in record.cells if cell)
        message = "this line below the table was skipped as a note"
        warnings.append(
            Finding("warning", "note-line", file, record.line, "", "", told, message, "")
        )
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
    nameless = [i for i, name in enumerate(names) if not name]
    columns = tuple(name for name in names if name)
    for i in nameless:
        first = next((r for r in body if i < len(r.cells) and r.cells[i]), None)
        if first is not None:
            fault(first.line, "column-named", f"column {i + 1} holds cells and has no name",
                  "Give it a name, or delete it.", first.cells[i])  # fmt: skip
    for name in sorted(name for name, count in Counter(columns).items() if count > 1):
        remedy = "Keep one of them."
        if len({cell for cell in (body[0].cells if body else ()) if _NUMBER.fullmatch(cell)}) == 0:
            remedy = "Keep one of them; a header of two lines needs one name per column."
        fault(header.line, "column-once", f"the header has {name!r} more than once", remedy)
    for row in rows:
        row.pop("", None)
    if not rows and not findings:
        message = "the table has a header and no rows"
        fault(None, "rows-exist", message, "Add one row per trial.")
    return Table(
        file, columns, tuple(rows), tuple(lines), header_line=header.line,
        warnings=tuple(warnings),
    ), findings  # fmt: skip


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
