"""The graph of a network: what is connected, which designs there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from trialpool.pooling.network.studies import StudyEffects, natural

Pair = tuple[str, str]


@dataclass(frozen=True)
class Component:
    """Treatments that are connected by trials.

    Attributes
    ----------
    treatments, studies : tuple of str
    """

    treatments: tuple[str, ...]
    studies: tuple[str, ...]


@dataclass(frozen=True)
class Design:
    """Studies with the same set of treatments.

    Attributes
    ----------
    treatments, studies : tuple of str
    """

    treatments: tuple[str, ...]
    studies: tuple[str, ...]


def components(studies: Sequence[StudyEffects]) -> tuple[Component, ...]:
    """Find the connected parts of a network, the one with most studies first."""
    parts: list[set[str]] = []
    for study in studies:
        own = set(study.treatments)
        apart = [part for part in parts if part.isdisjoint(own)]
        parts = [*apart, own.union(*(part for part in parts if part not in apart))]
    found = [
        Component(
            tuple(sorted(part, key=natural)),
            tuple(study.label for study in studies if study.treatments[0] in part),
        )
        for part in parts
    ]
    return tuple(sorted(found, key=lambda c: (-len(c.studies), natural(c.treatments[0]))))


def designs(studies: Sequence[StudyEffects]) -> tuple[Design, ...]:
    """Find the sets of treatments that were compared, in natural order."""
    found: dict[tuple[str, ...], list[str]] = {}
    for study in studies:
        found.setdefault(study.treatments, []).append(study.label)
    order = sorted(found, key=lambda names: (len(names), [natural(name) for name in names]))
    return tuple(Design(names, tuple(found[names])) for names in order)


def compared_pairs(studies: Sequence[StudyEffects]) -> tuple[Pair, ...]:
    """Find the pairs of treatments that some study compares, in natural order."""
    pairs = {pair for study in studies for pair in combinations(study.treatments, 2)}
    return tuple(sorted(pairs, key=lambda pair: (natural(pair[0]), natural(pair[1]))))


def usual_reference(studies: Sequence[StudyEffects]) -> str:
    """Name the treatment of most studies of the largest component, the first of equals."""
    largest = components(studies)[0].treatments
    count = {name: sum(name in study.treatments for study in studies) for name in largest}
    return min(largest, key=lambda name: (-count[name], natural(name)))
