"""A table as text, and what in it says that nothing is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from trialpool.effects.forms import Fault
from trialpool.findings import Finding
from trialpool.pooling.doubt import Doubt as RowDoubt

# What people and programs write where nothing is known.
_MISSING: Final = frozenset(
    ("", "NA", "na", "N/A", "n/a", "#N/A", "NaN", "nan", "None", ".", "-", "–", "—", "−", "--",
     "<NA>", "n.a.", "NULL", "NR", "nr", "not reported", "Not reported", "?")
)  # fmt: skip
# The same where a number is expected: names may be written so (NE for the north east).
_NO_NUMBER: Final = frozenset(
    ("ne", "not reached", "not estimable", "not evaluable", "not calculable", "nc", "n.r.", "n.e.",
     "nd", "no data", "unknown", "missing", "infinity", "∞", "none", "na", "nr", "nan", "null",
     "n/r", "n/e", "not available", "not reported")
)  # fmt: skip


class UnknownColumnError(ValueError):
    """An option names a column that the table does not have."""


@dataclass(frozen=True)
class LeftOut:
    """A row that `--drop-missing` left out: its line in the file, its label, and why."""

    line: int
    label: str
    reason: str


@dataclass(frozen=True)
class Doubt:
    """Cells of a column that may be one number or another, and why."""

    reason: str
    cells: frozenset[str]


@dataclass(frozen=True, eq=False)
class Table:
    """A table as text.

    Attributes
    ----------
    file : str
    columns : tuple of str
    rows : tuple of dict
        Cells by column; also by the header in the file of a column that has another name here.
    lines : tuple of int
        Line in the file where each row starts, the header being line 1 if nothing is above it.
    headers : mapping of str to str
        Header in the file by name of a column, where it is another.
    header_line : int
    decimal : {".", ",", ""}
        Decimal mark of the file; empty where its cells do not tell.
    doubts : mapping of str to Doubt
        Cells whose numbers cannot be told, by column.
    measure : str or None
        Which measure the headers say that the effects are.
    warnings : tuple of Finding
        What was converted, renamed, skipped.
    left_out : tuple of LeftOut
    used : tuple of str
        Columns of the set that is read as effects; empty where none was recognised.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    header_line: int = 1
    decimal: str = ""
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    measure: str | None = None
    warnings: tuple[Finding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    used: tuple[str, ...] = ()

    def need(self, option: str, column: str) -> None:
        """Raise if there is no such column, by its name or by its header in the file."""
        own = [self.headers.get(name, name) for name in self.columns]
        if column not in self.columns and column not in own:
            raise UnknownColumnError(
                f"{option}: {self.file} has no column {column!r}; there are: {', '.join(own)}"
            )

    def header(self, column: str) -> str:
        """Return the header in the file of a column."""
        return self.headers.get(column, column)

    def finding(self, fault: Fault | RowDoubt, level: str = "fatal") -> Finding:
        """Put a fault of a row into the file."""
        line = self.lines[fault.row] if fault.column else None
        return Finding(
            "warning" if level == "warning" else "fatal",
            fault.rule,
            self.file,
            line,
            f"{fault.row + 1}" if fault.column else "",
            self.header(fault.column),
            fault.value,
            fault.message,
            fault.remedy,
        )


def is_missing(cell: str, *, number: bool = False) -> bool:
    """Whether a cell says that its value is not known.

    Parameters
    ----------
    cell : str
    number : bool
        Whether a number is expected: "NE" and "not reached" are none.
    """
    if cell[:1].isdecimal():
        return False
    text = cell.strip()
    return text in _MISSING or (number and text.casefold() in _NO_NUMBER)
