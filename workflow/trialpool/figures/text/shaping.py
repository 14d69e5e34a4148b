"""Texts as glyphs: which, and where each stands. Shaped once, for measuring and for every format.

HarfBuzz takes a millisecond for a line and is asked only where it knows more than the tables of
Open Sans say: other scripts, marks over letters, a line of two scripts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trialpool.figures.text.bidi import for_layout
from trialpool.figures.text.faces import Face, characters_of, font_files, font_path, is_latin
from trialpool.figures.text.fontfiles import LIGATURES, font_file, kerning_of

if TYPE_CHECKING:
    from matplotlib.path import Path as Outline

# Size at which fonts are read, in pixels to the em, and FreeType's unit of a pixel.
_SIZE: Final = 1000.0
_UNIT: Final = 64.0
_CLUSTER: Final = re.compile("|".join((*LIGATURES, ".")), re.DOTALL)
# Lines of which the glyphs are kept for the next format: those of a few pages.
_KEPT: Final = 1024
# The first letter that is not Latin: Greek, then Cyrillic.
_NOT_LATIN: Final = "\u0370"


class Glyph(NamedTuple):
    """A glyph of a text.

    Attributes
    ----------
    font : str
        The file that draws it.
    number : int
        Its index in the file.
    text : str
        The characters that it stands for.
    x, y : float
        From the start of the text's baseline, in ems; `y` upwards.
    """

    font: str
    number: int
    text: str
    x: float
    y: float


class Shaped(NamedTuple):
    """The glyphs of a text from left to right, and its width in ems."""

    glyphs: tuple[Glyph, ...]
    width: float


class Metrics:
    """Glyphs and advances of a face of Open Sans, in 64ths of a pixel at 1000 pixels to the em.

    Rounded as FreeType rounds them, so that a width is the same whoever measures it.
    """

    def __init__(self, face: Face) -> None:
        font = font_file(font_path(face))
        scale = _SIZE * _UNIT / font.units
        self.glyphs = {
            letters: (index, _rounded(font.units_of(index) * scale))
            for letters, index in font.letters.items()
        }
        pairs, units = kerning_of(font)
        kerns = [_rounded(value * scale) for value in units.tolist()]
        self.kerns = dict(zip(pairs.tolist(), kerns, strict=True))


@lru_cache(_KEPT)
def shaped(line: str, face: Face) -> Shaped:
    """Return the glyphs of what `for_layout` made of a text, kerning and ligatures included."""
    if is_plain(line):
        places, width = _placed(line, face)
        file, glyphs = str(font_path(face)), _metrics(face).glyphs
        return Shaped(
            tuple([Glyph(file, glyphs[part][0], part, x, 0.0) for part, x in places]), width
        )
    return _by_harfbuzz(line, face)


@cache
def em_width(text: str, face: Face) -> float:
    """Return the width of a text in ems: the sum of its advances."""
    if is_plain(text):
        return _placed(text, face)[1]
    return _by_harfbuzz(for_layout(text), face).width


def is_plain(text: str) -> bool:
    """Whether cmap, ligatures and kerning of Open Sans are all there is to know of a text."""
    if text.isascii():
        return text.isprintable()
    known = characters_of(font_path("regular"))
    return all(ord(c) in known and _stands_alone(c) for c in text)


@cache
def _stands_alone(character: str) -> bool:
    """Whether a character is no mark, no control, and no letter of another script than Latin."""
    kind = unicodedata.category(character)
    if kind in ("Mn", "Me", "Cf", "Cc"):
        return False
    return character < _NOT_LATIN or kind[0] != "L"


def _placed(text: str, face: Face) -> tuple[list[tuple[str, float]], float]:
    """Return each letter or ligature with its place, and the width."""
    metrics = _metrics(face)
    glyphs, kerns = metrics.glyphs, metrics.kerns
    parts = _CLUSTER.findall(text) if "f" in text else text
    places, pen, before = [], 0, -1
    for part in parts:
        index, advance = glyphs[part]
        pen += kerns.get(before << 16 | index, 0)
        places.append((part, pen / (_SIZE * _UNIT)))
        pen += advance
        before = index
    return places, pen / (_SIZE * _UNIT)


@cache
def _metrics(face: Face) -> Metrics:
    return Metrics(face)


@cache
def _by_harfbuzz(line: str, face: Face) -> Shaped:
    from matplotlib.ft2font import LoadFlags

    font: Any = reader_of(font_path(face)) if is_latin(line) else _whole_font(face)
    font.set_size(_SIZE, 72.0)  # matplotlib draws with the same object
    font.set_text(line, 0.0, flags=LoadFlags.NO_HINTING)
    width = font.get_width_height()[0] / _UNIT / _SIZE
    glyphs = tuple(
        Glyph(str(i.ft_object.fname), i.glyph_index, i.char, i.x / _SIZE, i.y / _SIZE)
        for i in font._layout(line, LoadFlags.NO_HINTING)
    )
    return Shaped(glyphs, width)


@cache
def _whole_font(face: Face) -> Any:
    """Return the font of a face with those for other scripts behind it."""
    import matplotlib
    from matplotlib.font_manager import get_font

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        return get_font([str(path) for path in font_files(face).values()])


@cache
def reader_of(path: Path) -> Any:
    """Return FreeType's reader of a font, large and unhinted: what it says scales to any size."""
    # Loaded here, as above: what only wraps or cuts names has no need of matplotlib.
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(path))
    font.set_size(_SIZE, 72.0)
    return font


def outline_of(text: Shaped) -> Outline:
    """Return the outlines of a text's glyphs as one path in ems, `y` upwards."""
    import numpy as np
    from matplotlib.path import Path as Outline

    parts = [_glyph_outline(g.font, g.number) for g in text.glyphs]
    starts = np.repeat(
        [(g.x, g.y) for g in text.glyphs], [len(codes) for _, codes in parts], axis=0
    )
    vertices = np.concatenate([vertices for vertices, _ in parts])
    return Outline(vertices + starts, np.concatenate([codes for _, codes in parts]))


@cache
def _glyph_outline(path: str, index: int) -> tuple[Any, Any]:
    from matplotlib.ft2font import LoadFlags

    font = reader_of(Path(path))
    font.load_glyph(index, LoadFlags.NO_HINTING)
    vertices, codes = font.get_path()
    return vertices / _SIZE, codes


def _rounded(value: float) -> int:
    """Round halves up."""
    return math.floor(value + 0.5)
