"""docs/audit.md says of each rule what the registry says, and counts what the audit finds."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
TABLES = runpy.run_path(str(ROOT / "benchmarks" / "audit_tables.py"))


@pytest.mark.parametrize("name", ["rules_table", "counts_table"])
def test_tables_are_up_to_date(name):
    """If this fails: python benchmarks/audit_tables.py."""
    assert TABLES[name]() in PAGE
