"""What a question on markers says in a chapter: sentences, and what is counted of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# ICEMAN (Schandelmaier et al. 2020): above it chance is a likely explanation of an interaction.
LIKELY_CHANCE: Final = 0.01


@dataclass(frozen=True)
class Comparison:
    """One comparison of levels: whether its interval (or joint test) excludes no difference."""

    rows: frozenset[str]
    markers: tuple[str, ...]
    k: int
    differs: bool
    p_value: float | None

    @property
    def is_likely_chance(self) -> bool:
        """Whether chance is a likely explanation of a difference."""
        return self.p_value is not None and self.p_value > LIKELY_CHANCE


@dataclass(frozen=True)
class MarkerWords:
    """What a question says of markers.

    Attributes
    ----------
    sentences : tuple of str
        One per group, and more where there is more to say.
    markers : tuple of str
        Of which it asks who benefits; none of a prognostic question.
    comparisons : tuple of Comparison
        Of their levels.
    """

    sentences: tuple[str, ...]
    markers: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
