"""The CSV tables of a data package."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from trialpool.intake.files import refuse
from trialpool.intake.record import Imported, one_line

Row = Mapping[str, str]


def read_csv(
    file: str, name: str, raw: bytes, needed: Sequence[str], imported: Imported
) -> list[dict[str, str]]:
    """Read a table of a package: UTF-8 with a byte order mark, lines ending in CR and LF.

    Parameters
    ----------
    file : str
        Name of the package, for findings.
    name : str
        Name of the table inside it.
    raw : bytes
    needed : sequence of str
        Columns that must be there.
    imported : Imported
        Told which rows have another number of cells than the header.

    Raises
    ------
    InputError
        If it is no such table.
    """
    remedy = "Download or export the package again; do not change it in a spreadsheet."

    def stop(message: str) -> Exception:
        return refuse(file, "package-table", f"{name}: {message}", remedy)

    if b"\x00" in raw:
        raise stop("binary, not text")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise stop(f"line {line} is not UTF-8 text") from None
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [one_line(cell) for cell in cells]
                continue
            if len(cells) != len(header):
                reason = f"{len(cells)} cells where the header has {len(header)}"
                place = f"{name}, line {reader.line_num}"
                imported.leave(place, "row", ",".join(cells), reason)
                continue
            rows.append({c: _cell(cell) for c, cell in zip(header, cells, strict=True)})
    except csv.Error as error:
        raise stop(f"not well-formed CSV near line {reader.line_num}: {error}") from None
    if len(set(header)) != len(header):
        raise stop("the header has a column twice")
    if missing := [column for column in needed if column not in header]:
        raise stop(f"no column {', '.join(missing)}")
    return rows


def _cell(text: str) -> str:
    plain = one_line(text)
    return "" if plain in ("#N/A", "N/A", "NA", "NaN") else plain
