"""Numbers that are printed with fewer or more decimals than those beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from trialpool.effects.doubts.table import Rows
from trialpool.pooling.doubt import Doubt

# What one source prints alike.
_TOGETHER: Final = (
    *((effect, "ci_lower", "ci_upper") for effect in ("hr", "or", "rr", "irr", "rom")),
    *((effect, "ci_lower", "ci_upper") for effect in ("rd", "md", "smd", "cor")),
    ("yi", "sei"),
    ("mean_experimental", "mean_control"),
    ("sd_experimental", "sd_control"),
)
_FEWEST: Final = 5


def odd_decimals(table: Rows) -> Iterator[Doubt]:
    """Yield a row whose numbers do not have the decimals that they have in every other row.

    Only where zeros at the end are kept, as they are in print: spreadsheets and R drop them.
    """
    if len(table) < _FEWEST:
        return
    for names in _TOGETHER:
        if not set(names) <= table.columns:
            continue
        rows = [tuple(own[name].decimals for name in names) for own in table.numbers]
        every = [own[name] for own in table.numbers for name in names]
        # Python writes 2.0 for 2.
        if not any(number.decimals > 1 and number.text.endswith("0") for number in every):
            continue
        # A paper that rounds to one decimal rounds all of its numbers.
        patterns = Counter(tuple(d - row[0] for d in row) for row in rows)
        usual, times = patterns.most_common(1)[0]
        if times != len(rows) - 1:
            continue
        at = next(i for i, row in enumerate(rows) if tuple(d - row[0] for d in row) != usual)
        if any("e" in table.numbers[at][name].text.lower() for name in names):
            continue
        shown = ", ".join(table.numbers[at][name].text for name in names)
        message = (
            f"{', '.join(names)} of {table.names([at])} are {shown}; in all other rows they have "
            "decimals alike"
        )
        yield table.doubt("decimals-apart", [at], message, "Check for a digit too many or too few.")
