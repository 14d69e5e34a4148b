"""Names that differ by how they are typed alone are one name."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

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
    text = unicodedata.normalize("NFKC", name)
    text = "".join(
        "-" if unicodedata.category(c) == "Pd" or c == "\u2212" else c
        for c in text
        if unicodedata.category(c) != "Cf"
    )
    text = " ".join(text.split())
    if sorted_parts and "+" in text:
        text = " + ".join(sorted(_SPLIT.split(text)))
    return text


def one_spelling(
    columns: Iterable[Sequence[str]], what: str, *, sorted_parts: bool = True
) -> tuple[list[list[str]], list[str]]:
    """Write every name as it is written most often, and say which spellings were taken for one.

    Parameters
    ----------
    columns : iterable of sequence of str
        Names of one kind, for example the two treatments of contrasts.
    what : str
        Of what they are names, in the singular.
    sorted_parts : bool
        As in `plain_name`.

    Returns
    -------
    columns : list of list of str
    notes : list of str
    """
    own = [list(column) for column in columns]
    count = Counter(name for column in own for name in column)
    found: dict[str, list[str]] = {}
    for name in count:
        found.setdefault(plain_name(name, sorted_parts=sorted_parts), []).append(name)
    chosen: dict[str, str] = {}
    notes = []
    for key, names in found.items():
        best = min(names, key=lambda name: (-count[name], name != key, name))
        chosen |= dict.fromkeys(names, best)
        if len(names) > 1:
            told = " and ".join(repr(name) for name in sorted(names))
            notes.append(f"{told} are taken for one {what}, {best}")
    return [[chosen[name] for name in column] for column in own], notes
