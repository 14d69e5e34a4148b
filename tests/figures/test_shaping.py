"""Glyphs and widths are those of HarfBuzz, and a cut font draws what the whole one draws."""

from __future__ import annotations

import base64
import io
import random
from functools import cache

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from matplotlib.ft2font import FT2Font, LoadFlags

from trialpool.figures.text.faces import characters_of, font_path
from trialpool.figures.text.fontfiles import LIGATURES, font_file
from trialpool.figures.text.shaping import em_width, is_plain, outline_of, shaped
from trialpool.figures.text.subsets import subset_base64

FACES = ("regular", "bold", "italic")
LINES = (
    "high-affinity allele, first five, effect of flutter, office waffle",
    "0.69 [0.58 to 0.82]",
    "“not poolable”: the trial’s own, AVATAR To Te Ty",
    "−22.6 (95% CI −30 to −1), 1/SE²; I² ≥ 50%",
    "Åse Öberg-Łuczak & Çelik, 2020",
)


def at_1000(source):
    font = FT2Font(source)
    font.set_size(1000.0, 72.0)
    return font


@cache
def lines():
    rng = random.Random(20)
    known = [chr(code) for code in sorted(characters_of(font_path("regular"))) if code < 0x250]
    drawn = ["".join(rng.choices(known, k=rng.randint(1, 50))) for _ in range(150)]
    return [line for line in (*LINES, *drawn) if is_plain(line)]


@pytest.mark.parametrize("face", FACES)
def test_glyphs_places_and_widths_are_those_of_harfbuzz(face):
    font = at_1000(str(font_path(face)))
    assert len(lines()) > 100
    for line in lines():
        ours = shaped(line, face)
        theirs = font._layout(line, LoadFlags.NO_HINTING)
        assert [(g.number, g.text) for g in ours.glyphs] == [
            (item.glyph_index, item.char) for item in theirs
        ]
        assert [g.x for g in ours.glyphs] == pytest.approx([i.x / 1000 for i in theirs], abs=1e-9)
        font.set_text(line, 0.0, flags=LoadFlags.NO_HINTING)
        assert em_width(line, face) == pytest.approx(font.get_width_height()[0] / 64e3, abs=1e-12)


@pytest.mark.parametrize("line", ["τ² 0.02 of log HR", "e\u0301", "a\u200db", "מחקר 2", "中文"])
def test_other_scripts_and_marks_are_left_to_harfbuzz(line):
    assert not is_plain(line)
    assert shaped(line, "regular").width == pytest.approx(em_width(line, "regular"))


@pytest.mark.parametrize("face", FACES)
def test_ligatures_are_all_that_the_font_has(face):
    with TTFont(font_path(face)) as font:
        (lookup,) = {
            index
            for record in font["GSUB"].table.FeatureList.FeatureRecord
            if record.FeatureTag == "liga"
            for index in record.Feature.LookupListIndex
        }
        (table,) = font["GSUB"].table.LookupList.Lookup[lookup].SubTable
        found = {
            "".join([first, *one.Component]): one.LigGlyph
            for first, several in table.ligatures.items()
            for one in several
        }
    assert found == LIGATURES


@pytest.mark.parametrize("face", FACES)
def test_a_cut_font_has_the_glyphs_kerning_and_ligatures_of_the_whole_one(face):
    used = sorted(set("".join(LINES)))
    data = base64.b64decode(subset_base64(font_path(face), used))
    whole, cut = at_1000(str(font_path(face))), at_1000(io.BytesIO(data))
    for line in LINES:
        before = whole._layout(line, LoadFlags.NO_HINTING)
        after = cut._layout(line, LoadFlags.NO_HINTING)
        assert [(i.char, i.x) for i in after] == [(i.char, i.x) for i in before]
        for one, other in zip(before, after, strict=True):
            whole.load_glyph(one.glyph_index, LoadFlags.NO_HINTING)
            cut.load_glyph(other.glyph_index, LoadFlags.NO_HINTING)
            assert np.array_equal(whole.get_path()[0], cut.get_path()[0])
    with TTFont(io.BytesIO(data)) as font:
        assert sorted(map(chr, font.getBestCmap())) == used
        assert len(font.getGlyphOrder()) < len(font_file(font_path(face)).letters) / 5
        assert not {"fpgm", "prep", "cvt "} & set(font.keys())


def test_outlines_stand_where_the_glyphs_are():
    line = shaped("fi H", "regular")
    first, blank, last = line.glyphs
    assert (first.text, blank.text, last.text) == ("fi", " ", "H")
    vertices = outline_of(line).vertices
    # The stems of H: 1/2048 em as the font draws them.
    with TTFont(font_path("regular")) as font:
        shape = font["glyf"][font.getBestCmap()[ord("H")]]
        left, right = shape.xMin / 2048, shape.xMax / 2048
    beyond = vertices[vertices[:, 0] > last.x][:, 0]
    assert beyond.min() == pytest.approx(last.x + left, abs=1e-4)
    assert beyond.max() == pytest.approx(last.x + right, abs=1e-4)
