"""A reference as any file gives it, and what names, identifiers and kinds are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from trialpool.intake.files import read_limited, read_text, refuse
from trialpool.intake.record import Imported
from trialpool.intake.retractions import Fate

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_DOI_SAID: Final = re.compile(
    r"(?:doi\.org/|\bdoi:? ?)(10\.\d{4,9}(?:/|%2F)[^\s&]+)", re.IGNORECASE
)
# PMCID is another number.
_PMID_SAID: Final = re.compile(
    r"(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/|\bPMID\W{0,3}|"
    r"\bPUBMED(?: ID)?[ :]{1,2})(\d{1,8})(?!\d)",
    re.IGNORECASE,
)
_BARE_PMID: Final = re.compile(r"\d{1,8}")
_INITIALS: Final = re.compile(r"(?:[A-Z]\.?-?){1,3}")
_CORPORATE: Final = re.compile(
    r"\b(?:groups?|trialists?|stud(?:y|ies)|collaborat\w+|committee|consortium|organi[sz]ation|"
    r"investigators|network|agency|institut\w*|society|association|foundation|university|"
    r"department|administration|pharma\w*|inc|ltd|gmbh|council|task force|ministry)\b",
    re.IGNORECASE,
)
_ABSTRACT: Final = re.compile(
    r"\b(?:conference|congress|meeting abstract|proceedings?|poster|symposium)\b", re.IGNORECASE
)
_NUMBERED_ABSTRACT: Final = re.compile(r"\W*abstract\W{1,3}[A-Z]{0,3}\d", re.IGNORECASE)
_REGISTRY: Final = re.compile(
    r"trial registry|registry record|clinicaltrials\.gov|trialsearch\.who\.int|isrctn\.(?:com|org)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reference:
    """One record of a file.

    Attributes
    ----------
    place : str
        Where it stands: "record 3", "line 10, entry key".
    kind : str
        "article", "abstract" or "registry"; empty where it is none of them.
    type : str
        Its type in the words of the file.
    author : str
        Family name of the first author, particles included, or the whole name of a group.
    year, journal, title, doi, pmid, key : str
        As they stand in the file; identifiers without what programs write before them.
    fate : Fate or None
        What became of the report; None where only its title can say it.
    doubts : tuple of (str, str, str)
        Element, value and reason of what was not taken.
    """

    place: str
    kind: str = ""
    type: str = ""
    author: str = ""
    year: str = ""
    journal: str = ""
    title: str = ""
    doi: str = ""
    pmid: str = ""
    key: str = ""
    fate: Fate | None = None
    doubts: tuple[tuple[str, str, str], ...] = ()


Reader = Callable[[Path, Imported], Iterator[Reference]]


def first(*values: Iterable[str]) -> str:
    """Return the first text that is not blank."""
    return next((text for texts in values for text in texts if text.strip()), "")


def family_name(name: str) -> str:
    """Return the family name of "Family, Given" or "Family G H", or a group's whole name."""
    name = name.strip().rstrip(";").strip()
    if _CORPORATE.search(name):
        return name.rstrip(", ")
    before, comma, _ = name.partition(",")
    if comma and before.strip():
        return before.strip()
    words = name.split()
    while len(words) > 1 and _INITIALS.fullmatch(words[-1]):
        words.pop()
    return " ".join(words)


def clean_doi(text: str) -> str:
    """Return a DOI without "doi:", a resolver's or a proxy's address, or what follows it.

    A text that holds no DOI is returned as it is, so that it can be named.
    """
    plain = text.strip()
    if "%2f" in plain.casefold():
        plain = unquote(plain)
    match = _DOI.search(plain)
    before = plain[: match.start()].casefold() if match else ""
    if match is None or (before and not re.search(r"doi|https?://", before)):
        return plain
    doi = match[0].rstrip(".,;>\"'")
    for opening, closing in ("()", "[]"):
        while doi.endswith(closing) and doi.count(closing) > doi.count(opening):
            doi = doi[:-1]
    return doi


def doi_of(own: Iterable[str], elsewhere: Iterable[str]) -> str:
    """Return the DOI of the fields that are for it, else one that other fields name as such."""
    if text := first(own):
        return clean_doi(text)
    found = (_DOI_SAID.search(text) for text in elsewhere)
    return next((clean_doi(match[1]) for match in found if match), "")


def pmid_of(
    elsewhere: Iterable[str], accession: str = "", database: str = ""
) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """Return the PubMed number that fields name, and the doubt where they name several.

    Parameters
    ----------
    elsewhere : iterable of str
        Fields in which a number counts only with "PMID" or an address of PubMed before it.
    accession, database : str
        A number alone is PubMed's where the database is, or where none is named.
    """
    found = dict.fromkeys(
        match[1] for text in (*elsewhere, accession) for match in _PMID_SAID.finditer(text)
    )
    is_pubmed = not database or re.search(r"pubmed|medline|nlm", database, re.IGNORECASE)
    if not found and is_pubmed and _BARE_PMID.fullmatch(accession.strip()):
        found = {accession.strip(): None}
    if len(found) > 1:
        return "", (("PMID", ", ".join(found), "the record names several PubMed numbers"),)
    return next(iter(found), ""), ()


def kind_of(usual: str, *said: str, title: str = "") -> str:
    """Return the kind of source: what the words beside a type say, before the type itself.

    Exports call a conference abstract in a journal's supplement a journal article.
    """
    words = " ; ".join(said)
    if _REGISTRY.search(words):
        return "registry"
    if _ABSTRACT.search(words) or (usual and _NUMBERED_ABSTRACT.match(title)):
        return "abstract"
    return usual


def read_any_text(path: Path, imported: Imported) -> str:
    """Read text in UTF-8, UTF-16 with its mark, or Windows-1252, which is named.

    Raises
    ------
    InputError
        If it is binary, or UTF-8 with damaged bytes in it.
    """
    raw = read_limited(path)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError as error:
            message = f"not readable as UTF-16: {error.reason}"
            raise refuse(path.name, "utf-16", message, "Export it as UTF-8.") from None
        if not text.strip() or "\x00" in text:
            raise refuse(path.name, "text-file", "no text is in the file", "Export it again.")
        return _lines(text)
    loose = raw.decode("utf-8-sig", "surrogateescape")
    bad = [char for char in loose if "\udc80" <= char <= "\udcff"]
    has_utf8 = any(char > "\x7f" and not "\udc80" <= char <= "\udcff" for char in loose)
    if not bad or has_utf8 or b"\x00" in raw:
        return _lines(read_text(path))
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return _lines(read_text(path))
    line = loose[: loose.index(bad[0])].count("\n") + 1
    reason = "not UTF-8; read as Windows-1252 (Western European)"
    imported.leave(f"line {line}", "encoding", "", reason, "Compare the names with accents.")
    return _lines(text)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
