"""Every doubt about the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from trialpool.effects.doubts import digits, repeats, sizes
from trialpool.effects.doubts.table import Rows
from trialpool.pooling.doubt import Doubt

RULES: Final[tuple[Callable[[Rows], Iterator[Doubt]], ...]] = (
    repeats.trials_twice,
    repeats.names_alike,
    repeats.totals,
    repeats.shared_arms,
    sizes.implausible_ratios,
    sizes.ratios_as_logs,
    sizes.beyond_the_scale,
    sizes.far_effects,
    sizes.odd_errors,
    sizes.copied_columns,
    sizes.odd_allocation,
    sizes.odd_spreads,
    digits.odd_decimals,
)


def row_doubts(table: Rows) -> tuple[Doubt, ...]:
    """Judge the rows of a table; each rule says what it found, the same row only once.

    Parameters
    ----------
    table : Rows
        At least one row.

    Returns
    -------
    tuple of Doubt
        A row that is a total or in percent is not doubted again for being far from the others.
    """
    found: list[Doubt] = []
    explained: set[int] = set()
    for rule in RULES:
        for doubt in rule(table):
            if doubt.rule in _FOLLOWING and set(doubt.rows) <= explained:
                continue
            found.append(doubt)
            explained |= set(doubt.rows) if doubt.rule in _EXPLAINING else set()
    return tuple(found)


_EXPLAINING: Final = frozenset(
    ("trial-twice", "total-row", "ratio-in-percent", "ratio-plausible", "difference-in-percent")
)
_FOLLOWING: Final = {"names-alike", "effect-far-from-others", "error-far-from-others"}
