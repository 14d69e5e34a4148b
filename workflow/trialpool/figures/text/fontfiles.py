"""Font files of TrueType outlines, and what is left of one for embedding.

fontTools takes 25 ms to cut a font, whatever is left of it; a drawing needs three or four for each
format. Here only the tables are rewritten that go by glyphs.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from fontTools.ttLib import TTFont
from fontTools.ttLib.sfnt import SFNTWriter

# The ligatures of Open Sans by the names of their glyphs, the longest first.
LIGATURES: Final = {
    "ffl": "uniFB04",
    "ffi": "uniFB03",
    "ff": "ff",
    "fl": "uniFB02",
    "fi": "uniFB01",
}
# Flags of a part of a composite glyph.
_WORDS: Final = 0x0001
_SCALED: Final = ((0x0008, 2), (0x0040, 4), (0x0080, 8))
_MORE: Final = 0x0020
_INSTRUCTIONS: Final = 0x0100


@cache
def font_file(path: Path | str) -> FontFile:
    """Return a font file, read once."""
    return FontFile(Path(path))


class FontFile:
    """A font; measures are in thousandths of an em."""

    def __init__(self, path: Path) -> None:
        with TTFont(path, lazy=True) as font:
            self.tables: dict[str, bytes] = {tag: font.reader[tag] for tag in font.reader.tables}
            self.name = font["name"].getDebugName(6) or path.stem
        head, hhea = self.tables["head"], self.tables["hhea"]
        self.path, self.units = path, int(struct.unpack_from(">H", head, 18)[0])
        self.box = tuple(self._scaled(v) for v in struct.unpack_from(">4h", head, 36))
        self.ascent, self.descent = map(self._scaled, struct.unpack_from(">2h", hhea, 4))
        self.slant = struct.unpack_from(">l", self.tables["post"], 4)[0] / 65536
        (count,) = struct.unpack_from(">H", self.tables["maxp"], 4)
        (long,) = struct.unpack_from(">h", head, 50)
        places = np.frombuffer(self.tables["loca"], ">u4" if long else ">u2", count + 1)
        self._places = places.astype(int) * (1 if long else 2)
        (measured,) = struct.unpack_from(">H", hhea, 34)
        metrics = np.frombuffer(self.tables["hmtx"], ">u2", 2 * measured).reshape(-1, 2)
        rest = np.frombuffer(self.tables["hmtx"], ">u2", count - measured, 4 * measured)
        widths = np.full(count - measured, metrics[-1, 0])
        self._metrics = np.concatenate([metrics, np.column_stack([widths, rest])])
        self._advances: list[int] = self._metrics[:, 0].tolist()

    def _scaled(self, units: int) -> int:
        return round(units * 1000 / self.units)

    @cached_property
    def letters(self) -> dict[str, int]:
        """The glyph of each character, and of each ligature of Open Sans."""
        with TTFont(self.path, lazy=True) as font:
            named = {chr(code): name for code, name in font.getBestCmap().items()}
            indices = font.getReverseGlyphMap()
        named |= {parts: name for parts, name in LIGATURES.items() if name in indices}
        return {letters: indices[name] for letters, name in named.items()}

    def units_of(self, index: int) -> int:
        """Return how far a glyph moves the pen, in units of the font."""
        return self._advances[index]

    def advance(self, index: int) -> float:
        """Return how far a glyph moves the pen."""
        return self._advances[index] * 1000 / self.units

    def cut(
        self,
        indices: Iterable[int],
        more: Mapping[str, bytes] | None = None,
    ) -> tuple[list[int], bytes]:
        """Return the font with some glyphs alone, and which: old indices in their new order.

        Without hints. Parts of composite glyphs, and the sign for missing ones, are kept as well.

        Parameters
        ----------
        indices : iterable of int
        more : mapping of str to bytes, optional
            Further tables.
        """
        kept = self.closure(indices)
        new = {old: place for place, old in enumerate(kept)}
        glyphs = [self._outline(old, new) for old in kept]
        lengths = np.cumsum([0, *map(len, glyphs)])
        head = bytearray(self.tables["head"])
        struct.pack_into(">h", head, 50, 1)
        hhea, maxp = bytearray(self.tables["hhea"]), bytearray(self.tables["maxp"])
        struct.pack_into(">H", hhea, 34, len(kept))
        struct.pack_into(">H", maxp, 4, len(kept))
        tables = {
            "head": bytes(head), "hhea": bytes(hhea), "maxp": bytes(maxp),
            "hmtx": self._metrics[kept].astype(">u2").tobytes(),
            "loca": lengths.astype(">u4").tobytes(), "glyf": b"".join(glyphs), **(more or {}),
        }  # fmt: skip
        buffer = io.BytesIO()
        writer = SFNTWriter(buffer, len(tables))
        for tag in sorted(tables):
            writer[tag] = tables[tag]
        writer.close()
        return kept, buffer.getvalue()

    def closure(self, indices: Iterable[int]) -> list[int]:
        """Return glyphs with those that they are composed of, and the sign for missing ones."""
        found, open_ones = {0}, list(indices)
        while open_ones:
            index = open_ones.pop()
            if index not in found:
                found.add(index)
                open_ones += [part for _, part in _parts(self._raw(index))]
        return sorted(found)

    def _raw(self, index: int) -> bytes:
        return self.tables["glyf"][self._places[index] : self._places[index + 1]]

    def _outline(self, index: int, new: Mapping[int, int]) -> bytes:
        """Return a glyph without instructions, its parts by their new indices."""
        data = bytearray(self._raw(index))
        if not data:
            return b""
        (contours,) = struct.unpack_from(">h", data)
        if contours >= 0:
            at = 10 + 2 * contours
            (length,) = struct.unpack_from(">H", data, at)
            data[at : at + 2 + length] = b"\0\0"
        else:
            end = 10
            for at, part in _parts(bytes(data)):
                (flags,) = struct.unpack_from(">H", data, at)
                struct.pack_into(">HH", data, at, flags & ~_INSTRUCTIONS, new[part])
                end = at + _length(flags)
            del data[end:]
        return bytes(data)


def _parts(data: bytes) -> list[tuple[int, int]]:
    """Return the places of the parts of a composite glyph, and which glyph each is."""
    if len(data) < 10 or struct.unpack_from(">h", data)[0] >= 0:
        return []
    found, at, flags = [], 10, _MORE
    while flags & _MORE:
        flags, index = struct.unpack_from(">HH", data, at)
        found.append((at, index))
        at += _length(flags)
    return found


def _length(flags: int) -> int:
    """Length of a part of a composite glyph, in bytes."""
    return 4 + (4 if flags & _WORDS else 2) + sum(n for flag, n in _SCALED if flags & flag)


def kerning_of(font: FontFile) -> tuple[Any, Any]:
    """Return the kerned pairs of glyphs, each ``left << 16 | right``, and by how many units.

    FreeType and fontTools go by the length that the table states in 16 bits, which overflows in
    Open Sans; HarfBuzz and browsers go by the number of pairs.
    """
    data = font.tables["kern"]
    (count,) = struct.unpack_from(">H", data, 10)
    pairs: Any = np.frombuffer(data, [("pair", ">u4"), ("value", ">i2")], count, 18)
    return pairs["pair"].astype(int), pairs["value"].astype(int)
