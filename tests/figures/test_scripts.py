"""Names in Chinese, Japanese, Korean, Arabic and Hebrew: glyphs, widths, order, embedding."""

from __future__ import annotations

import base64
import io
import re
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from forest_records import survival
from layout_checks import check_layout
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from PIL import Image
from script_records import (
    ARABIC,
    CHINESE,
    CHINESE_HEAD,
    HEBREW,
    JAPANESE,
    KOREAN,
    NAMES,
    scripts,
    unprinted,
)

from trialpool.figures import draw_forest, save_forest
from trialpool.figures.canvas.geometry import TextMark
from trialpool.figures.canvas.rendering import svg_text
from trialpool.figures.canvas.style import plot_style
from trialpool.figures.forest.marks.visuals import paint_text
from trialpool.figures.forest.options.presets import PRESETS
from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.text.bidi import MARKS, bare, direction, for_layout, for_reader
from trialpool.figures.text.embolden import thin_runs
from trialpool.figures.text.faces import font_files, has_glyph, is_latin, split_by_font
from trialpool.figures.text.typefaces import font_properties
from trialpool.figures.text.widths import printable, text_width, wrap

pytestmark = pytest.mark.filterwarnings("error::UserWarning")  # matplotlib: a glyph is missing

FACES = ("regular", "bold", "italic")
SVG = "{http://www.w3.org/2000/svg}"
LTR, RTL = MARKS["ltr"], MARKS["rtl"]


@cache
def drawn():
    return draw_forest(scripts())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    stem = tmp_path_factory.mktemp("scripts") / "forest"
    return {path.suffix: path for path in save_forest(drawn(), stem)}


@pytest.mark.parametrize("name", NAMES)
def test_every_character_is_printed_as_it_is(name):
    assert printable(name) == name
    assert all(map(has_glyph, name))
    for face in FACES:
        assert set().union(*split_by_font(name, face).values()) == set(name)


@cache
def advances(face):
    fonts = {path: TTFont(path, lazy=True) for path in font_files(face).values()}
    return {
        path: (font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm)
        for path, font in fonts.items()
    }


def sum_of_advances(text, face):
    total = 0.0
    for path, characters in split_by_font(text, face).items():
        cmap, widths, em = advances(face)[path]
        total += sum(widths[cmap[ord(c)]][0] / em for c in text if c in characters)
    return total


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", [CHINESE, JAPANESE, KOREAN, HEBREW, "研究 301（中期）"])
def test_width_is_the_sum_of_the_advances_of_the_fonts(name, face):
    # But for kerning, which Hebrew has.
    assert text_width(name, 8.0, face) == pytest.approx(8.0 * sum_of_advances(name, face), rel=0.01)


def test_arabic_letters_join():
    # A joined letter is narrower than the same letter alone: by far in a word of joining ones.
    apart = sum(text_width(letter, 8.0) for letter in "سريرية")
    assert 0 < text_width("سريرية", 8.0) < 0.85 * apart
    joined = "\u200d"  # a joiner on both sides gives the middle form
    assert text_width(f"{joined}س{joined}", 8.0) < text_width("س", 8.0)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", NAMES)
def test_renderer_draws_the_width_that_was_measured(name, face):
    with plot_style("test"):
        renderer = RendererAgg(3000, 300, 720)
        properties = font_properties(face, 8.0, "x", latin=is_latin(name))
        width, _, _ = renderer.get_text_width_height_descent(for_layout(name), properties, False)
    assert width / 10 == pytest.approx(text_width(name, 8.0, face), abs=0.05)


@pytest.mark.parametrize(
    ("preset", "width"), [*((name, None) for name in PRESETS), ("default", 235.0)]
)
def test_no_text_lies_on_another_in_any_preset(preset, width):
    drawing = draw_forest(scripts(), preset=preset, width_mm=width)
    check_layout(drawing)
    printed = " ".join(bare(text.text) for text in drawing.geometry.texts)
    assert "?" not in printed
    letters = printed.replace(" ", "")
    assert all(name.replace(" ", "") in letters for name in NAMES)


def embedded(text):
    """Weight, unicode-range and font of every rule."""
    found = re.findall(
        r"font-weight: (\d+); font-style: normal; (?:unicode-range: ([^;]+); )?"
        r"src: url\(data:font/ttf;base64,([^)]+)\)",
        text,
    )
    return [(int(w), r, TTFont(io.BytesIO(base64.b64decode(data)))) for w, r, data in found]


