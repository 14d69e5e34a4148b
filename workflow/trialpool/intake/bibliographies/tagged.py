"""Tagged text: RIS, PubMed's .nbib, Web of Science and EndNote's import format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from trialpool.intake.bibliographies.reference import (
    Reference,
    doi_of,
    family_name,
    first,
    kind_of,
    pmid_of,
    read_any_text,
)
from trialpool.intake.record import Imported
from trialpool.intake.retractions import LINKS, fate_of, pmids_of

Tags = dict[str, list[str]]

# Kind of reference -> kind of source; what is not here is left out by name.
_RIS_KINDS: Final = {
    **dict.fromkeys(("JOUR", "JFULL", "EJOUR", "MGZN", "INPR"), "article"),
    **dict.fromkeys(("ABST", "CONF", "CPAPER"), "abstract"),
}
_ENDNOTE_KINDS: Final = {
    **dict.fromkeys(("journal article", "electronic article", "magazine article"), "article"),
    **dict.fromkeys(("conference paper", "conference proceedings"), "abstract"),
}
_RIS_TAG: Final = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*)|$)")
_RIS_TITLES: Final = ("TI", "T1", "BT", "CT")
_RIS_JOURNALS: Final = ("JF", "JO", "JA", "T2", "J2", "J1")
# Where identifiers stand; abstracts and lists of what a report cites hold those of others.
_SEARCHED: Final = re.compile(r"UR|L[1-4K]|N1|AN|ID|U\d|C\d|M3|%[UZMR0-9>]")
# What Ovid writes between records: a number, a short name of the journal, links.
_BETWEEN: Final = re.compile(r"(?m)^(?:\W*\d*\W*|NL  ?-.*|Link to the .*)$")


def read_ris(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read RIS record by record: a record without its end would swallow the next."""
    pieces = re.split(r"(?m)^(?=[ \t]*TY  ?-)", read_any_text(path, imported))
    if not _is_blank(pieces[0]):
        imported.leave("before the first record", "text", pieces[0], "it belongs to no record")
    for number, piece in enumerate(pieces[1:], 1):
        place = f"record {number}"
        parts = re.split(r"(?m)^[ \t]*ER  ?-[^\n]*\n?", piece, maxsplit=1)
        if len(parts) == 1:
            reason = "the record has no end (ER)"
            imported.leave(place, "record", piece, reason, "Export the file again.")
            continue
        if not _is_blank(parts[1]):
            imported.leave(f"after {place}", "text", parts[1], "it belongs to no record")
        yield _ris_reference(place, _ris_tags(parts[0]))


def _is_blank(text: str) -> bool:
    """Whether a text between records holds nothing of a record."""
    return not _BETWEEN.sub("", text).strip()


def _ris_tags(record: str) -> Tags:
    tags: Tags = {}
    tag = ""
    for line in record.split("\n"):
        if match := _RIS_TAG.fullmatch(line.strip()):
            tag, value = match[1], (match[2] or "").strip()
            tags.setdefault(tag, []).append(value)
        elif tag and line.strip():
            tags[tag][-1] = f"{tags[tag][-1]} {line.strip()}".strip()
    return tags


def _ris_reference(place: str, tags: Tags) -> Reference:
    type_ = first(tags.get("TY", ()))
    title = first(*(tags.get(tag, ()) for tag in _RIS_TITLES))
    searched = list(_searched(tags))
    databases = " ".join((*tags.get("DB", ()), *tags.get("DP", ())))
    # Embase gives PubMed's number in C5 where the record is Medline's too.
    number = first(tags.get("AN", ())) if "C5" not in tags else first(tags["C5"])
    pmid, doubts = pmid_of(searched, number, databases)
    # Of a journal's name or an address only whether it is a registry's.
    places = [text for tag in ("T2", "UR") for text in tags.get(tag, ())]
    registry = [text for text in places if re.search(r"clinicaltrials\.gov|who\.int", text)]
    return Reference(
        place,
        kind_of(_RIS_KINDS.get(type_.upper(), ""), *tags.get("M3", ()), *registry, title=title),
        "; ".join(filter(None, (type_, first(tags.get("M3", ()))))),
        family_name(first(tags.get("AU", ()), tags.get("A1", ()))),
        first(*(tags.get(tag, ()) for tag in ("PY", "Y1", "DA"))),
        first(*(tags.get(tag, ()) for tag in _RIS_JOURNALS)),
        title,
        doi_of(tags.get("DO", ()), searched),
        pmid,
        first(tags.get("ID", ())),
        doubts=doubts,
    )


def _searched(tags: Tags) -> Iterator[str]:
    for tag, texts in tags.items():
        if _SEARCHED.fullmatch(tag):
            yield from texts


def kind_of_types(types: list[str]) -> str:
    """Return the kind of source by PubMed's publication types."""
    plain = {name.casefold() for name in types}
    if plain & {"meeting abstract", "congress"}:
        return "abstract"
    return "article" if "journal article" in plain or any("trial" in t for t in plain) else ""


