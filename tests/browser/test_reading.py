"""What a reader does: searches, filters, sorts, walks with the keyboard, on any width."""

import re
from pathlib import Path

import pytest
from site_reader import Reader
from test_smoke import sideways, six, violations

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]


def search(reader: Reader, words: str) -> list[str]:
    """Titles that the search box lists, best first."""
    reader.open("index.html")
    box = reader.page.locator("#search")
    box.focus()
    reader.page.wait_for_function("window.PAGES !== undefined")
    box.fill(words)
    return reader.page.locator(".found a").all_inner_texts()


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("T-DXd", "T-DXd"),
        ("trastuzumab deruxtecan", "T-DXd"),
        ("DESTINY-Breast03", "DESTINY-Breast03"),
        ("PIK3CA", "PIK3CA"),
    ],
)
def test_search_finds_the_page_first(reader: Reader, words: str, title: str) -> None:
    found = search(reader, words)
    assert title in found[0], found[:5]
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url(re.compile(r"/(comparisons|trials|markers|questions)/"))
    assert title in reader.page.locator("h1").inner_text()


def test_arrows_walk_through_what_was_found(reader: Reader) -> None:
    found = search(reader, "T-DXd")
    reader.page.keyboard.press("ArrowDown")
    assert reader.page.evaluate("document.activeElement.innerText") == found[0]
    reader.page.keyboard.press("Escape")
    assert reader.page.evaluate("document.activeElement.id") == "search"


def test_tables_sort_by_keyboard(reader: Reader) -> None:
    reader.open("trials.html")
    head = reader.page.locator("table.sortable th button").first
    head.focus()
    reader.page.keyboard.press("Enter")
    cells = "table.sortable tbody tr :is(td, th):first-child"
    up = reader.page.locator(cells).all_inner_texts()
    reader.page.keyboard.press("Enter")
    down = reader.page.locator(cells).all_inner_texts()
    assert len(up) > 20
    assert down != up
    assert sorted(up) == sorted(down)


def test_filters_of_the_front_page_work_by_keyboard(reader: Reader) -> None:
    reader.open("index.html")
    rows = reader.page.locator("[data-row]:visible")
    every = rows.count()
    choice = reader.page.locator("form.filter select").first
    choice.focus()
    reader.page.keyboard.press("ArrowDown")
    chosen = rows.count()
    assert 0 < chosen < every
    told = reader.page.locator("form.filter output").first.inner_text()
    assert told.split()[0] == str(chosen)


@pytest.mark.parametrize("width", [1440, 768, 390, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_every_kind(reader: Reader, width: int, scheme: str) -> None:
    reader.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    folders = sorted({p.parent for p in reader.site.glob("*/*.html")})
    # The largest page of each folder: what runs over runs over there.
    large = [max(f.glob("*.html"), key=lambda p: p.stat().st_size) for f in folders]
    top = sorted(reader.site.glob("*.html"))
    for page in [*top, *large]:
        path = str(page.relative_to(reader.site))
        reader.open(path, width)
        assert sideways(reader) == [], path
        assert violations(reader) == [], path
    assert reader.complaints == []
    assert reader.abroad() == []


def test_pages_read_without_script(reader: Reader) -> None:
    context = reader.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in six(reader.site):
        page.goto((reader.site / path).as_uri())
        assert page.locator("h1").count() == 1
        assert page.locator("main").inner_text().strip()
        # What only works with the script is not offered.
        assert not page.locator("form.search").is_visible()
        assert page.locator("form.filter:visible").count() == 0
    context.close()


def test_content_is_few_tabs_away(reader: Reader) -> None:
    for path in six(reader.site):
        reader.open(path)
        before = reader.page.evaluate(
            """() => {
              const main = document.querySelector("main");
              const stops = document.querySelectorAll("a[href], button, input, select, summary");
              return [...stops].filter(e => e.checkVisibility()
                && main.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING).length;
            }"""
        )
        assert before <= 25, path


def test_print_shows_what_is_closed_and_no_controls(reader: Reader) -> None:
    reader.page.emulate_media(media="print")
    for path in six(reader.site):
        reader.open(path)
        assert not reader.page.locator("header.site").is_visible()
        assert reader.page.locator("h1").is_visible()


def visible_words(reader: Reader) -> int:
    text: str = reader.page.locator("main").inner_text()
    return len(text.split())


def test_budgets(reader: Reader) -> None:
    site = reader.site
    files = [path for path in site.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 25e6
    assert (site / "index.html").stat().st_size <= 200e3
    comparisons = sorted((site / "comparisons").glob("*.html"))
    assert max(page.stat().st_size for page in comparisons) <= 200e3
    counts = []
    for page in comparisons:
        reader.open(str(page.relative_to(site)))
        counts.append(visible_words(reader))
    assert sorted(counts)[len(counts) // 2] <= 600


def test_the_answer_stands_on_the_first_screen(reader: Reader) -> None:
    """Does T-DXd work against T-DM1: both outcomes within 900 px of the top."""
    reader.open("index.html")
    row = reader.page.locator("[data-row]", has_text=re.compile(r"T-DXd\s+v(s|\.)?\s+T-DM1")).first
    box = row.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    text = row.inner_text()
    # Printed: Cortés 2022 / Hurvitz 2023, DESTINY-Breast03.
    assert "0.28" in text
    assert len(re.findall(r"\[\d\.\d\d to \d\.\d\d\]", text)) >= 2
