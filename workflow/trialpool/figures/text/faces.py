"""The shipped fonts: which file draws which character.

Open Sans draws whatever it has; Hebrew, Arabic, and Chinese, Japanese and Korean come from a
font each, in that order. Every one travels with the package, so that a text looks the same
on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from fontTools.ttLib import TTFont

Face = Literal["regular", "bold", "italic"]

FAMILY: Final = "Open Sans"
_FOLDER: Final = Path(__file__).parent / "fonts"
_OPEN_SANS: Final[dict[Face, str]] = {
    "regular": "OpenSans-Regular.ttf",
    "bold": "OpenSans-Bold.ttf",
    "italic": "OpenSans-Italic.ttf",
}
# Family and files, regular and bold, of the fonts for other scripts. The last has one weight.
_OTHERS: Final = (
    ("Noto Sans Hebrew", "NotoSansHebrew-Regular.ttf", "NotoSansHebrew-Bold.ttf"),
    ("Noto Sans Arabic", "NotoSansArabic-Regular.ttf", "NotoSansArabic-Bold.ttf"),
    ("WenQuanYi Micro Hei", "WenQuanYiMicroHei.ttf", "WenQuanYiMicroHei.ttf"),
)
# Joiners between letters, and which way a text runs: part of the spelling, and not drawn.
INVISIBLE: Final = frozenset("\u200c\u200d\u200e\u200f")
# CSS weight and style of each face.
STYLES: Final[dict[Face, tuple[int, str]]] = {
    "regular": (400, "normal"),
    "bold": (700, "normal"),
    "italic": (400, "italic"),
}


def font_path(face: Face) -> Path:
    """Return the file of a face of Open Sans."""
    return _FOLDER / _OPEN_SANS[face]


@cache
def font_files(face: Face) -> Mapping[str, Path]:
    """Return family and file of every font of a face, in the order in which they are asked."""
    files = {FAMILY: font_path(face)}
    for family, regular, bold in _OTHERS:
        files[family] = _FOLDER / (bold if face == "bold" else regular)
    return MappingProxyType(files)


@cache
def characters_of(path: Path) -> frozenset[int]:
    """Return the code points for which a font has a glyph."""
    with TTFont(path, lazy=True) as font:
        # The library asks for names of all glyphs, which it would make up from the characters.
        font.setGlyphOrder([str(n) for n in range(font["maxp"].numGlyphs)])
        return frozenset(font.getBestCmap())


def is_latin(text: str) -> bool:
    """Whether Open Sans alone has every character: Latin, Greek, Cyrillic."""
    if text.isascii():
        return True
    known = characters_of(font_path("regular"))
    return all(ord(character) in known for character in text)


def has_glyph(character: str) -> bool:
    """Whether one of the shipped fonts has a character."""
    return any(ord(character) in characters_of(path) for path in font_files("regular").values())


def split_by_font(characters: Iterable[str], face: Face) -> dict[Path, set[str]]:
    """Say which font draws which of the characters; those that none draws are left out."""
    split: dict[Path, set[str]] = {}
    for character in set(characters) - INVISIBLE:
        for path in font_files(face).values():
            if ord(character) in characters_of(path):
                split.setdefault(path, set()).add(character)
                break
    return split
