"""Every comparison has a page: its numbers are those of result.json, its words are few."""

from __future__ import annotations

import json
import math
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec import structs
from shipped_pages import Seen, review_of

from trialpool.records.comparisons import Comparison, Comparisons
from trialpool.records.results import ComparativeResult
from trialpool.report.compared.drawing import forest_csv, forest_svg
from trialpool.report.compared.forest import Forest, small_forest
from trialpool.report.compared.outcomes import Compared, compared
from trialpool.report.compared.page import comparison_page
from trialpool.report.pages import comparisons
from trialpool.report.site.page import Page, comparison_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

TDXD = "trastuzumab-deruxtecan-v-trastuzumab-emtansine-on-none-positive-metastatic-later-line"
TEACH = "lapatinib-added-on-none-positive-adjuvant"
EMILIA = "trastuzumab-emtansine-v-chemotherapy-and-lapatinib-on-none-positive-metastatic-later-line"


@pytest.fixture(scope="module")
def review(shipped_review: Path) -> Review:
    return review_of(shipped_review)


@pytest.fixture(scope="module")
def pages(review: Review) -> dict[str, Page]:
    return {page.path: page for page in comparisons.pages(review)}


@pytest.fixture(scope="module")
def stored(shipped_review: Path) -> dict[str, Any]:
    """The files themselves: nothing of the package stands between them and the test."""
    places = (shipped_review / "results" / "questions").glob("*/result.json")
    return {place.parent.name: json.loads(place.read_text(encoding="utf-8")) for place in places}


def of(review: Review, comparison: str) -> Compared:
    return next(one for one in review.by_comparison if one.comparison.id == comparison)


def text_of(page: Page) -> str:
    return " ".join(unescape(page.body).split())


def number(value: float, code: str) -> str:
    """Print as the report does, written again: two decimals, fewer for large ratios."""
    shown = math.exp(value) if code in ("HR", "OR", "RR") else value
    if code in ("HR", "OR", "RR"):
        decimals = 0 if shown >= 99.95 else 1 if shown >= 9.995 else 2
        return ">999" if shown >= 999.5 else f"{shown:.{decimals}f}"
    return f"{shown:.2f}".replace("-", "−")


def printed(group: dict[str, Any], trials: list[dict[str, Any]], code: str) -> str:
    """Of one trial what its report prints, of several the pool."""
    found = trials[0].get("printed") if len(trials) == 1 else None
    if found and float(found.get("ci_level") or 95) == 95:
        texts = [found["estimate"], found["ci_lower"], found["ci_upper"]]
        texts = texts if code in ("HR", "OR", "RR") else [t.replace("-", "−") for t in texts]
    else:
        texts = [number(group[key], code) for key in ("estimate", "ci_lower", "ci_upper")]
    return f"{texts[0]} [{texts[1]} to {texts[2]}]"


def test_the_numbers_of_a_page_are_those_of_its_results(
    review: Review, pages: dict[str, Page], stored: dict[str, Any]
) -> None:
    seen = 0
    for one in review.by_comparison:
        text = text_of(pages[comparison_path(one.comparison.id)])
        for outcome in one.outcomes:
            if outcome.main is None:
                continue
            result = stored[outcome.main.result.id]
            (group,) = [g for g in result["groups"] if g["label"] == outcome.main.group.label]
            trials = [t for t in result["trials"] if t["group"] == group["label"]]
            assert printed(group, trials, result["measure"]) in text
            for trial in trials:
                assert printed(trial, [trial], result["measure"]) in text
                assert trial["label"] in text
            if group.get("absolute") and outcome.main.measure.is_ratio:
                per = group["absolute"]["per_1000"]["estimate"]
                assert f"{abs(per):.0f} {'fewer' if per < 0 else 'more'} (" in text
            if group["k"] > 1 and group["pi_lower"] is not None:
                limits = [number(group[key], result["measure"]) for key in ("pi_lower", "pi_upper")]
                assert f"[{' to '.join(limits)}]" in text
            seen += 1
    assert seen > 90


