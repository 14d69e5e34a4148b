"""What a chapter takes from a question on an interaction."""

from __future__ import annotations

from typing import Final

from trialpool.records.interaction import InteractionResult

COMPARES_STRATEGIES: Final = False
ASKS_FOR_TRIALS: Final = False


def markers_asked(record: InteractionResult) -> tuple[str, tuple[str, ...]]:
    """Name the kind of question on markers and the markers."""
    return "predictive", tuple(record.interaction.biomarkers)
