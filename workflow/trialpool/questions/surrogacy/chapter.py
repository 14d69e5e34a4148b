"""What a chapter takes from a question on surrogacy: nothing."""

from __future__ import annotations

from typing import Final

from trialpool.records.surrogacy.questions import SurrogacyResult

# An association over all treatments says nothing of one strategy.
COMPARES_STRATEGIES: Final = False
ASKS_FOR_TRIALS: Final = False


def markers_asked(_: SurrogacyResult) -> tuple[str, tuple[str, ...]]:
    """Name the kind of question on markers and the markers; none here."""
    return "", ()
