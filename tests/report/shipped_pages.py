"""The shipped review as pages read it, and what a reader sees of a page."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from trialpool.evidence.tables import read_tables
from trialpool.records.files import read_comparisons, read_result, read_summaries
from trialpool.report.site.review import Review
from trialpool.settings import load_settings


def review_of(folder: Path) -> Review:
    """Read the records of a built review, questions in their order."""
    settings, _ = load_settings(folder / "config" / "config.yaml")
    evidence, _ = read_tables(folder / "data" / "raw", ["trials", "arms", "sources"])
    results = folder / "results"
    return Review(
        settings=settings.config["report"],
        results=tuple(
            read_result(results / "questions" / name / "result.json") for name in settings.questions
        ),
        comparisons=read_comparisons(results / "comparisons.json"),
        summaries=read_summaries(results / "summaries.json"),
        evidence=evidence,
        taxonomy=settings.taxonomy,
        endpoints=settings.endpoints,
    )


class Seen(HTMLParser):
    """Words that a reader sees before opening anything, in one part of a page or outside it.

    Parameters
    ----------
    html : str
    without : str
        Id of an element whose words do not count.
    """

    def __init__(self, html: str, without: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._without = without
        self._open: list[tuple[str, bool]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hides = tag in ("svg", "option") or dict(attrs).get("id") == (self._without or None)
        if tag not in ("input", "br", "line", "rect", "path", "polygon"):
            self._open.append((tag, hides or tag == "details"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        hidden = [tag for tag, hides in self._open if hides]
        if not hidden or (hidden == ["details"] and ("summary", False) in self._open):
            self.words += data.split()
