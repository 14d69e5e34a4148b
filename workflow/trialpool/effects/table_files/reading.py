"""Reading a file as a table: CSV text of any kind, or a sheet of a workbook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from trialpool.effects.table_files.decoding import decode
from trialpool.effects.table_files.header import shape
from trialpool.effects.table_files.numbers import plain_numbers
from trialpool.effects.table_files.separators import split
from trialpool.effects.table_files.table import Table
from trialpool.effects.table_files.workbook import read_sheet
from trialpool.findings import Finding, InputError

_WORKBOOKS: Final = (".xlsx", ".xlsm")


def read_table(path: Path, sheet: str | None = None) -> Table:
    """Read a file as text cells, numbers with decimal points where that can be told.

    Parameters
    ----------
    path : Path
        CSV text with commas, semicolons, tabs or bars, or an .xlsx workbook.
    sheet : str, optional
        Of a workbook of several sheets.

    Raises
    ------
    InputError
        With every fault of its form.
    """
    file = path.name

    def stop(rule: str, message: str, remedy: str) -> InputError:
        return InputError([Finding("fatal", rule, file, message=message, remedy=remedy)])

    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise stop("file-exists", "there is no such file", "Check the path.") from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise stop("file-readable", message, "Check that it is a file you may read.") from None
    if not raw.strip():
        raise stop(
            "file-not-empty", "the file is empty", "It needs a header and one row per trial."
        )
    warnings: list[Finding] = []
    if path.suffix.lower() in _WORKBOOKS or raw.startswith(b"PK\x03\x04"):
        found = read_sheet(file, raw, sheet)
    elif sheet is not None:
        raise stop("sheet", "only a workbook (.xlsx) has sheets", "Leave --sheet out.")
    else:
        text, warnings = decode(file, raw)
        if not text.strip():
            raise stop(
                "file-not-empty", "the file is empty", "It needs a header and one row per trial."
            )
        found = split(file, text)
    table, findings = shape(file, found)
    if findings:
        raise InputError(findings)
    return plain_numbers(replace(table, warnings=(*warnings, *table.warnings)), found.separator)