def test_svg_embeds_the_used_glyphs_and_no_others(files):
    rules = embedded(files[".svg"].read_text(encoding="utf-8"))
    assert len(rules) == 8  # four fonts, regular and bold
    for face, weight in (("regular", 400), ("bold", 700)):
        used = {c for t in drawn().geometry.texts if t.face == face for c in bare(t.text)}
        fonts = [font for w, _, font in rules if w == weight]
        cmaps = [set(map(chr, font.getBestCmap())) for font in fonts]
        assert set().union(*cmaps) == used
        assert sum(map(len, cmaps)) == len(used)
    for _, ranges, font in rules:
        codes = {int(code.strip()[2:], 16) for code in ranges.split(",") if code}
        assert codes == (set(font.getBestCmap()) if ranges else set())
    arabic = next(font for _, _, font in rules if "Arabic" in font["name"].getDebugName(4))
    features = {record.FeatureTag for record in arabic["GSUB"].table.FeatureList.FeatureRecord}
    assert features >= {"init", "medi", "fina", "rlig"}


def test_svg_texts_stay_in_the_order_they_are_read_and_keep_their_place(files):
    root = ElementTree.parse(files[".svg"]).getroot()
    elements = list(root.iter(f"{SVG}text"))
    texts = ["".join(element.itertext()) for element in elements]
    marks = drawn().geometry.texts
    assert texts == [for_reader(mark.text) for mark in marks]
    anchors = {"ltr": ("start", "middle", "end"), "rtl": ("end", "middle", "start")}
    count = 0
    for element, mark in zip(elements, marks, strict=True):
        way = element.get("direction", "ltr")
        assert way == direction(mark.text)
        anchor = re.search(r"text-anchor: (\w+)", element.get("style"))[1]
        assert anchor == anchors[way][("left", "center", "right").index(mark.align)]
        assert float(element.get("x")) == pytest.approx(mark.x, abs=1e-3)
        count += way == "rtl"
    assert count >= 8


def test_pdf_text_can_be_read_and_its_fonts_are_embedded(files):
    with pypdfium2.PdfDocument(files[".pdf"]) as document:
        text = document[0].get_textpage().get_text_range()
    for part in (CHINESE, JAPANESE, KOREAN, "한국 KCSG-BR18", "JBCRG-M05 (ペルツズマブ)"):
        assert part in text
    # A reader may give the words of a line that runs from right to left in either order.
    for word in (*ARABIC.split(), *HEBREW.split()):
        assert word in text or word[::-1] in text
    raw = files[".pdf"].read_bytes()
    assert {name.decode() for name in re.findall(rb"/BaseFont /\w+\+([\w-]+)", raw)} == {
        "OpenSans", "OpenSans-Bold", "NotoSansHebrew-Regular", "NotoSansHebrew-Bold",
        "NotoSansArabic-Regular", "NotoSansArabic-Bold", "WenQuanYiMicroHei",
    }  # fmt: skip


def test_png_has_ink_where_the_names_are(files):
    scale = 300 / 72
    with Image.open(files[".png"]) as image:
        grey = image.convert("L")
    for mark in drawn().geometry.texts:
        if not is_latin(mark.text):
            left, top, right, bottom = (value * scale for value in mark.box)
            quarter = (right - left) / 4
            for part in range(4):
                box = (left + part * quarter, top, left + (part + 1) * quarter, bottom)
                assert grey.crop(tuple(map(round, box))).getextrema()[0] < 120, mark.text


def test_latin_figures_carry_no_other_font():
    text = svg_text(draw_forest(survival()))
    assert "unicode-range" not in text
    assert "direction" not in text
    assert not re.search("Noto|WenQuanYi", text)


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("KATHERINE", "ltr"), ("301", "ltr"), (HEBREW, "rtl"), (ARABIC, "rtl"), (CHINESE, "ltr"),
        ("301 מחקר", "rtl"), ("HER2 מחקר קליני", "rtl"), ("מחקר is left out of this pool", "ltr"),
        (f"{RTL}(HER2)", "rtl"), (f"{LTR}מחקר", "ltr"),
    ],
)  # fmt: skip
def test_a_text_runs_as_most_of_its_letters(text, way):
    assert direction(text) == way


def test_order_is_told_only_where_the_first_letter_misleads():
    for text in ("KATHERINE, 2018", CHINESE, HEBREW, f"{ARABIC} 301", "Study מחקר"):
        assert for_layout(text) == text
    assert for_layout("HER2 מחקר קליני") == f"{RTL}HER2 מחקר קליני"
    assert for_layout("מחקר is left out") == f"{LTR}מחקר is left out"


def test_a_year_goes_behind_the_whole_name():
    assert for_reader(f"{HEBREW}, 2019") == f"{HEBREW}, 2019"
    assert for_reader("Study מצר 2, 2015") == f"Study מצר 2{LTR}, 2015"
    assert for_reader("מחקר קליני HER2, 2022") == f"מחקר קליני HER2{RTL}, 2022"


