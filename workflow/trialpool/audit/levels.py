"""Words for one side of a marker, whatever it is: "positive" and "present" are one level."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = (
    ("high", r"positive|present|yes|high|above|over\w*|mutated|mutant|detected|carriers?"),
    ("low", r"negative|absent|no|not|non|low|loss|lost|below|wild|undetected"),
)
_SIGNS: Final = {"high": "[>≥]", "low": "[<≤]"}
_SIDES: Final = tuple(
    (side, re.compile(rf"\b(?:{words})\b|{_SIGNS[side]}")) for side, words in _WORDS
)


def side_of(level: str) -> str:
    """Return the side of its marker that a level names: "high", "low", or empty."""
    found = {side for side, pattern in _SIDES if pattern.search(level.casefold())}
    return found.pop() if len(found) == 1 else ""
