"""Pages of the chapters: numbers of the questions, markers, trials of the review, escaping."""

from __future__ import annotations

import re
from typing import Any

import pytest
from chapter_records import chapter_record
from html_reader import Page
from report_records import SETTINGS, records
from site_pages import texts

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.records.chapters import Chapters
from trialpool.records.files import from_plain
from trialpool.report.conclusions import conclude

Json = dict[str, Any]
SOURCE = {"short": "Doe and Roe 2022", "doi": "10.1000/review"}


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    settings = {**SETTINGS, "framework_source": SOURCE}
    taxonomy = {"trial_columns": {"setting": "Setting"}}
    record = from_plain(chapter_record(), Chapters)
    return texts(records(), settings=settings, chapters=record, taxonomy=taxonomy)


@pytest.fixture(scope="module")
def chapter(site: dict[str, str]) -> Page:
    return Page(site["markers/escape.html"])


def test_the_front_page_leads_to_the_chapters(site: dict[str, str]) -> None:
    hrefs = {value for _, name, value in Page(site["index.html"]).attributes if name == "href"}
    assert {"markers/escape.html", "markers/none.html", "review-trials.html"} <= hrefs


def test_a_chapter_shows_the_numbers_of_the_questions(chapter: Page) -> None:
    for record in records():
        measure = get_measure(record.measure)
        for group in record.groups:
            limits = (group.estimate, group.ci_lower, group.ci_upper)
            shown = fmt.effect_with_interval(*limits, measure)
            assert f"{measure.code} {shown}" in chapter.text
            assert conclude(group, record).text.removeprefix(f"{group.label}: ") in chapter.text
            names = [t.label for t in record.trials if t.group == group.label]
            assert ", ".join(names) in chapter.text


def test_strategies_say_how_many_trials_have_them(chapter: Page) -> None:
    assert (
        "In an arm of 5 trials: 3 in the groups below, 1 in other groups or as a single arm "
        "only, 1 without a result in any question."
    ) in chapter.text
    assert "In no arm of the data." in chapter.text
    assert "No question has a result for: Opener." in chapter.text
    assert "1 trial of these strategies without a result in any question" in chapter.text
    row = chapter.cells[chapter.cells.index("LATE") :][:4]
    assert row == ["LATE", "reported", "every arm", "design is single-arm"]


def test_rows_on_a_marker_show_what_was_printed_or_why_not(chapter: Page) -> None:
    cells = chapter.cells
    assert "The gene G" in cells
    assert "HR 0.50 [0.37 to 0.67]" in cells
    assert "HR 0.90" in cells
    assert (
        "gene mutated; BICR; 12 v 13 patients; final analysis; p .04; stratified; "
        "in the pool of: " in chapter.text
    )
    assert "p .04; no interval" in cells
    assert {"5/20", "25.0%", "41.5%", "no denominator was printed", "median 12.5 v NR"} <= {
        cell.removeprefix("RECIST; ") for cell in cells
    }
    assert "HR 1.40 [1.15 to 1.71]" in cells
    assert "The gene G : Two rows. Two contrasts." in chapter.text
    assert "2 rows from 1 trial (The gene G 2)" in chapter.text


def test_a_chapter_without_anything_says_so(site: dict[str, str]) -> None:
    page = Page(site["markers/none.html"])
    assert "No strategy is named for it." in page.text
    assert "No row of the data reports a marker of it." in page.text


def test_pages_are_called_as_the_review_calls_them(site: dict[str, str], chapter: Page) -> None:
    assert "Risk factors and their markers" in Page(site["index.html"]).text
    assert "Markers of this risk factor" in chapter.text


def test_further_questions_of_a_chapter_stand_with_their_numbers(site: dict[str, str]) -> None:
    record = records()[0]
    page = Page(site["markers/none.html"])
    group = record.groups[0]
    limits = (group.estimate, group.ci_lower, group.ci_upper)
    shown = fmt.effect_with_interval(*limits, get_measure(record.measure))
    assert f"{group.label}: {record.measure} {shown}" in page.text


def test_the_review_is_cited_by_section(chapter: Page) -> None:
    assert "After Doe and Roe 2022, section 3.1, doi:10.1000/review ." in chapter.text


def test_the_trials_of_the_review(site: dict[str, str]) -> None:
    page = Page(site["review-trials.html"])
    assert "2 trials: 1 with a result in a question, 1 ongoing without results, 0" in page.text
    start = page.cells.index("In the questions, or why not") + 1
    first, second = page.cells[start : start + 7], page.cells[start + 7 : start + 14]
    assert first[1] == "ONEprinted there as NCT000000012"
    assert first[5:] == ["2 comparisons, 1 response rate", records()[0].title]
    assert second == ["2", "STILL", "STILL", "–", "ongoing", "none", "ongoing: no results"]
    hrefs = {value for _, name, value in page.attributes if name == "href"}
    assert "https://clinicaltrials.gov/study/NCT00000001" in hrefs
    assert not [href for href in hrefs if "ACTRN" in href]


def test_tables_have_captions_and_scopes(chapter: Page) -> None:
    assert chapter.tables == chapter.captions
    assert set(chapter.scopes) == {"col", "row", "rowgroup"}


def test_without_chapters_there_are_no_such_pages() -> None:
    empty = {**chapter_record(), "chapters": [], "review_trials": []}
    for chapters in (None, from_plain(empty, Chapters)):
        site = texts(records(), chapters=chapters)
        assert not [path for path in site if path.startswith("markers/")]
        assert "review-trials.html" not in site


HOSTILE = '<b onclick="x()">&amp; </td></script><script>alert(1)</script>'
# What is looked up or computed with; everything else is text that somebody wrote.
_KEYS = {"id", "question", "questions", "group", "kind", "measure", "marker", "source_id", "status"}


def hostile(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        names = {name: hostile(part, name) for name, part in value.items()}
        return dict.fromkeys(names, HOSTILE) if key == "labels" else names
    if isinstance(value, list):
        return value if key in _KEYS else [hostile(part, key) for part in value]
    return HOSTILE if isinstance(value, str) and key not in _KEYS else value


def test_words_of_the_chapters_are_escaped() -> None:
    settings = {**SETTINGS, "framework_source": {"short": HOSTILE, "doi": HOSTILE}}
    chapters = from_plain(hostile(chapter_record()), Chapters)
    site = texts(records(), {}, settings, chapters=chapters)
    html = "".join(site.values())
    page = Page(html)
    assert html.count("<script") == len(site)
    assert "<b " not in html
    assert page.text.count("alert(1)") > 40
    assert not re.search(r'href="[^"]*[<>]', html)
