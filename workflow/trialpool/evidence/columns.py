"""Columns of raw tables: what their values must be, and how tables are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal[
    "id", "text", "number", "ratio", "count", "percent", "level", "choice", "p-value", "date"
]

# What a value of each kind must be, in the words of an error message.
KIND_RULES: Final[dict[str, str]] = {
    "id": "an identifier: lower-case letters, digits, '.', '_', '+' or '-', 1 to 100 characters",
    "text": "text",
    "number": "a plain decimal number such as 0.65 (point, no unit) or empty",
    "ratio": "a positive decimal number such as 0.65 or empty",
    "count": "a whole number of at least 0 or empty",
    "percent": "a number from 0 to 100 with an optional % sign or empty",
    "level": "a confidence level in percent between 50 and 100 (not included) or empty",
    "p-value": "a p-value between 0 and 1, perhaps with < or > before it, or empty",
    "date": "a day or a month such as 2018-11-23 or 2018-11, or empty",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind of value and, for a choice, the allowed words."""

    name: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One raw table."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    # column -> (table, its key columns in this table's words)
    references: tuple[tuple[tuple[str, ...], str], ...] = field(default=())
    # Columns that a table may have; where they are there, their cells are checked too.
    optional: tuple[Column, ...] = ()
    # Whether a key stands once; where it may not, a rule of the audit says what stands once.
    key_once: bool = True

    @property
    def file(self) -> str:
        """Name of the file that holds the table."""
        return f"{self.name}.csv"


def columns(*specs: str | Column) -> tuple[Column, ...]:
    """Build columns from "name" or "name:kind" shorthands."""
    built = []
    for spec in specs:
        if isinstance(spec, Column):
            built.append(spec)
        else:
            name, _, kind = spec.partition(":")
            built.append(Column(name, kind or "text"))  # type: ignore[arg-type]
    return tuple(built)
