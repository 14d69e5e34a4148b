"""What a rule may look at."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from trialpool.evidence.printed import Printed, parse_number
from trialpool.evidence.tables import Evidence
from trialpool.settings import Settings

Row = Mapping[str, Any]
# Shorter titles name a page or a table, not a report.
_LONG_TITLE: Final = 5


@dataclass(frozen=True)
class AuditContext:
    """The raw tables and the settings."""

    evidence: Evidence
    settings: Settings

    def rows(self, table: str) -> Sequence[Row]:
        """Return the rows of a raw table."""
        return self.evidence.rows(table)

    @cached_property
    def _cells(self) -> dict[tuple[str, ...], frozenset[tuple[str, ...]]]:
        return {}

    def cells(self, table: str, *columns: str) -> frozenset[tuple[str, ...]]:
        """Return what stands in columns of a table together; every question asks for the same."""
        key = (table, *columns)
        if key not in self._cells:
            rows = self.rows(table)
            self._cells[key] = frozenset(tuple(str(r.get(c, "")) for c in columns) for r in rows)
        return self._cells[key]

    @cached_property
    def arm_n(self) -> dict[tuple[str, str], int]:
        """Patients of an arm, by trial and arm, where the table says so."""
        sizes = ((row, whole(row, "n")) for row in self.rows("arms"))
        return {(row["trial_id"], row["arm_id"]): n for row, n in sizes if n is not None}

    @cached_property
    def trial_n(self) -> dict[str, int]:
        """Patients of a trial, where the table says so."""
        sizes = ((row, whole(row, "n_randomised")) for row in self.rows("trials"))
        return {row["trial_id"]: n for row, n in sizes if n is not None}

    def marker(self, row: Row, levels: Iterable[str]) -> tuple[str, ...]:
        """Return the marker of a row and its levels by the names that questions know them by."""
        names, spellings = (
            self.settings.taxonomy.get(key, {}) for key in ("biomarker_aliases", "level_aliases")
        )
        marker = str(names.get(row["biomarker"], row["biomarker"]))
        of_marker = spellings.get(marker, {})
        return marker, *(str(of_marker.get(row[c], row[c])) for c in levels)

    @cached_property
    def source_marks(self) -> list[tuple[Row, str, str]]:
        """Cells of sources that tell a report, and the earlier source that has the same, if any.

        These are DOI, PubMed number, and a title of five words or more with its kind. A congress
        abstract may have the title of the later article, and a yearly update that of the abstract
        before it: kinds differ, or years.
        """
        marks: list[tuple[Row, str, str]] = []
        seen: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in self.rows("sources"):
            for column in ("doi", "pmid", "title"):
                mark = _mark(row, column)
                if mark:
                    earlier = (e for e in seen[mark] if column != "title" or _same_year(e, row))
                    marks.append((row, column, next((e["source_id"] for e in earlier), "")))
                    seen[mark].append(row)
        return marks

    @cached_property
    def same_source(self) -> dict[str, str]:
        """Source to the first source with the same DOI, PubMed number or title."""
        same = {str(row["source_id"]): str(row["source_id"]) for row in self.rows("sources")}
        for row, _, earlier in self.source_marks:
            if earlier and same[row["source_id"]] == row["source_id"]:
                same[row["source_id"]] = same[earlier]
        return same

    def same_report(self, one: Row, other: Row) -> bool:
        """Whether two rows were read in one report: one source, or one address."""
        ids = [str(row["source_id"]) for row in (one, other)]
        sources = {self.same_source.get(name, name) for name in ids}
        address = str(one["evidence_url"])
        return len(sources) == 1 or bool(address and address == other["evidence_url"])


def _mark(source: Row, column: str) -> tuple[str, ...]:
    """Return what a cell of a source tells it by, empty if it does not."""
    text = str(source[column]).casefold()
    if column != "title":
        return (column, text) if text else ()
    words = re.findall(r"[^\W_]+", text)
    return ("title", str(source["kind"]), *words) if len(words) >= _LONG_TITLE else ()


def _same_year(one: Row, other: Row) -> bool:
    return not (one["year"] and other["year"]) or bool(one["year"] == other["year"])


def whole(row: Row, column: str) -> int | None:
    """Return a count, None where the cell is empty or not a whole number."""
    text = str(row[column])
    return int(text) if text.isascii() and text.isdigit() else None


def total(row: Row, *columns: str) -> int | None:
    """Return the sum of counts, None where one of them is missing."""
    counts = [whole(row, column) for column in columns]
    return sum(n for n in counts if n is not None) if None not in counts else None


def number(row: Row, column: str) -> Printed | None:
    """Return a printed number (a percent sign aside), None where there is none."""
    return parse_number(str(row[column]).removesuffix("%"))
