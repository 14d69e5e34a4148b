"""Fonts cut down to the glyphs of a drawing, for embedding in an SVG."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fontTools import subset

from trialpool.figures.text.faces import FAMILY, STYLES, Face, font_path, split_by_font

# Joined letters and marks over letters, as browsers and matplotlib shape them.
_SHAPING: Final = [
    "ccmp", "locl", "isol", "init", "medi", "fina", "rlig", "calt", "liga",
    "kern", "mark", "mkmk", "curs",
]  # fmt: skip


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


def subset_base64(path: Path, characters: Iterable[str]) -> str:
    """Return a font with only the glyphs of `characters`, as base64 TrueType.

    The bytes depend on the font and the characters alone.
    """
    latin = path.name.startswith(FAMILY.replace(" ", ""))
    options = subset.Options()
    options.hinting = False
    options.legacy_kern = True  # Open Sans keeps its kerning in the old table
    options.layout_features = ["liga", "kern"] if latin else _SHAPING
    options.name_IDs = [1, 2, 4, 6, 13]
    options.recalc_timestamp = False
    options.notdef_outline = True
    buffer = io.BytesIO()
    with _known_fault():
        font = subset.load_font(str(path), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=sorted({ord(character) for character in characters}))
        subsetter.subset(font)
        font.save(buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def face_rules(name: str, face: Face, characters: Iterable[str]) -> list[str]:
    """Write the CSS rules that embed a face under `name`: one for each font that it needs.

    Open Sans comes first and for all characters; another font only for those that it draws.
    """
    split = split_by_font(characters, face)
    main = font_path(face)
    weight, style = STYLES[face]
    rules = []
    for path in (main, *sorted(split.keys() - {main})):
        used = split.get(path, set())
        only = "" if path == main else f"unicode-range: {_range(used)}; "
        rules.append(
            f"@font-face {{ font-family: '{name}'; font-weight: {weight}; "
            f"font-style: {style}; {only}"
            f"src: url(data:font/ttf;base64,{subset_base64(path, used)}) "
            'format("truetype") }'
        )
    return rules


def _range(characters: Iterable[str]) -> str:
    return ", ".join(f"U+{ord(character):04X}" for character in sorted(characters))
