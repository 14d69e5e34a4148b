"""Running every rule over the tables and the configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from trialpool.audit.acceptance import accept, load_accepted
from trialpool.audit.context import AuditContext
from trialpool.audit.registry import ACCEPTED_APPLIES, ROW_RULES, RULES, rule_of
from trialpool.evidence.citations import without_identifier
from trialpool.evidence.tables import Evidence
from trialpool.evidence.validation import check_contents, without_unreadable
from trialpool.findings import LEVELS, Finding, fatal, in_order
from trialpool.settings import Settings, load_about
from trialpool.survival import read_raw

RULE_COLUMNS = ("rule", "statement", "levels", "reference", "judged", *LEVELS)


@dataclass(frozen=True)
class Audit:
    """What the audit found, and how much each rule had to judge.

    Attributes
    ----------
    findings : tuple of Finding
        In a stable order, the gravest first.
    judged : dict of str to int
        By rule, the cells, rows or pairs of rows that it could judge. Rules on the form of
        files are not counted.
    without_identifier : tuple of str
        Sources that have neither DOI nor PubMed number.
    """

    findings: tuple[Finding, ...]
    judged: dict[str, int]
    without_identifier: tuple[str, ...] = ()

    def counts(self) -> list[dict[str, Any]]:
        """Return the number of findings by level and rule, the gravest first."""
        counts = Counter((finding.level, finding.rule) for finding in self.findings)
        ordered = sorted(counts.items(), key=lambda item: (LEVELS.index(item[0][0]), item[0][1]))
        return [{"level": level, "rule": rule, "n": n} for (level, rule), n in ordered]

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule with what it says and how often it judged and found something."""
        families = (rule_of(finding.rule) for finding in self.findings)
        found = Counter(
            (rule.id if rule is not None else finding.rule, finding.level)
            for rule, finding in zip(families, self.findings, strict=True)
        )
        return [
            {
                "rule": rule.id,
                "statement": rule.statement,
                "levels": ", ".join(rule.levels),
                "reference": rule.reference,
                "judged": self.judged.get(rule.id),
                **{level: found[rule.id, level] for level in LEVELS},
            }
            for rule in RULES
        ]


def audit(raw: Path, tables: list[str], settings: Settings, faults: list[Finding]) -> list[Finding]:
    """Return the findings of `run_audit`."""
    return list(run_audit(raw, tables, settings, faults).findings)


def audit_evidence(
    evidence: Evidence,
    settings: Settings,
    faults: list[Finding],
    rules: Container[str] | None = None,
) -> list[Finding]:
    """Return the findings about tables that were read, as `run_audit` makes them.

    Parameters
    ----------
    evidence : Evidence
    settings : Settings
    faults : list of Finding
        What reading the configuration and the tables already found.
    rules : container of str, optional
        Rules on rows to judge by, by their ids; by default all.
    """
    return list(_run(evidence, settings, faults, rules).findings)


def rules_behind(findings: Iterable[Finding]) -> frozenset[str] | None:
    """Return the ids of the rules that made these findings.

    None stands for all: whether an accepted finding still applies is seen with every rule only.
    """
    rules = {rule.id for finding in findings if (rule := rule_of(finding.rule)) is not None}
    return None if ACCEPTED_APPLIES.id in rules else frozenset(rules)


def run_audit(raw: Path, tables: list[str], settings: Settings, faults: list[Finding]) -> Audit:
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
    """
    evidence, findings = read_raw(raw, tables)
    return _run(evidence, settings, [*faults, *findings])


def _run(
    evidence: Evidence,
    settings: Settings,
    faults: list[Finding],
    rules: Container[str] | None = None,
) -> Audit:
    entries, accepted_faults = load_accepted(settings)
    about_faults = load_about(settings)[1]
    in_doubt = {fault.file for fault in fatal(faults)}
    found = (*faults, *accepted_faults, *about_faults, *check_contents(evidence, in_doubt))
    findings = [_with_reference(finding) for finding in found]
    judged: dict[str, int] = {}
    context = AuditContext(without_unreadable(evidence, findings), settings)
    names = settings.file_names
    for rule in ROW_RULES:
        if rules is not None and rule.id not in rules:
            continue
        if in_doubt.isdisjoint(names[part] for part in rule.needs):
            judgements = list(rule.judge(context))
            if rule.tables:
                judged[rule.id] = len(judgements)
            findings.extend(settings.located(found) for found in judgements if found is not None)
    accepted = settings.config.get("paths", {}).get("accepted_findings", "")
    marked = accept(findings, entries, Path(str(accepted)).name)
    return Audit(tuple(in_order(marked)), judged, _without_identifier(evidence))


def _with_reference(finding: Finding) -> Finding:
    rule = rule_of(finding.rule)
    return finding if rule is None else replace(finding, reference=rule.reference)


def _without_identifier(evidence: Evidence) -> tuple[str, ...]:
    rows = without_identifier(evidence.rows("sources"))
    return tuple(str(row["source_id"]) for row in rows)