def test_a_printed_interval_stands_as_printed(pages: dict[str, Page]) -> None:
    """TEACH prints 0.70 to 1.00; the symmetric interval that is analysed runs from 0.69."""
    text = text_of(pages[comparison_path(TEACH)])
    assert "0.83 [0.70 to 1.00]" in text
    assert "0.69 to" not in text


def test_what_no_pool_holds_is_printed_with_its_numbers(review: Review, pages: Any) -> None:
    (page,) = [page for page in pages.values() if "DESTINY-Breast02" in page.words]
    text = text_of(page)
    assert "HR 0.359, p <0.000001" in text
    assert "HR 0.658, p 0.0021" in text
    pertain = next(
        page
        for page in pages.values()
        if "PERTAIN" in page.words and "endocrine" in page.title and "pertuzumab" in page.title
    )
    assert "HR 1.05, p 0.78" in text_of(pertain)


def test_one_trial_is_no_pool(review: Review, pages: dict[str, Page]) -> None:
    """No weight, no diamond, no prediction interval, no table of models."""
    alone = [
        one
        for one in review.by_comparison
        if all(o.main is None or o.main.group.k == 1 for o in one.outcomes)
    ]
    assert len(alone) > 40
    for one in alone:
        body = pages[comparison_path(one.comparison.id)].body
        for words in ("Weight", "diamond", "Prediction interval", "Models.", "100%<"):
            assert words not in body


def test_pages_keep_their_budgets(pages: dict[str, Page]) -> None:
    seen = [len(Seen(page.body).words) for page in pages.values()]
    assert median(seen) <= 600
    assert max(len(page.body.encode()) for page in pages.values()) <= 150_000


def test_a_search_finds_a_page_by_drug_short_name_and_trial(pages: dict[str, Page]) -> None:
    page = pages[comparison_path(TDXD)]
    assert page.title == "T-DXd v T-DM1"
    assert {"trastuzumab deruxtecan", "T-DXd", "DESTINY-Breast03"} <= set(page.words)


def test_files_of_a_page_say_the_same(review: Review, pages: dict[str, Page]) -> None:
    page = pages[comparison_path(EMILIA)]
    place = comparison_path(EMILIA).removesuffix(".html") + "/pfs"
    rows = page.texts[f"{place}.csv"].splitlines()
    assert rows[1].startswith("1,trial,emilia,EMILIA 2012,")
    assert "0.65 [0.55 to 0.77]" in rows[1]
    drawing = ElementTree.fromstring(page.texts[f"{place}.svg"])
    texts = [element.text for element in drawing.iter() if element.tag.endswith("text")]
    assert {"T-DM1 v lapatinib + chemotherapy", "0.65 [0.55 to 0.77]"} <= set(texts)
    assert json.loads(page.texts[f"{place}.json"])["k"] == 2


def forest_of(review: Review, comparison: str, code: str) -> Forest:
    one = of(review, comparison)
    (outcome,) = [outcome for outcome in one.outcomes if code in outcome.codes]
    assert outcome.main is not None
    return small_forest(one.comparison, outcome.name, outcome.main.result)


def test_marks_lie_where_their_numbers_are(review: Review) -> None:
    """On a log axis: distances from no difference are as the logarithms."""
    forest = forest_of(review, EMILIA, "PFS")
    unit = next(place for place, label in forest.ticks if label == "0.5")
    for row, ratio in zip(forest.rows, (0.65, 0.85), strict=False):
        expected = math.log(ratio) / math.log(0.5)
        assert (row.at - forest.null) / (unit - forest.null) == pytest.approx(expected, abs=2e-3)
    assert forest.favours == ("Favours T-DM1", "Favours lapatinib + chemotherapy")


def test_a_response_favours_the_drug_on_the_right(review: Review) -> None:
    forest = forest_of(review, TDXD, "ORR")
    assert forest.favours == ("Favours T-DM1", "Favours T-DXd")
    assert forest.rows[0].at > forest.null


