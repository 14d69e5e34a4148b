"""What a chapter takes from a network: nothing.

Its direct comparisons stand in the questions on comparisons already.
"""

from __future__ import annotations

from typing import Final

from trialpool.records.results import Result

# Whether the groups say something of strategies, and whether trials as a whole are asked for.
COMPARES_STRATEGIES: Final = False
ASKS_FOR_TRIALS: Final = True


def markers_asked(record: Result) -> tuple[str, tuple[str, ...]]:
    """Name the kind of question on markers and the markers; none here."""
    return "", ()
