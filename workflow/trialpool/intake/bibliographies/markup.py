"""References in XML: PubMed's and EndNote's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trialpool.intake.bibliographies.reference import (
    Reference,
    doi_of,
    family_name,
    first,
    kind_of,
    pmid_of,
)
from trialpool.intake.bibliographies.tagged import endnote_kind, kind_of_types
from trialpool.intake.files import read_xml
from trialpool.intake.record import Imported
from trialpool.intake.retractions import fate_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_markup(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read XML of PubMed or of EndNote, whichever it is."""
    root = read_xml(path)
    if root.find(".//PubmedArticle") is not None or root.tag == "PubmedArticle":
        yield from _pubmed(root)
    else:
        yield from _endnote(root)


def _said(within: Element | None, path: str) -> str:
    found = within.find(path) if within is not None else None
    return " ".join("".join(found.itertext()).split()) if found is not None else ""


def _all(within: Element, path: str) -> list[str]:
    return [" ".join("".join(found.itertext()).split()) for found in within.findall(path)]


def _pubmed(root: Element) -> Iterator[Reference]:
    articles = [root] if root.tag == "PubmedArticle" else root.findall(".//PubmedArticle")
    for number, article in enumerate(articles, 1):
        citation = article.find("MedlineCitation")
        types = _all(article, "MedlineCitation/Article/PublicationTypeList/*")
        dois = [
            *_all(article, "MedlineCitation/Article/ELocationID[@EIdType='doi']"),
            *_all(article, "PubmedData/ArticleIdList/ArticleId[@IdType='doi']"),
        ]
        links: dict[str, list[str]] = {}
        for link in article.findall("MedlineCitation/CommentsCorrectionsList/CommentsCorrections"):
            links.setdefault(link.get("RefType", ""), []).append(_said(link, "PMID"))
        author, date = "Article/AuthorList/Author", "Article/Journal/JournalIssue/PubDate"
        title = _said(citation, "Article/ArticleTitle")
        yield Reference(
            f"PubmedArticle {number}",
            kind_of_types(types),
            "; ".join(types),
            _said(citation, f"{author}/LastName") or _said(citation, f"{author}/CollectiveName"),
            _said(citation, f"{date}/Year") or _said(citation, f"{date}/MedlineDate"),
            _said(citation, "Article/Journal/ISOAbbreviation")
            or _said(citation, "Article/Journal/Title"),
            title,
            doi_of(dois, ()),
            _said(citation, "PMID"),
            fate=fate_of(title, types, links),
        )


def _endnote(root: Element) -> Iterator[Reference]:
    """Read EndNote's XML, in which styles may stand around any text."""
    for number, record in enumerate(root.findall(".//record"), 1):
        kind = record.find("ref-type")
        type_ = kind.get("name", "") if kind is not None else ""
        title = _said(record, "titles/title")
        searched = [
            text
            for tag in ("urls//url", "notes", "custom1", "custom2", "custom3", "label")
            for text in _all(record, tag)
        ]
        database = _said(record, "remote-database-name")
        pmid, doubts = pmid_of(searched, _said(record, "accession-num"), database)
        yield Reference(
            f"record {number}",
            kind_of(endnote_kind(type_), _said(record, "work-type"), title=title),
            type_,
            family_name(_said(record, "contributors/authors/author")),
            _said(record, "dates/year"),
            first(
                *(
                    _all(record, tag)
                    for tag in (
                        *("periodical/full-title", "titles/secondary-title"),
                        *("periodical/abbr-1", "titles/alt-title"),
                    )
                )
            ),
            title,
            doi_of(_all(record, "electronic-resource-num"), searched),
            pmid,
            _said(record, "rec-number"),
            doubts=doubts,
        )