def test_neither_a_trial_nor_the_diamond_is_cut(review: Review) -> None:
    drawn = 0
    for one in review.by_comparison:
        for view in comparison_page(one).outcomes:
            for row in view.forest.rows if view.forest else ():
                assert row.kind == "prediction" or not row.cut
                assert 0 <= row.low <= (row.low if row.at is None else row.at) <= row.high <= 1
                drawn += 1
    assert drawn > 100


def test_a_margin_is_drawn_where_the_design_has_one(review: Review) -> None:
    """Nine weeks against a year: the stricter margin is 1.29 (Short-HER); SOLD had 1.30."""
    forest = forest_of(review, "trastuzumab-duration-9-weeks-v-12-months-positive-adjuvant", "DFS")
    (place,) = forest.margins
    unit = next(at for at, label in forest.ticks if label == "1.25")
    expected = math.log(float(forest.margin)) / math.log(1.25)
    assert forest.margin == "1.29"
    assert (place - forest.null) / (unit - forest.null) == pytest.approx(expected, abs=2e-3)
    assert forest_of(review, EMILIA, "PFS").margins == ()


HOSTILE = '<script>alert("x")</script>\'"><img src=x onerror=y>&amp;'


def hostile(result: ComparativeResult, comparison: Comparison) -> tuple[Any, Comparison]:
    """Put the string into every text that a page shows."""
    trial = structs.replace(
        result.trials[0],
        label=HOSTILE,
        flags=(HOSTILE,),
        grade=HOSTILE,
        maturity=HOSTILE,
        group=HOSTILE,
        printed=None,
    )
    group = structs.replace(
        result.groups[0],
        label=HOSTILE,
        mechanism=HOSTILE,
        primary_note=HOSTILE,
        sentence=HOSTILE,
        comparison=comparison.id,
    )
    texts = dict.fromkeys(("label", "experimental", "control", "setting"), HOSTILE)
    cells = tuple(structs.replace(one, group=HOSTILE) for one in comparison.cells)
    changed = {"endpoint_names": dict.fromkeys(result.endpoints, HOSTILE)}
    others = structs.replace(
        result, title=HOSTILE, trials=(trial,), groups=(group,), excluded=(), sensitivity=(),
        strategies=(), **changed,
    )  # fmt: skip
    return others, structs.replace(comparison, cells=cells, **texts)


def test_hostile_names_are_inert(review: Review) -> None:
    one = of(review, TDXD)
    (main,) = [o.main for o in one.outcomes if o.codes == ("PFS",)]
    result, comparison = hostile(main.result, one.comparison)
    found = compared(comparison, {result.id: result})
    shown = comparison_page(found)
    body = render(
        "comparison.html.j2", shown=shown, table=None, link=str, files=[], citation=HOSTILE
    )
    for page in (body, forest_svg(shown.outcomes[0].forest)):
        assert "<script" not in page
        assert "<img" not in page
        assert "onerror" not in page.replace("src=x onerror=y&gt;", "")
    texts = "".join(ElementTree.fromstring(forest_svg(shown.outcomes[0].forest)).itertext())
    assert HOSTILE in texts
    assert 'alert(""x"")' in forest_csv(shown.outcomes[0].forest, found.outcomes[0].main.measure)


def test_a_renamed_comparison_leads_on(review: Review) -> None:
    known = review.comparisons
    assert known is not None
    listed = Comparisons(
        schema_version=1,
        comparisons=tuple(one for one in known.comparisons if one.id == TDXD),
        strategies=known.strategies,
        renamed={"an-old-name": TDXD},
    )
    small = Review(settings=review.settings, results=review.results, comparisons=listed)
    moved = list(comparisons.pages(small))[-1]
    assert (moved.path, moved.moved) == ("comparisons/an-old-name.html", comparison_path(TDXD))
    assert f'href="site:{comparison_path(TDXD)}"' in moved.body
