"""What a file is, told from its first bytes: so that a wrong one is named, with its remedy."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trialpool.findings import InputError
from trialpool.intake.files import refuse

_START: Final = 200_000
# Kinds that `trialpool import references` reads.
REFERENCES: Final = ("ris", "bibtex", "nbib", "pubmed-xml", "endnote-xml")


@dataclass(frozen=True)
class FileKind:
    """A kind of file.

    Attributes
    ----------
    name : str
        Short: "rm5", "revman-package", "ctgov-json", …; "unknown".
    words : str
        What it is, as a part of a sentence.
    remedy : str
        The command that reads it, or where a form that can be read is to be had.
    """

    name: str
    words: str = ""
    remedy: str = ""


UNKNOWN: Final = FileKind("unknown")
_LIBRARY: Final = (
    "In the Cochrane Library open the review, 'Download data' (or statistical data), and give the "
    ".zip or .rm5 to trialpool import revman."
)
_REGISTRY: Final = (
    "Take the study as JSON of API v2 (on its page: Download, JSON) and give it to trialpool "
    "import ctgov."
)
_REFERENCES: Final = "Read it by trialpool import references."
_KINDS: Final = {
    kind.name: kind
    for kind in (
        FileKind("rm5", "a RevMan 5 review", "Read it by trialpool import revman."),
        FileKind(
            "revman-package",
            "a data package of a Cochrane review",
            "Read it by trialpool import revman.",
        ),
        FileKind(
            "revman-table",
            "one table out of the data package of a Cochrane review",
            "Give the whole zip to trialpool import revman: the settings stand in another table.",
        ),
        FileKind(
            "revman-csv",
            "the table of data that RevMan 5 exports as CSV, which lacks studies and settings",
            "Give the review itself (.rm5) to trialpool import revman; or name the columns as "
            "trialpool pool has them.",
        ),
        FileKind(
            "revman4",
            "a file of RevMan 4, a format that was given up in 2008",
            "Open it in RevMan 5 and save it as .rm5, or take the review's newer version: "
            + _LIBRARY,
        ),
        FileKind(
            "cochrane-search",
            "a list of reviews or trials from the website of the Cochrane Library: it has no "
            "results",
            _LIBRARY,
        ),
        FileKind(
            "ctgov-json", "a record of ClinicalTrials.gov", "Read it by trialpool import ctgov."
        ),
        FileKind(
            "ctgov-csv",
            "the table of studies that the website of ClinicalTrials.gov gives: it has no results",
            _REGISTRY,
        ),
        FileKind(
            "ctgov-xml",
            "a record of ClinicalTrials.gov in the XML that was given up in 2024",
            _REGISTRY,
        ),
        FileKind("ris", "references in RIS format", _REFERENCES),
        FileKind("bibtex", "references in BibTeX format", _REFERENCES),
        FileKind("nbib", "references saved from PubMed", _REFERENCES),
        FileKind("pubmed-xml", "references of PubMed in XML", _REFERENCES),
        FileKind("endnote-xml", "references of EndNote in XML", _REFERENCES),
        FileKind("xlsx", "an Excel workbook", "Read it by trialpool import excel."),
        FileKind("xls", "an Excel workbook of before 2007, or another old Office file",
                 "Save it as .xlsx and read it by trialpool import excel."),
        FileKind("docx", "a Word document", "Take the data from where they were exported."),
        FileKind("html", "a web page", "Take the data file that the page links to."),
        FileKind("html-cochrane", "a page of the Cochrane Library's website", _LIBRARY),
        FileKind("pdf", "a PDF document", "Take the data from where they were exported."),
        FileKind("archive", "an archive that is no zip, or a compressed file", "Unpack it first."),
        FileKind("zip", "a zip archive without a table of a review", "Unpack it, and see inside."),
        FileKind("empty", "empty", "Export it again."),
    )
}  # fmt: skip


def kind_of(path: Path) -> FileKind:
    """Tell the kind of a file from its content; `UNKNOWN` where it cannot be told.

    A file that cannot be opened is unknown: its reader says why.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_START)
    except (OSError, ValueError):
        return UNKNOWN
    name = next(_names(path, start), "")
    return _KINDS.get(name, UNKNOWN)


