"""Citations of sources, made in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def cite(source: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a row of sources.csv into a citation and its identifiers.

    Parameters
    ----------
    source : mapping
        The columns first_author, year, journal, title, doi, pmid.

    Returns
    -------
    dict
        ``citation``, ``doi``, ``pmid`` and ``url``; the last three are None
        where the source has none.
    """
    author, journal = str(source["first_author"]), str(source["journal"])
    title, year = str(source["title"]).rstrip("."), str(source["year"])
    parts = [author, title, " ".join(part for part in (journal, year) if part)]
    doi, pmid = str(source["doi"]) or None, str(source["pmid"]) or None
    url = f"https://doi.org/{doi}" if doi else None
    if url is None and pmid:
        url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    citation = ". ".join(part for part in parts if part) + "."
    return {"citation": citation, "doi": doi, "pmid": pmid, "url": url}
