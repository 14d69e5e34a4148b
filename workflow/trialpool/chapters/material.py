"""What chapters are made of: the raw tables, derived effects, taxonomy and results, indexed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trialpool.questions.registry import stage
from trialpool.questions.shared.selection.candidates import STAGES
from trialpool.questions.shared.selection.library import Library
from trialpool.records.base import kind_of
from trialpool.records.chapters import WhyNot
from trialpool.records.groups import ExcludedRow
from trialpool.records.results import Result

Row = Mapping[str, Any]

# The tables that hold results, with the names of their counts in chapters.json.
RESULT_TABLES: Final = (
    "time_to_event",
    "responses",
    "biomarker_contrasts",
    "reconstructed_survival",
)
_QUESTION_TABLES: Final = (
    *("time_to_event", "responses"),
    *("means", "rates", "correlations", "outcome_contrasts"),
)


@dataclass
class Material:
    """Everything that the chapters are computed from.

    Attributes
    ----------
    library : Library
        Raw tables, derived effects (with the audit's verdict) and taxonomy.
    results : sequence of Result
        In the order of the report.
    level : float
        Level of the confidence intervals, as a fraction.
    """

    library: Library
    results: Sequence[Result]
    level: float
    rows: dict[str, list[Row]] = field(init=False)
    pooled_in: dict[str, list[str]] = field(init=False)
    rows_in: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {name: [*self.library.evidence.rows(name)] for name in RESULT_TABLES}
        self.pooled_in = defaultdict(list)
        self.rows_in = defaultdict(list)
        for record in self.results:
            for trial in record.trials:
                _add(self.pooled_in[trial.trial_id], record.id)
                for row_id in trial.row_ids:
                    _add(self.rows_in[row_id], record.id)
        self._counts = {
            name: Counter(row["trial_id"] for row in rows) for name, rows in self.rows.items()
        }

    @property
    def taxonomy(self) -> Mapping[str, Any]:
        """The taxonomy as configured."""
        return self.library.taxonomy_config

    def trial_name(self, trial_id: str) -> str:
        """Name of a trial."""
        return str(self.library.trials[trial_id]["trial"])

    def counts(self, trial_id: str) -> dict[str, int]:
        """Count the rows of a trial in each table of results."""
        return {name: counter[trial_id] for name, counter in self._counts.items()}

    def why_not(self, trial_id: str) -> WhyNot:
        """Say why a trial has no result in any question.

        Returns
        -------
        WhyNot
            Its question is the one that came nearest to using the trial.

        Notes
        -----
        Of all reasons for which its rows fell out, the one of the last stage
        is told; of rows outside every question, the one of the question of
        whose filters the trial passes most (of several, the one with most trials).
        """
        if not any(self.counts(trial_id).values()) and not self._outcomes(trial_id):
            ongoing = self.library.trials[trial_id]["status"] == "ongoing"
            words = "ongoing: no results" if ongoing else "no rows in the tables"
            return WhyNot(stage="no rows", reason=words, question=None)
        found = [
            (self.advance(record, item, trial_id), record.id, item)
            for record in self.results
            # A question on levels of a marker asks little of a trial as a whole.
            if stage(kind_of(record), "chapter").ASKS_FOR_TRIALS
            for item in record.excluded
            if item.trial_id == trial_id
        ]
        if not found:
            return WhyNot(stage="not asked", reason=self._not_asked(trial_id), question=None)
        # The first of the furthest: max keeps the first of equals.
        _, question, item = max(found, key=lambda entry: entry[0])
        return WhyNot(stage=item.stage, reason=item.reason, question=question)

    def advance(self, record: Result, item: ExcludedRow, trial_id: str) -> tuple[int, int, int]:
        """Rank how far a row came: its stage, the filters its trial passes, the question's size."""
        reached = STAGES.index(item.stage) if item.stage in STAGES else len(STAGES)
        passed = 0
        for column, values in record.settings.trials.items():
            if self.library.trials[trial_id].get(column) not in values:
                break
            passed += 1
        return reached, passed, len(record.trials)

    def _outcomes(self, trial_id: str) -> dict[str, None]:
        """Return the endpoints of a trial that are no matter of markers, in order."""
        return dict.fromkeys(
            str(row["endpoint"])
            for name in _QUESTION_TABLES
            for row in self.library.evidence.rows(name)
            if row["trial_id"] == trial_id
        )

    def _not_asked(self, trial_id: str) -> str:
        endpoints = self._outcomes(trial_id)
        if endpoints:
            return f"no question asks for {' or '.join(endpoints)}"
        if self.counts(trial_id)["biomarker_contrasts"]:
            return "only outcome by a marker under one treatment, which no question pools"
        return "only reconstructed curves, which no question pools"


def _add(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)
