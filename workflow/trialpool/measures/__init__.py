"""Effect measures: the scale each is analysed on, its null value and its names.

An effect never travels without its measure. Everything that needs to know how
a number on the analysis scale turns into the number a reader sees asks here.
"""

from __future__ import annotations

from typing import Final

from trialpool.measures.endpoints import Endpoint, endpoints_of
from trialpool.measures.given import GIVEN
from trialpool.measures.means import CHANGE, ONE_MEAN, TWO_MEANS
from trialpool.measures.measure import Direction, Measure
from trialpool.measures.one_group import CORRELATIONS, PARTIAL, PROPORTIONS, RATES, RELIABILITY
from trialpool.measures.scales import Scale
from trialpool.measures.two_by_two import AREAS, GENOTYPES, PAIRS, PERSON_TIME, TWO_BY_TWO

__all__ = [
    "GROUPS",
    "MEASURES",
    "Direction",
    "Endpoint",
    "Measure",
    "Scale",
    "endpoints_of",
    "get_measure",
]

# By what is entered; the order is that of the table in docs/reference/measures.md.
GROUPS: Final[dict[str, tuple[Measure, ...]]] = {
    "given": GIVEN,
    "counts of two groups": TWO_BY_TWO,
    "person-time of two groups": PERSON_TIME,
    "means of two groups": TWO_MEANS,
    "pairs": PAIRS,
    "change in one group": CHANGE,
    "proportion of one group": PROPORTIONS,
    "rate of one group": RATES,
    "mean of one group": ONE_MEAN,
    "correlations": CORRELATIONS,
    "regression": PARTIAL,
    "reliability": RELIABILITY,
    "areas under curves": AREAS,
    "genotypes": GENOTYPES,
}
MEASURES: Final[dict[str, Measure]] = {
    measure.code: measure for group in GROUPS.values() for measure in group
}


def get_measure(code: str) -> Measure:
    """Look a measure up by its code.

    Raises
    ------
    ValueError
        If the code is not known; the message lists the known ones.
    """
    try:
        return MEASURES[code]
    except KeyError:
        raise ValueError(
            f"unknown measure {code!r}; known measures: {', '.join(MEASURES)}"
        ) from None
