"""Declared classes of treatments, and what they join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trialpool.pooling.network.studies import StudyEffects, natural
from trialpool.pooling.options import Floats


@dataclass(frozen=True, eq=False)
class Declared:
    """The part of a network that classes join with the reference.

    Attributes
    ----------
    treatments : tuple of str, length n
        In natural order.
    studies : tuple of StudyEffects
        Of these treatments.
    classes : tuple of str, length c
        With at least two of these treatments, in natural order.
    members : tuple of tuple of str
        Treatments of each of these classes.
    groups : ndarray of shape (n, g)
        Which class or treatment of its own each treatment belongs to; without the column of
        the reference.
    within : ndarray of shape (n, u)
        One column per treatment of a class.
    class_rows : ndarray of shape (c, g)
        Mean of each class in the columns of `groups`.
    away : tuple of str
        Treatments that neither trials nor classes join with the reference.
    alone : tuple of str
        Declared classes that have one treatment here: nothing is shared.
    """

    treatments: tuple[str, ...]
    studies: tuple[StudyEffects, ...]
    classes: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    groups: Floats
    within: Floats
    class_rows: Floats
    away: tuple[str, ...]
    alone: tuple[str, ...]


def declare(
    classes: Mapping[str, str],
    treatments: Sequence[str],
    studies: Sequence[StudyEffects],
    reference: str,
) -> Declared:
    """Put treatments into classes, and find what is joined with the reference.

    Parameters
    ----------
    classes : mapping of str to str
        Class of each treatment that has one; a treatment that is not named stands for itself.
    treatments : sequence of str
    studies : sequence of StudyEffects
    reference : str

    Raises
    ------
    ValueError
        If a class is empty text, a treatment is in no trial, or no class has two treatments.
    """
    known = set(treatments)
    for name, label in classes.items():
        if name not in known:
            allowed = ", ".join(treatments)
            raise ValueError(f"classes: {name!r} is in no trial; allowed: {allowed}")
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"classes: {name!r} has class {label!r}; allowed: a name")
    # A treatment of its own cannot have the name of a class.
    group = {t: (classes[t].strip(), "") if t in classes else ("", t) for t in treatments}
    joined = {group[reference]}
    left = [{group[t] for t in study.treatments} for study in studies]
    while True:
        near = [own for own in left if not own.isdisjoint(joined)]
        if not near:
            break
        left = [own for own in left if own.isdisjoint(joined)]
        joined = joined.union(*near)
    own = tuple(t for t in treatments if group[t] in joined)
    by_class: dict[str, list[str]] = {}
    for t in own:
        if t in classes:
            by_class.setdefault(group[t][0], []).append(t)
    shared = tuple(sorted((c for c, m in by_class.items() if len(m) > 1), key=natural))
    if not shared:
        raise ValueError(
            f"classes: none has two treatments that are joined with {reference}; allowed: at "
            "least one class that has"
        )
    columns = [g for g in dict.fromkeys(group[t] for t in own) if g != group[reference]]
    at = {g: i for i, g in enumerate(columns)}
    members = tuple(tuple(by_class[c]) for c in shared)
    inside = [t for names in members for t in names]
    return Declared(
        treatments=own,
        studies=tuple(s for s in studies if s.treatments[0] in own),
        classes=shared,
        members=members,
        groups=_indicators([at.get(group[t]) for t in own], len(columns)),
        within=_indicators([inside.index(t) if t in inside else None for t in own], len(inside)),
        class_rows=_indicators([at.get((c, "")) for c in shared], len(columns)),
        away=tuple(t for t in treatments if t not in own),
        alone=tuple(sorted((c for c, m in by_class.items() if len(m) == 1), key=natural)),
    )


def _indicators(places: Sequence[int | None], size: int) -> Floats:
    found = np.zeros((len(places), size))
    for row, place in enumerate(places):
        if place is not None:
            found[row, place] = 1.0
    return found
