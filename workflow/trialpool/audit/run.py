"""Running every rule over the tables and the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from trialpool.audit import configuration, counts, identifiers, intervals
from trialpool.audit.context import AuditContext
from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence, read_tables
from trialpool.evidence.validation import check_contents
from trialpool.findings import Finding, fatal, in_order
from trialpool.settings import Settings

Rule = Callable[[AuditContext], Iterator[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    intervals.check_ratios,
    intervals.check_percent_intervals,
    intervals.check_symmetry,
    intervals.check_width,
    intervals.check_p_values,
    counts.check_counts,
    counts.check_events,
    identifiers.check_agents,
    identifiers.check_endpoints,
    identifiers.check_populations,
    identifiers.check_definitions,
    identifiers.check_forms,
    configuration.check_taxonomy,
    configuration.check_questions,
)
# What a rule reads of the configuration must have passed its schema first.
_NEEDS: Final[dict[Rule, tuple[str, ...]]] = {
    identifiers.check_agents: ("taxonomy",),
    identifiers.check_endpoints: ("config",),
    identifiers.check_populations: ("taxonomy",),
    identifiers.check_definitions: ("taxonomy",),
    configuration.check_taxonomy: ("taxonomy",),
    configuration.check_questions: ("questions", "taxonomy", "config"),
}


def audit(raw: Path, tables: list[str], settings: Settings, faults: list[Finding]) -> list[Finding]:
    """Check the raw tables and the configuration with every rule.

    Parameters
    ----------
    raw : Path
        Folder of the raw tables.
    tables : list of str
        Names of the tables that must be there.
    settings : Settings
        The configuration as far as it could be read.
    faults : list of Finding
        What reading the configuration already found.

    Returns
    -------
    list of Finding
        In a stable order, fatal findings first.
    """
    evidence, findings = read_tables(raw, tables)
    return audit_evidence(evidence, settings, [*faults, *findings])


def audit_evidence(evidence: Evidence, settings: Settings, faults: list[Finding]) -> list[Finding]:
    """Check tables that were read, with every rule.

    Parameters
    ----------
    evidence : Evidence
    settings : Settings
    faults : list of Finding
        What reading the tables and the configuration already found.
    """
    findings = check_contents(evidence)
    context = AuditContext(evidence, _effects(evidence, settings), settings)
    in_doubt = {fault.file for fault in fatal(faults)}
    names = settings.file_names
    for rule in RULES:
        if in_doubt.isdisjoint(names[part] for part in _NEEDS.get(rule, ())):
            findings.extend(rule(context))
    return in_order([*faults, *findings])


def _effects(evidence: Evidence, settings: Settings) -> list[dict[str, Any]]:
    words = settings.config.get("intention_to_treat_words", [])
    return derive_effects(evidence, [str(word) for word in words])
