"""Names that look alike: of treatments, trials, levels of a group."""

from __future__ import annotations

from collections.abc import Iterable

from trialpool.pooling.network.given.names import plain_name


def look_alikes(names: Iterable[str], *, sorted_parts: bool = True) -> list[tuple[str, ...]]:
    """Find names that differ by how they are typed alone.

    Two names look alike if they are equal after Unicode NFKC, with one kind of hyphen and of
    space, none around a hyphen or "+", the parts of "A + B" in order, and without capitals.

    Parameters
    ----------
    names : iterable of str
        May hold a name many times.
    sorted_parts : bool
        Whether the parts around "+" may stand in any order.

    Returns
    -------
    list of tuple of str
        Groups of at least two different spellings, in the order of their first one.
    """
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        key = plain_name(name, sorted_parts=sorted_parts).casefold()
        key = "-".join(part.strip() for part in key.split("-"))
        if sorted_parts and "+" in key:
            key = " + ".join(sorted(part.strip() for part in key.split("+")))
        found.setdefault(key, []).append(name)
    return [tuple(group) for group in found.values() if len(group) > 1]
