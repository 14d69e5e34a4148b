"""Sources: links by identifier, and the list of all sources of the pooled trials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from trialpool.evidence.citations import cite, without_identifier
from trialpool.evidence.grades import grade_rank
from trialpool.records.chapters import ShortSource
from trialpool.records.groups import SourceCited
from trialpool.records.results import Result

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_NCT: Final = re.compile(r"NCT[0-9]{8}")


@dataclass(frozen=True)
class Link:
    """A link by identifier: its text and its address."""

    text: str
    href: str


@dataclass(frozen=True)
class Source:
    """A source as the report lists it.

    Attributes
    ----------
    source_id, citation : str
    links : tuple of Link
        By DOI and PMID; empty where neither is known.
    short : str
        Who, where and when; the citation where that is not known.
    trials : tuple of str
        Names of the trials whose pooled numbers it gave.
    grade : str
        The best of those numbers.
    """

    source_id: str
    citation: str
    links: tuple[Link, ...]
    trials: tuple[str, ...] = ()
    short: str = ""
    grade: str = ""

    @property
    def rank(self) -> int:
        """Rank of the grade, the best first."""
        return grade_rank(self.grade)

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """The citation in pieces of text, each with an address or "": identifiers are links."""
        return linked(self.citation, self.links)


@dataclass(frozen=True)
class Unidentified:
    """Sources of the raw tables that have neither DOI nor PMID.

    Attributes
    ----------
    sources : tuple of (str, str)
        Source id and citation, by citation.
    total : int
        Number of all sources of the raw tables.
    """

    sources: tuple[tuple[str, str], ...]
    total: int


def doi_link(doi: object) -> Link | None:
    """Return the link of a DOI, None where the text is not one."""
    text = str(doi or "").strip()
    if not _DOI.fullmatch(text):
        return None
    return Link(f"doi:{text}", "https://doi.org/" + quote(text, safe="/:;()._-"))


def pmid_link(pmid: object) -> Link | None:
    """Return the link of a PubMed identifier, None where the text is not one."""
    text = str(pmid or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return Link(f"PMID {text}", f"https://pubmed.ncbi.nlm.nih.gov/{text}/")


def page_links(pages: Sequence[str]) -> tuple[Link, ...]:
    """Return the links of pages that were read, by the names of their hosts.

    Of what is no address there is the text alone.
    """
    found = []
    for page in pages:
        parts = urlsplit(page)
        is_link = parts.scheme in ("http", "https") and parts.hostname
        host = str(parts.hostname).removeprefix("www.")
        found.append(Link(host, page) if is_link else Link(page, ""))
    return tuple(found)


def registry_links(numbers: object) -> tuple[Link, ...]:
    """Return the links of ClinicalTrials.gov numbers, several separated by semicolons."""
    found = (part.strip() for part in str(numbers or "").split(";"))
    return tuple(
        Link(number, f"https://clinicaltrials.gov/study/{number}")
        for number in found
        if _NCT.fullmatch(number)
    )


def linked(citation: str, links: Sequence[Link]) -> tuple[tuple[str, str], ...]:
    """Cut a citation at the identifiers that it ends in; one that it lacks comes after it.

    Returns
    -------
    tuple of (str, str)
        Text and address; the address is empty where the text is no link.
    """
    rest, tail = citation, list[tuple[str, str]]()
    for link in reversed(links):
        if rest.endswith(f" {link.text}"):
            rest = rest.removesuffix(f" {link.text}")
        tail[:0] = [(" ", ""), (link.text, link.href)]
    return ((rest, ""), *tail)


def source_of(
    source_id: str,
    cited: SourceCited | ShortSource | None,
    trials: Sequence[str] = (),
    short: str = "",
    grade: str = "",
) -> Source:
    """Prepare a source; without what is cited its id stands for it."""
    citation = cited.citation if cited is not None else source_id
    links = (doi_link(cited.doi), pmid_link(cited.pmid)) if cited is not None else ()
    return Source(
        source_id,
        citation,
        tuple(link for link in links if link is not None),
        tuple(trials),
        short or citation,
        grade,
    )


def unidentified(sources: Sequence[Mapping[str, Any]]) -> Unidentified:
    """List the sources without identifier, from the rows of sources.csv."""
    found = [
        (str(row["source_id"]), str(cite(row)["citation"])) for row in without_identifier(sources)
    ]
    found.sort(key=lambda source: (source[1].casefold(), source[0]))
    return Unidentified(tuple(found), len(sources))


def all_sources(results: Sequence[Result]) -> tuple[Source, ...]:
    """List the sources of all pooled trials, each once, by grade and citation."""
    cited: dict[str, SourceCited] = {}
    trials: dict[str, set[str]] = {}
    grades: dict[str, str] = {}
    for result in results:
        cited.update(result.sources)
        for trial in result.trials:
            trials.setdefault(trial.source, set()).add(trial.label)
            known = grades.setdefault(trial.source, trial.grade)
            grades[trial.source] = min(known, trial.grade, key=grade_rank)
    sources = [
        source_of(
            source_id,
            cited.get(source_id),
            sorted(labels, key=str.casefold),
            grade=grades[source_id],
        )
        for source_id, labels in trials.items()
    ]
    return tuple(sorted(sources, key=lambda s: (s.rank, s.citation.casefold(), s.source_id)))
