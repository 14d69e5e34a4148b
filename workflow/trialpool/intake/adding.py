"""New rows put below those of the raw tables, whose own bytes stay as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from trialpool.evidence.columns import Table
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import RawTable, parse_table
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
        Every file whose table the review does not read.
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
    for file in files:
        spec = TABLES[file.table]
        path = raw / spec.file
        new, _ = parse_table(file.raw, spec, file.name)
        if new is not None and new.rows:
            held = merged.get(path) or (path.read_bytes() if path.exists() else b"")
            # A table that is not there yet begins with these rows.
            merged[path] = _appended(held, new, spec) if held else file.raw
    return merged


def _appended(held: bytes, new: RawTable, spec: Table) -> bytes:
    """Append rows to the bytes of a table, in its own order of columns and line ends."""
    text = held.decode("utf-8-sig")
    header, *rows = list(csv.reader(io.StringIO(text, newline="")))
    columns = [name.strip() for name in header]
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


def _csv(rows: Sequence[Sequence[str]], ends: str) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=ends).writerows(rows)
    return buffer.getvalue()
