"""BibTeX and BibLaTeX: names as BibTeX reads them, braces and LaTeX signs as text."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trialpool.intake.bibliographies.reference import (
    Reference,
    doi_of,
    kind_of,
    pmid_of,
    read_any_text,
)
from trialpool.intake.files import refuse
from trialpool.intake.record import Imported, one_line

if TYPE_CHECKING:
    from bibtexparser.model import Entry
    from pylatexenc.latex2text import LatexNodes2Text

_KINDS: Final = {
    "article": "article",
    "inproceedings": "abstract",
    "conference": "abstract",
    "proceedings": "abstract",
}
_NUMBERS: Final = ("note", "annote", "annotation", "url", "eprint", "keywords", "howpublished")


def read_bibtex(path: Path, imported: Imported) -> Iterator[Reference]:
    """Read every entry; a key that stands twice is named, and both entries are read.

    Raises
    ------
    InputError
        If the text cannot be taken apart at all.
    """
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateBlockKeyBlock, Entry

    text = read_any_text(path, imported)
    # The parser tells of broken entries in its log too; here they stand in the report.
    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    try:
        library = parse_string(text)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        message = f"not readable as BibTeX: {error}"
        raise refuse(path.name, "bibtex", message, "Export the file again.") from None
    entries = list(library.entries)
    for block in library.failed_blocks:
        place = f"line {(block.start_line or 0) + 1}"
        twin = block.ignore_error_block if isinstance(block, DuplicateBlockKeyBlock) else None
        if isinstance(twin, Entry):
            for cell in twin.fields:  # As they stand: the parser prepares only the first entry.
                named = library.strings_dict.get(str(cell.value))
                cell.value = named.value if named is not None else _bare(str(cell.value))
            reason = "the key stands twice; both entries are read"
            imported.leave(place, "key", twin.key, reason, "Give one of them another key.")
            entries.append(twin)
        else:
            imported.leave(place, "entry", block.raw, "not readable as BibTeX", "Correct it.")
    for entry in sorted(entries, key=lambda one: one.start_line or 0):
        yield _reference(entry)


def _reference(entry: Entry) -> Reference:
    cells = {field.key.casefold(): str(field.value) for field in entry.fields}
    type_ = entry.entry_type.casefold()
    title = decoded(cells.get("title", ""))
    said = [decoded(cells.get(name, "")) for name in _NUMBERS]
    own = decoded(cells.get("pmid", ""))
    if cells.get("eprinttype", cells.get("archiveprefix", "")).casefold() == "pubmed":
        own = own or decoded(cells.get("eprint", ""))
    pmid, doubts = (own.strip(), ()) if own.strip() else pmid_of(said)
    kinds = [decoded(cells.get(name, "")) for name in ("type", "entrysubtype", "note", "url")]
    return Reference(
        f"line {(entry.start_line or 0) + 1}, entry {one_line(entry.key)}",
        kind_of(_KINDS.get(type_, ""), *kinds, title=title),
        type_,
        first_author(cells.get("author", "") or cells.get("collaboration", "")),
        decoded(cells.get("year") or cells.get("date", "")),
        _journal(cells),
        title,
        doi_of([decoded(cells.get("doi", ""))], said),
        re.sub(r"^PMID\W*", "", pmid, flags=re.IGNORECASE),
        entry.key,
        doubts=doubts,
    )


def _journal(cells: Mapping[str, str]) -> str:
    names = ("journal", "journaltitle", "shortjournal", "booktitle", "eventtitle")
    return next((decoded(cells[name]) for name in names if cells.get(name)), "")


def _bare(value: str) -> str:
    """Return a value without the braces or quotation marks around the whole of it."""
    return value[1:-1] if value[:1] + value[-1:] in ("{}", '""') else value


def first_author(names: str) -> str:
    """Return the family name of the first of BibTeX's names.

    The rules are BibTeX's ("Tame the BeaST", 11): names are parted by "and" outside braces; a
    name in braces is one word, so that of a group; before the first comma stands the family name;
    without one it begins at the first word in lower case, else it is the last word.

    Examples
    --------
    >>> first_author("Laura J. van 't Veer and others")
    "van 't Veer"
    """
    words: list[str] = []
    for word in _words(names):
        if word.casefold() == "and" and words:
            break
        words.append(word)
    if not words:
        return ""
    for at, word in enumerate(words):
        if word == ",":
            return decoded(" ".join(words[:at]))
    start = next((at for at, word in enumerate(words[:-1]) if _is_small(word)), len(words) - 1)
    return decoded(" ".join(words[start:]))


def _words(names: str) -> Iterator[str]:
    """Return words and commas, parted where no brace is open."""
    depth, word = 0, ""
    for char in names:
        depth += (char == "{") - (char == "}")
        if depth <= 0 and (char.isspace() or char in ",~"):
            if word:
                yield word
            word = ""
            if char == ",":
                yield ","
        else:
            word += char
    if word:
        yield word


def _is_small(word: str) -> bool:
    """Whether a word is a particle: its first letter outside braces is in lower case."""
    letters = [char for char in word if char.isalpha()]
    return not word.startswith("{") and bool(letters) and letters[0].islower()


def decoded(text: str) -> str:
    r"""Return LaTeX as text: ``M{\"u}ller`` as Müller, without braces and signs of mathematics."""
    if not re.search(r"[\\{}$~]|--|``|''", text):
        return text
    from pylatexenc.latexwalker import LatexWalkerError

    # Without their backslash these begin a comment or part a table.
    plain = re.sub(r"(?<!\\)[&%]", r"\\\g<0>", re.sub(r"\{?\\_\}?", "_", text))
    try:
        return one_line(_latex().latex_to_text(plain))
    except (LatexWalkerError, ValueError, IndexError, RecursionError):
        return one_line(re.sub(r"[{}]", "", text))


@lru_cache(maxsize=1)
def _latex() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text")