def expect(path: Path, *names: str) -> None:
    """Refuse a file that is known to be of another kind than those named.

    Raises
    ------
    InputError
        Saying what the file is and what reads it.
    """
    found = kind_of(path)
    if found is UNKNOWN or found.name in (*names, "empty"):
        return
    raise _wrong(path, found)


def _wrong(path: Path, found: FileKind) -> InputError:
    return refuse(path.name, "file-kind", f"the file is {found.words}", found.remedy)


_MAGIC: Final = (
    (b"%PDF", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
)
_ROOTS: Final = {
    "COCHRANE_REVIEW": "rm5",
    "clinical_study": "ctgov-xml",
    "PubmedArticleSet": "pubmed-xml",
    "PubmedArticle": "pubmed-xml",
    "html": "html",
}
_HEADERS: Final = (
    (frozenset({"nct number", "study title"}), "ctgov-csv"),
    (frozenset({"nct number", "title"}), "ctgov-csv"),
    (frozenset({"analysis group", "analysis number"}), "revman-table"),
    (frozenset({"comparison number", "outcome number"}), "revman-csv"),
    (frozenset({"cochrane review id"}), "cochrane-search"),
    (frozenset({"cochrane id"}), "cochrane-search"),
    (frozenset({"cochrane review group code"}), "cochrane-search"),
)


def _names(path: Path, start: bytes) -> Iterator[str]:
    """Yield what a file may be, the surest first."""
    if not start.strip():
        yield "empty"
        return
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _of_zip(path)
        return
    yield from (name for magic, name in _MAGIC if start.startswith(magic))
    if path.suffix.lower() in (".mtv", ".rm4", ".rmd4", ".rmw"):
        yield "revman4"
    text = start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    text = text.removeprefix("\ufeff").lstrip()
    if re.match(r"<!doctype\s+html|<html", text, re.IGNORECASE):
        page = re.search(r"cochrane\s*library|cochranelibrary", text, re.IGNORECASE)
        yield "html-cochrane" if page else "html"
    elif text.startswith("<"):
        bare = re.sub(
            r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\])?\s*>", "", text, flags=re.S
        )
        root = re.match(r"\s*<([A-Za-z_][\w.-]*)", bare)
        name = root[1] if root else ""
        yield from (_ROOTS[key] for key in [name] if key in _ROOTS)
        if name == "xml" and "<records>" in text:
            yield "endnote-xml"
        if name in ("REVMAN", "REVIEW_MANAGER"):
            yield "revman4"
    elif text.startswith(("{", "[")):
        if '"protocolSection"' in text:
            yield "ctgov-json"
    else:
        yield from _of_lines(text)


def _of_lines(text: str) -> Iterator[str]:
    if re.search(r"(?m)\A\s*(?:TY  ?- )", text):
        yield "ris"
    if re.search(r"(?m)\A\s*PMID ?- ", text):
        yield "nbib"
    if re.search(r"(?mi)^@(?:article|inproceedings|book|misc|incollection)\s*[{(]", text):
        yield "bibtex"
    first = text.partition("\n")[0][:20_000].strip("\r")
    for mark in (",", ";", "\t"):
        try:
            cells = next(csv.reader(io.StringIO(first), delimiter=mark), [])
        except csv.Error:
            continue
        header = {" ".join(cell.split()).casefold() for cell in cells}
        yield from (name for columns, name in _HEADERS if columns <= header)


def _of_zip(path: Path) -> Iterator[str]:
    """Tell archives apart by the names of their parts."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError):
        return  # its reader says what is wrong with it
    if "xl/workbook.xml" in names:
        yield "xlsx"
    if "word/document.xml" in names:
        yield "docx"
    if any(
        re.search(r"(?:data-rows|settings)\.csv$|\.zip$", name, re.IGNORECASE) for name in names
    ):
        yield "revman-package"
    elif names:
        yield "zip"
