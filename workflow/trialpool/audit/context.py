"""What a rule may look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, records
from trialpool.findings import Finding, Level
from trialpool.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]


@dataclass(frozen=True)
class AuditContext:
    """The raw tables, what was derived from them, and the settings."""

    evidence: Evidence
    effects: pd.DataFrame
    settings: Settings
    _rows: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a raw table as mappings (cached)."""
        if table not in self._rows:
            self._rows[table] = list(records(self.evidence[table]))
        return self._rows[table]

    def with_effects(self, table: str) -> Iterator[tuple[Row, Row]]:
        """Pair each raw row with the record derived from it."""
        derived = records(self.effects[self.effects["table"] == table])
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
