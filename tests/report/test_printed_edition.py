"""The edition to print says what the records hold, and no text of a review is source."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pooled_records import pooled
from printed_texts import Printed, squeezed
from report_records import question, survival_trials
from shipped_pages import review_of

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.report.printed import comparisons, figures
from trialpool.report.printed.blocks import (
    Cell,
    Column,
    Document,
    Forests,
    Heading,
    Items,
    Mark,
    Opening,
    Panel,
    Paragraph,
    Picture,
    Run,
    Table,
    clean,
)
from trialpool.report.printed.document import printed_edition
from trialpool.report.printed.from_pages import blocks_of
from trialpool.report.printed.setting import set_pdf

Json = dict[str, Any]

# Each of these does something in typst's markup, code or mathematics.
HOSTILE = (
    '#eval("1 + 1")', "$x^2$", "*bold*", "_slanted_", "@nobody", "<nowhere>", "\\ #pagebreak()",
    '"quoted" and `raw`', "= heading", "- item", "// note", "/* note */", "https://example.org/x",
    "#import \"x.typ\"", "]#[", "{{ jinja }}", "<script>alert(1)</script>", "~tilde--dash",
)  # fmt: skip


@pytest.fixture(scope="module")
def shipped(shipped_review: Path) -> Printed:
    return Printed(set_pdf(printed_edition(review_of(shipped_review))))


def test_of_too_many_outcomes_the_sentences_are_printed(
    shipped_review: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "_MOST_IN_FULL", 10)
    review = review_of(shipped_review)
    blocks = [*comparisons.comparisons(review, {}, set())]
    assert not [one for one in blocks if isinstance(one, Table | Forests)]
    labels = [one.label for one in blocks if isinstance(one, Heading) and one.level == 2]
    assert len(labels) == len(set(labels)) == len(review.by_comparison)
    said = [item for one in blocks if isinstance(one, Items) for item in one.items]
    held = [one for compared in review.by_comparison for one in compared.outcomes if one.main]
    assert len(said) == len(held)


def test_effects_of_every_comparison_are_those_of_its_records(
    shipped: Printed, shipped_review: Path
) -> None:
    """From the JSON of the build to the text of the PDF, by the way of the reader alone."""
    results = shipped_review / "results"
    listed: Json = json.loads((results / "comparisons.json").read_text(encoding="utf-8"))
    known: dict[str, Json] = {}
    parts = {
        (above.title, mark.title): shipped.part(number)
        for number, mark in enumerate(shipped.bookmarks)
        if mark.level == 1
        for above in [next(m for m in shipped.bookmarks[number::-1] if m.level == 0)]
    }
    checked = 0
    for comparison in listed["comparisons"]:
        setting = comparison["setting"]
        text = parts[setting[:1].upper() + setting[1:], comparison["label"]]
        for cell in comparison.get("cells", ()):
            name = cell["question"]
            if name not in known:
                path = results / "questions" / name / "result.json"
                known[name] = json.loads(path.read_text(encoding="utf-8"))
            measure = get_measure(cell["measure"])
            groups = [g for g in known[name]["groups"] if g["label"] == cell["group"]]
            if not groups or groups[0].get("comparison") != comparison["id"] or measure.ratio_of:
                continue
            assert shown_effect(known[name], groups[0]) in text, (comparison["id"], name)
            checked += 1
    assert checked > 100


def shown_effect(result: Json, group: Json) -> str:
    """Effect of a group: of one trial as its report prints it."""
    measure = get_measure(result["measure"])
    trials = [trial for trial in result["trials"] if trial["group"] == group["label"]]
    printed = trials[0].get("printed") if len(trials) == 1 else None
    if printed and float(printed.get("ci_level") or 95) == 100 * result["settings"]["level"]:
        texts = (printed["estimate"], printed["ci_lower"], printed["ci_upper"])
        return fmt.as_printed(texts, measure)
    limits = (group["estimate"], group["ci_lower"], group["ci_upper"])
    return fmt.effect_with_interval(*limits, measure)


def test_it_is_short_and_says_what_it_is(shipped: Printed, shipped_review: Path) -> None:
    settings = review_of(shipped_review).settings
    assert shipped.metadata["Title"] == settings["title"]
    assert shipped.metadata["Author"] == settings["authors"]
    assert not shipped.metadata["CreationDate"]
    assert not shipped.metadata["ModDate"]
    assert len(shipped.pages) <= 90
    assert shipped.sizes == {(595, 842)}  # A4 in points
    titles = [mark.title for mark in shipped.bookmarks if mark.level == 0]
    assert titles[0] == "Summary: comparisons by outcome"
    assert titles[-1] == "References"
    assert {"Methods", "What this report cannot say"} <= set(titles)
    # Page numbers, and on all pages but the first the title over the text.
    for number, text in enumerate(shipped.pages, 1):
        assert f"{number} of {len(shipped.pages)}" in text
        assert text.startswith(settings["title"]), number


def test_figures_and_tables_are_numbered_without_gaps(shipped: Printed) -> None:
    for noun in ("Figure", "Table"):
        found = [int(number) for number in re.findall(rf"{noun} (\d+)\. ", shipped.text)]
        # Texts name tables of reports as well.
        assert set(found) == set(range(1, max(found) + 1))
        assert max(found) > 60


def test_only_fonts_of_the_package_are_used(shipped: Printed) -> None:
    ours = {"OpenSans", "OpenSans-Bold", "WenQuanYiMicroHei"}
    assert {name.partition("+")[2] for name in shipped.fonts} <= ours


def test_references_are_numbered_as_forests_cite_them(
    shipped: Printed, shipped_review: Path
) -> None:
    sources = list(review_of(shipped_review).sources.values())
    pages = shipped.part(len(shipped.bookmarks) - 1)
    cited = {int(number) for number in re.findall(r"\[(\d+)\]", shipped.text)}
    assert cited <= set(range(1, len(sources) + 1))
    for number, source in enumerate(sources, 1):
        start = squeezed(source.citation)[:30]
        assert f"{number}. {start}" in pages


def opening(text: str) -> Opening:
    return Opening(text, text, text, ((text, text),), ((text, text),), text, (text,))


def panel(text: str) -> Panel:
    marks = (
        Mark("square", text, text, text, text, text, 0.1, 0.6, 0.3, 10.0, ("lower",)),
        Mark("diamond", (text, Run(text, soft=True)), "", "", text, "", 0.2, 0.5, 0.3),
        Mark("bar", text, "", "", text, "", 0.0, 1.0, None, 0.0, ("lower", "upper")),
    )
    return Panel(
        text, (text, text, text), marks, ((0.5, text),), 0.5, 0.3, (text, text), (0.2, 0.8)
    )


def document(text: str) -> Document:
    """Return a document with one text in every place for texts."""
    look = Run(text, bold=True, soft=True, tone="better")
    table = Table(
        (Column(text, 1.0), Column((look,), 1.0, "right")),
        ((Cell(text, columns=2, shade=True),), (text, (text, look)), (Cell(text, head=True), text)),
        text,
    )
    blocks = (
        opening(text),
        Heading(1, text, "here"),
        Paragraph((text, look, Run(text, to="here"), Run(text, href="https://example.org/"))),
        Items((text, (look,)), numbered=1, labels=("one", "two")),
        table,
        Forests((panel(text),), text, text),
    )
    return Document(text, text, blocks)


def test_no_text_is_source() -> None:
    for text in HOSTILE:
        found = Printed(set_pdf(document(text)))
        wanted = re.sub(r"\s", "", squeezed(text))
        assert found.metadata["Title"] == text
        seen = re.sub(r"\s", "", found.text)
        # Opening 8, heading 1 and over the text, paragraph 4, list 2, table 9, forests 14.
        assert seen.count(wanted) >= 35, text
        assert len(found.pages) <= 3


def test_control_characters_and_overrides_of_direction_are_gone() -> None:
    assert clean("a\x00b\tc\x1bd\u2028e") == "a b c d e"
    assert clean("safe\u202egnp.exe\u2066\u061c") == "safegnp.exe"
    assert clean("\u05d0\u200f\u05d1") == "\u05d0\u200f\u05d1"
    # What no font has is said to be missing instead of being left out.
    assert clean("\U0001f600") == "?"


def test_scripts_of_other_directions_are_set() -> None:
    found = Printed(set_pdf(document("\u05de\u05d7\u05e7\u05e8 15 \u0627\u0644")))
    names = {name.partition("+")[2] for name in found.fonts}
    assert {"NotoSansHebrew-Regular", "NotoSansArabic-Regular"} <= names


def test_the_same_document_gives_the_same_bytes() -> None:
    assert set_pdf(document("text")) == set_pdf(document("text"))


def long_result(count: int) -> Any:
    trials = [
        {**survival_trials()[0], "trial_id": f"t{n}", "label": f"Trial {n}", "row_ids": [f"r{n}"]}
        for n in range(count)
    ]
    return pooled(question("long", trials), trials)


def test_long_forests_go_on_with_head_and_axis() -> None:
    drawn = figures.forest(long_result(90))
    assert len(drawn.pages) > 1
    assert drawn.width <= 178
    for svg in drawn.pages:
        assert "@font-face" not in svg
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
        assert {"Trial", "HR [95% CI]"} <= set(texts)
        height = float(re.findall(r'height="([\d.]+)pt"', svg)[0]) / 72 * 25.4
        width = float(re.findall(r'width="([\d.]+)pt"', svg)[0]) / 72 * 25.4
        assert height * drawn.width / width <= 240
        sizes = [float(size) for size in re.findall(r"<text[^>]*font-size: ([\d.]+)px", svg)]
        assert min(sizes) * drawn.width / width >= 6.9
    labels = re.findall(r">(Trial \d+)[,<]", " ".join(drawn.pages))
    assert set(labels) == {f"Trial {number}" for number in range(90)}
    picture = Picture(tuple(f"{n}.svg" for n, _ in enumerate(drawn.pages)), drawn.width, "C", "f")
    pictures = dict(zip(picture.files, drawn.pages, strict=True))
    found = Printed(set_pdf(Document("T", "", (picture,), pictures)))
    assert len(found.pages) == len(drawn.pages)
    assert all("HR [95% CI]" in text for text in found.pages)


def test_pages_of_the_site_become_blocks() -> None:
    html = """
    <p>One <strong>two</strong>\n three &amp; <a href="https://example.org/">four</a>
    <a href="site:x.html">five</a></p>
    <h2>Open</h2><ul><li>a</li><li>b <span class="tag">c</span></li></ul>
    <h2>Closed</h2><details><summary>s</summary><p>hidden</p></details>
    <h2>Table</h2><table><caption>C</caption><thead><tr><th scope="col">A</th>
    <th scope="col" class="right">B</th></tr></thead><tbody>
    <tr class="group"><th scope="rowgroup" colspan="2">G</th></tr>
    <tr><th scope="row">r</th><td>1<br>2</td></tr></tbody></table><figure><p>no</p></figure>
    """
    paragraph, heading, items, second, table = blocks_of(html)
    assert paragraph == Paragraph(
        ("One ", Run("two", bold=True), " three & ", Run("four", href="https://example.org/"),
         " five")
    )  # fmt: skip
    assert heading == Heading(2, "Open")
    assert items == Items((("a",), ("b ", Run("c", soft=True))))
    assert second == Heading(2, "Table")
    assert isinstance(table, Table)
    assert (table.caption, [c.head for c in table.columns]) == (("C",), [("A",), ("B",)])
    assert [c.align for c in table.columns] == ["left", "right"]
    assert table.rows == (
        (Cell(("G",), columns=2, shade=True),),
        (Cell(("r",), head=True), Cell(("1; 2",))),
    )
