"""Other names for columns, and columns taken apart that hold an estimate with its interval."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from trialpool.effects.table_files.column_sets import (
    LOGGED,
    PRINTED,
    level_in,
    plain,
    without_level,
)
from trialpool.effects.table_files.intervals import take_apart
from trialpool.effects.table_files.numbers import kind_of, tidied
from trialpool.effects.table_files.table import Table, is_missing
from trialpool.findings import Finding

_LIMITS_ALONE: Final = frozenset(
    ("ci", "confidenceinterval", "interval", "cri", "credibleinterval", "ki", "ic", "95ci", "cis",
     "confint", "limits", "confidencelimits", "ci95", "90ci", "99ci")
)  # fmt: skip
_INTERVAL_WORDS: Final = re.compile(
    r"\s*[,;:(\[]?\s*[(\[]?\s*(\d{2}([.,]\d+)?\s*-?\s*%\s*-?\s*)?"
    r"(CI|CrI|KI|IC|confidence interval|credible interval)s?\b.*$",
    re.IGNORECASE,
)
_EFFECTS: Final = frozenset(
    ("yi", "te", *(name for names in (*PRINTED.values(), *LOGGED.values()) for name in names))
)
_LOOKED_AT: Final = 50


def rename(table: Table, columns: Mapping[str, str]) -> Table:
    """Give columns other names; those of which they are in the way go into brackets."""
    if not columns:
        return table
    for header in columns.values():
        table.need("--columns", header)
    own = {table.header(name): name for name in table.columns}
    new = {own.get(header, header): name for name, header in columns.items()}
    taken = set(columns)
    names = {name: new.get(name, f"({name})" if name in taken else name) for name in table.columns}
    return renamed(table, names)


def renamed(table: Table, names: Mapping[str, str]) -> Table:
    """Rename columns; cells stay reachable by their header in the file."""
    if all(old == new for old, new in names.items()):
        return table
    new = set(names.values())
    kept = [old for old, name in names.items() if old != name and old not in new]
    moved = [(old, name) for old, name in names.items()]
    rows = []
    for row in table.rows:
        own = {name: row[old] for old, name in moved}
        for old in kept:
            own[old] = row[old]
        rows.append(own)
    headers = {name: table.header(old) for old, name in names.items() if table.header(old) != name}
    doubts = {names.get(old, old): doubt for old, doubt in table.doubts.items()}
    return replace(
        table,
        columns=tuple(names[name] for name in table.columns),
        rows=tuple(rows),
        headers=headers,
        doubts=doubts,
    )


def intervals_apart(table: Table) -> Table:
    """Take columns apart that hold an estimate with its interval, or an interval alone."""
    for name in table.columns:
        cells = [row[name] for row in table.rows]
        some = [c for c in cells[:_LOOKED_AT] if not is_missing(c, number=True)]
        if not some or all(kind_of(tidied(c)) != "text" for c in some):
            continue
        header = table.header(name)
        alone = without_level(name) in _LIMITS_ALONE or plain(name) in _LIMITS_ALONE
        base = _INTERVAL_WORDS.sub("", name).strip() or name
        if not alone and plain(base) not in _EFFECTS:
            continue
        parts = take_apart(cells, limits_alone=alone)
        if parts is None:
            continue
        lower, upper = ("ci_lower", "ci_upper") if alone else (f"{base} lower", f"{base} upper")
        if lower in table.columns or upper in table.columns:
            continue
        level = level_in(header)
        added = {
            lower: [p.lower if p else "" for p in parts],
            upper: [p.upper if p else "" for p in parts],
        }
        levels = [(p.level if p else "") or level for p in parts]
        if any(one not in ("", "95") for one in levels) and "ci_level" not in table.columns:
            added["ci_level"] = levels
        estimates = [
            cell if p is None else p.estimate for cell, p in zip(cells, parts, strict=True)
        ]
        taken = base != name and base in table.columns
        if taken:
            continue
        table = _with_intervals(table, name, base, None if alone else estimates, added)
    return table


def _with_intervals(
    table: Table,
    name: str,
    base: str,
    estimates: Sequence[str] | None,
    added: Mapping[str, Sequence[str]],
) -> Table:
    at = next(i for i, row in enumerate(table.rows) if not is_missing(row[name], number=True))
    cell, header = table.rows[at][name], table.header(name)
    told = ", ".join(f"{column} {values[at]}" for column, values in added.items())
    if estimates is not None:
        told = f"estimate {estimates[at]}, {told}"
    warning = Finding("warning", "interval-cell", table.file, table.lines[at], f"{at + 1}", header,
                      cell, f"taken apart: {told}", "")  # fmt: skip
    rows = []
    for i, row in enumerate(table.rows):
        own = dict(row)
        for column, values in added.items():
            own[column] = values[i]
        if estimates is not None:
            own[base] = estimates[i]
        rows.append(own)
    names = [base if one == name and estimates is not None else one for one in table.columns]
    headers = {k: v for k, v in table.headers.items() if k != name}
    headers |= dict.fromkeys(added, header)
    if estimates is not None and base != header:
        headers[base] = header
    elif estimates is None and name != header:
        headers[name] = header
    return replace(
        table, columns=(*names, *added), rows=tuple(rows), headers=headers,
        warnings=(*table.warnings, warning),
    )  # fmt: skip
