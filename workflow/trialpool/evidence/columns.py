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

    @property
    def unsaid(self) -> str:
        """What each cell of a table without the column is: the only word allowed, else empty."""
        return self.choices[0] if len(self.choices) == 1 else ""

    @property
    def rule(self) -> str:
        """What a cell must be, in words."""
        if self.kind != "choice":
            return KIND_RULES[self.kind]
        return (
            "one of "
            + ", ".join(map(repr, filter(None, self.choices)))
            + (" or empty" if "" in self.choices else "")
        )


@dataclass(frozen=True)
class Table:
    """One raw table."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    # column -> (table, its key columns in this table's words)
    references: tuple[tuple[tuple[str, ...], str], ...] = field(default=())
    # Without these, and its identifiers, a row means nothing; other columns may be left out.
    needs: tuple[str, ...] = ()
    # Columns that a table may have; where they are there, their cells are checked too.
    optional: tuple[Column, ...] = ()
    # Whether a key stands once; where it may not, a rule of the audit says what stands once.
    key_once: bool = True

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a file must have."""
        needed = {*self.key, *self.needs}
        return tuple(c.name for c in self.columns if c.kind == "id" or c.name in needed)

    def in_words(self) -> str:
        """Say which columns the table may have, what each holds and which it must have."""
        said = f"{self.file}: * a column that it must have; others may be left out, and are empty"
        width = max(len(column.name) for column in (*self.columns, *self.optional))
        lines = [
            f"{'*' if c.name in self.required else ' '} {c.name:{width}}  {c.rule}"
            for c in (*self.columns, *self.optional)
        ]
        return "\n".join([said, *lines])

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
