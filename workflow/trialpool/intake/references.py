"""Bibliographic files as rows of sources.csv: RIS, BibTeX and PubMed's own two formats."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trialpool.intake.files import read_limited, read_text, read_xml, refuse
from trialpool.intake.ids import is_id, slug, source_id, unique
from trialpool.intake.record import Imported, one_line
from trialpool.intake.retractions import LINKS, Fate, fate_of, pmids_of, settle

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_PUBMED: Final = re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/(\d+)|ncbi\.nlm\.nih\.gov/pubmed/(\d+)")
# Kind of reference -> kind of source; what is not here is left out by name.
_RIS_KINDS: Final = {
    "JOUR": "article",
    "JFULL": "article",
    "EJOUR": "article",
    "MGZN": "article",
    "INPR": "article",
    "ABST": "abstract",
    "CONF": "abstract",
    "CPAPER": "abstract",
}
_BIBTEX_KINDS: Final = {
    "article": "article",
    "inproceedings": "abstract",
    "conference": "abstract",
    "proceedings": "abstract",
}


@dataclass(frozen=True)
class Reference:
    """One record of a file: its place, its cells as they stand there, what became of the report."""

    place: str
    cells: dict[str, str]
    fate: Fate


Reader = Callable[[Path, Imported], Iterator[Reference]]


def import_references(path: Path, form: str) -> Imported:
    """Turn a bibliographic file into rows of sources.csv.

    Parameters
    ----------
    path : Path
    form : {"ris", "bibtex", "pubmed"}

    Raises
    ------
    InputError
        If the file has another form.
    """
    readers: dict[str, Reader] = {"ris": _ris, "bibtex": _bibtex, "pubmed": _pubmed}
    imported = Imported()
    fates: list[tuple[str, str, Fate]] = []
    for reference in readers[form](path, imported):
        fates.append((reference.place, _add(reference, imported), reference.fate))
    settle(imported, fates)
    if not fates and not imported.left_out:
        message = f"no reference of form {form} in the file"
        raise refuse(path.name, f"{form}-records", message, "Check which format was exported.")
    return imported


def _add(reference: Reference, imported: Imported) -> str:
    """Add one reference and return its id, empty if it is left out.

    Doubtful identifiers are left empty and named.
    """
    place = reference.place
    cells = {name: one_line(text) for name, text in reference.cells.items()}
    if reference.fate.notice:
        reason = (
            "a notice about another report, which is marked if it stands in this file, and by "
            "'trialpool sources --merge' if it stands in sources.csv"
        )
        shown = cells["title"] or cells["pmid"]
        imported.leave(place, f"notice: {reference.fate.notice}", shown, reason)
        return ""
    doi = re.sub(r"^(?:doi:|https?://(?:dx\.)?doi\.org/)\s*", "", cells["doi"], flags=re.IGNORECASE)
    if doi and not _DOI.fullmatch(doi):
        imported.leave(place, "DOI", doi, "not the form of a DOI")
        doi = ""
    pmid = cells["pmid"]
    if pmid and not (pmid.isascii() and pmid.isdigit()):
        imported.leave(place, "PMID", pmid, "not the form of a PubMed number")
        pmid = ""
    year = _YEAR.search(cells["year"])
    if year is None:
        imported.leave(place, "year", cells["year"], "no year between 1900 and 2099")
    shown = cells["title"] or cells["key"]
    rows = imported.tables.get("sources", [])
    for row in rows:
        if (doi and row["doi"].casefold() == doi.casefold()) or (pmid and row["pmid"] == pmid):
            reason = f"the same DOI or PMID as source {row['source_id']}, entered once"
            imported.leave(place, "duplicate", doi or pmid, reason)
            return row["source_id"]
    author = cells["author"].split(",")[0].strip()
    named = source_id(author, year[0] if year else "", cells["journal"])
    named = named if is_id(named) else slug(cells["key"]) or slug(cells["title"])
    if not is_id(named):
        reason = "neither author nor title gives an identifier in Latin letters"
        imported.leave(place, "reference", shown, reason, "Enter it by hand.")
        return ""
    if not (cells["title"] or author):
        imported.leave(place, "reference", named, "neither title nor author", "Enter it by hand.")
        return ""
    if not cells["kind"]:
        reason = "neither an article, an abstract nor a registry record"
        imported.leave(place, "kind", cells["type"], reason, "Enter 'kind' in sources.csv.")
    named = unique(named, [row["source_id"] for row in rows])
    imported.add(
        "sources",
        {
            "source_id": named,
            "first_author": author,
            "year": year[0] if year else "",
            "journal": cells["journal"],
            "title": cells["title"],
            "doi": doi,
            "pmid": pmid,
            "kind": cells["kind"],
        },
    )
    return named


def _reference(
    place: str, kind: str, type_: str, fate: Fate | None = None, **cells: Any
) -> Reference:
    names = ("author", "year", "journal", "title", "doi", "pmid", "key")
    texts = {name: str(cells.get(name) or "") for name in names}
    named = fate if fate is not None else fate_of(texts["title"])
    return Reference(place, {"kind": kind, "type": type_, **texts}, named)


def _first(*values: Any) -> str:
    """Return the first text there is, of a list its first."""
    for value in values:
        if isinstance(value, list):
            value = next((entry for entry in value if entry), "")  # noqa: PLW2901
        if value:
            return str(value)
    return ""


def _ris(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read RIS record by record: a record without its end would swallow the next."""
    import rispy

    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    pieces = re.split(r"(?m)^(?=TY  ?-)", text)
    if pieces[0].strip():
        imported.leave("before the first record", "text", pieces[0], "it belongs to no record")
    for number, piece in enumerate(pieces[1:], 1):
        place = f"record {number}"
        if not re.search(r"(?m)^ER  ?-", piece):
            reason = "the record has no end (ER)"
            imported.leave(place, "record", piece, reason, "Export the file again.")
            continue
        after = re.split(r"(?m)^ER  ?-[^\n]*\n?", piece, maxsplit=1)[1]
        if after.strip():
            imported.leave(f"after {place}", "text", after, "it belongs to no record")
        try:
            records = rispy.loads(piece)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            imported.leave(place, "record", piece, f"not readable as RIS: {error}")
            continue
        if len(records) != 1:
            imported.leave(place, "record", piece, "not readable as RIS")
            continue
        record = records[0]
        type_ = _first(record.get("type_of_reference"))
        urls = " ".join(map(str, record.get("urls") or []))
        link = _PUBMED.search(urls)
        yield _reference(
            place,
            _RIS_KINDS.get(type_, ""),
            type_,
            author=_first(record.get("authors"), record.get("first_authors")),
            year=_first(record.get("year"), record.get("publication_year"), record.get("date")),
            journal=_first(
                *(
                    record.get(name)
                    for name in (
                        "journal_name",
                        "alternate_title2",
                        "alternate_title3",
                        "secondary_title",
                    )
                )
            ),
            title=_first(record.get("title"), record.get("primary_title")),
            doi=_first(record.get("doi")),
            pmid=_first(*(link.groups() if link else ())),
            key=_first(record.get("id")),
        )


