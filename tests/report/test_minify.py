"""The page as it is written says to a parser what the page as it was built says."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from pooled_records import pooled
from report_records import question, survival, survival_trials
from site_pages import questions

from trialpool.figures.canvas.rendering import svg_text
from trialpool.figures.forest.draw import draw_forest
from trialpool.report.site.markup import shorter


class Parsed(HTMLParser):
    """Start tags with their attributes, and texts, in the order of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[object, ...]] = []
        self.ends: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("head", "body"):  # a parser supplies them
            self.found.append((tag, *sorted((name, value or "") for name, value in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.ends.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.ends.append(tag)

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and self.found and self.found[-1][0] == "text":
            self.found[-1] = ("text", f"{self.found[-1][1]} {text}")
        elif text:
            self.found.append(("text", text))


def page() -> str:
    trials = survival_trials()
    record = pooled(question("metastatic-os", trials), trials)
    figures = {"metastatic-os": svg_text(draw_forest(record))}
    return questions([survival()], figures)


def test_no_element_attribute_or_text_changes():
    built = page()
    short = shorter(built)
    assert Parsed(short).found == Parsed(built).found
    assert len(short) < 0.97 * len(built)
    assert shorter(built) == short


def test_only_end_tags_go_that_a_parser_supplies():
    built, short = Parsed(page()), Parsed(shorter(page()))
    # HTML Living Standard, 13.1.2.4 "Optional tags".
    implied = {"html", "head", "body", "p", "td", "th", "tr", "li", "dt", "dd", "thead", "tbody"}
    assert {tag for tag in built.ends if built.ends.count(tag) != short.ends.count(tag)} <= implied


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("<p>p &lt; 0.05, x &lt;b&gt; &amp;lt;", "<p>p &lt; 0.05, x &lt;b> &amp;lt;"),
        ('<p title="a &quot;b&quot; &amp;lt;">c', "<p title='a \"b\" &amp;lt;'>c"),
        ("<p><b>a</b> <i>b</i>", "<p><b>a</b> <i>b</i>"),
        ("<p>1\u202f234\u00a0% \u22120.1", "<p>1\u202f234\u00a0% \u22120.1"),
        ("<pre>\n a\n\n  b\n</pre>", "<pre>\n a\n\n  b\n</pre>"),
    ],
)
def test_what_text_means_stays(given, written):
    assert shorter(given) == written


def test_a_title_stays_escaped_for_every_reader():
    title = "<title>&lt;script&gt;x&lt;/script&gt; &amp;amp;</title>"
    assert title in shorter(
        f"<!DOCTYPE html><html><head>{title}</head><body><p>a</p></body></html>"
    )
