"""docs/reference/audit.md says of each rule what the registry says, and counts the findings."""

import re
import runpy
from pathlib import Path

import pytest

from trialpool.audit.run import run_audit
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "audit.md").read_text(encoding="utf-8")
TABLES = runpy.run_path(str(ROOT / "benchmarks" / "audit_tables.py"))


@pytest.mark.parametrize("name", ["rules_table", "counts_table"])
def test_tables_are_up_to_date(name):
    """If this fails: python benchmarks/audit_tables.py."""
    assert TABLES[name]() in PAGE


def test_every_finding_of_the_shipped_data_is_explained():
    """One line of hand-checks.md each; none about a finding that is no longer made."""
    text = (ROOT / "docs" / "review" / "hand-checks.md").read_text(encoding="utf-8")
    section = text.split("## Findings of the shipped data")[1].split("False alarms that led")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    explained = {name for line in lines for name in re.findall("`([^`]+)`", line.split(" | ")[0])}
    settings, faults = load_settings(ROOT / "config" / "config.yaml", ROOT)
    found = run_audit(ROOT / "data" / "raw", settings.tables, settings, faults).findings
    assert explained == {one.row_id for one in found if one.file.endswith(".csv")}