def read_nbib(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read tagged text: a tag of up to four letters and '- ', lines of a value indented."""
    records: list[Tags] = []
    tag = ""
    for number, line in enumerate(read_any_text(path, imported).split("\n"), 1):
        match = re.match(r"([A-Z][A-Z0-9]{1,3}) *- ?(.*)", line)
        if match:
            tag, value = match[1], match[2].strip()
            if tag == "PMID" or not records:
                if tag != "PMID":
                    imported.leave(f"line {number}", tag, value, "it stands before a PMID")
                    tag = ""
                    continue
                records.append({})
            records[-1].setdefault(tag, []).append(value)
        elif line.strip() and line[:1].isspace() and tag and records:
            records[-1][tag][-1] += " " + line.strip()
        elif line.strip():
            imported.leave(f"line {number}", "line", line, "neither a tag nor part of a value")
    for number, tags in enumerate(records, 1):
        identifiers = tags.get("LID", []) + tags.get("AID", [])
        dois = [text.removesuffix("[doi]") for text in identifiers if text.endswith("[doi]")]
        author = first(tags.get("FAU", ()), tags.get("AU", ()))
        types = tags.get("PT", [])
        links = {name: pmids_of(tags[tag]) for tag, name in LINKS.items() if tag in tags}
        title = first(tags.get("TI", ()))
        yield Reference(
            f"record {number}",
            kind_of_types(types),
            "; ".join(types),
            family_name(author) or first(tags.get("CN", ())),
            first(tags.get("DP", ())),
            first(tags.get("TA", ()), tags.get("JT", ())),
            title,
            doi_of(dois, ()),
            first(tags.get("PMID", ())),
            fate=fate_of(title, types, links),
        )


def read_wos(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read an export of Web of Science (.ciw, plain text): two letters, values indented."""
    tags: Tags = {}
    tag, number = "", 0
    for at, line in enumerate(read_any_text(path, imported).split("\n"), 1):
        match = re.fullmatch(r"([A-Z][A-Z0-9])(?: (.*))?", line.rstrip())
        if match and match[1] == "ER":
            number += 1
            yield _wos_reference(f"record {number}", tags)
            tags, tag = {}, ""
        elif match and match[1] in ("FN", "VR", "EF"):
            tag = ""
        elif match:
            if match[1] == "PT" and tags:
                number += 1
                shown = first(tags.get("TI", ()))
                reason = "the record has no end (ER)"
                imported.leave(f"record {number}", "record", shown, reason, "Export it again.")
                tags = {}
            tag = match[1]
            tags.setdefault(tag, []).append(match[2] or "")
        elif line.strip() and line[:1].isspace() and tag:
            # One author a line; other values go on.
            if tag in ("AU", "AF", "CA"):
                tags[tag].append(line.strip())
            else:
                tags[tag][-1] = f"{tags[tag][-1]} {line.strip()}"
        elif line.strip():
            imported.leave(f"line {at}", "line", line, "neither a tag nor part of a value")
    if tags:
        reason = "the record has no end (ER)"
        shown = first(tags.get("TI", ()))
        imported.leave(f"record {number + 1}", "record", shown, reason, "Export it again.")


def _wos_reference(place: str, tags: Tags) -> Reference:
    types = first(tags.get("DT", ()))
    usual = {"J": "article", "C": "abstract"}.get(first(tags.get("PT", ())).strip(), "")
    title = first(tags.get("TI", ()))
    return Reference(
        place,
        kind_of(usual, types, title=title),
        types,
        family_name(first(tags.get("AU", ()), tags.get("AF", ()))) or first(tags.get("CA", ())),
        first(tags.get("PY", ()), tags.get("EA", ())),
        first(tags.get("JI", ()), tags.get("J9", ()), tags.get("SO", ())),
        title,
        doi_of(tags.get("DI", ()), ()),
        first(tags.get("PM", ())),
        first(tags.get("UT", ())),
    )


def read_endnote_tagged(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read EndNote's import format (.enw): '%' and one sign, records begun by %0."""
    pieces = re.split(r"(?m)^(?=%0 )", read_any_text(path, imported))
    if pieces[0].strip():
        imported.leave("before the first record", "text", pieces[0], "it belongs to no record")
    for number, piece in enumerate(pieces[1:], 1):
        tags: Tags = {}
        tag = ""
        for line in piece.split("\n"):
            if match := re.fullmatch(r"(%\S)(?: (.*)|$)", line.rstrip()):
                tag = match[1]
                tags.setdefault(tag, []).append((match[2] or "").strip())
            elif line.strip() and tag:
                tags[tag][-1] = f"{tags[tag][-1]} {line.strip()}"
        type_, title = first(tags.get("%0", ())), first(tags.get("%T", ()))
        searched = list(_searched(tags))
        pmid, doubts = pmid_of(searched, first(tags.get("%M", ())), first(tags.get("%~", ())))
        usual = _ENDNOTE_KINDS.get(type_.casefold(), "")
        yield Reference(
            f"record {number}",
            kind_of(usual, *tags.get("%9", ()), title=title),
            type_,
            family_name(first(tags.get("%A", ()))),
            first(tags.get("%D", ()), tags.get("%8", ())),
            first(tags.get("%J", ()), tags.get("%B", ())),
            title,
            doi_of(tags.get("%R", ()), searched),
            pmid,
            first(tags.get("%F", ())),
            doubts=doubts,
        )


def endnote_kind(type_: str) -> str:
    """Return the kind of source by EndNote's name of a type of reference."""
    return _ENDNOTE_KINDS.get(type_.casefold(), "")
