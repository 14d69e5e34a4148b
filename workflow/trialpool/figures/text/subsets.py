"""Fonts cut down to the glyphs of a drawing, for embedding in an SVG."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fontTools import subset

from trialpool.figures.text.faces import STYLES, Face, font_path, split_by_font
from trialpool.figures.text.fontfiles import LIGATURES, font_file
from trialpool.figures.text.fonttables import character_map, kerning_between, ligatures

# Joined letters and marks over letters, as browsers and matplotlib shape them.
_SHAPING: Final = [
    "ccmp", "locl", "isol", "init", "medi", "fina", "rlig", "calt", "liga",
    "kern", "mark", "mkmk", "curs",
]  # fmt: skip


def subset_base64(path: Path, characters: Iterable[str]) -> str:
    """Return a font with only the glyphs of `characters`, as base64 TrueType.

    The bytes depend on the font and the characters alone.
    """
    latin = path in map(font_path, STYLES)
    cut = _latin(path, characters) if latin else _by_fonttools(path, characters)
    return base64.b64encode(cut).decode("ascii")


def _latin(path: Path, characters: Iterable[str]) -> bytes:
    """Cut Open Sans: it needs kerning and ligatures alone beside its glyphs."""
    font, used = font_file(path), set(characters)
    codes = {ord(c): font.letters[c] for c in sorted(used & font.letters.keys())}
    joined = {
        tuple(codes[ord(c)] for c in letters): font.letters[letters]
        for letters in LIGATURES
        if used.issuperset(letters)
    }
    kept = font.closure([*codes.values(), *joined.values()])
    new = {old: place for place, old in enumerate(kept)}
    tables = {
        "cmap": character_map({code: new[index] for code, index in codes.items()}),
        "kern": kerning_between(font, kept),
        "post": struct.pack(">L", 0x30000) + font.tables["post"][4:32],
        "name": font.tables["name"],
    } | {tag: table for tag, table in font.tables.items() if tag.endswith("/2")}
    if joined:
        tables["GSUB"] = ligatures(
            {tuple(new[i] for i in letters): new[one] for letters, one in joined.items()}
        )
    return font.cut(kept, tables)[1]


def _by_fonttools(path: Path, characters: Iterable[str]) -> bytes:
    """Cut a font whose letters are joined by tables of many kinds."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = _SHAPING
    options.name_IDs = [1, 2, 4, 6, 13]
    options.recalc_timestamp = False
    options.notdef_outline = True
    buffer = io.BytesIO()
    font = subset.load_font(str(path), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted({ord(character) for character in characters}))
    subsetter.subset(font)
    font.save(buffer)
    return buffer.getvalue()


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
