"""What a rule of the audit is: its statement, source, level, examples, and its check.

A rule is written once, beside its check; the table of rules in docs/reference/audit.md, in the
report and in the command's help are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from trialpool.audit.context import AuditContext, Row
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE
from trialpool.findings import Finding, Level


@dataclass(frozen=True)
class Fault:
    """A cell that fails a rule.

    Attributes
    ----------
    table, row, column : str, mapping, str
        Where it stands.
    message : str
        What is wrong, in words.
    feasible : str
        What the rule would have let pass.
    cells : tuple of str
        Further columns of the row that the judgement rests on.
    others : mapping of str to str
        Cells of other rows that it rests on, by a name that says which.
    level, remedy : str, optional
        Where they are not the rule's own.
    """

    table: str
    row: Row
    column: str
    message: str
    feasible: str = ""
    cells: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    remedy: str = ""


# One for each cell or row that was judged: None where it holds.
Judgements = Iterator[Fault | Finding | None]


@dataclass(frozen=True)
class Case:
    """A small example: rows by table (cells left out are empty), and settings."""

    tables: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    questions: Mapping[str, Any] = field(default_factory=dict)
    taxonomy: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""

    def __str__(self) -> str:
        """Return the example in words; by default the cells of its rows."""
        rows = [row for rows in self.tables.values() for row in rows]
        shown = (
            ", ".join(f"{column} {text or '(empty)'}" for column, text in row.items())
            for row in rows
        )
        return self.words or "; ".join(shown)


# The outcomes of examples that need some: one to avoid, one to hope for.
OUTCOMES: Final = {
    "endpoints": {
        "death": {"name": "death", "event_is_good": False},
        "remission": {"name": "remission", "event_is_good": True},
    }
}


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    id : str
        For example ``"interval-symmetric"``.
    statement : str
        What must hold, as a sentence.
    levels : tuple of str
        Levels that its findings may have, the gravest first.
    reference : str
        Where the rule comes from.
    remedy : str
        What to do about a finding.
    tables : tuple of str
        Raw tables that it reads; empty for rules on files and settings.
    check : callable, optional
        Judges every row; None where reading the files already does.
    needs : tuple of str
        Parts of the configuration that must have passed their schema first.
    holds, fails : Case
        An example of each.
    """

    id: str
    statement: str
    levels: tuple[Level, ...]
    reference: str
    remedy: str = ""
    tables: tuple[str, ...] = ()
    check: Callable[[AuditContext], Judgements] | None = None
    needs: tuple[str, ...] = ()
    holds: Case = Case()
    fails: Case = Case()

    def judge(self, context: AuditContext) -> Iterator[Finding | None]:
        """Judge what the rule is about: a finding for each fault, None for what holds."""
        if self.check is None:
            return
        for judgement in self.check(context):
            yield self._finding(judgement) if isinstance(judgement, Fault) else judgement

    def _finding(self, fault: Fault) -> Finding:
        spec, row = TABLES[fault.table], fault.row
        columns = dict.fromkeys((fault.column, *fault.cells))
        printed = {column: str(row[column]) for column in columns if column in row}
        return Finding(
            fault.level or self.levels[0],
            self.id,
            spec.file,
            int(row[LINE]),
            " / ".join(str(row[key]) for key in spec.key),
            fault.column,
            printed.get(fault.column, ""),
            fault.message,
            fault.remedy or self.remedy,
            fault.feasible,
            self.reference,
            {**printed, **fault.others},
        )


def rule(
    id: str,
    statement: str,
    *,
    levels: tuple[Level, ...],
    reference: str,
    remedy: str,
    tables: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    holds: Case,
    fails: Case,
) -> Callable[[Callable[[AuditContext], Judgements]], Rule]:
    """Make a rule of the function below."""

    def build(check: Callable[[AuditContext], Judgements]) -> Rule:
        return Rule(id, statement, levels, reference, remedy, tables, check, needs, holds, fails)

    return build
