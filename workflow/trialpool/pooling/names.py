"""The form under which names are compared: of treatments, trials, levels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SPLIT = re.compile(r"\s*\+\s*")


def plain_name(name: str, *, sorted_parts: bool = True) -> str:
    """Give the form under which names are compared.

    Unicode NFKC, one kind of hyphen and of space, the parts of "A + B" in order. Capitals stay:
    "a" and "A" may be two treatments.

    Parameters
    ----------
    name : str
    sorted_parts : bool
        Whether the parts around "+" may stand in any order.
    """
    text = name
    if not name.isascii():
        text = "".join(
            "-" if unicodedata.category(c) == "Pd" or c == "\u2212" else c
            for c in unicodedata.normalize("NFKC", name)
            if unicodedata.category(c) != "Cf"
        )
    text = " ".join(text.split())
    if sorted_parts and "+" in text:
        text = " + ".join(sorted(_SPLIT.split(text)))
    return text


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
