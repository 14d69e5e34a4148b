"""A doubt: what a table or a fit does not say aloud, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

_MOST_NAMES = 4


@dataclass(frozen=True)
class Doubt:
    """A warning that keeps no row out and changes no number.

    Attributes
    ----------
    rule : str
        Identifier, for example ``"trial-twice"``.
    message : str
        What was found, with the trials' names.
    remedy : str
        What to do about it.
    rows : tuple of int
        Positions in the input of the rows that it is about; empty for a whole fit.
    labels : tuple of str
        Of these rows.
    column, value : str
        The cell, where one cell is meant.
    """

    rule: str
    message: str
    remedy: str
    rows: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    column: str = ""
    value: str = ""

    @property
    def row(self) -> int:
        """Position of the first row; 0 where there is none."""
        return self.rows[0] if self.rows else 0

    def named(self, label: Callable[[int], str]) -> Doubt:
        """Return the same with the names of its trials; the doubt of a fit knows positions."""
        labels = tuple(label(row) for row in self.rows)
        if not labels:
            return self
        shown = labels if len(labels) <= _MOST_NAMES else (*labels[:_MOST_NAMES], "…")
        return replace(self, labels=labels, message=f"{', '.join(shown)}: {self.message}")

    def at(self, rows: Callable[[int], int]) -> Doubt:
        """Return the same with rows counted as in another input."""
        return replace(self, rows=tuple(rows(row) for row in self.rows))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.message} [{self.rule}] {self.remedy}"
