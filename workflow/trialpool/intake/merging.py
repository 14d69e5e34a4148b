"""A bibliographic file merged into sources.csv: empty cells are filled, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trialpool.intake.record import Elsewhere, LeftOut
from trialpool.intake.references import import_references
from trialpool.intake.retractions import plain_title

Cells = Mapping[str, str]

_FILLED: Final = (
    *("first_author", "year", "journal", "title", "doi", "pmid", "kind"),
    *("status", "replaced_by"),
)
# Names of people and journals are spelt in many ways: a difference in them says nothing.
_COMPARED: Final = ("year", "title", "doi", "pmid", "kind", "status", "replaced_by")


@dataclass(frozen=True)
class Cell:
    """A cell of sources.csv and what the file has for it.

    Attributes
    ----------
    source_id, column : str
    own : str
        What stands in the table; empty where the cell is filled.
    given : str
        What the file says.
    matched_by : str
        "DOI", "PMID" or "title".
    """

    source_id: str
    column: str
    own: str
    given: str
    matched_by: str


@dataclass(frozen=True)
class NotMerged:
    """A reference of the file that no source takes, and why."""

    title: str
    doi: str
    pmid: str
    reason: str


@dataclass(frozen=True)
class Merged:
    """The table after the merge, and what became of each reference.

    Attributes
    ----------
    columns : tuple of str
        Those of the table, and an optional one that was filled.
    rows : tuple of dict of str to str
        In the order of the table.
    matched : int
        References that one source took.
    filled, conflicts : tuple of Cell
        Cells that were empty; cells that say something else and were left as they are.
    not_merged : tuple of NotMerged
    left_out : tuple of LeftOut
        What could not be read in the file.
    """

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    matched: int
    filled: tuple[Cell, ...]
    conflicts: tuple[Cell, ...]
    not_merged: tuple[NotMerged, ...]
    left_out: tuple[LeftOut, ...]


def merge_references(path: Path, columns: Sequence[str], rows: Sequence[Cells]) -> Merged:
    """Merge the references of a file into the rows of sources.csv.

    A reference belongs to the source with its DOI or its PubMed number; where no source has one
    of them, to the only one with its title, unless another identifier, the year or the kind
    speak against it (an abstract and the article after it share a title).

    Parameters
    ----------
    path : Path
        In any of the formats of `references.form_of`.
    columns : sequence of str
        Of sources.csv.
    rows : sequence of mapping
        Of sources.csv, as text.

    Raises
    ------
    InputError
        If the file cannot be read as any of these.
    """
    imported = import_references(path)
    state = _State([{name: str(row[name]) for name in columns} for row in rows])
    # The file names its own sources; what replaces what is said in the table's names.
    names: dict[str, str] = {}
    found: list[tuple[Cells, dict[str, str], str]] = []
    for reference in imported.tables.get("sources", []):
        match = state.match(reference)
        if isinstance(match, str):
            state.refuse(reference, match)
            continue
        row, by = match
        names[reference["source_id"]] = row["source_id"]
        found.append((reference, row, by))
        # At once: what it fills can identify, or contradict, the next reference.
        state.fill(reference, row, by)
    for cells, row, by in found:
        state.replaced(names.get(cells["replaced_by"], ""), row, by)
    for report in imported.elsewhere:
        state.elsewhere(report, names)
    extra = [name for name in _FILLED if any(name in row for row in state.rows)]
    every = tuple(dict.fromkeys((*columns, *extra)))
    return Merged(
        columns=every,
        rows=tuple({name: row.get(name, "") for name in every} for row in state.rows),
        matched=len(found),
        filled=tuple(state.filled),
        conflicts=tuple(state.conflicts),
        not_merged=tuple(state.not_merged),
        left_out=tuple(imported.left_out),
    )


@dataclass
class _State:
    """The table while references are merged into it."""

    rows: list[dict[str, str]]
    filled: list[Cell] = field(default_factory=list)
    conflicts: list[Cell] = field(default_factory=list)
    not_merged: list[NotMerged] = field(default_factory=list)

    def match(self, reference: Cells) -> tuple[dict[str, str], str] | str:
        """Find the source of a reference and by what, or say why there is none."""
        named = {
            "DOI": self._with("doi", reference["doi"].casefold()),
            "PMID": self._with("pmid", reference["pmid"]),
        }
        ids = {row["source_id"] for rows in named.values() for row in rows}
        if len(ids) > 1:
            return f"its DOI and PubMed number are those of several sources: {_listed(ids)}"
        for by, rows in named.items():
            if rows:
                return rows[0], by
        title = plain_title(reference["title"])
        same = [row for row in self.rows if title and plain_title(row["title"]) == title]
        if not same:
            return "no source has its DOI, PubMed number or title"
        fitting = [row for row in same if not _against(reference, row)]
        if len(fitting) == 1:
            return fitting[0], "title"
        listed = _listed(row["source_id"] for row in fitting or same)
        if fitting:
            return f"several sources have its title: {listed}"
        return f"same title as {listed}, but another {_against(reference, same[0])}"

    def _with(self, column: str, value: str) -> list[dict[str, str]]:
        return [row for row in self.rows if value and row[column].casefold() == value]

    def fill(self, reference: Cells, row: dict[str, str], by: str) -> None:
        """Fill the empty cells of a source; note the others that say something else."""
        for column in _FILLED[:-1]:
            self._cell(row, column, reference.get(column, ""), by)

    def replaced(self, by_source: str, row: dict[str, str], by: str) -> None:
        """Enter the source that takes the place of another one."""
        self._cell(row, "replaced_by", by_source, by)

    def elsewhere(self, report: Elsewhere, names: Mapping[str, str]) -> None:
        """Enter what the file says of a report that it does not hold, if one source is that."""
        by, title = "PMID", plain_title(report.title)
        rows = self._with("pmid", report.pmid)
        if not report.pmid and title:
            by, rows = "title", [row for row in self.rows if plain_title(row["title"]) == title]
        if len(rows) != 1:
            return
        self._cell(rows[0], "status", report.status, by)
        self.replaced(names.get(report.replaced_by, ""), rows[0], by)
        for row in self.rows:
            if row["source_id"] == names.get(report.replaces):
                self.replaced(rows[0]["source_id"], row, by)

    def _cell(self, row: dict[str, str], column: str, given: str, by: str) -> None:
        own = row.get(column, "")
        if not given:
            return
        cell = Cell(row["source_id"], column, own, given, by)
        if not own:
            row[column] = given
            self.filled.append(cell)
        elif column in _COMPARED and not _same(column, own, given):
            self.conflicts.append(cell)

    def refuse(self, reference: Cells, reason: str) -> None:
        """Note a reference that no source takes."""
        one = NotMerged(reference["title"], reference["doi"], reference["pmid"], reason)
        self.not_merged.append(one)


def _same(column: str, own: str, given: str) -> bool:
    if column == "title":
        return plain_title(own) == plain_title(given)
    return own.casefold() == given.casefold()


def _against(reference: Cells, row: Cells) -> str:
    """Say what speaks against two records of one title being one report; empty if nothing does."""
    return ", ".join(_contradictions(reference, row))


def _contradictions(reference: Cells, row: Cells) -> Iterator[str]:
    words = {"doi": "DOI", "pmid": "PubMed number", "year": "year", "kind": "kind"}
    for column, word in words.items():
        own, given = row[column], reference[column]
        if own and given and not _same(column, own, given):
            yield word


def _listed(ids: Iterator[str] | set[str]) -> str:
    return ", ".join(sorted(ids))
