"""The list of sources on the page: identifiers, their links, and what has none."""

from __future__ import annotations

from html_reader import Page
from msgspec.structs import replace
from report_records import survival
from site_pages import texts

from trialpool.evidence.tables import Evidence, RawTable
from trialpool.records.groups import SourceCited
from trialpool.report.sources import Link, linked


def test_sources_without_identifier_are_named() -> None:
    record = survival()
    bare = SourceCited(
        citation=record.sources["puffin2022"].citation, doi=None, pmid=None, url=None
    )
    record = replace(record, sources={**record.sources, "puffin2022": bare})
    page = Page(texts([record])["sources.html"])
    assert "looked up by their citation: PUFFIN ." in page.text


def test_sources_read_without_identifier_are_listed_and_those_of_pools_marked() -> None:
    record = survival()
    pooled = next(iter(sorted(record.sources)))
    empty = dict.fromkeys(("first_author", "year", "journal", "doi", "pmid"), "")
    rows = [
        {**empty, "source_id": "other", "title": "Zeta <i>report</i>", "kind": "abstract"},
        {**empty, "source_id": pooled, "title": "Alpha report", "kind": "article"},
        {**empty, "source_id": "known", "title": "Known", "doi": "10.1000/x", "kind": "article"},
    ]
    evidence = Evidence({"sources": RawTable(tuple(rows[0]), tuple(rows))})
    html = texts([record], evidence=evidence)["sources.html"]
    text = Page(html).text
    assert "All sources without DOI or PMID: 2 of the 3 in the tables" in text
    assert f"Alpha report. pooled {pooled}" in text
    assert "Zeta <i>report</i> [conference abstract]. other" in text
    assert "Zeta <i>" not in html
    assert "Known." not in text


def test_identifiers_at_the_end_of_a_citation_are_its_links() -> None:
    links = (Link("doi:10.1/x", "https://doi.org/10.1/x"), Link("PMID 5", "https://p/5/"))
    whole = (("A. B 2020.", ""), (" ", ""), ("doi:10.1/x", links[0].href))
    whole += ((" ", ""), ("PMID 5", links[1].href))
    assert linked("A. B 2020. doi:10.1/x PMID 5", links) == whole
    assert linked("A. B 2020.", links) == whole  # a record that says them beside only
    assert linked("A. B 2020. doi:x", ()) == (("A. B 2020. doi:x", ""),)
