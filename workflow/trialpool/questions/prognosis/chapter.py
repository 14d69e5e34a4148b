"""What a chapter takes from a prognostic question."""

from __future__ import annotations

from typing import Final

from trialpool.records.prognosis import PrognosisResult

COMPARES_STRATEGIES: Final = False
ASKS_FOR_TRIALS: Final = False


def markers_asked(record: PrognosisResult) -> tuple[str, tuple[str, ...]]:
    """Name the kind of question on markers and the markers."""
    return "prognostic", (record.prognostic.biomarker,)
