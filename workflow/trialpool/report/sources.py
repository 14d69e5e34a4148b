"""Sources: links by identifier, and the list of all sources of the pooled trials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

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
    """

    source_id: str
    citation: str
    links: tuple[Link, ...]
    trials: tuple[str, ...] = ()
    short: str = ""


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


def registry_links(numbers: object) -> tuple[Link, ...]:
    """Return the links of ClinicalTrials.gov numbers, several separated by semicolons."""
    found = (part.strip() for part in str(numbers or "").split(";"))
    return tuple(
        Link(number, f"https://clinicaltrials.gov/study/{number}")
        for number in found
        if _NCT.fullmatch(number)
    )


def source_of(source_id: str, sources: Mapping[str, Any], trials: Sequence[str] = ()) -> Source:
    """Look a source up in a record's `sources`."""
    entry = sources.get(source_id) or {}
    links = (doi_link(entry.get("doi")), pmid_link(entry.get("pmid")))
    return Source(
        source_id,
        str(entry.get("citation") or source_id),
        tuple(link for link in links if link is not None),
        tuple(trials),
        str(entry.get("short") or entry.get("citation") or source_id),
    )


def all_sources(records: Sequence[Mapping[str, Any]]) -> tuple[Source, ...]:
    """List the sources of all pooled trials, each once, by citation."""
    entries: dict[str, Any] = {}
    trials: dict[str, set[str]] = {}
    for record in records:
        entries.update(record.get("sources") or {})
        for trial in record["trials"]:
            trials.setdefault(trial["source"], set()).add(trial["label"])
    sources = [
        source_of(source_id, entries, sorted(labels, key=str.casefold))
        for source_id, labels in trials.items()
    ]
    return tuple(sorted(sources, key=lambda s: (s.citation.casefold(), s.source_id)))
