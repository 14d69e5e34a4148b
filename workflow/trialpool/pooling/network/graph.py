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
    root: dict[str, str] = {}

    def top(name: str) -> str:
        while root[name] != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for study in studies:
        for name in study.treatments:
            root.setdefault(name, name)
        for name in study.treatments[1:]:
            root[top(name)] = top(study.treatments[0])
    parts: dict[str, list[str]] = {}
    for name in sorted(root, key=natural):
        parts.setdefault(top(name), []).append(name)
    found = [
        Component(
            tuple(names),
            tuple(study.label for study in studies if study.treatments[0] in names),
        )
        for names in parts.values()
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
