"""The page as it is written says to a parser what the page as it was built says."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from report_records import SETTINGS, question, survival, survival_trials

from trialpool.figures.canvas.rendering import svg_text
from trialpool.figures.forest.draw import draw_forest
from trialpool.questions.shared.synthesis.comparative import build_result
from trialpool.report import build_report
from trialpool.report.minify import minify


class Parsed(HTMLParser):
    """Start tags with their attributes, and texts, in the order of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[object, ...]] = []
        self.ends: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(("start", tag, *attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(("empty", tag, *attrs))

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
    record = build_result(question("metastatic-os", trials), trials)
    figures = {"metastatic-os": svg_text(draw_forest(record))}
    return build_report([survival()], figures, SETTINGS)


def test_no_element_attribute_or_text_changes():
    built = page()
    short = minify(built)
    assert Parsed(short).found == Parsed(built).found
    assert len(short) < 0.97 * len(built)
    assert minify(short) == short


def test_only_end_tags_go_that_a_parser_supplies():
    built, short = Parsed(page()), Parsed(minify(page()))
    implied = {"td", "th", "tr", "li", "dt", "dd", "thead", "tbody"}
    assert {tag for tag in built.ends if built.ends.count(tag) != short.ends.count(tag)} <= implied
    # Where something else follows than the rules of HTML name, the end tag stays.
    assert minify("<li>a</li><p>b</p>") == "<li>a</li><p>b</p>"
    assert minify("<tr><td>a</td> text</tr>") == "<tr><td>a</td> text</tr>"
    assert minify("<tr>\n<td>a</td>\n<td>b</td></tr>\n</table>") == ("<tr>\n<td>a\n<td>b\n</table>")


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ('<td class="num">1</td>', "<td class=num>1</td>"),
        ('<td class="num right">1</td>', '<td class="num right">1</td>'),
        ('<path class="f1"/>', '<path class="f1"/>'),
        ('<a href="https://doi.org/10.1/x">', '<a href="https://doi.org/10.1/x">'),
        ('<p title="">', '<p title="">'),
        ('<p>class="num" </p>', '<p>class="num" </p>'),
    ],
)
def test_quotation_marks_stay_where_they_are_needed(given, written):
    assert minify(given) == written


def test_elements_whose_blank_lines_count_are_refused():
    with pytest.raises(ValueError, match="<pre>"):
        minify("<pre>\n\n</pre>")
