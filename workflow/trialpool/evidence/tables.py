"""Reading the raw tables: every fault of every file at once, nothing guessed.

Cells stay text: "0.70" and "0.7" are different statements about rounding, and
the audit needs to know which one was printed.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialpool.evidence.columns import Table
from trialpool.evidence.schemas import TABLES
from trialpool.findings import Finding, shorten

if TYPE_CHECKING:
    import pandas as pd

LINE = "_line"  # column that remembers the line of the file a row came from
_BIGGEST_CELL = 1_000_000
# How alike two names of columns are, from 0 to 1, before one is taken for a slip of the other.
_ALIKE = 0.8


@dataclass(frozen=True)
class RawTable:
    """One table as it was read: columns of the file (and those it lacks), rows by column.

    Each row also holds, under ``_line``, the line of the file it came from.
    """

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Evidence:
    """The raw tables of one disease.

    Attributes
    ----------
    tables : dict of str to RawTable
        By table name; all cells are text, ``""`` where nothing was reported.
    """

    tables: dict[str, RawTable]

    def rows(self, name: str) -> tuple[dict[str, Any], ...]:
        """Return the rows of a table, none if it was not read."""
        return self.tables[name].rows if name in self.tables else ()

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table as a DataFrame of text; an empty one if it was not read."""
        import pandas as pd

        columns = (*(column.name for column in TABLES[name].columns), LINE)
        if name in self.tables:
            columns = (*self.tables[name].columns, LINE)
        return pd.DataFrame(self.rows(name), columns=list(columns), dtype=object)


def read_tables(folder: Path, names: Sequence[str]) -> tuple[Evidence, list[Finding]]:
    """Read tables from a folder, collecting faults instead of stopping at one.

    Parameters
    ----------
    folder : Path
        Folder with one CSV file per table.
    names : sequence of str
        Names of the tables that must be there.

    Returns
    -------
    Evidence, list of Finding
        What could be read, and what was wrong with the form of the files.
        Contents are checked by `trialpool.evidence.validation`.
    """
    tables: dict[str, RawTable] = {}
    findings: list[Finding] = []
    for name in names:
        table, faults = _read_one(folder, TABLES[name])
        findings.extend(faults)
        if table is not None:
            tables[name] = table
    return Evidence(tables), findings


def _read_one(folder: Path, table: Table) -> tuple[RawTable | None, list[Finding]]:
    """Read one file; None where nothing of it can be used."""
    path = folder / table.file
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        remedy = (
            f"Take {table.name!r} out of 'tables' in config.yaml, or make the file in {folder}; "
            f"its header: {','.join(table.required)} "
            f"(trialpool settings {table.name} lists what else it may have)"
        )
        fault = Finding(
            "fatal", "file-exists", table.file, message="the file is missing", remedy=remedy
        )
        return None, [fault]
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        remedy = "Check that it is a file you may read."
        fault = Finding("fatal", "file-readable", table.file, message=reason, remedy=remedy)
        return None, [fault]
    return parse_table(raw, table, table.file)


def parse_table(raw: bytes, table: Table, file: str) -> tuple[RawTable | None, list[Finding]]:
    """Read a table from the bytes of a CSV file; None where nothing of it can be used.

    Parameters
    ----------
    raw : bytes
    table : Table
        What it should look like.
    file : str
        What to call the file in findings.
    """

    def fault(rule: str, message: str, remedy: str, **place: object) -> Finding:
        return Finding("fatal", rule, file, message=message, remedy=remedy, **place)  # type: ignore[arg-type]

    if not raw.strip():
        return None, [
            fault("file-not-empty", "the file is empty", "It needs at least its header row.")
        ]
    if b"\x00" in raw:
        remedy = "Save the table as plain CSV text (from a spreadsheet: CSV UTF-8)."
        return None, [fault("text-file", "the file is binary, not text", remedy)]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        byte = f"0x{raw[error.start]:02x}"
        message = "the file is not UTF-8 text: a byte that UTF-8 does not allow here"
        remedy = "Save it with encoding UTF-8."
        return None, [fault("utf-8", message, remedy, line=line, value=byte)]
    return _parse(text, table, fault)


def _parse(text: str, table: Table, fault: object) -> tuple[RawTable | None, list[Finding]]:
    """Split text into rows, with the faults of its form."""
    assert callable(fault)
    csv.field_size_limit(_BIGGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    findings: list[Finding] = []
    rows: list[list[str]] = []
    lines: list[int] = []
    header: list[str] = []
    line = 1
    try:
        for fields in reader:
            start, line = line, reader.line_num + 1
            if not header:
                header = [name.strip() for name in fields]
                continue
            if not any(field.strip() for field in fields):
                continue
            if len(fields) != len(header):
                word = "short" if len(fields) < len(header) else "long"
                findings.append(
                    fault(
                        "row-length",
                        f"a {word} row: {len(fields)} fields where the header has {len(header)}",
                        "Quote cells that hold a comma; write an empty field for what is "
                        "not reported.",
                        line=start,
                        value=shorten(",".join(fields)),
                    )
                )
                continue
            rows.append([field.strip() for field in fields])
            lines.append(start)
    except csv.Error as error:
        findings.append(
            fault(
                "csv",
                f"not well-formed CSV: {error}",
                "Check the quotes on this line and before it.",
                line=reader.line_num,
            )
        )
    if len(header) == 1 and (marks := [mark for mark in ";\t|" if mark in header[0]]):
        message = f"the columns are separated by {marks[0]!r}, not by commas"
        return None, [fault("csv", message, "Save it as CSV with commas.", line=1)]
    doubled = sorted(name for name, count in Counter(header).items() if count > 1)
    for name in doubled:
        message = f"the header names column {name!r} twice"
        findings.append(fault("column-once", message, "Keep one of them.", line=1, column=name))
    findings.extend(
        fault("column-exists", message, remedy, line=1, column=name)
        for name, message, remedy in _lacking(table, header)
    )
    if doubled or not {column.name for column in table.columns} & set(header):
        return None, findings
    return _table(table, header, rows, lines), findings


def _lacking(table: Table, header: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Name each column that the header lacks and must have, or has under a similar name.

    A column that may be left out is empty then; one that is misspelt would be lost without a word.
    """
    known = [column.name for column in (*table.columns, *table.optional)]
    lacking = [name for name in known if name not in header]
    slips = {meant(name, lacking): name for name in header if name not in known}
    for name in lacking:
        other = slips.get(name)
        if name in table.required:
            message = f"column {name!r} is missing"
            remedy = f"Add it to the header. Columns: trialpool settings {table.name}"
            yield name, message, remedy if other is None else f"Rename {other!r}, if that is it."
        elif other is not None:
            message = f"column {other!r} is none of this table, which lacks {name!r}"
            remedy = f"Rename it; if it holds something else, add an empty column {name!r}."
            yield other, message, remedy


def meant(name: str, lacking: Iterable[str]) -> str | None:
    """Return which of the columns that a header lacks is written like this name of another."""
    plain = {_plain(one): one for one in lacking}
    close = get_close_matches(_plain(name), plain, n=1, cutoff=_ALIKE)
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.casefold())


def _table(
    table: Table, header: Sequence[str], rows: Iterable[Sequence[str]], lines: Iterable[int]
) -> RawTable:
    """Build the table, with every column of its schema even where the file lacks it."""
    blank = {c.name: c.unsaid for c in table.columns if c.name not in header}
    return RawTable(
        (*header, *blank),
        tuple(
            {**dict(zip(header, row, strict=True)), **blank, LINE: line}
            for row, line in zip(rows, lines, strict=True)
        ),
    )
