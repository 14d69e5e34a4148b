"""What a chapter takes from a question on one estimate per study."""

from __future__ import annotations

from typing import Final

from trialpool.records.results import Result

# Single groups compare nothing.
COMPARES_STRATEGIES: Final = False
ASKS_FOR_TRIALS: Final = True


def markers_asked(record: Result) -> tuple[str, tuple[str, ...]]:
    """Name the kind of question on markers and the markers; none here."""
    return "", ()
