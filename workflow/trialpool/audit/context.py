"""What a rule may look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialpool.evidence.printed import Printed, parse_number
from trialpool.evidence.tables import Evidence
from trialpool.settings import Settings

Row = Mapping[str, Any]


@dataclass(frozen=True)
class AuditContext:
    """The raw tables and the settings."""

    evidence: Evidence
    settings: Settings

    def rows(self, table: str) -> Sequence[Row]:
        """Return the rows of a raw table."""
        return self.evidence.rows(table)

    @cached_property
    def arm_n(self) -> dict[tuple[str, str], int]:
        """Patients of an arm, by trial and arm, where the table says so."""
        sizes = ((row, whole(row, "n")) for row in self.rows("arms"))
        return {(row["trial_id"], row["arm_id"]): n for row, n in sizes if n is not None}

    @cached_property
    def trial_n(self) -> dict[str, int]:
        """Patients of a trial, where the table says so."""
        sizes = ((row, whole(row, "n_randomised")) for row in self.rows("trials"))
        return {row["trial_id"]: n for row, n in sizes if n is not None}

    @cached_property
    def same_source(self) -> dict[str, str]:
        """Source to the first source with the same DOI or PubMed number."""
        first: dict[tuple[str, str], str] = {}
        same: dict[str, str] = {}
        for row in self.rows("sources"):
            source = str(row["source_id"])
            marks = [(c, str(row[c]).lower()) for c in ("doi", "pmid") if row[c]]
            same[source] = next((first[mark] for mark in marks if mark in first), source)
            for mark in marks:
                first.setdefault(mark, same[source])
        return same


def whole(row: Row, column: str) -> int | None:
    """Return a count, None where the cell is empty or not a whole number."""
    text = str(row[column])
    return int(text) if text.isascii() and text.isdigit() else None


def total(row: Row, *columns: str) -> int | None:
    """Return the sum of counts, None where one of them is missing."""
    counts = [whole(row, column) for column in columns]
    return sum(n for n in counts if n is not None) if None not in counts else None


def number(row: Row, column: str) -> Printed | None:
    """Return a printed number (a percent sign aside), None where there is none."""
    return parse_number(str(row[column]).removesuffix("%"))
