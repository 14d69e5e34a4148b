"""The front page answers by drug name: what is in its matrix, in which order, how large it is."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
from shipped_pages import Seen, review_of
from test_comparison_pages import TDXD, printed

from trialpool.records.groups import Word
from trialpool.report.compared import verdicts
from trialpool.report.compared.front import front
from trialpool.report.compared.matrix import Matrix, matrix
from trialpool.report.pages import index
from trialpool.report.site.page import comparison_path
from trialpool.report.site.review import Review


@pytest.fixture(scope="module")
def review(shipped_review: Path) -> Review:
    return review_of(shipped_review)


@pytest.fixture(scope="module")
def shown(review: Review) -> Matrix:
    labels = {one.id: one.label for one in review.comparisons.strategies}
    return matrix(review.by_comparison, labels)


@pytest.fixture(scope="module")
def html(review: Review) -> str:
    (page,) = index.pages(review)
    return page.body


def test_every_comparison_has_a_row(review: Review, shown: Matrix) -> None:
    rows = [row for section in shown.sections for row in section.rows]
    paths = {f"site:{comparison_path(one.id)}" for one in review.comparisons.comparisons}
    assert {row.href for row in rows} == paths
    assert len(rows) == len(paths) == shown.total


def test_cells_hold_the_numbers_of_the_results(
    review: Review, shown: Matrix, shipped_review: Path
) -> None:
    """Effect as printed, or of the pool; the sign follows from the verdict's word."""
    signs = {"benefit": "▲", "harm": "▼"}
    rows = {row.href: row for section in shown.sections for row in section.rows}
    seen = 0
    for one in review.by_comparison:
        row = rows[f"site:{comparison_path(one.comparison.id)}"]
        for column, cell in zip(shown.columns, row.cells, strict=True):
            outcome = one.in_column(column)
            if outcome is None or outcome.main is None:
                assert cell is None or not cell.effect
                continue
            place = shipped_review / "results/questions" / outcome.main.result.id / "result.json"
            result: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
            (group,) = [g for g in result["groups"] if g["label"] == outcome.main.group.label]
            trials = [t for t in result["trials"] if t["group"] == group["label"]]
            assert cell.effect == printed(group, trials, result["measure"])
            assert cell.support[0].startswith(f"{group['k']} trial")
            word = (group["verdict"] or {"word": ""})["word"].removeprefix("trial-")
            assert (cell.sign in "▲▼") == (word in (*signs, "beyond-margin"))
            assert cell.sign == signs.get(word, cell.sign)
            seen += 1
    assert seen > 90


def test_one_drug_against_another_is_answered_in_the_first_rows(shown: Matrix) -> None:
    rows = shown.sections[0].rows[:3]
    (row,) = [row for row in rows if row.href == f"site:{comparison_path(TDXD)}"]
    survival, course, response = row.cells
    assert (row.label, row.trials) == ("T-DXd v T-DM1", "DESTINY-Breast03")
    # The printed hazard ratios of the trial (N Engl J Med 2022; Nat Med 2024).
    assert course.effect == "0.28 [0.22 to 0.37]"
    assert survival.effect == "0.73 [0.56 to 0.94]"
    assert course.sign == survival.sign == response.sign == "▲"
    assert "fewer" in course.absolute
    assert course.support == ("1 trial, n 524", "read twice", "article", "not judged")


def test_more_settled_comparisons_stand_first(shown: Matrix) -> None:
    for section in shown.sections:
        settled = [
            sum(cell is not None and cell.known != "open" for cell in row.cells)
            for row in section.rows
        ]
        assert settled == sorted(settled, reverse=True)


def test_results_that_cannot_be_pooled_are_printed(shown: Matrix) -> None:
    cells = [cell for section in shown.sections for row in section.rows for cell in row.cells]
    printed_only = {text for cell in cells if cell for text in cell.left_out}
    assert "HR 0.359, p <0.000001" in printed_only
    assert "HR 1.05, p 0.78" in printed_only


def test_rows_lead_to_pages_and_cells_to_outcomes(html: str, review: Review, shown: Matrix) -> None:
    names = [heading for _, heading in shown.columns]
    assert names == ["Survival", "Progression, recurrence", "Response"]
    for one in review.by_comparison:
        path = comparison_path(one.comparison.id)
        assert f'href="site:{path}"' in html
        for outcome in map(one.in_column, shown.columns):
            assert outcome is None or f'href="site:{path}#{outcome.slug}"' in html


def test_the_front_page_keeps_its_budget(html: str) -> None:
    assert len(html.encode()) <= 200_000
    assert len(Seen(html, without="matrix").words) <= 900


def test_many_comparisons_have_pages_of_their_setting(
    review: Review, shown: Matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row stands on one page of its setting, which the front page links; none on two."""
    monkeypatch.setattr(index, "_ON_A_PAGE", 10)
    front_page, *pages = index.pages(review)
    outcomes = [sum(c is not None for row in s.rows for c in row.cells) for s in shown.sections]
    assert len(pages) == sum(number // 10 + 1 for number in outcomes)
    links = [re.findall(r'scope="row" role="rowheader"><a href="([^"]*)"', p.body) for p in pages]
    assert sorted(link for page in links for link in page) == sorted(
        row.href for s in shown.sections for row in s.rows
    )
    assert all(page.body.count("data-label") <= 10 + 2 for page in pages)
    assert "data-row" not in front_page.body
    assert re.findall(r'href="(site:settings/[^"]*)"', front_page.body) == [
        f"site:{page.path}" for page in pages
    ]
    counted = re.findall(r"</a></td><td>(\d+)</td><td>(\d+)</td>", front_page.body)
    assert [int(total) for total, _ in counted] == [*map(len, links)]
    known = [row.known for section in shown.sections for row in section.rows]
    concluded = sum("pool" in words or "trial" in words for words in known)
    assert sum(int(number) for _, number in counted) == concluded


def test_a_sign_never_stands_without_words(html: str) -> None:
    """Neither colour nor sign carries anything alone."""
    words = {found.words for found in verdicts._GLANCES.values()} | {
        "results not poolable",
        "no verdict",
    }
    cells = [cell for cell in re.findall(r"<td.*?</td>", html, re.DOTALL) if 'class="sign' in cell]
    assert len(cells) > 120
    assert all(any(one in cell for one in words) for cell in cells)


def test_every_verdict_has_a_sign() -> None:
    assert set(verdicts._GLANCES) == set(get_args(Word))


def test_the_head_says_what_is_not_given() -> None:
    settings = {"title": "A review", "authors": "Somebody", "version": "2.1"}
    shown = front(settings, (), (), 0)
    assert shown.facts == (
        ("Version", "2.1"),
        ("Data of", "not given"),
        ("Last search", "not given"),
        ("Status", "not given"),
    )
    assert shown.citation == "Somebody. A review. version 2.1."


def test_hostile_settings_are_inert(review: Review) -> None:
    bad = "<script>alert(1)</script>"
    settings = {"title": bad, "authors": bad, "description": bad, "status": bad}
    (page,) = index.pages(Review(settings=settings, results=()))
    assert "<script" not in page.body
    assert bad in unescape(page.body)
