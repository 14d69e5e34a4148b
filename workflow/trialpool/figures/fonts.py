"""The shipped font: widths of texts, line breaks, and subsets for embedding.

Open Sans travels with the package, so that a text is as wide on every machine
as it was when the layout was computed.
"""

from __future__ import annotations

import base64
import io
import logging
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from fontTools import subset
from fontTools.ttLib import TTFont

Face = Literal["regular", "bold", "italic"]

FAMILY: Final = "Open Sans"
_FOLDER: Final = Path(__file__).parent / "fonts"
_FILES: Final[dict[Face, str]] = {
    "regular": "OpenSans-Regular.ttf",
    "bold": "OpenSans-Bold.ttf",
    "italic": "OpenSans-Italic.ttf",
}
# CSS weight and style of each face.
STYLES: Final[dict[Face, tuple[int, str]]] = {
    "regular": (400, "normal"),
    "bold": (700, "normal"),
    "italic": (400, "italic"),
}
ELLIPSIS: Final = "…"
# Parts of an em above and below the baseline that a line of text takes up.
ASCENT: Final = 0.78
DESCENT: Final = 0.24
# A column as wide as its widest text must hold it whatever the sums of floats give.
_ROUNDING: Final = 1e-6
# A sum of measured parts is within this many em of the whole text's width (a ligature at
# the end of a word has other bearings than its last letter).
_SUM_ERROR: Final = 0.05


def font_path(face: Face) -> Path:
    """Return the file of a face."""
    return _FOLDER / _FILES[face]


@cache
def _measuring_font(face: Face) -> Any:
    # Loaded here: the report takes subsets and measures nothing.
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(font_path(face)))
    # Large and unhinted: the width scales to any size without rounding to a pixel grid.
    font.set_size(1000.0, 72.0)
    return font


@cache
def _em_width(text: str, face: Face) -> float:
    from matplotlib.ft2font import LoadFlags

    font = _measuring_font(face)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64.0 / 1000.0


def text_width(text: str, size: float, face: Face = "regular") -> float:
    """Width of a text in points at `size` points, kerning included."""
    return _em_width(text, face) * size if text else 0.0


def wrap(
    text: str, size: float, face: Face, width: float, max_lines: int | None = None
) -> tuple[str, ...]:
    """Break a text into lines no wider than `width`.

    A word that is too long is broken. Text beyond `max_lines` ends in an ellipsis.
    """
    lines: list[str] = []
    current, em = "", 0.0
    for word in _short_words(text.split(), size, face, width):
        if not current:
            current, em = word, _em_width(word, face)
            continue
        candidate = f"{current} {word}"
        em += _em_joint(current[-1] + " " + word[0], face) + _em_width(word, face)
        if _exceeds(candidate, em, size, face, width + _ROUNDING):
            lines.append(current)
            current, em = word, _em_width(word, face)
        else:
            current = candidate
    lines.append(current)
    if max_lines is not None and len(lines) > max_lines:
        last = lines[max_lines - 1]
        while last and text_width(last + ELLIPSIS, size, face) > width:
            last = last[:-1].rstrip()
        lines = [*lines[: max_lines - 1], last + ELLIPSIS]
    return tuple(lines)


@cache
def _em_joint(around: str, face: Face) -> float:
    """Width that a space adds between two letters: measuring every line anew takes long."""
    return _em_width(around, face) - _em_width(around[0], face) - _em_width(around[-1], face)


def _exceeds(text: str, em: float, size: float, face: Face, limit: float) -> bool:
    """Whether a text is wider than `limit`; it is measured only where its sum leaves a doubt."""
    if abs(em * size - limit) > _SUM_ERROR * size:
        return em * size > limit
    return text_width(text, size, face) > limit


def _short_words(words: Iterable[str], size: float, face: Face, width: float) -> Iterable[str]:
    for word in words:
        rest = word
        while text_width(rest, size, face) > width + _ROUNDING and len(rest) > 1:
            cut = len(rest) - 1
            while cut > 1 and text_width(rest[:cut], size, face) > width:
                cut -= 1
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


@cache
def _characters() -> frozenset[int]:
    with TTFont(font_path("regular"), lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> str:
    """Replace characters that the font lacks by their plain form, else by "?"."""
    if all(ord(character) in _characters() for character in text):
        return text
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if ord(character) in _characters():
        return character
    if character.isspace():
        return " "
    known = [c for c in unicodedata.normalize("NFKD", character) if ord(c) in _characters()]
    return "".join(known) or "?"


@contextmanager
def _known_fault() -> Iterator[None]:
    """Keep fontTools from warning about the font's kerning table, whose length overflows.

    The table holds more pairs than its 16-bit length can say; readers go by the pairs.
    """
    logger = logging.getLogger("fontTools.ttLib.tables._k_e_r_n")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def subset_base64(face: Face, characters: Iterable[str]) -> str:
    """Return a face with only the glyphs of `characters`, as base64 TrueType.

    The bytes depend on the font and the characters alone.
    """
    options = subset.Options()
    options.hinting = False
    options.legacy_kern = True  # this font keeps its kerning in the old table
    options.layout_features = ["liga", "kern"]
    options.name_IDs = [1, 2, 4, 6, 13]
    options.recalc_timestamp = False
    options.notdef_outline = True
    buffer = io.BytesIO()
    with _known_fault():
        font = subset.load_font(str(font_path(face)), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=sorted({ord(character) for character in characters}))
        subsetter.subset(font)
        font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
