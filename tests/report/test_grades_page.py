"""Grades of sources: the sentence on their page, tables of trials, what is not asked."""

from __future__ import annotations

from html_reader import Page
from msgspec import structs
from report_records import records
from site_pages import texts

from trialpool.records.chapters import NotAsked, NotAskedResult
from trialpool.records.groups import SourceCited
from trialpool.report.grades import graded, grades_sentence
from trialpool.report.sources import Link, page_links

URL = "https://www.example.org/a?b=1&c=2"


def with_grades(*grades):
    """The records with these grades, in the order of the trials; the last one of all others."""
    found, given = [], list(grades)
    for record in records():
        trials = [
            structs.replace(t, grade=given.pop(0) if len(given) > 1 else given[0], read_at=(URL,))
            for t in record.trials
        ]
        found.append(structs.replace(record, trials=tuple(trials)))
    return found


def test_the_sentence_counts_each_pooled_row_once():
    marked = with_grades("abstract", "secondary copy", "article")
    rows = {row_id: t for record in marked for t in record.trials for row_id in t.row_ids}
    known = {n for record in marked for n, s in record.sources.items() if s.doi or s.pmid}
    found = graded([*marked, *marked])
    assert found.rows == len(rows)
    assert dict(found.grades) == {
        grade: sum(t.grade == grade for t in rows.values())
        for grade in ("article", "abstract", "secondary copy")
    }
    assert [grade for grade, _ in found.grades] == ["article", "abstract", "secondary copy"]
    assert found.identified == sum(t.source in known for t in rows.values())
    assert found.read_twice == sum(t.extraction == "double" for t in rows.values())
    sentence = grades_sentence(marked)
    assert sentence.startswith(f"Of {len(rows)} pooled rows, {dict(found.grades)['article']} cite")
    assert f"and {found.read_twice} were read by two readers." in sentence
    assert grades_sentence([]) == ""


def test_the_page_shows_grade_and_the_page_that_was_read_beside_each_source():
    marked = with_grades("abstract", "article")
    site = texts(marked)
    beside = Page(site["questions/metastatic-os.html"])
    assert ("a", "href", URL) in beside.attributes
    assert "read at: example.org" in beside.text
    page = Page(site["sources.html"])
    assert grades_sentence(marked) in page.text
    # The list of sources puts the better grade first.
    last = page.text[page.text.rindex("by their grade") :]
    assert last.index("article (") < last.index("abstract (1)")


def test_pages_that_were_read():
    assert page_links((URL, "Omics record S-1: a title")) == (
        Link("example.org", URL),
        Link("Omics record S-1: a title", ""),
    )
    # Nothing but an address of the web becomes a link.
    assert page_links(("javascript:alert(1)",)) == (Link("javascript:alert(1)", ""),)


def test_what_is_not_asked_has_a_page():
    one = NotAskedResult(
        row_ids=("x.os.t01",),
        table="time_to_event",
        trial_id="x",
        trial="XTRIAL",
        setting="metastatic",
        endpoint="OS",
        contrast="A v B",
        population="per protocol",
        biomarker="gene",
        biomarker_level="mutated",
        printed="HR 0.70 (0.50 to 0.98), p .04",
        source="doe",
        grade="registry",
        locator="Table 2",
        read_at=(URL,),
        question=records()[0].id,
        reason="population: per protocol",
    )
    cited = SourceCited(citation="Doe. Trial.", doi=None, pmid="12", url=None)
    record = NotAsked(schema_version=1, results=(one,), asked=7, sources={"doe": cited})
    section = Page(texts(records(), not_asked=record)["not-asked.html"]).text
    for words in (
        *("XTRIAL", "A v B", "per protocol; gene mutated", "HR 0.70 (0.50 to 0.98), p .04"),
        *("registry", "Table 2", "read at: example.org", "PMID 12", "x.os.t01"),
        f"{records()[0].title} : population: per protocol",
    ):
        assert words in section, words
    empty = NotAsked(schema_version=1, results=(), asked=7, sources={})
    assert "not-asked.html" not in texts(records(), not_asked=empty)
