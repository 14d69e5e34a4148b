"""Write the generated tables of docs/reference/audit.md: rules, and counts on the shipped data.

Usage: python benchmarks/audit_tables.py
"""

from __future__ import annotations

import re
from pathlib import Path

from trialpool.audit.registry import RULES
from trialpool.audit.rule import Case
from trialpool.audit.run import run_audit
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "audit.md"


def rules_table() -> str:
    """Return the registry as a Markdown table."""
    lines = [
        "| rule | what must hold | level | reference | holds | fails |",
        "|---|---|---|---|---|---|",
    ]
    for rule in RULES:
        cells = [f"`{rule.id}`", rule.statement, ", ".join(rule.levels), rule.reference]
        cells += ["" if case == Case() else str(case) for case in (rule.holds, rule.fails)]
        lines.append(_row(cells))
    return "\n".join(lines)


def counts_table() -> str:
    """Return findings by rule on data/raw, for rules that judged or found something."""
    settings, faults = load_settings(ROOT / "config" / "config.yaml", ROOT)
    result = run_audit(ROOT / "data" / "raw", settings.tables, settings, faults)
    lines = [
        "| rule | judged | fatal | unusable | warning | accepted |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    levels = ("fatal", "unusable", "warning", "accepted")
    rows = [row for row in result.rules() if row["judged"]]
    for row in rows:
        cells = [f"`{row['rule']}`", str(row["judged"])]
        lines.append(_row([*cells, *(str(row[level] or "") for level in levels)]))
    sums = [str(sum(row[level] for row in rows)) for level in levels]
    lines.append(_row(["all", "", *sums]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def put(text: str, name: str, block: str) -> str:
    """Replace what stands between the marks of a block."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{PAGE}: no marks for {name}")
    return pattern.sub(lambda _: f"{begin}\n\n{block}\n\n{end}", text)


def main() -> None:
    """Write the page."""
    text = PAGE.read_text(encoding="utf-8")
    for name, block in (("rules", rules_table()), ("counts", counts_table())):
        text = put(text, name, block)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
