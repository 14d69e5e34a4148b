"""What a rule may look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence
from trialpool.findings import Finding, Level
from trialpool.settings import Settings

Row = Mapping[str, Any]


@dataclass(frozen=True)
class AuditContext:
    """The raw tables, what was derived from them, and the settings."""

    evidence: Evidence
    effects: Sequence[Row]
    settings: Settings

    def rows(self, table: str) -> Sequence[Row]:
        """Return the rows of a raw table."""
        return self.evidence.rows(table)

    def with_effects(self, table: str) -> Iterator[tuple[Row, Row]]:
        """Pair each raw row with the record derived from it."""
        derived = [record for record in self.effects if record["table"] == table]
        yield from zip(self.rows(table), derived, strict=True)


def finding(
    table: str, row: Row, level: Level, rule: str, column: str, message: str, remedy: str
) -> Finding:
    """Build a finding about one cell of one row."""
    spec = TABLES[table]
    return Finding(
        level,
        rule,
        spec.file,
        int(row[LINE]),
        " / ".join(str(row[key]) for key in spec.key),
        column,
        str(row[column]) if column in row else "",
        message,
        remedy,
    )
