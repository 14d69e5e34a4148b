"""What a league table holds: all pairs of a network, by network and by direct evidence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from trialpool import formatting as fmt

if TYPE_CHECKING:
    from trialpool.pooling.network import NetworkResult

DIRECT: Final = "direct alone"
INDIRECT: Final = "indirect alone"
BOTH: Final = "direct and indirect"


@dataclass(frozen=True)
class LeaguePair:
    """Two treatments, effects with limits on the analysis scale.

    Attributes
    ----------
    upper, lower : str
        The one that stands earlier in the order, and the other one.
    k : int
        Trials that compare them.
    network : (float, float, float)
        Estimate and limits of `lower` against `upper`.
    direct : (float, float, float) or None
        Of `upper` against `lower`, from these trials alone.
    share : float or None
        Of direct evidence.
    evidence : {"direct alone", "indirect alone", "direct and indirect"}
    """

    upper: str
    lower: str
    k: int
    network: tuple[float, float, float]
    direct: tuple[float, float, float] | None
    share: float | None
    evidence: str


@dataclass(frozen=True)
class LeagueTable:
    """All pairs of a network, each once.

    Attributes
    ----------
    names : tuple of str
        In the order of the table.
    pairs : tuple of LeaguePair
    measure : str
    level : float
    small_values : {"good", "bad"}
    k : int
        Trials.
    order, model : str
        In words: how treatments are ordered, and where network estimates come from.
    """

    names: tuple[str, ...]
    pairs: tuple[LeaguePair, ...]
    measure: str
    level: float
    small_values: str
    k: int
    order: str
    model: str


def league_of(result: NetworkResult) -> LeagueTable:
    """Take the random-effects estimates of a network."""
    names = result.ranked()
    pairs = []
    for a, b in combinations(names, 2):
        found, split = result.compare(b, a), result.split(a, b)
        assert split is not None
        direct = None
        if split.direct is not None and split.direct_se is not None:
            middle = split.direct if split.treat1 == a else -split.direct
            half = result.quantile * split.direct_se
            direct = (middle, middle - half, middle + half)
        evidence = DIRECT if split.indirect is None else BOTH
        pairs.append(
            LeaguePair(
                upper=a,
                lower=b,
                k=split.k,
                network=(found.estimate, found.ci_lower, found.ci_upper),
                direct=direct,
                share=split.proportion_direct,
                evidence=INDIRECT if split.direct is None else evidence,
            )
        )
    return LeagueTable(
        names=names,
        pairs=tuple(pairs),
        measure=result.measure,
        level=result.level,
        small_values=result.small_values,
        k=result.k,
        order="treatments by P-score",
        model=f"random effects, τ² {fmt.tau_squared(result.tau2.value)} ({result.tau2.method})",
    )
