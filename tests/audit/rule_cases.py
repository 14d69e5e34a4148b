"""Contexts for single rules: rows with the cells that matter, all others empty."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from trialpool.audit.context import AuditContext
from trialpool.audit.rule import Case, Rule
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.findings import Finding
from trialpool.settings import Settings

# What no rule under test asks about, but reading the row needs.
DEFAULTS = {"time_to_event": {"measure": "HR"}, "biomarker_contrasts": {"measure": "HR"}}


def evidence_of(tables: Mapping[str, Sequence[Mapping[str, str]]]) -> Evidence:
    """Raw tables with these cells."""
    read = {}
    for name, rows in tables.items():
        columns = tuple(column.name for column in TABLES[name].columns)
        blank = dict.fromkeys(columns, "")
        read[name] = RawTable(
            columns,
            tuple(
                {**blank, **DEFAULTS.get(name, {}), **row, LINE: line}
                for line, row in enumerate(rows, 2)
            ),
        )
    return Evidence(read)


def context_of(case: Case) -> AuditContext:
    """What the audit would see of a case."""
    evidence = evidence_of(case.tables)
    settings = Settings(Path(), Path("config.yaml"), case.config, case.questions, case.taxonomy)
    return AuditContext(evidence, settings)


def findings_of_rule(rule: Rule, case: Case) -> list[Finding]:
    """Findings of one rule about a case; the case must give it something to judge."""
    judgements = list(rule.judge(context_of(case)))
    return [judgement for judgement in judgements if judgement is not None]
