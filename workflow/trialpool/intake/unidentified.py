"""Sources that are used and lack a DOI or a PubMed number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import Evidence


@dataclass(frozen=True)
class Unidentified:
    """A source that lacks an identifier.

    Attributes
    ----------
    source_id, title : str
    kind : str
        As in sources.csv.
    missing : tuple of str
        ``"doi"``, ``"pmid"`` or both.
    rows : int
        Rows of the raw tables that were read in it.
    is_pooled : bool
        Whether a pooled trial rests on it.
    """

    source_id: str
    title: str
    kind: str
    missing: tuple[str, ...]
    rows: int
    is_pooled: bool


def unidentified(evidence: Evidence, pooled: Container[str]) -> list[Unidentified]:
    """List the used sources that lack a DOI or a PubMed number.

    Parameters
    ----------
    evidence : Evidence
        The raw tables.
    pooled : container of str
        Ids of sources that pooled trials rest on.

    Returns
    -------
    list of Unidentified
        Pooled ones first, then those without any identifier, then those of the most rows.
    """
    used = Counter(
        str(row["source_id"])
        for table in TABLES
        if table != "sources"
        for row in evidence.rows(table)
        if row.get("source_id")
    )
    found = []
    for row in evidence.rows("sources"):
        name = str(row["source_id"])
        missing = tuple(column for column in ("doi", "pmid") if not row[column])
        if missing and (used[name] or name in pooled):
            title, kind = str(row["title"]), str(row["kind"])
            found.append(Unidentified(name, title, kind, missing, used[name], name in pooled))
    return sorted(
        found, key=lambda one: (not one.is_pooled, -len(one.missing), -one.rows, one.source_id)
    )
