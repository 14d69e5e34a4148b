"""Citations of sources, made in one place: rows of sources.csv rendered by citeproc."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from trialpool.cache import Cache, digest

Json = dict[str, Any]

STYLE: Final = Path(__file__).parent / "styles" / "trialpool.csl"
# The sort of source (data-dictionary.md) as an item type of CSL 1.0.
_TYPES: Final = {"article": "article-journal", "abstract": "paper-conference"}
_COLUMNS: Final = ("first_author", "year", "journal", "title", "doi", "pmid", "kind")
# A title that ends so needs no full stop.
_ENDS: Final = ("?", "!")


def cite(source: Mapping[str, Any]) -> Json:
    """Turn a row of sources.csv into a citation and its identifiers.

    Parameters
    ----------
    source : mapping
        The columns first_author, year, journal, title, doi, pmid, kind. A
        column that is missing is as one that is empty.

    Returns
    -------
    dict
        ``citation``, ``doi``, ``pmid`` and ``url``; the last three are None
        where the source has none. The citation is plain text in the project's
        own CSL style, ends in the identifiers, and is the source's id where
        all other columns are empty.
    """
    cells = {name: " ".join(str(source.get(name) or "").split()) for name in _COLUMNS}
    doi, pmid = cells["doi"] or None, cells["pmid"] or None
    url = f"https://doi.org/{doi}" if doi else None
    if url is None and pmid:
        url = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    citation = _rendered(tuple(cells.values())) or str(source.get("source_id") or "")
    return {"citation": citation, "doi": doi, "pmid": pmid, "url": url}


def without_identifier(sources: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Find the sources that have neither DOI nor PubMed number."""
    return [row for row in sources if not row["doi"] and not row["pmid"]]


def csl_item(source: Mapping[str, str]) -> Json:
    """Map the cells of a source to an item of CSL-JSON; empty cells have no variable.

    The first author is a literal name: sources.csv holds surnames, surnames with
    initials and names of groups, and does not say which. No "et al" is added,
    because the number of authors is not known.
    """
    year, title = source["year"], source["title"].rstrip(". ")
    issued = {"date-parts": [[int(year)]]} if _is_year(year) else {"literal": year}
    variables = {
        "author": [{"literal": source["first_author"].rstrip(". ")}],
        "title": title,
        "genre": "conference abstract",
        "container-title": source["journal"].rstrip(". "),
        "issued": issued,
        "DOI": source["doi"],
        "PMID": source["pmid"],
    }
    is_there = {
        "author": source["first_author"].strip(". "),
        "title": title,
        "genre": title and source["kind"] == "abstract",
        "container-title": source["journal"].strip(". "),
        "issued": year,
        "DOI": source["doi"],
        "PMID": source["pmid"],
    }
    kept = {name: value for name, value in variables.items() if is_there[name]}
    return {"id": "source", "type": _TYPES.get(source["kind"], "document"), **kept}


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == 4 and text[0] != "0"


@cache
def _rendered(cells: tuple[str, ...]) -> str:
    """Render the cells of a source, in the order of `_COLUMNS`; the text is empty if all are."""
    item = csl_item(dict(zip(_COLUMNS, cells, strict=True)))
    if len(item) == 2:
        return ""
    made = _kept().made(["citation", *cells], lambda: {"text": _renderer()(item).encode("utf-8")})
    text, title = made["text"].decode("utf-8"), str(item.get("title", ""))
    # citeproc would write "?." where a title is a question.
    if title.endswith(_ENDS):
        text = text.replace(f"{title}. ", f"{title} ", 1)
    # A full stop after an identifier could be taken for a part of it.
    return text if {"DOI", "PMID"} & item.keys() or text.endswith(_ENDS) else f"{text}."


@cache
def _kept() -> Cache:
    """Return the cache of the build: several steps cite the same sources, none of which changed."""
    made_by = STYLE.read_bytes(), Path(__file__).read_bytes(), version("citeproc-py")
    return Cache.of_build(digest(*made_by))


@cache
def _renderer() -> Callable[[Json], str]:
    """Load citeproc and the style: where nothing is cited, nothing of it is loaded."""
    from citeproc import (
        Citation,
        CitationItem,
        CitationStylesBibliography,
        CitationStylesStyle,
        formatter,
    )
    from citeproc.source.json import CiteProcJSON
    from citeproc.string import MixedString, String

    class Plain(CiteProcJSON):  # type: ignore[misc]
        """Takes every cell for text; citeproc's own reader acts on markup in it."""

        def parse_string(self, string: object) -> Any:
            return MixedString([String(str(string))])

    # The schema of CSL is held against the style by a test, not at every run.
    style = CitationStylesStyle(str(STYLE), validate=False)

    def render(item: Json) -> str:
        # One source at a time: its text cannot depend on the others or on their order.
        bibliography = CitationStylesBibliography(style, Plain([item]), formatter.plain)
        bibliography.register(Citation([CitationItem(str(item["id"]))]))
        return "".join(map(str, bibliography.bibliography()))

    return render
