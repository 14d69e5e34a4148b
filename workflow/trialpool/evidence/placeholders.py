"""Numbers of the data in hand-written texts: `{row_id.column}` stands for a printed cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from trialpool.evidence.tables import LINE, Evidence

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# A number with decimals is one of the data; levels (IHC 2+), durations and 1 as no difference not.
_DECIMAL: Final = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")


def fill(text: str, evidence: Evidence) -> str:
    """Put the printed cells in the place of the placeholders of a text.

    Raises
    ------
    ValueError
        If one names nothing; the message says what there is.
    """

    def cell(match: re.Match[str]) -> str:
        value, fault = _look_up(match[1], evidence)
        if fault:
            raise ValueError(f"{{{match[1]}}}: {fault}")
        return value

    return _PLACEHOLDER.sub(cell, text)


def placeholder_faults(text: str, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield the placeholders of a text that name nothing, each with what is wrong."""
    for match in _PLACEHOLDER.finditer(text):
        _, fault = _look_up(match[1], evidence)
        if fault:
            yield match[0], fault


def numbers_in(text: str) -> list[str]:
    """Return the numbers with decimals that stand in a text itself."""
    return _DECIMAL.findall(_PLACEHOLDER.sub("", text))


def _look_up(name: str, evidence: Evidence) -> tuple[str, str]:
    """Return the cell that a placeholder names, or what is wrong with it."""
    row_id, _, column = name.rpartition(".")
    rows: dict[str, dict[str, Any]] = {
        str(row["row_id"]): row
        for table in evidence.tables.values()
        for row in table.rows
        if "row_id" in row
    }
    if row_id not in rows:
        near = get_close_matches(row_id, rows, n=3)
        hint = f"; near: {', '.join(near)}" if near else ""
        return "", f"no table has a row {row_id!r}{hint}"
    cells = {key: str(value) for key, value in rows[row_id].items() if key != LINE}
    if not cells.get(column):
        filled = ", ".join(key for key, value in cells.items() if value)
        return "", f"row {row_id} has nothing under {column!r}; it has {filled}"
    return cells[column], ""