def _bibtex(path: Path, imported: Imported) -> Iterator[Reference]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware

    text = read_text(path)
    # The parser tells of broken entries in its log too; here they stand in the report.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    try:
        library = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        message = f"not readable as BibTeX: {error}"
        raise refuse(path.name, "bibtex", message, "Export the file again.") from None
    for block in library.failed_blocks:
        place = f"line {(block.start_line or 0) + 1}"
        imported.leave(place, "entry", block.raw, "not readable as BibTeX", "Correct the entry.")
    for entry in library.entries:
        cells = {
            field.key.casefold(): re.sub(r"[{}]", "", str(field.value)) for field in entry.fields
        }
        place = f"line {(entry.start_line or 0) + 1}, entry {one_line(entry.key)}"
        authors = re.split(r"\s+and\s+", cells.get("author", ""))
        first = authors[0]
        if first and "," not in first:
            first = first.split()[-1]  # "Sunil Verma": the family name stands last
        type_ = entry.entry_type.casefold()
        yield _reference(
            place,
            _BIBTEX_KINDS.get(type_, ""),
            type_,
            author=first,
            year=cells.get("year") or cells.get("date"),
            journal=cells.get("journal") or cells.get("journaltitle") or cells.get("booktitle"),
            title=cells.get("title"),
            doi=cells.get("doi"),
            pmid=cells.get("pmid"),
            key=entry.key,
        )


