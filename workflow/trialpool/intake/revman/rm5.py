"""RevMan 5 (`.rm5`): the studies and data of a Cochrane review as tables.

The format is RevMan 5's own XML: STUDIES_AND_REFERENCES holds the included studies,
ANALYSES_AND_DATA the comparisons, their outcomes and one data element per study.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trialpool.evidence.risk_of_bias import read_rows
from trialpool.intake.endpoints import Wording
from trialpool.intake.files import refuse
from trialpool.intake.ids import is_id, slug, source_id, unique
from trialpool.intake.record import Imported, one_line
from trialpool.intake.revman.analyses import Analysis
from trialpool.intake.revman.raw_rows import Study, add_all_raw_rows
from trialpool.intake.revman.repair import read_repaired
from trialpool.intake.revman.rm5_outcomes import OUTCOMES, read_outcome
from trialpool.intake.revman.written import add_analysis
from trialpool.intake.risk_of_bias import add_judged, quality_rows

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NOT_READ: Final = {"OTHER_OUTCOME": "free text"}
_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_NCT: Final = re.compile(r"NCT\d{8}")
# RevMan writes signs in an id as _x002d_ and the like.
_ESCAPED: Final = re.compile(r"_x([0-9a-fA-F]{4})_")
_KINDS: Final = {
    "JOURNAL_ARTICLE": "article",
    "CONFERENCE_PROC": "abstract",
    "ABSTRACT": "abstract",
}


def import_rm5(path: Path, design: str = "", wording: Wording | None = None) -> Imported:
    """Turn a RevMan 5 file into raw tables and into tables for `trialpool pool`.

    Every outcome with data becomes a table to pool, with the command that repeats the review, and
    a row of analyses.csv with the file's diamond beside ours. Outcomes whose name is an endpoint of
    the raw tables become their rows as well: counts of responses in responses.csv, hazard ratios
    with the interval that stands in the file in time_to_event.csv. Risk of bias becomes
    risk_of_bias.csv.

    Parameters
    ----------
    path : Path
    design : {"", "rct", "single-arm", "pooled-analysis"}
        Design of all included studies; RevMan does not record it.
    wording : Wording, optional
        Of the review that takes it over; without it no analysis becomes rows of raw tables.

    Raises
    ------
    InputError
        If the file is no RevMan 5 review.
    """
    imported, worded = Imported(), wording or Wording()
    root = read_repaired(path, imported)
    if root.tag != "COCHRANE_REVIEW":
        message = f"the file is XML, but its root is <{one_line(root.tag)}>, not <COCHRANE_REVIEW>"
        raise refuse(path.name, "rm5", message, "Save the review from RevMan 5 as .rm5.")
    studies = _studies(root, design, imported)
    by_name = {study.name: study for study in studies.values()}
    ids = {study.name.casefold(): study.trial_id for study in studies.values()}
    codes = [endpoint.code for endpoint in worded.endpoints]
    add_judged(imported, read_rows(quality_rows(root, imported))[0], ids, codes)
    outcomes = 0
    analyses: list[Analysis] = []
    for at, comparison in enumerate(root.iterfind("ANALYSES_AND_DATA/COMPARISON"), 1):
        name = _text(comparison, "NAME")
        for element in comparison:
            if not element.tag.endswith("_OUTCOME"):
                continue
            outcomes += 1
            number = f"{comparison.get('NO', at)}.{element.get('NO', '?')}"
            place = f"comparison {number}, {name}: {_text(element, 'NAME')}"
            if element.tag not in OUTCOMES:
                reason = _NOT_READ.get(element.tag, "an unknown kind of outcome")
                imported.leave(place, element.tag, "", reason)
                continue
            analysis = read_outcome(number, name, element, studies, imported)
            if analysis is not None:
                analyses.append(analysis)
                add_analysis(analysis, imported)
    if not outcomes:
        imported.leave("ANALYSES_AND_DATA", "COMPARISON", "", "the review holds no outcomes")
    add_all_raw_rows(analyses, by_name, imported, worded)
    tell_what_lacks(imported, design)
    return imported


def _text(parent: Element, path: str) -> str:
    found = parent.find(path)
    return one_line("".join(found.itertext())) if found is not None else ""


def _studies(root: Element, design: str, imported: Imported) -> dict[str, Study]:
    """Add trials and sources of the included studies; return them by their id in the file."""
    studies: dict[str, Study] = {}
    for element in root.iterfind("STUDIES_AND_REFERENCES/STUDIES/INCLUDED_STUDIES/STUDY"):
        key = element.get("ID", "")
        name = one_line(element.get("NAME", "")) or _unescape(key).removeprefix("STD-")
        place = f"study {name}"
        if not key or key in studies:
            imported.leave(place, "ID", key, "no id, or one that stands twice")
            continue
        trial_id = slug(name)
        if not is_id(trial_id):
            reason = "its name gives no identifier in Latin letters"
            imported.leave(place, "NAME", name, reason, "Rename the study in RevMan.")
            continue
        trial_id = unique(trial_id, [study.trial_id for study in studies.values()])
        name = unique(name, [study.name for study in studies.values()])
        source = _source(place, name, element, imported)
        registered = [
            value
            for found in element.iterfind("IDENTIFIERS/IDENTIFIER")
            if _NCT.fullmatch(value := one_line(found.get("VALUE", "")))
        ]
        imported.add(
            "trials",
            {
                "trial_id": trial_id,
                "trial": name,
                "nct": ";".join(dict.fromkeys(registered)),
                "design": design,
                "status": "reported",
            },
        )
        studies[key] = Study(name, trial_id, source)
    if not studies:
        imported.leave("INCLUDED_STUDIES", "STUDY", "", "the review includes no studies")
    return studies


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _source(place: str, name: str, study: Element, imported: Imported) -> str:
    """Add the primary reference of a study, or the study's name; return its id."""
    references = study.findall("REFERENCE")
    primary = [entry for entry in references if entry.get("PRIMARY") == "YES"] or references
    taken = [row["source_id"] for row in imported.tables.get("sources", [])]
    year = one_line(study.get("YEAR", ""))
    if not primary:
        chosen = unique(slug(name), taken)
        imported.leave(
            place, "REFERENCE", "", "the study has no reference", "Complete sources.csv."
        )
        imported.add("sources", {"source_id": chosen, "title": name, "year": _year(year)})
        return chosen
    if len(references) > 1:
        reason = f"the primary one of {len(references)} references is entered as the source"
        imported.leave(place, "REFERENCE", "", reason)
    entry = primary[0]
    cells = {tag: _text(entry, tag) for tag in ("AU", "TI", "SO", "YR")}
    author = re.split(r"[,;]| and ", cells["AU"])[0].strip()
    family = author.rsplit(" ", 1)[0] if re.search(r" [A-Z]{1,3}$", author) else author
    year = _year(cells["YR"] or year)
    identifiers = {
        found.get("TYPE", ""): one_line(found.get("VALUE", ""))
        for found in entry.iterfind("IDENTIFIERS/IDENTIFIER")
    }
    doi = identifiers.get("DOI", "")
    doi = re.sub(r"^(?:doi:|https?://(?:dx\.)?doi\.org/)\s*", "", doi, flags=re.IGNORECASE)
    pmid = identifiers.get("PUBMED", "")
    pmid = re.sub(r"^PMID:?\s*", "", pmid, flags=re.IGNORECASE)
    if doi and not _DOI.fullmatch(doi):
        imported.leave(place, "DOI", doi, "not the form of a DOI")
        doi = ""
    if pmid and not (pmid.isascii() and pmid.isdigit()):
        imported.leave(place, "PUBMED", pmid, "not the form of a PubMed number")
        pmid = ""
    kind = _KINDS.get(entry.get("TYPE", ""), "")
    if not kind:
        reason = "neither an article nor an abstract"
        imported.leave(place, "TYPE", entry.get("TYPE", ""), reason, "Enter 'kind' in sources.csv.")
    wanted = source_id(family, year, cells["SO"]) if family else slug(name)
    chosen = unique(wanted if is_id(wanted) else slug(name), taken)
    imported.add(
        "sources",
        {
            "source_id": chosen,
            "first_author": family,
            "year": year,
            "journal": cells["SO"],
            "title": cells["TI"] or ("" if family else name),
            "doi": doi,
            "pmid": pmid,
            "kind": kind,
        },
    )
    return chosen


def _year(text: str) -> str:
    found = re.search(r"(?:19|20)\d\d", text)
    return found[0] if found else ""


def tell_what_lacks(imported: Imported, design: str) -> None:
    """Say once what RevMan does not record and the raw tables need."""
    if imported.tables.get("trials") and not design:
        remedy = "Give --design rct if all are randomised, or enter 'design' in trials.csv."
        imported.leave("trials", "design", "", "RevMan does not record it", remedy)
    if imported.tables.get("arms"):
        remedy = "Enter the generic names in arms.csv, separated by ';'."
        imported.leave("arms", "agents", "", "RevMan records labels, not agents", remedy)
