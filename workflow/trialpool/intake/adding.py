"""New rows put below those of the raw tables, whose own bytes stay as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from trialpool.evidence.columns import Table
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import RawTable, meant, parse_table
from trialpool.findings import Finding, InputError
from trialpool.intake.check import NewFile

_BOM: Final = b"\xef\xbb\xbf"


def merged_files(files: Sequence[NewFile], raw: Path, tables: Sequence[str]) -> dict[Path, bytes]:
    """Return what the raw tables hold with new rows, which `check_rows` has let pass.

    Parameters
    ----------
    files : sequence of NewFile
    raw : Path
        Folder of the raw tables; nothing is written there.
    tables : sequence of str
        Tables that the review reads.

    Returns
    -------
    dict of Path to bytes
        By file. A column that a table lacks is added to it; a table that is not there is made.

    Raises
    ------
    InputError
        Every file whose table the review does not read; every column that the table has under a
        name like it.
    """
    if unread := [file for file in files if file.table not in tables]:
        raise InputError(
            Finding(
                "fatal",
                "table-read",
                file.name,
                message=f"the review does not read the table {file.table!r}",
                remedy=f"Name it in 'tables' of config.yaml, with {TABLES[file.table].file} "
                "in the folder of raw tables.",
            )
            for file in unread
        )
    merged: dict[Path, bytes] = {}
    slips: list[Finding] = []
    for file in files:
        spec = TABLES[file.table]
        path = raw / spec.file
        new, _ = parse_table(file.raw, spec, file.name)
        if new is not None and new.rows:
            held = merged.get(path) or (path.read_bytes() if path.exists() else b"")
            slips += _slips(held, new, file.name)
            # A table that is not there yet begins with these rows.
            merged[path] = _appended(held, new, spec) if held else file.raw
    if slips:
        raise InputError(slips)
    return merged


def _slips(held: bytes, new: RawTable, file: str) -> Iterator[Finding]:
    """Name columns of a review's own that new rows spell in another way than their table."""
    header = _rows(held)[0] if held else []
    lacking = [name for name in header if name not in new.columns]
    for name in new.columns:
        if name not in header and (other := meant(name, lacking)):
            message = f"the table has no column {name!r}, and these rows lack its {other!r}"
            remedy = f"Rename it; if it holds something else, add an empty column {other!r}."
            yield Finding(
                "fatal", "column-exists", file, 1, column=name, message=message, remedy=remedy
            )


def _appended(held: bytes, new: RawTable, spec: Table) -> bytes:
    """Append rows to the bytes of a table, in its own order of columns and line ends."""
    text = held.decode("utf-8-sig")
    columns, *rows = _rows(held)
    # What a table says that lacks a column; new rows that say the same need no column either.
    unsaid = {column.name: column.unsaid for column in spec.columns}
    filled = [
        name
        for name in new.columns
        if name not in columns and any(row[name] != unsaid.get(name, "") for row in new.rows)
    ]
    ends = "\r\n" if "\r\n" in text else "\n"
    if filled:
        rows = [[*row, *(unsaid.get(name, "") for name in filled)] for row in rows if any(row)]
        text = _csv([[*columns, *filled], *rows], ends)
    elif not text.endswith(("\n", "\r")):
        text += ends
    added = [[str(row.get(name, "")) for name in (*columns, *filled)] for row in new.rows]
    start = _BOM if held.startswith(_BOM) else b""
    return start + (text + _csv(added, ends)).encode("utf-8")


def _rows(held: bytes) -> list[list[str]]:
    """Return the header, without blanks around names, and the rows of a table."""
    header, *rows = csv.reader(io.StringIO(held.decode("utf-8-sig"), newline=""))
    return [[name.strip() for name in header], *rows]


def _csv(rows: Sequence[Sequence[str]], ends: str) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=ends).writerows(rows)
    return buffer.getvalue()
