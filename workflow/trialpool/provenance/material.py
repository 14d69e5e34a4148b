"""What an explanation is made of: raw rows, what was derived, what was found, what was pooled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trialpool.evidence.printed_rows import RESULT_TABLES
from trialpool.evidence.tables import Evidence
from trialpool.records.groups import ExcludedRow, GroupBase
from trialpool.records.results import Result
from trialpool.records.trials import WeighedTrial

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pooled:
    """A row in the pool of a question."""

    result: Result
    trial: WeighedTrial
    group: GroupBase


@dataclass(frozen=True)
class Excluded:
    """A row that a question could see and did not pool."""

    result: Result
    row: ExcludedRow


@dataclass
class Material:
    """Everything that is known of every row, indexed by row.

    Parameters
    ----------
    evidence : Evidence
        The raw tables.
    effects : sequence of mapping
        Rows of effects.csv.
    findings : sequence of mapping
        Rows of audit.csv.
    results : sequence of Result or None
        Of a build; None where there is none.
    """

    evidence: Evidence
    effects: Sequence[Row]
    findings: Sequence[Row]
    results: Sequence[Result] | None
    rows: dict[str, tuple[str, Row]] = field(init=False)
    derived: dict[str, Row] = field(init=False)
    found: dict[str, list[Row]] = field(init=False)
    uses: dict[str, list[Pooled]] = field(init=False)
    left: dict[str, list[Excluded]] = field(init=False)
    _keyed: dict[tuple[str, str], dict[str, list[Row]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {
            str(row["row_id"]): (table, row)
            for table in RESULT_TABLES
            for row in self.evidence.rows(table)
        }
        self.derived = {str(row["row_id"]): row for row in self.effects}
        self.found = defaultdict(list)
        for finding in self.findings:
            self.found[str(finding["row_id"])].append(finding)
        self.uses, self.left = defaultdict(list), defaultdict(list)
        for result in self.results or ():
            self._index(result)

    def _index(self, result: Result) -> None:
        groups = {group.label: group for group in result.groups}
        for trial in result.trials:
            for row_id in trial.row_ids:
                self.uses[row_id].append(Pooled(result, trial, groups[trial.group]))
        for row in result.excluded:
            self.left[row.row_id].append(Excluded(result, row))

    def trial(self, trial_id: str) -> Row | None:
        """Return the row of trials.csv."""
        return self._one("trials", "trial_id", trial_id)

    def source(self, row: Row) -> Row | None:
        """Return the row of sources.csv that a result comes from."""
        if "source_id" in row:
            return self._one("sources", "source_id", str(row["source_id"]))
        return self._one("sources", "pmid", str(row["pmid"])) if row.get("pmid") else None

    def _one(self, table: str, column: str, value: str) -> Row | None:
        return next(iter(self._having(table, column, value)), None)

    def _having(self, table: str, column: str, value: str) -> list[Row]:
        """Return the rows of a table that have this in a column, in its order."""
        if (table, column) not in self._keyed:
            held: dict[str, list[Row]] = {}
            for row in self.evidence.rows(table):
                held.setdefault(row[column], []).append(row)
            self._keyed[table, column] = held
        return self._keyed[table, column].get(value, [])

    def rows_of(self, trial_id: str) -> list[tuple[str, Row]]:
        """Return all results of a trial with their tables, in the order of the tables."""
        rows = [
            (table, row)
            for table in RESULT_TABLES
            for row in self._having(table, "trial_id", trial_id)
        ]
        # An id that stands in two tables is of the last one.
        return [one for one in rows if self.rows[str(one[1]["row_id"])] == one]

    def arms_of(self, trial_id: str) -> list[Row]:
        """Return the rows of arms.csv of a trial."""
        return self._having("arms", "trial_id", trial_id)

    def pooled_trials(self) -> list[str]:
        """Return the trials that any question pools, by the name of the trial."""
        labels = {
            use.trial.trial_id: use.trial.label for uses in self.uses.values() for use in uses
        }
        return sorted(labels, key=lambda trial_id: (labels[trial_id].casefold(), trial_id))


def cells(row: Row, names: Iterable[str] | None = None) -> dict[str, str]:
    """Return the cells of a raw row that are not empty, as printed."""
    chosen = names if names is not None else [name for name in row if not name.startswith("_")]
    return {name: str(row[name]) for name in chosen if str(row.get(name, ""))}
