"""Flags of a row that its reader set, in words; other modules ask for them by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Status of what a row says of one arm, with its standard error.
OF_ARM: Final = ("mean", "rate", "correlation")
# What its number on the analysis scale is called, by that scale; else by the status.
_ON_SCALE: Final = {"log": "ln {}", "z": "Fisher's z of the {}"}
CORRECTED: Final = "0.5 added to each cell (a cell is zero)"
SECONDARY: Final = "read in a secondary source"
PUBLISHED: Final = "effect as published, not computed from counts"
PUBLISHED_OUTCOME: Final = "effect as published, not computed from the arms"
INFERRED: Final = "direction inferred by the reader"


def name_of_arm(status: str, scale: str) -> str:
    """Name the number of an arm on the analysis scale: "ln rate", "mean"."""
    return _ON_SCALE.get(scale, "{}").format(status)


def noted(row: Mapping[str, Any]) -> list[str]:
    """Turn the two conventions of a row's note (docs/reference/data-dictionary.md) into flags."""
    note, flags = str(row.get("evidence_note", row.get("note", ""))), []
    if note.startswith("secondary"):
        flags.append(SECONDARY)
    if "DIRECTION INFERRED" in note:
        flags.append(INFERRED)
    return flags
