"""What a bibliographic record says of retractions, corrections and republished reports.

PubMed links a report to its notices and to what takes its place (MEDLINE/PubMed data element
descriptions: CommentsCorrections). Other files say it in the title alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.intake.record import Elsewhere, Imported

# Tag of an .nbib file -> its name in PubMed's XML.
LINKS: Final = {
    "RIN": "RetractionIn",
    "ROF": "RetractionOf",
    "EIN": "ErratumIn",
    "EFR": "ErratumFor",
    "RPI": "RepublishedIn",
    "RPF": "RepublishedFrom",
    "CRI": "CorrectedandRepublishedIn",
    "CRF": "CorrectedandRepublishedFrom",
    "RRI": "RetractedandRepublishedIn",
    "RRF": "RetractedandRepublishedFrom",
}
_TAKES_PLACE: Final = ("RetractedandRepublished", "CorrectedandRepublished", "Republished")
_RETRACTED: Final = re.compile(
    r"\W*(?:retracted|withdrawn)(?: (?:article|paper|publication))?\s*[:\])]", re.IGNORECASE
)
_NOTICE: Final = re.compile(
    r"\W*(?:(?P<retraction>(?:notice of )?retraction(?: note| notice)?)"
    r"|(?:publisher |author )?correction|corrigendum|(?:published )?erratum)"
    r"(?:\s*[:\]]| to\b:?)\s*(?P<title>.*)",
    re.IGNORECASE,
)
_PMID: Final = re.compile(r"PMID:\s*(\d+)")


@dataclass(frozen=True)
class Fate:
    """What became of a report, as far as its own record says.

    Attributes
    ----------
    status : str
        "retracted", "corrected" or empty: a value of sources.csv.
    replaced_by, replaces : str
        PubMed number of the report that took its place, or whose place it takes.
    notice : str
        Of a record that is only a notice: the status that it gives to another report.
    about, about_title : str
        That other report, by PubMed number or title.
    """

    status: str = ""
    replaced_by: str = ""
    replaces: str = ""
    notice: str = ""
    about: str = ""
    about_title: str = ""


def fate_of(
    title: str, types: Iterable[str] = (), links: Mapping[str, Sequence[str]] | None = None
) -> Fate:
    """Read what became of a report off its title, publication types and links.

    Parameters
    ----------
    title : str
    types : iterable of str
        PubMed's publication types.
    links : mapping, optional
        Kind of link, as in PubMed's XML, to PubMed numbers (empty where a link has none).
    """
    plain, links = {name.casefold() for name in types}, links or {}

    def first(*kinds: str) -> str:
        return next((pmid for kind in kinds for pmid in links.get(kind, ()) if pmid), "")

    replaced_by = first(*(f"{kind}In" for kind in _TAKES_PLACE))
    replaces = first(*(f"{kind}From" for kind in _TAKES_PLACE))
    notice, about, about_title = "", "", ""
    if plain & {"retraction of publication", "retraction notice"} or "RetractionOf" in links:
        notice, about = "retracted", first("RetractionOf")
    elif "published erratum" in plain or "ErratumFor" in links:
        notice, about = "corrected", first("ErratumFor")
    elif match := _NOTICE.fullmatch(title):
        notice = "retracted" if match["retraction"] else "corrected"
        about_title = match["title"]
    is_retracted = (
        "retracted publication" in plain
        or {"RetractionIn", "RetractedandRepublishedIn"} & links.keys()
        or _RETRACTED.match(title)
    )
    is_corrected = {"ErratumIn", "CorrectedandRepublishedIn"} & links.keys()
    status = "retracted" if is_retracted else "corrected" if is_corrected else ""
    return Fate(status, replaced_by, replaces, notice, about, about_title)


def pmids_of(lines: Iterable[str]) -> list[str]:
    """Return the PubMed numbers at the end of an .nbib file's links, empty where there is none."""
    found = (_PMID.search(line) for line in lines)
    return [match[1] if match else "" for match in found]


def plain_title(title: str) -> str:
    """Reduce a title to its letters and digits, without a mark of retraction before it."""
    return " ".join(re.findall(r"\w+", _RETRACTED.sub("", title, count=1).casefold()))


def settle(imported: Imported, fates: Sequence[tuple[str, str, Fate]]) -> None:
    """Write into the rows of sources.csv what the records of one file say of each other.

    Parameters
    ----------
    imported : Imported
        Its rows are changed in place; a replacement that the file lacks is named, and what it says
        of reports that it lacks is kept for the table that has them.
    fates : sequence of (str, str, Fate)
        Place and `source_id` of each record (empty for one left out), and what it says.
    """
    rows = imported.tables.get("sources", [])
    by_id = {row["source_id"]: row for row in rows}
    by_pmid = {row["pmid"]: row for row in rows if row["pmid"]}
    by_title = {plain_title(row["title"]): row for row in rows if row["title"]}
    for place, source_id, fate in fates:
        own = by_id.get(source_id)
        if own is not None:
            own["status"] = own["status"] or fate.status
            later, earlier = by_pmid.get(fate.replaced_by), by_pmid.get(fate.replaces)
            if later is not None:
                own["replaced_by"] = later["source_id"]
            elif fate.replaced_by:
                reason = "the report that takes its place is not in this file"
                imported.leave(place, "replaced_by", f"PMID {fate.replaced_by}", reason, "Add it.")
                imported.elsewhere.append(Elsewhere(fate.replaced_by, replaces=source_id))
            if earlier is not None and earlier is not own:
                earlier["replaced_by"] = source_id
            elif fate.replaces and earlier is None:
                imported.elsewhere.append(Elsewhere(fate.replaces, replaced_by=source_id))
        about = by_pmid.get(fate.about) or by_title.get(plain_title(fate.about_title))
        if fate.notice and about is None:
            there = Elsewhere(fate.about, fate.about_title, status=fate.notice)
            imported.elsewhere.append(there)
        elif fate.notice and about is not None and about["status"] != "retracted":
            about["status"] = fate.notice
