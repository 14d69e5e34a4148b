"""Rows of a network that lack a number, left out and named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from trialpool.effects.networks.columns import Recognised
from trialpool.effects.table_files.table import LeftOut, Table, is_missing
from trialpool.findings import Finding, InputError


def without_gaps(table: Table, found: Recognised) -> Table:
    """Leave out rows that lack a name or a number, and trials of which one arm would be left.

    Parameters
    ----------
    table : Table
    found : Recognised
        Of effects of arms an estimate may be missing: that of the baseline.

    Raises
    ------
    InputError
        If no row is left.
    """
    study = found.columns.get("study")
    reasons: dict[int, str] = {}
    for i, row in enumerate(table.rows):
        missing = _missing(row, found)
        if missing:
            told = ", ".join(table.header(column) for column in missing)
            reasons[i] = f"{told} not given"
    if found.kind not in ("contrasts", "wide") and study is not None:
        before = Counter(row[study] for row in table.rows)
        left = Counter(row[study] for i, row in enumerate(table.rows) if i not in reasons)
        for i, row in enumerate(table.rows):
            if i not in reasons and left[row[study]] == 1 < before[row[study]]:
                reasons[i] = "no other arm of its trial is left"
    if not reasons:
        return table
    keep = [i for i in range(len(table.rows)) if i not in reasons]
    if not keep:
        finding = Finding("fatal", "rows-left", table.file, message="every row lacks a number",
                          remedy="Enter them.")  # fmt: skip
        raise InputError([finding])
    out = [
        LeftOut(table.lines[i], table.rows[i][study] if study else "", reason)
        for i, reason in sorted(reasons.items())
    ]
    warnings = [
        Finding("warning", "row-left-out", table.file, one.line,
                message=f"{one.label or 'the row'} is left out: {one.reason}")
        for one in out
    ]  # fmt: skip
    return replace(
        table,
        rows=tuple(table.rows[i] for i in keep),
        lines=tuple(table.lines[i] for i in keep),
        left_out=(*table.left_out, *out),
        warnings=(*table.warnings, *warnings),
    )


def _missing(row: dict[str, str], found: Recognised) -> list[str]:
    """Return the columns that a row lacks."""
    if found.kind == "effects of arms":
        return [] if not is_missing(row[found.columns["treatment"]]) else ["treatment"]
    own = [(role, column) for role, column in found.columns.items() if role not in ("n1", "n2")]
    if found.kind == "wide":
        there = {
            role.rpartition(" ")[2]
            for role, column in own
            if role.startswith("treatment ") and not is_missing(row[column])
        }
        own = [(r, c) for r, c in own if r == "study" or r.rpartition(" ")[2] in there]
    return [
        column
        for role, column in own
        if role != "ci_level"
        and is_missing(
            row[column],
            number=role.split()[0] not in ("study", "treatment", "treat1", "treat2"),
        )
    ]
