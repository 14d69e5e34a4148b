"""The form under which names are compared: of treatments, trials, levels."""

from __future__ import annotations

import re
import unicodedata

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
