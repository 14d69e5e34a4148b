"""certainty.csv: what people judged of the certainty of evidence, in which words.

Domains and words are those of GRADE (Guyatt et al., J Clin Epidemiol 2011;64:383; rating three
levels down: Schünemann et al., 2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OVERALL: Final = "overall"
_LOWERED: Final = ("not serious", "serious", "very serious", "extremely serious")
# Domain -> the words that it takes.
DOMAINS: Final[Mapping[str, tuple[str, ...]]] = {
    OVERALL: ("high", "moderate", "low", "very low"),
    "risk of bias": _LOWERED,
    "inconsistency": _LOWERED,
    "indirectness": _LOWERED,
    "imprecision": _LOWERED,
    "publication bias": ("undetected", "strongly suspected"),
    "large effect": ("no", "large", "very large"),
    "dose response": ("no", "yes"),
    "opposing confounding": ("no", "yes"),
}
JUDGEMENTS: Final[tuple[str, ...]] = tuple(
    dict.fromkeys(word for words in DOMAINS.values() for word in words)
)
