"""Markup and formulas in names: through the build, in the page, the figures, the tables."""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from trialpool.cli.builds import pipeline
from trialpool.cli.builds.reporting import Built, report
from trialpool.reviews import example
from trialpool.settings import besides, load_settings

HEART_FAILURE = example("heart-failure")
SCRIPT = "</svg></script><script>alert(1)</script><b onmouseover=x>&amp; \"q\" 'a'"
FORMULA = "=HYPERLINK(1)"


class Page(HTMLParser):
    """Tags with their attributes, and scripts with their text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        (self.scripts if self._in_script else self.words).append(data)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The heart-failure review, with markup in every cell of free words, built step by step."""
    review = tmp_path_factory.mktemp("markup") / "review"
    shutil.copytree(HEART_FAILURE, review, ignore=shutil.ignore_patterns("results", ".snakemake"))
    for file, column, text in (
        ("trials", "trial", SCRIPT),
        ("trials", "notes", SCRIPT),
        ("arms", "label", SCRIPT),
        ("sources", "title", SCRIPT),
        ("sources", "first_author", FORMULA),
        ("sources", "journal", SCRIPT),
        ("time_to_event", "locator", SCRIPT),
        ("time_to_event", "evidence_note", SCRIPT),
        ("time_to_event", "evidence_url", "javascript:alert(1)"),
    ):
        path = review / "data" / "raw" / f"{file}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows({**row, column: text} for row in rows)
    with contextlib.chdir(review):
        return build(review)


def build(review):
    config = review / "config" / "config.yaml"
    results = review / "results"
    staging = results / "staging"
    (results / "questions").mkdir(parents=True)
    pipeline.effects(config, staging / "effects.csv")
    pipeline.audit(config, results / "audit.csv")
    pipeline.gate(results / "audit.csv", staging / "gate.json")
    pipeline.select(config, staging / "effects.csv", results / "audit.csv")
    folders = sorted((results / "questions").iterdir())
    for folder in folders:
        pipeline.pool(folder)
    others = besides(load_settings(config, review)[0].questions)
    for folder in folders:
        pipeline.figures(folder, beside=others.get(folder.name))
    pipeline.chapters(config, folders, results / "effects.csv", results / "chapters.json")
    built = Built(
        findings=results / "audit.csv",
        effects=results / "effects.csv",
        chapters=results / "chapters.json",
    )
    report(config, folders, built, results / "report")
    return results


def test_markup_stays_text_everywhere(built):
    figures = sorted(built.glob("questions/*/forest.svg"))
    assert figures
    for figure in figures:
        root = ElementTree.fromstring(figure.read_text(encoding="utf-8"))
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not tags & {"script", "b", "foreignObject"}
        assert not any(name.startswith("on") for e in root.iter() for name in e.attrib)
        assert "<script>alert(1)" in "".join(root.itertext())
    pages = sorted((built / "report").rglob("*.html"))
    told = ""
    for path in pages:
        page = Page()
        text = path.read_text(encoding="utf-8")
        page.feed(text)
        assert not [script for script in page.scripts if script.strip()]
        assert "<script>alert" not in text
        told += "".join(page.words)
        for tag, attributes in page.tags:
            assert "onmouseover" not in attributes, tag
            assert not (attributes.get("href") or "").lower().startswith("javascript:"), tag
    assert SCRIPT in told
    # The index of the search is a list of texts; the script writes them as text.
    index = (built / "report" / "assets" / "search.js").read_text(encoding="utf-8")
    rows = json.loads(index.removeprefix("window.PAGES = ").rstrip().removesuffix(";"))
    assert {row[0] for row in rows} == {str(p.relative_to(built / "report")) for p in pages}
    assert "innerHTML" not in (built / "report" / "assets" / "site.js").read_text(encoding="utf-8")


def test_formulas_stay_text_and_are_warned_of(built):
    with (built / "audit.csv").open(encoding="utf-8", newline="") as stream:
        found = [row for row in csv.DictReader(stream) if row["rule"] == "text-no-formula"]
    assert {(row["file"], row["column"], row["level"]) for row in found} == {
        ("sources.csv", "first_author", "warning")
    }
    with (built / "effects.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["locator"] for row in csv.DictReader(stream)} == {SCRIPT}
