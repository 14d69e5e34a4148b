"""Commands that look at the input."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from trialpool.audit.registry import RULES
from trialpool.audit.run import Audit, run_audit
from trialpool.evidence.schemas import TABLES
from trialpool.findings import LEVELS, Finding, fatal, in_order
from trialpool.settings import load_settings

_TITLES = {
    "fatal": "Fatal: the build stops",
    "unusable": "Unusable: kept and shown, cannot enter a pool",
    "warning": "Warnings",
    "accepted": "Accepted: reviewed by a person",
}


def audit(raw: Path, config: Path, *, as_json: bool) -> int:
    """Print all findings grouped by level; return the exit status."""
    settings, faults = load_settings(config)
    if any(fault.file == config.name for fault in fatal(faults)):
        # What the review is does not stand: all else would follow from that.
        result = Audit(tuple(in_order(faults)), {})
    else:
        tables = [name for name in settings.tables if name in TABLES]
        result = run_audit(raw, tables, settings, faults)
    if as_json:
        print(json.dumps(_as_json(result), ensure_ascii=False, indent=2))  # noqa: T201
    else:
        _print(result)
    return 1 if fatal(result.findings) else 0


def _as_json(result: Audit) -> dict[str, Any]:
    """Return counts, findings with the cells that they rest on, and rules with what they judged."""
    return {
        "counts": result.counts(),
        "findings": [
            {**finding.as_row(), "line": finding.line, "printed": dict(finding.printed)}
            for finding in result.findings
        ],
        "rules": result.rules(),
        "sources_without_identifier": list(result.without_identifier),
    }


def _print(result: Audit) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for level in LEVELS:
        ours = [finding for finding in result.findings if finding.level == level]
        if not ours and level == "accepted":
            continue
        console.print(Text(f"{_TITLES[level]} ({len(ours)})", style="bold"))
        by_rule: dict[str, list[Finding]] = {}
        for finding in ours:
            by_rule.setdefault(finding.rule, []).append(finding)
        for rule, findings in by_rule.items():
            console.print(Text(f"  {rule} ({len(findings)})"))
            for finding in findings:
                console.print(Text(f"    {str(finding).removeprefix(level + ': ')}"))
    missing = len(result.without_identifier)
    console.print(Text(f"Sources without DOI or PubMed number: {missing} (listed by --json)"))


def rules_in_words() -> str:
    """Return the rules, one per line, by level."""
    lines = ["Rules (the gravest level first):"]
    ordered = sorted(RULES, key=lambda rule: LEVELS.index(rule.levels[0]))
    for level, rules in groupby(ordered, key=lambda rule: rule.levels[0]):
        lines.append(f"\n{level}:")
        lines += [f"  {rule.id}: {rule.statement}" for rule in rules]
    return "\n".join(lines)


def print_rules(*, as_json: bool) -> None:
    """Print every rule with its reference."""
    if not as_json:
        print(rules_in_words())  # noqa: T201
        return
    rules = [
        {
            "rule": rule.id,
            "statement": rule.statement,
            "levels": list(rule.levels),
            "reference": rule.reference,
            "remedy": rule.remedy,
            "tables": list(rule.tables),
            "holds": str(rule.holds),
            "fails": str(rule.fails),
        }
        for rule in RULES
    ]
    print(json.dumps(rules, ensure_ascii=False, indent=2))  # noqa: T201