def _pubmed(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read either of PubMed's formats: XML, or the tagged text of an .nbib file."""
    if read_limited(path).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        yield from _pubmed_xml(path)
    else:
        yield from _nbib(path, imported)


def _kind_of(types: list[str]) -> str:
    """Return the kind of source by PubMed's publication types."""
    plain = {name.casefold() for name in types}
    if plain & {"meeting abstract", "congress"}:
        return "abstract"
    return "article" if "journal article" in plain or any("trial" in t for t in plain) else ""


def _nbib(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read tagged text: a tag of up to four letters and '- ', lines of a value indented."""
    records: list[dict[str, list[str]]] = []
    tag = ""
    for number, line in enumerate(read_text(path).splitlines(), 1):
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
    for number, record in enumerate(records, 1):
        identifiers = record.get("LID", []) + record.get("AID", [])
        doi = next(
            (t.removesuffix("[doi]").strip() for t in identifiers if t.endswith("[doi]")), ""
        )
        author = _first(record.get("FAU"), record.get("AU"), record.get("CN"))
        if "," not in author and record.get("AU"):
            author = author.rsplit(" ", 1)[0]  # "Verma S": the family name stands first
        types = record.get("PT", [])
        links = {name: pmids_of(record[tag]) for tag, name in LINKS.items() if tag in record}
        yield _reference(
            f"record {number}",
            _kind_of(types),
            "; ".join(types),
            fate_of(_first(record.get("TI")), types, links),
            author=author,
            year=_first(record.get("DP")),
            journal=_first(record.get("TA"), record.get("JT")),
            title=_first(record.get("TI")),
            doi=doi,
            pmid=_first(record.get("PMID")),
        )


def _pubmed_xml(path: Path) -> Iterator[Reference]:
    root = read_xml(path)
    articles = [root] if root.tag == "PubmedArticle" else root.findall("PubmedArticle")
    for number, article in enumerate(articles, 1):
        citation = article.find("MedlineCitation")

        def said(path: str, *, within: Any = citation) -> str:
            found = within.find(path) if within is not None else None
            return " ".join("".join(found.itertext()).split()) if found is not None else ""

        types = [
            "".join(entry.itertext())
            for entry in article.findall("MedlineCitation/Article/PublicationTypeList/*")
        ]
        dois = [
            *article.findall("MedlineCitation/Article/ELocationID[@EIdType='doi']"),
            *article.findall("PubmedData/ArticleIdList/ArticleId[@IdType='doi']"),
        ]
        links: dict[str, list[str]] = {}
        for link in article.findall("MedlineCitation/CommentsCorrectionsList/CommentsCorrections"):
            links.setdefault(link.get("RefType", ""), []).append(said("PMID", within=link))
        author = "Article/AuthorList/Author"
        date = "Article/Journal/JournalIssue/PubDate"
        yield _reference(
            f"PubmedArticle {number}",
            _kind_of(types),
            "; ".join(types),
            fate_of(said("Article/ArticleTitle"), types, links),
            author=said(f"{author}/LastName") or said(f"{author}/CollectiveName"),
            year=said(f"{date}/Year") or said(f"{date}/MedlineDate"),
            journal=said("Article/Journal/ISOAbbreviation") or said("Article/Journal/Title"),
            title=said("Article/ArticleTitle"),
            doi="".join(dois[0].itertext()) if dois else "",
            pmid=said("PMID"),
        )
