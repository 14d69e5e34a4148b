"""Tables of a cut font: which character is which glyph, kerning, ligatures (OpenType 1.9)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from trialpool.figures.text.fontfiles import FontFile, kerning_of


def character_map(codes: Mapping[int, int]) -> bytes:
    """Write a ``cmap``: one subtable of format 4, for Windows and the first plane of Unicode.

    Parameters
    ----------
    codes : mapping of int to int
        Code points, in their order, to glyphs.
    """
    segments: list[tuple[int, int, int]] = []
    for code, index in codes.items():
        if segments and segments[-1][1] == code - 1 and segments[-1][2] == (index - code) % 65536:
            segments[-1] = (segments[-1][0], code, segments[-1][2])
        else:
            segments.append((code, code, (index - code) % 65536))
    segments.append((0xFFFF, 0xFFFF, 1))
    n = len(segments)
    first, last, delta = zip(*segments, strict=True)
    body = struct.pack(f">{n}HH{n}H{n}H{n}H", *last, 0, *first, *delta, *[0] * n)
    head = struct.pack(">7H", 4, 14 + len(body), 0, 2 * n, *_searched(n, 2))
    return struct.pack(">4HL", 0, 1, 3, 1, 12) + head + body


def kerning_between(font: FontFile, kept: Sequence[int]) -> bytes:
    """Write a ``kern`` of the pairs of glyphs that a font keeps, by their new indices."""
    pairs, units = kerning_of(font)
    new = np.full(1 << 16, -1)
    new[kept] = np.arange(len(kept))
    left, right = new[pairs >> 16], new[pairs & 0xFFFF]
    both = (left >= 0) & (right >= 0)
    table = np.empty(int(both.sum()), [("left", ">u2"), ("right", ">u2"), ("value", ">i2")])
    table["left"], table["right"], table["value"] = left[both], right[both], units[both]
    n = len(table)
    length = (14 + 6 * n) & 0xFFFF
    head = struct.pack(">5H4H", 0, 1, 0, length, 1, n, *_searched(n, 6))
    return head + table.tobytes()


def ligatures(joined: Mapping[tuple[int, ...], int]) -> bytes:
    """Write a ``GSUB`` with ligatures, the default of every script.

    Parameters
    ----------
    joined : mapping of tuple of int to int
        Glyphs to the one that stands for them; longer ones first.
    """
    sets = []
    by_first = sorted(joined.items(), key=lambda item: item[0][0])
    firsts = []
    for first, group in groupby(by_first, key=lambda item: item[0][0]):
        firsts.append(first)
        sets.append(_listed([struct.pack(f">HH{len(key) - 1}H", one, len(key), *key[1:])
                             for key, one in group]))  # fmt: skip
    coverage = struct.pack(f">HH{len(firsts)}H", 1, len(firsts), *firsts)
    start = 6 + 2 * len(sets)
    subtable = struct.pack(">HHH", 1, start, len(sets))
    at = start + len(coverage)
    for one in sets:
        subtable += struct.pack(">H", at)
        at += len(one)
    subtable += coverage + b"".join(sets)
    lookup = struct.pack(">4H", 4, 0, 1, 8) + subtable
    language = struct.pack(">HHHH", 0, 0xFFFF, 1, 0)
    script = struct.pack(">HH", 4, 0) + language
    scripts = struct.pack(">H4sH4sH", 2, b"DFLT", 14, b"latn", 14) + script
    features = struct.pack(">H4sH", 1, b"liga", 8) + struct.pack(">HHH", 0, 1, 0)
    lookups = _listed([lookup])
    places = (10, 10 + len(scripts), 10 + len(scripts) + len(features))
    return struct.pack(">HH3H", 1, 0, *places) + scripts + features + lookups


def _listed(items: Sequence[bytes]) -> bytes:
    """Write how many there are, where each begins, and all of them."""
    starts = np.cumsum([2 + 2 * len(items), *map(len, items)])[:-1]
    return struct.pack(f">H{len(items)}H", len(items), *starts.tolist()) + b"".join(items)


def _searched(n: int, size: int) -> tuple[int, int, int]:
    """Return what a table of `n` entries of a size tells a binary search."""
    power = max(n, 1).bit_length() - 1
    span = min(size << power, 0xFFFF)
    return span, power, max(size * n - span, 0) & 0xFFFF
