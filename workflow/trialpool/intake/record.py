"""What an importer hands over: rows of raw tables, and what it did not understand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from trialpool.evidence.schemas import TABLES
from trialpool.findings import shorten

Row = Mapping[str, str]
REPORT_COLUMNS: Final = ("place", "element", "value", "reason", "remedy")


@dataclass(frozen=True)
class LeftOut:
    """Something in a file that is not in the tables, or only in part.

    Attributes
    ----------
    place : str
        Where it stands, for example ``"outcome measure 3, analysis 1"``.
    element : str
        What it is.
    value : str
        What stands there.
    reason, remedy : str
        Why it was left out, and what a person can do.
    """

    place: str
    element: str
    value: str
    reason: str
    remedy: str = ""

    def as_row(self) -> dict[str, str]:
        """Return the entry as one row of not_understood.csv."""
        return {name: shorten(text, 300) for name, text in asdict(self).items()}

    def __str__(self) -> str:
        shown = f" (value: {shorten(self.value)!r})" if self.value else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return shorten(f"{self.place}: {self.element}: {self.reason}{shown}{remedy}", 600)


@dataclass(frozen=True)
class PoolTable:
    """A table that `trialpool pool` reads as it is.

    Attributes
    ----------
    name : str
        Name of the file without its ending.
    columns : tuple of str
    rows : tuple of mapping
    command : str
        How to pool it, for a reader.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    command: str = ""


@dataclass(frozen=True)
class Elsewhere:
    """What a file says of a report that it does not hold.

    Attributes
    ----------
    pmid, title : str
        Of that report; one of them may be empty.
    status : str
        "retracted" or "corrected", by a notice; else empty.
    replaced_by, replaces : str
        `source_id`, in this file, of what takes its place or whose place it takes.
    """

    pmid: str
    title: str = ""
    status: str = ""
    replaced_by: str = ""
    replaces: str = ""


@dataclass
class Imported:
    """Rows for raw tables, tables to pool, and everything else that the file held.

    Rows may lack columns: an absent column is an empty cell. `beside` has further tables by the
    name of their file, the columns being those of the first row.
    """

    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    pool_tables: list[PoolTable] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    beside: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """Add a row, every cell as one line of text."""
        spec = TABLES[table]
        known = [column.name for column in (*spec.columns, *spec.optional)]
        if unknown := set(row) - set(known):
            raise KeyError(f"{table}.csv has no column {sorted(unknown)}")
        cells = {name: one_line(row.get(name, "")) for name in known}
        self.tables.setdefault(table, []).append(cells)

    def leave(self, place: str, element: str, value: Any, reason: str, remedy: str = "") -> None:
        """Record what is not in the tables."""
        self.left_out.append(LeftOut(place, element, one_line(value), reason, remedy))

    @property
    def n_rows(self) -> int:
        """Rows of all tables together."""
        return sum(map(len, self.tables.values())) + sum(len(t.rows) for t in self.pool_tables)

    def ordered_tables(self) -> dict[str, list[dict[str, str]]]:
        """Return the tables in the order of the schemas, columns in theirs.

        A column that a table may have is there if a row has something in it.
        """
        ordered = {}
        for name, table in TABLES.items():
            if rows := self.tables.get(name):
                columns = [column.name for column in table.columns]
                extra = [column.name for column in table.optional]
                columns += [name for name in extra if any(row[name] for row in rows)]
                ordered[name] = [{column: row[column] for column in columns} for row in rows]
        return ordered


def one_line(value: Any) -> str:
    """Turn a value into one line of printable text; None is empty.

    Line ends, tabs and runs of blanks become one blank, other control
    characters are dropped: none of them is part of what a report prints.
    """
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return one_line(str(value))
    kept = (char if char.isprintable() else " " * char.isspace() for char in str(value))
    return " ".join("".join(kept).split())


def columns_of(table: str) -> Sequence[str]:
    """Return the columns of a raw table as the project needs them."""
    return tuple(column.name for column in TABLES[table].columns)
