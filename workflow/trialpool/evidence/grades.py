"""How good a report is: its grade, from the kind of source and words of its journal or title."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

ARTICLE: Final = "article"
# The better first; what was read in a review's table is the copy of a number.
SECONDARY_COPY: Final = "secondary copy"
GRADES: Final = (ARTICLE, "registry", "abstract", "regulatory", "release", SECONDARY_COPY)


def grade_of(source: Mapping[str, Any], grades: Mapping[str, Any], *, secondary: bool) -> str:
    """Return the grade of a number.

    Parameters
    ----------
    source : mapping
        A row of sources.csv.
    grades : mapping
        `source_grades` of the taxonomy: ``words``, a grade to words or phrases of which the
        journal or the title holds one, and ``kinds``, a kind of source to its grade (a kind that
        is not named is its own grade).
    secondary : bool
        Whether the number was read elsewhere than in the source.

    Returns
    -------
    str
        One of `GRADES`; empty where nothing is known of the source.
    """
    if secondary:
        return SECONDARY_COPY
    text = f"{source.get('journal', '')}\n{source.get('title', '')}"
    for grade in GRADES:
        words = "|".join(re.escape(word) for word in grades.get("words", {}).get(grade, ()))
        if words and re.search(rf"(?<![\w-])(?:{words})(?!\w)", text, re.IGNORECASE):
            return grade
    kind = str(source.get("kind", ""))
    return str(grades.get("kinds", {}).get(kind, kind))


def grade_rank(grade: str) -> int:
    """Rank a grade, the best first; an unknown one comes last."""
    return GRADES.index(grade) if grade in GRADES else len(GRADES)
