"""How rows are named: by the column that names trials, whatever it is called."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from trialpool.effects.table_files.column_sets import plain
from trialpool.effects.table_files.table import Table, is_missing

# The first that is there names the rows.
LABEL_NAMES: Final = (
    "label", "study", "trial", "trialid", "studlab", "slab", "studyname", "trialname", "studies",
    "trials", "studyc", "studyid", "author", "authors", "firstauthor", "authorname", "authoryear",
    "studyauthor", "studyyear", "name", "acronym", "citation", "reference", "ref", "paper",
    "publication", "article", "id", "row",
)  # fmt: skip
_AUTHORS: Final = ("author", "authors", "firstauthor", "authorname")
_YEARS: Final = ("year", "pubyear", "publicationyear", "yearofpublication")
_INTEGER: Final = re.compile(r"\d+")


def row_labels(
    table: Table, used: Collection[str] = (), column: str | None = None
) -> tuple[str, ...]:
    """Name every row.

    Of the columns that are called like names of trials the first one in words counts; a column of
    numbers only where no author stands beside it. Authors who are there twice get their year. Where
    no column has such a name, the first one in words whose cells all differ does.

    Parameters
    ----------
    table : Table
    used : collection of str
        Columns that hold numbers of the effects, and name no trial.
    column : str, optional
        The column that was asked for.

    Returns
    -------
    tuple of str
        "line 7" where the row's cell is empty.
    """
    chosen = column if column is not None else _chosen(table, used)
    cells = [row[chosen] if chosen is not None else "" for row in table.rows]
    if column is None and chosen is not None and plain(table.header(chosen)) in _AUTHORS:
        cells = _with_years(table, cells)
    return tuple(
        f"line {line}" if is_missing(cell) else cell
        for cell, line in zip(cells, table.lines, strict=True)
    )


def _chosen(table: Table, used: Collection[str]) -> str | None:
    free = [name for name in table.columns if name not in used]
    by_name: dict[str, str] = {}
    for name in free:
        by_name.setdefault(plain(table.header(name)), name)
        by_name.setdefault(plain(name), name)
    named = [by_name[name] for name in LABEL_NAMES if name in by_name]
    filled = [name for name in named if any(not is_missing(row[name]) for row in table.rows)]
    words = [name for name in filled if not _counts(table, name)]
    if words:
        return words[0]
    others = (
        name
        for name in free
        if all(re.search(r"[^\W\d]", row[name]) for row in table.rows)
        and len({row[name] for row in table.rows}) == len(table.rows) > 1
    )
    return next(others, None) or next(iter(filled), None)


def _counts(table: Table, name: str) -> bool:
    """Whether a column only numbers the rows or the trials."""
    return all(_INTEGER.fullmatch(row[name]) or is_missing(row[name]) for row in table.rows)


def _with_years(table: Table, authors: Sequence[str]) -> list[str]:
    if len(set(authors)) == len(authors):
        return list(authors)
    year = next((name for name in table.columns if plain(table.header(name)) in _YEARS), None)
    if year is None:
        return list(authors)
    return [
        author if is_missing(row[year]) or is_missing(author) else f"{author} {row[year]}"
        for author, row in zip(authors, table.rows, strict=True)
    ]
