"""Commands that look at the input."""

from __future__ import annotations

import json
from pathlib import Path

from trialpool.audit.run import audit as run_audit
from trialpool.evidence.schemas import TABLES
from trialpool.findings import LEVELS, Finding, fatal
from trialpool.settings import load_settings

_TITLES = {
    "fatal": "Fatal: the build stops",
    "unusable": "Unusable: kept and shown, cannot enter a pool",
    "warning": "Warnings",
}


def audit(raw: Path, config: Path, *, as_json: bool) -> int:
    """Print all findings grouped by level; return the exit status."""
    settings, faults = load_settings(config)
    tables = list(settings.config.get("tables", TABLES))
    findings = run_audit(raw, [name for name in tables if name in TABLES], settings, faults)
    if as_json:
        print(json.dumps([f.as_row() for f in findings], ensure_ascii=False, indent=2))  # noqa: T201
    else:
        _print(findings)
    return 1 if fatal(findings) else 0


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for level in LEVELS:
        ours = [finding for finding in findings if finding.level == level]
        console.print(Text(f"{_TITLES[level]} ({len(ours)})", style="bold"))
        for finding in ours:
            console.print(Text(f"  {str(finding).removeprefix(level + ': ')}"))
