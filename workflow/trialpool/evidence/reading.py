"""Raw tables, read and checked: what a notebook asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import Evidence, read_tables
from trialpool.evidence.validation import check_contents
from trialpool.findings import InputError, fatal, in_order


def read_evidence(folder: str | Path, tables: Sequence[str] | None = None) -> Evidence:
    """Read and check raw tables; raise if anything in them cannot be trusted to be read.

    Parameters
    ----------
    folder : str or Path
        Folder with the raw tables, for example ``"data/raw"``.
    tables : sequence of str, optional
        Tables to read. By default every known table whose file is there, and
        the ones that no analysis can do without.

    Raises
    ------
    InputError
        With all fatal findings: missing files or columns, cells that are not
        what their column holds, duplicate keys, identifiers that do not resolve.
    """
    path = Path(folder)
    if tables is None:
        needed = ("trials", "arms", "sources")
        tables = [name for name in TABLES if name in needed or (path / f"{name}.csv").exists()]
    evidence, findings = read_tables(path, tables)
    findings.extend(check_contents(evidence))
    if faults := fatal(findings):
        raise InputError(in_order(faults))
    return evidence