def test_lines_of_a_text_from_right_to_left_all_run_so():
    lines = wrap("מחקר קליני אקראי HER2 positive", 8.0, "regular", 40.0)
    assert len(lines) > 2
    assert {direction(line) for line in lines} == {"rtl"}
    assert " ".join(map(bare, lines)) == "מחקר קליני אקראי HER2 positive"


def test_chinese_breaks_between_letters_but_not_before_punctuation():
    text = "曲妥珠单抗，联合（帕妥珠单抗）治疗"
    for letters in range(2, 12):
        lines = wrap(text, 8.0, "regular", 8.0 * letters + 0.1)
        assert "".join(lines) == text
        assert max(text_width(line, 8.0) for line in lines) <= 8.0 * letters + 0.1
        assert not [line for line in lines[1:] if line[0] in "，）" and letters > 2]
        assert not [line for line in lines[:-1] if line[-1] == "（" and letters > 2]


def test_spellings_are_brought_into_one_form():
    assert printable("\u1112\u1161\u11ab\u1100\u116e\u11a8") == "한국"  # letters, not syllables
    assert printable("葛\U000e0100") == "葛"  # a variant of the shape
    assert printable("\u202b" + HEBREW + "\u202c") == HEBREW  # a direction of its own
    assert printable("ﾄﾗｽﾂ") == "ﾄﾗｽﾂ"


def test_what_no_font_has_is_a_question_mark_and_the_notes_say_so():
    drawing = draw_forest(unprinted())
    labels = [row.label for row in drawing.table.rows if row.kind == "trial"]
    assert labels[0] == "????? 3, 2015"
    assert drawing.notes[-1].startswith('Printed as "?", since no font of this program has them: ')
    assert "Thai U+0E07, U+0E14" in drawing.notes[-1]
    assert "Devanagari U+0915" in drawing.notes[-1]
    check_layout(drawing)
    assert not [note for note in drawn().notes if "Printed as" in note]
    record = {**survival(), "comment": "ทดลอง"}
    assert draw_forest(record).notes == draw_forest(survival()).notes


def test_names_of_arms_are_printed_or_noted_too():
    from trialpool.figures.forest.options.display_options import Choice

    drawing = draw_forest(survival(), choice=Choice(arms=("ทดลอง", "对照")))
    texts = [text.text for text in drawing.geometry.texts]
    assert "?????" in texts
    assert "对照" in texts
    assert "Thai" in drawing.notes[-1]


def test_other_plots_print_every_script_and_say_what_they_cannot():
    board = Board("x", CHINESE_HEAD, 100.0)
    plot = board.finish("alt", ("label",), [(name,) for name in NAMES])
    assert [text.text for text in plot.geometry.texts] == [CHINESE_HEAD]
    assert "WenQuanYi" in svg_text(plot)
    plot = Board("x", "Title", 100.0).finish("alt", ("label",), [("ทดลอง", 3.0)])
    note = " ".join(text.text for text in plot.geometry.texts if text.role == "note")
    assert note.startswith('Printed as "?"')


def ink(face):
    with plot_style("test"):
        figure = Figure(figsize=(2.0, 0.3), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, 144.0), ylim=(21.6, 0.0))
        axes.set_axis_off()
        paint_text(axes, TextMark(CHINESE, 4.0, 14.0, 8.0, face, "left", "cell"), "x")
        figure.set_dpi(300)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return 255.0 - np.asarray(canvas.buffer_rgba())[:, :, 0]


def test_chinese_in_bold_is_thicker_in_the_same_place():
    regular, bold = ink("regular"), ink("bold")
    assert 1.2 < bold.sum() / regular.sum() < 1.7
    assert (bold >= regular - 1.0).all()
    rows, columns = (np.flatnonzero(bold.sum(axis=axis) > 0) for axis in (1, 0))
    before = [np.flatnonzero(regular.sum(axis=axis) > 0) for axis in (1, 0)]
    for now, then in zip((rows, columns), before, strict=True):
        # Half a stroke of 0.036 em on either side: 0.6 pixels.
        assert 0 <= then[0] - now[0] <= 2
        assert 0 <= now[-1] - then[-1] <= 2


def test_only_what_has_no_bold_face_is_thickened():
    assert thin_runs("KATHERINE α") == thin_runs(HEBREW) == thin_runs(f"{ARABIC} 研究") == []
    assert thin_runs("一线治疗 First line") == [(0, 4)]
    assert thin_runs("A 전체 생존, B 研究 מחקר 研究") == [(2, 7), (11, 13)]


def test_svg_strokes_bold_chinese_and_keeps_its_text(files):
    text = files[".svg"].read_text(encoding="utf-8")
    stroke = r'<tspan style="stroke: #\w+; stroke-width: 0.036em">([^<]+)</tspan>'
    assert re.findall(stroke, text) == ["总生存期", "전체 생존", "一线治疗"]
    assert text.count("<tspan") == 3
