"""Widths of texts in the shipped fonts, and line breaks."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from trialpool.figures.text.bidi import direction, runs_both_ways, with_mark
from trialpool.figures.text.faces import FAMILY, STYLES, Face, font_path, is_latin
from trialpool.figures.text.shaping import em_width
from trialpool.figures.text.unprinted import printable

__all__ = [
    "ASCENT", "DESCENT", "ELLIPSIS", "FAMILY", "STYLES", "Face", "font_path", "printable",
    "text_width", "wrap",
]  # fmt: skip

# No line ends before or behind one of these.
_RELATIONS: Final = frozenset({"=", "<", ">", "±"})

ELLIPSIS: Final = "…"
# Parts of an em above and below the baseline that a line of text takes up.
ASCENT: Final = 0.78
DESCENT: Final = 0.24
# A column as wide as its widest text must hold it whatever the sums of floats give.
_ROUNDING: Final = 1e-6
# A sum of measured parts is within this many em of the whole text's width (a ligature at
# the end of a word has other bearings than its last letter).
_SUM_ERROR: Final = 0.05
_FIRST_MEASURED: Final = 32
_LIGATURE: Final = 3


def text_width(text: str, size: float, face: Face = "regular") -> float:
    """Width of a text in points at `size` points, kerning included."""
    return em_width(text, face) * size if text else 0.0


def wider_start(text: str, size: float, width: float, face: Face = "regular") -> str:
    """Return a start of a text that is wider than `width`, or all of it.

    Who takes letters away until a text fits would measure a very long one at every length.
    """
    end = _FIRST_MEASURED
    while end < len(text) and text_width(text[:end], size, face) <= width + size:
        end *= 2
    return text[:end]


def wrap(
    text: str, size: float, face: Face, width: float, max_lines: int | None = None
) -> tuple[str, ...]:
    """Break a text into lines no wider than `width`.

    A word that is too long is broken, as are Chinese and Japanese, which have no spaces.
    Text beyond `max_lines` ends in an ellipsis. The lines of a text that runs from right to
    left all do, whatever they begin with.
    """
    if runs_both_ways(text):
        way = direction(text)
        lines = _wrap(text, size, face, width, max_lines)
        return tuple(with_mark(line, way) for line in lines)
    return _wrap(text, size, face, width, max_lines)


def _wrap(
    text: str, size: float, face: Face, width: float, max_lines: int | None
) -> tuple[str, ...]:
    lines: list[str] = []
    current, em = "", 0.0
    for word in _short_words(_bound(text.split()), size, face, width):
        if not current:
            current, em = word, em_width(word, face)
            continue
        candidate = f"{current} {word}"
        em += _em_joint(current[-1] + " " + word[0], face) + em_width(word, face)
        if _exceeds(candidate, em, size, face, width + _ROUNDING):
            lines.append(current)
            current, em = word, em_width(word, face)
        else:
            current = candidate
    lines.append(current)
    if max_lines is not None and len(lines) > max_lines:
        last = lines[max_lines - 1]
        while last and text_width(last + ELLIPSIS, size, face) > width:
            last = last[:-1].rstrip()
        lines = [*lines[: max_lines - 1], last + ELLIPSIS]
    return tuple(lines)


def _bound(words: Iterable[str]) -> Iterator[str]:
    """Join words between which no line may end.

    "p = 0.04" and "F(2, 7)" stay whole, "–:" stays with what it means, and no line begins
    with a plus sign.
    """
    unit, open_end = "", False
    for word in words:
        if unit and (open_end or word in _RELATIONS or word == "+"):
            unit = f"{unit} {word}"
        else:
            if unit:
                yield unit
            unit = word
        open_end = word in _RELATIONS or word == "–:" or (word.startswith("F(") and word[-1] == ",")
    yield unit


@cache
def _em_joint(around: str, face: Face) -> float:
    """Width that a space adds between two letters: measuring every line anew takes long."""
    return em_width(around, face) - em_width(around[0], face) - em_width(around[-1], face)


def _exceeds(text: str, em: float, size: float, face: Face, limit: float) -> bool:
    """Whether a text is wider than `limit`; it is measured only where its sum leaves a doubt."""
    if abs(em * size - limit) > _SUM_ERROR * size:
        return em * size > limit
    return text_width(text, size, face) > limit


def _short_words(words: Iterable[str], size: float, face: Face, width: float) -> Iterator[str]:
    for unit in words:
        if " " in unit and text_width(unit, size, face) > width + _ROUNDING:
            yield from _short_words(unit.split(), size, face, width)
            continue
        rest = unit
        while (cut := _cut(rest, size, face, width)) < len(rest):
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _cut(word: str, size: float, face: Face, width: float) -> int:
    """Return how many letters of a word go on the line: all, or at least one.

    No more is measured than twice what a line holds, however long the word is.
    """

    def width_up_to(letters: int) -> float:
        return text_width(word[:letters], size, face)

    low, high = 1, min(_FIRST_MEASURED, len(word))
    while width_up_to(high) <= width + (_ROUNDING if high == len(word) else 0.0):
        if high == len(word):
            return high
        low, high = high, min(2 * high, len(word))
    longest = max(1, bisect_right(range(high), width, lo=low, key=width_up_to) - 1)
    if is_latin(word):
        # A ligature can be narrower than a part of it.
        further = range(min(longest + _LIGATURE, len(word) - 1), longest, -1)
        return next((cut for cut in further if width_up_to(cut) <= width), longest)
    cut = longest
    while cut > 1 and not _may_break(word[cut - 1], word[cut]):
        cut -= 1
    return cut if cut > 1 else longest


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two letters.

    Not before closing punctuation or a mark that sits on the letter, nor after an opening
    bracket (the rule that Chinese and Japanese printers keep).
    """
    closing = after in "，。、；：？！…・ー々" or unicodedata.category(after) in ("Pe", "Pf", "Mn")
    return not closing and unicodedata.category(before) not in ("Ps", "Pi")
