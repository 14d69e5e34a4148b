"""A doubt: what a table or a fit does not say aloud, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool.pooling.plain_values import Plain


@dataclass(frozen=True)
class Doubt(Plain):
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

    def __str__(self) -> str:
        return f"{self.message} [{self.rule}] {self.remedy}"
