"""Texts that run from right to left: Arabic and Hebrew, alone or mixed with Latin and digits.

The order of letters within a line is found by the Unicode bidirectional algorithm (UAX 9),
by HarfBuzz and raqm in PNG and PDF, by the browser in SVG. All that it must be told is
which way the line as a whole runs.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final, Literal

Direction = Literal["ltr", "rtl"]

# Invisible letters: a text that begins with one runs its way.
MARKS: Final[dict[Direction, str]] = {"ltr": "\u200e", "rtl": "\u200f"}
_FIRST_RIGHT_TO_LEFT: Final = "\u0590"
_YEAR: Final = re.compile(r", \d{4}$")


def runs_both_ways(text: str) -> bool:
    """Whether a text has any letter that runs from right to left."""
    return not text.isascii() and any(
        c >= _FIRST_RIGHT_TO_LEFT and unicodedata.bidirectional(c) in ("R", "AL") for c in text
    )


@cache
def direction(text: str) -> Direction:
    """Say which way a text runs: that of most of its letters, or of the mark it begins with.

    The first letter alone would turn an English sentence around that begins with a Hebrew name.
    """
    for way, mark in MARKS.items():
        if text.startswith(mark):
            return way
    ways = _of_letters(text)
    return "rtl" if ways.count("rtl") > ways.count("ltr") else "ltr"


def with_mark(text: str, way: Direction) -> str:
    """Return a line that runs `way` even if its own letters say otherwise."""
    return text if direction(text) == way else MARKS[way] + text


def for_layout(text: str) -> str:
    """Return a text in the form that raqm orders rightly: it goes by the first letter."""
    if not runs_both_ways(text):
        return text
    text, way = for_reader(text), direction(text)
    return text if _of_letters(text)[0] == way else MARKS[way] + text


def for_reader(text: str) -> str:
    """Return a text for a reader who is told its direction, as a browser is.

    A year behind a name goes the way of the line: "Study X 2, 2015" with an Arabic X would
    show the year between the two words.
    """
    text, way = bare(text), direction(text)
    year = _YEAR.search(text)
    if year is None or _of_letters(text[: year.start()])[-1:] in ([way], []):
        return text
    return text[: year.start()] + MARKS[way] + text[year.start() :]


def _of_letters(text: str) -> list[Direction]:
    """Return the way of each letter of a text, digits and signs left out."""
    ways: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
    kinds = (unicodedata.bidirectional(character) for character in text)
    return [ways[kind] for kind in kinds if kind in ways]


def bare(text: str) -> str:
    """Return a line without the mark it begins with."""
    return text[1:] if text[:1] in MARKS.values() else text
