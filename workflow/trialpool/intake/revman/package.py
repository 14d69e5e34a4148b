"""The data package of RevMan Web and the Cochrane Library: a zip of tables and references.

Its form: Cochrane, RevMan Knowledge Base, "Data package specification", versions 1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from trialpool.evidence.risk_of_bias import read_rows
from trialpool.intake.endpoints import Wording
from trialpool.intake.files import read_limited, refuse
from trialpool.intake.ids import is_id, slug, unique
from trialpool.intake.record import Imported, one_line
from trialpool.intake.revman.archive import read_archive
from trialpool.intake.revman.package_analyses import NEEDED_ROWS, NEEDED_SETTINGS, read_analyses
from trialpool.intake.revman.package_references import read_sources
from trialpool.intake.revman.package_tables import Row, read_csv
from trialpool.intake.revman.raw_rows import Study, add_all_raw_rows
from trialpool.intake.revman.rm5 import tell_what_lacks
from trialpool.intake.revman.written import add_analysis
from trialpool.intake.risk_of_bias import add_judged, package_rows

DATA: Final = "data-rows.csv"
SETTINGS: Final = "overall-estimates-and-settings.csv"
_SUBGROUPS: Final = "subgroup-estimates.csv"
_REFERENCES: Final = "included.ris"
_STUDIES: Final = "study-information.csv"
_JUDGED: Final = "risk-of-bias.csv"
_KNOWN: Final = (DATA, SETTINGS, _SUBGROUPS, _REFERENCES, _STUDIES, _JUDGED)
_PART: Final = re.compile(
    r"(?:^|[/-])(?:" + "|".join(map(re.escape, _KNOWN)) + r"|[^/]*\.(?:csv|ris))$", re.IGNORECASE
)
_NCT: Final = re.compile(r"NCT\d{8}")
_INFORMATION: Final = "study_information.csv"


def import_package(path: Path, design: str = "", wording: Wording | None = None) -> Imported:
    """Turn a data package into raw tables and into tables for `trialpool pool`.

    Every analysis becomes a table to pool with the command that repeats the review, and a row of
    analyses.csv with the review's diamond beside ours. Included studies become trials.csv and
    sources.csv (the first reference), risk of bias risk_of_bias.csv, study information
    study_information.csv.

    Parameters
    ----------
    path : Path
        The zip, or the one beside the article's files that holds it.
    design : {"", "rct", "single-arm", "pooled-analysis"}
        Design of all included studies; the package does not record it.
    wording : Wording, optional
        Of the review that takes it over; without it no analysis becomes rows of raw tables.

    Raises
    ------
    InputError
        If it is no data package, or a damaged one.
    """
    file = path.name
    parts = read_archive(file, read_limited(path), _PART)
    found = _sorted(file, parts)
    imported, worded = Imported(), wording or Wording()
    data = read_csv(file, DATA, found[DATA], NEEDED_ROWS, imported)
    settings = read_csv(file, SETTINGS, found[SETTINGS], NEEDED_SETTINGS, imported)

    def table(name: str, *needed: str) -> list[dict[str, str]]:
        if name not in found:
            imported.leave(name, "table", "", "the package does not hold it")
            return []
        return read_csv(file, name, found[name], needed, imported)

    subgroups = table(_SUBGROUPS) if _SUBGROUPS in found else []
    information = table(_STUDIES, "Study")
    judged = table(_JUDGED, "Study")
    names = dict.fromkeys(name for row in (*information, *data) if (name := row.get("Study", "")))
    sources = read_sources(found.get(_REFERENCES, b""), names, imported)
    studies = _studies(list(names), information, sources, design, imported)
    ids = {study.name.casefold(): study.trial_id for study in studies.values()}
    codes = [endpoint.code for endpoint in worded.endpoints]
    add_judged(imported, read_rows(package_rows(judged, imported))[0], ids, codes)
    analyses = list(read_analyses(data, settings, subgroups, studies, imported))
    for analysis in analyses:
        add_analysis(analysis, imported)
    add_all_raw_rows(analyses, studies, imported, worded)
    if not analyses:
        imported.leave(DATA, "rows", "", "the review holds no analysis with data")
    tell_what_lacks(imported, design)
    return imported


def _sorted(file: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Find the tables of the package by the end of their names."""
    found: dict[str, bytes] = {}
    for path, content in parts.items():
        for known in _KNOWN:
            if re.search(rf"(?:^|[/-]){re.escape(known)}$", path, re.IGNORECASE):
                if known in found:
                    message = f"the archive holds more than one {known}: data of several reviews"
                    raise refuse(file, "package", message, "Give the package of one review.")
                found[known] = content
    missing = [name for name in (DATA, SETTINGS) if name not in found]
    if missing:
        there = ", ".join(sorted({Path(path).name for path in parts})[:8]) or "no table"
        message = f"no data package of a review of interventions: it has no {missing[0]}"
        remedy = (
            f"It holds: {one_line(there)[:200]}. In the Cochrane Library take 'Download data'; in "
            "RevMan, Export. Packages of reviews of diagnostic tests are not read."
        )
        raise refuse(file, "package", message, remedy)
    return found


def _studies(
    names: Sequence[str],
    information: Sequence[Row],
    sources: Mapping[str, str],
    design: str,
    imported: Imported,
) -> dict[str, Study]:
    """Add the trials and what the package says of them; return them by their name in the review."""
    about: dict[str, Row] = {}
    for row in information:
        about.setdefault(row["Study"], row)
    studies: dict[str, Study] = {}
    for name in names:
        trial_id = slug(name)
        place = f"study {name}"
        if not is_id(trial_id):
            reason = "its name gives no identifier in Latin letters"
            imported.leave(place, "Study", name, reason, "Rename the study.")
            continue
        trial_id = unique(trial_id, [study.trial_id for study in studies.values()])
        own = about.get(name, {})
        imported.add(
            "trials",
            {
                "trial_id": trial_id,
                "trial": name,
                "nct": ";".join(dict.fromkeys(_registered(own))),
                "design": design,
                "status": "reported",
            },
        )
        source_id = sources.get(name, "")
        if not source_id:
            taken = [row["source_id"] for row in imported.tables.get("sources", [])]
            source_id = unique(trial_id, taken)
            year = re.search(r"(?:19|20)\d\d", own.get("Year", ""))
            imported.leave(
                place, "reference", "", "the study has no reference", "Complete sources.csv."
            )
            cells = {"source_id": source_id, "title": name, "year": year[0] if year else ""}
            imported.add("sources", cells)
        studies[name] = Study(name, trial_id, source_id)
    rows = [
        {"trial_id": studies[row["Study"]].trial_id, **{f"{c}": row[c] for c in row}}
        for row in information
        if row["Study"] in studies
    ]
    if rows:
        imported.beside[_INFORMATION] = rows
    return studies


def _registered(row: Row) -> Iterator[str]:
    """Yield the registrations of a study, from columns of identifiers alone.

    Other columns may name other trials.
    """
    for column, text in row.items():
        if re.search(r"identif|regist|\bnct\b", column, re.IGNORECASE):
            yield from _NCT.findall(text)
