"""Flags of a row that its reader set, in words; other modules ask for them by name."""

from __future__ import annotations

from typing import Final

CORRECTED: Final = "0.5 added to each cell (a cell is zero)"
SECONDARY: Final = "read in a secondary source"
PUBLISHED: Final = "effect as published, not computed from counts"
INFERRED: Final = "direction inferred by the reader"
