"""Bibliographic files as rows of sources.csv, whichever program wrote them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trialpool.intake.bibliographies.bibtex import read_bibtex
from trialpool.intake.bibliographies.markup import read_markup
from trialpool.intake.bibliographies.reference import Reader, Reference
from trialpool.intake.bibliographies.tagged import (
    read_endnote_tagged,
    read_nbib,
    read_ris,
    read_wos,
)
from trialpool.intake.files import read_limited, refuse
from trialpool.intake.ids import is_id, slug, source_id
from trialpool.intake.record import Imported, one_line
from trialpool.intake.retractions import Fate, fate_of, plain_title, settle

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_NCT: Final = re.compile(r"NCT\d{8}")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
# What stands in a file -> its format and the reader of it.
_FORMS: Final[tuple[tuple[re.Pattern[bytes], str, Reader], ...]] = (
    (re.compile(rb"\A\s*<"), "pubmed", read_markup),
    (re.compile(rb"(?m)^PMID ?-"), "pubmed", read_nbib),
    (re.compile(rb"(?m)^\s*TY  ?-"), "ris", read_ris),
    (re.compile(rb"(?m)^FN .*\s+VR |^PT [A-Z]\s+AU "), "wos", read_wos),
    (re.compile(rb"(?m)^%0 "), "endnote", read_endnote_tagged),
    (re.compile(rb"(?m)^\s*@\w+\s*[{(]"), "bibtex", read_bibtex),
)


def form_of(path: Path) -> str:
    """Tell which bibliographic format a file has, by what stands in it.

    Returns
    -------
    str
        "ris", "bibtex", "pubmed" (.nbib, or XML of PubMed or EndNote), "wos" or "endnote".

    Raises
    ------
    InputError
        If it is none of these.
    """
    return _form(path)[0]


def _form(path: Path) -> tuple[str, Reader]:
    raw = read_limited(path)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode()
    raw = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")
    for pattern, form, reader in _FORMS:
        if pattern.search(raw):
            return form, reader
    message = (
        "no references in a format that is known: RIS, BibTeX, PubMed (.nbib, XML), EndNote "
        "(XML, .enw), Web of Science (.ciw)"
    )
    raise refuse(path.name, "references-form", message, "Export the references again.")


def import_references(*paths: Path) -> Imported:
    """Turn bibliographic files into rows of sources.csv.

    Parameters
    ----------
    paths : Path
        Each in any of the formats of `form_of`. A report that an earlier reference has by DOI or
        PubMed number is entered once and named, within a file and between files.

    Raises
    ------
    InputError
        If a file has no references, or cannot be read.
    """
    imported = Imported()
    fates: list[tuple[str, str, Fate]] = []
    entered = _Entered(imported)
    for path in paths:
        form, reader = _form(path)
        told = len(imported.left_out)
        prefix = f"{one_line(path.name)}, " if len(paths) > 1 else ""
        before = len(fates)
        for reference in reader(path, imported):
            fate = reference.fate or fate_of(reference.title)
            place = f"{prefix}{reference.place}"
            fates.append((place, entered.add(place, reference, fate), fate))
        if len(fates) == before and len(imported.left_out) == told:
            message = f"no reference in the file, which looks like {form}"
            raise refuse(path.name, f"{form}-records", message, "Check what was exported.")
    settle(imported, fates)
    return imported


@dataclass
class _Entered:
    """Rows of sources.csv, and where each identifier, title and name stands in them.

    Looked up in dictionaries: a search of 20,000 references in each other would take hours.
    """

    imported: Imported
    by_identifier: dict[tuple[str, str], str] = field(default_factory=dict)
    by_title: dict[tuple[str, str, str, str], tuple[str, str, str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def add(self, place: str, reference: Reference, fate: Fate) -> str:
        """Add one reference and return its id, empty if it is left out.

        Doubtful identifiers are left empty and named.
        """
        leave = self.imported.leave
        one = {name: one_line(getattr(reference, name)) for name in _CELLS}
        if fate.notice:
            reason = (
                "a notice about another report, which is marked if it stands in this file, and by "
                "'trialpool sources --merge' if it stands in sources.csv"
            )
            leave(place, f"notice: {fate.notice}", one["title"] or one["pmid"], reason)
            return ""
        for element, value, reason in reference.doubts:
            leave(place, element, value, reason)
        if one["doi"] and not _DOI.fullmatch(one["doi"]):
            leave(place, "DOI", one["doi"], "not the form of a DOI")
            one["doi"] = ""
        if one["pmid"] and not re.fullmatch(r"[0-9]{1,8}", one["pmid"]):
            leave(place, "PMID", one["pmid"], "not the form of a PubMed number")
            one["pmid"] = ""
        match = _YEAR.search(one["year"])
        if match is None:
            leave(place, "year", one["year"], "no year between 1900 and 2099")
        one["year"] = match[0] if match else ""
        if one["kind"] == "registry" and (nct := _NCT.search(f"{one['title']} {one['journal']}")):
            one["journal"] = f"ClinicalTrials.gov ({nct[0]})"
        for column in ("doi", "pmid"):
            if known := self.by_identifier.get((column, one[column].casefold())):
                reason = f"the same DOI or PMID as source {known}, entered once"
                leave(place, "duplicate", one["doi"] or one["pmid"], reason)
                return known
        return self._enter(place, reference, one)

    def _enter(self, place: str, reference: Reference, one: dict[str, str]) -> str:
        leave = self.imported.leave
        named = source_id(one["author"], one["year"], one["journal"])
        named = named if is_id(named) else slug(one["key"]) or slug(one["title"])
        if not is_id(named):
            shown = one["title"] or one["key"]
            reason = "neither author nor title gives an identifier in Latin letters"
            leave(place, "reference", shown, reason, "Enter it by hand.")
            return ""
        if not (one["title"] or one["author"]):
            leave(place, "reference", named, "neither title nor author", "Enter it by hand.")
            return ""
        if not one["kind"]:
            reason = "neither an article, an abstract nor a registry record"
            leave(place, "kind", one_line(reference.type), reason, "Enter 'kind' in sources.csv.")
        named = self._unique(named)
        self._same_title(place, named, one)
        for column in ("doi", "pmid"):
            if one[column]:
                self.by_identifier[column, one[column].casefold()] = named
        columns = ("year", "journal", "title", "doi", "pmid", "kind")
        row = {name: one[name] for name in columns}
        self.imported.add("sources", {"source_id": named, "first_author": one["author"], **row})
        return named

    def _unique(self, wanted: str) -> str:
        """Return the name, or the name with the first free number from 2 on."""
        number = self.numbers.get(wanted, 1)
        name = wanted
        while name in self.taken:
            number += 1
            name = f"{wanted}-{number}"
        self.numbers[wanted] = number
        self.taken.add(name)
        return name

    def _same_title(self, place: str, named: str, one: dict[str, str]) -> None:
        """Name a reference whose title, year, author and kind an earlier one has."""
        title = plain_title(one["title"])
        key = (title, one["year"], slug(one["author"]), one["kind"])
        if not title:
            return
        known, doi, pmid = self.by_title.setdefault(key, (named, one["doi"], one["pmid"]))
        differs = (doi and one["doi"]) or (pmid and one["pmid"])
        if known != named and not differs:
            reason = f"title, year and author of source {known}; both are entered"
            remedy = "Take one of them out if they are one report."
            self.imported.leave(place, "perhaps a duplicate", one["title"], reason, remedy)


_CELLS: Final[Sequence[str]] = (
    *("author", "year", "journal", "title", "doi", "pmid", "key", "kind"),
)
