"""Names that differ by how they are typed alone are one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from trialpool.pooling.names import plain_name


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
