"""A figure on the page: the same drawing with styles and fonts shared by all figures."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from pooled_records import pooled
from report_records import question, survival, survival_trials
from site_pages import questions

from trialpool.figures.canvas.rendering import svg_text
from trialpool.figures.forest.draw import draw_forest
from trialpool.report.svg import SharedStyles, figure_rules, inline_figure


def drawn(question_id: str) -> str:
    trials = survival_trials()
    return svg_text(draw_forest(pooled(question(question_id, trials), trials)))


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg))
    return [element.text or "" for element in root.iter("text")]


@pytest.fixture(scope="module")
def pair() -> tuple[str, str, SharedStyles, list[str]]:
    styles = SharedStyles()
    files = [drawn("first"), drawn("second")]
    shown = [
        inline_figure(svg, name, styles).svg
        for name, svg in zip(("first", "second"), files, strict=True)
    ]
    return shown[0], shown[1], styles, files


def test_every_text_and_shape_of_the_file_is_on_the_page(pair):
    first, _, _, files = pair
    assert texts(first) == texts(files[0])
    for shape in ("path", "use", "rect", "image"):
        assert first.count(f"<{shape}") == files[0].count(f"<{shape}")
    assert '<title id="first-title">' in first
    # On a page a figure is an image: its links stand in the table beside it.
    assert "<a " in files[0]
    assert "<a " not in first
    assert 'role="img"' in first
    assert 'aria-labelledby="first-title first-desc"' in first


def test_figures_of_one_page_share_their_styles_and_fonts(pair):
    first, second, styles, files = pair
    assert 'style="' not in first + second
    assert "base64" not in first + second
    assert "rotate(-0" not in first
    assert "@font-face" not in styles.css(), "one subset for all pages of the site"
    faces = re.findall(r"@font-face \{[^}]*\}", figure_rules([styles]))
    assert len(faces) == len(set(faces)) == len(re.findall("@font-face", files[0]))
    used = {
        name for names in re.findall(r'class="([^"]*)"', first + second) for name in names.split()
    }
    assert used - {"trialpool-figure", "trialpool-forest"} == set(styles.classes.values())
    # Drawn alike, the second figure needs no class of its own.
    assert abs(len(first) - len(second)) < 40
    assert len(first) < 0.4 * len(re.sub("base64,[^)]*", "", files[0]))


def test_a_class_says_what_the_style_said(pair):
    first, _, styles, files = pair
    style_of = {name: style for style, name in styles.classes.items()}
    theirs = re.findall(r'<text style="([^"]*)"[^>]*>([^<]*)<', files[0])
    ours = re.findall(r'<text [^>]*class="(f\d+)"[^>]*>([^<]*)<', first)
    for (style, text), (name, same) in zip(theirs, ours, strict=True):
        assert text == same
        declared = [part.strip() for part in style.split(";")]
        kept = [part for part in declared if not part.startswith("font-family")]
        assert style_of[name] == "; ".join(kept)


def test_lines_stay_where_they_are_to_a_hundredth_of_a_point(pair):
    first, _, _, files = pair
    theirs, ours = (
        [
            [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", d)]
            for d in re.findall(r'<path[^>]* d="([^"]*)"|<path d="([^"]*)"', svg)
            for d in (d[0] or d[1],)
        ]
        for svg in (files[0], first)
    )
    assert len(theirs) == len(ours) > 20
    for numbers, same in zip(theirs, ours, strict=True):
        assert same == pytest.approx(numbers, abs=0.0051)


def test_faces_of_other_families_stay_with_their_figure():
    other = "@font-face { font-family: 'first other'; src: url(data:font/ttf;base64,AAAA) }"
    own = "@font-face { font-family: 'first sans'; src: url(data:font/ttf;base64,BBBB) }"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="first" width="72pt"><defs><style>{own}{other}'
        "</style></defs><text style=\"font: 8px 'first other'\">x &amp; y</text></svg>"
    )
    styles = SharedStyles()
    figure = inline_figure(svg, "first", styles)
    assert "first other" in figure.svg
    assert "AAAA" in figure.svg
    assert "BBBB" not in figure.svg
    assert "x &amp; y" in figure.svg
    assert figure.width == 96
    assert styles.characters == {}


def test_the_same_figures_make_the_same_styles():
    made = []
    for _ in range(2):
        styles = SharedStyles()
        inline_figure(drawn("first"), "first", styles)
        made.append(styles.css())
    assert made[0] == made[1]


def test_a_description_that_the_page_prints_is_not_in_the_figure_too():
    figure = inline_figure(drawn("first"), "first", SharedStyles(), words_beside=True)
    assert "<desc" not in figure.svg
    assert figure.description.startswith("Forest plot: ")
    assert 'aria-labelledby="first-title first-desc"' in figure.svg
    page = questions([survival()], {"metastatic-os": drawn("metastatic-os")})
    assert page.count('id="metastatic-os-desc"') == 1


def test_names_in_other_scripts_keep_their_direction_and_fonts():
    trials = survival_trials()
    trials[0]["label"], trials[1]["label"] = "曲妥珠单抗研究", "מחקר קליני"
    record = replace(pooled(question("first", trials), trials), title="总生存期 (OS), 전체")
    file = svg_text(draw_forest(record))
    styles = SharedStyles()
    shown = inline_figure(file, "first", styles).svg
    assert texts(shown) == texts(file)
    assert shown.count("<tspan") == file.count("<tspan") == 2
    title = next(t for t in ElementTree.fromstring(shown).iter() if t.tag.endswith("text"))
    assert "".join(title.itertext()) == record.title
    assert shown.count('direction="rtl"') == file.count('direction="rtl"') >= 1
    rules = re.findall(r"@font-face \{[^}]*\}", figure_rules([styles]))
    assert [rule for rule in rules if "U+66F2" in rule]
    assert [rule for rule in rules if "U+05E7" in rule]
    assert len(rules) == len(re.findall("@font-face", file))
