"""From the templates of the site to blocks: what pages say is printed without being written twice.

Only what the templates use is understood; parts that a page keeps closed are left out, and so are
figures, forms and links inside the site.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Final

from trialpool.report.printed.blocks import (
    Block,
    Cell,
    Column,
    Heading,
    Items,
    Paragraph,
    Run,
    Table,
    Words,
)

_SKIPPED: Final = frozenset({"details", "dl", "figure", "form", "nav", "script", "style", "svg"})
_VOID: Final = frozenset({"br", "img", "hr", "input", "meta", "link", "wbr"})
_BOLD: Final = frozenset({"strong", "b"})
_SOFT: Final = frozenset({"tag", "ids", "flag", "comparison", "counted", "needed", "measure"})
# Texts up to this length do not share the width: their column is as wide as they are.
_SHORT: Final = 13
# So long a word, such as the id of a row, is not broken.
_WORD: Final = 26
_LONGEST: Final = 70


def blocks_of(html: str, *, level: int = 2, small: bool = False) -> tuple[Block, ...]:
    """Read blocks from a page's body.

    Parameters
    ----------
    html : str
        From a template of the report.
    level : int
        Of a heading of the second level.
    small : bool
        Whether texts are set small.

    Returns
    -------
    tuple of Block
    """
    reader = _Reader(level, small=small)
    reader.feed(html)
    reader.close()
    reader.end_text()
    return tuple(_without_empty(reader.blocks))


def _without_empty(blocks: list[Block]) -> Iterator[Block]:
    """Leave out headings whose part a page keeps closed."""
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        is_last = after is None or (isinstance(after, Heading) and isinstance(block, Heading))
        if not (isinstance(block, Heading) and is_last and not _leads(block, after)):
            yield block


def _leads(block: Heading, after: Block | None) -> bool:
    return isinstance(after, Heading) and after.level > block.level


class _Reader(HTMLParser):
    def __init__(self, level: int, *, small: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.level = level
        self.small = small
        self.inside = 0
        self.runs: list[Run] = []
        self.looks: list[tuple[str, Run]] = []
        self.items: list[Words] | None = None
        self.heading = 0
        self.table: _Rows | None = None
        self.number = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            if tag == "br" and not self.inside:
                self.runs.append(replace(self._look(), text="; " if self.table else " "))
            return
        known = {name: value or "" for name, value in attrs}
        # A file to download is of no use on paper.
        if self.inside or tag in _SKIPPED or "download" in known:
            self.inside += 1
            return
        self._open(tag, known)
        self.looks.append((tag, self._changed(tag, known)))

    def _open(self, tag: str, known: dict[str, str]) -> None:
        if tag in ("p", "ul", "ol", "table", "h2", "h3"):
            if self.table is None and self.items is None:
                self.end_text()
            if tag in ("ul", "ol") and self.table is None:
                self.items, self.number = [], int(tag == "ol")
            if tag == "table":
                self.table = _Rows()
            if tag in ("h2", "h3"):
                self.heading = int(tag[1])
        elif self.table is not None and tag == "tr":
            self.table.rows.append([])
        elif self.table is not None and tag in ("td", "th", "caption"):
            self.runs = []
            self.table.open(tag, known)
        elif self.table is not None and tag == "li" and self.runs:
            self.runs.append(Run("; "))
        elif tag == "li":
            self.runs = []

    def _changed(self, tag: str, known: dict[str, str]) -> Run:
        look = self._look()
        if tag in _BOLD:
            look = replace(look, bold=True)
        if tag == "a" and known.get("href", "").startswith(("https://", "http://")):
            look = replace(look, href=known["href"])
        classes = set(known.get("class", "").split())
        if classes & _SOFT:
            look = replace(look, soft=True)
        if tag == "span" and "flag" in classes:
            self.runs.append(Run(" "))
        return look

    def _look(self) -> Run:
        return self.looks[-1][1] if self.looks else Run()

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self.inside:
            self.inside -= 1
            return
        if self.looks:
            self.looks.pop()
        if self.table is not None:
            if tag in ("td", "th", "caption"):
                self.table.close(_words(self.runs))
                self.runs = []
            elif tag == "table":
                made = self.table.made()
                self.blocks += [made] if made else []
                self.table = None
        elif tag == "li" and self.items is not None:
            if words := _words(self.runs):
                self.items.append(words)
            self.runs = []
        elif tag in ("ul", "ol") and self.items is not None:
            if self.items:
                self.blocks.append(Items(tuple(self.items), self.small, self.number))
            self.items = None
        elif tag in ("p", "h2", "h3"):
            self.end_text()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.runs.append(replace(self._look(), text=data))

    def end_text(self) -> None:
        """Make a paragraph or heading of what was read."""
        words = _words(self.runs)
        self.runs = []
        if words and self.heading:
            self.blocks.append(Heading(self.level + self.heading - 2, text_of(words)))
        elif words:
            self.blocks.append(Paragraph(words, self.small))
        self.heading = 0


class _Rows:
    """A table while it is read."""

    def __init__(self) -> None:
        self.caption: Words = ""
        self.rows: list[list[Cell]] = []
        self.aligned: list[str] = []
        self.known: dict[str, str] = {}
        self.tag = ""

    def open(self, tag: str, known: dict[str, str]) -> None:
        self.tag, self.known = tag, known

    def close(self, words: Words) -> None:
        if self.tag == "caption":
            self.caption = words
            return
        known, row = self.known, self.rows[-1]
        if len(self.rows) == 1:
            self.aligned.append("right" if "right" in known.get("class", "").split() else "left")
        row.append(
            Cell(
                words,
                columns=int(known.get("colspan", 1)),
                rows=int(known.get("rowspan", 1)),
                head=self.tag == "th" and known.get("scope") == "row",
                shade=known.get("scope") == "rowgroup",
            )
        )

    def made(self) -> Table | None:
        """Return the table, none of it without a row."""
        if len(self.rows) < 2:
            return None
        head, *rows = self.rows
        shares = column_shares([[text_of(cell.words) for cell in head], *_single(rows)])
        columns = tuple(
            Column(cell.words, share, "right" if side == "right" else "left")
            for cell, share, side in zip(head, shares, self.aligned, strict=True)
        )
        return Table(columns, tuple(map(tuple, rows)), self.caption)


def _single(rows: list[list[Cell]]) -> list[list[str]]:
    """Texts of the rows that have a cell for each column, or lack those that others span."""
    return [[text_of(one.words) for one in row] for row in rows if all(c.columns == 1 for c in row)]


def column_shares(rows: list[list[str]]) -> list[float]:
    """Share the width of a table by the longest text of each column.

    Parameters
    ----------
    rows : list of list of str
        The head first; cells that a row lacks, since others span them, are those at its start.

    Returns
    -------
    list of float
        0 for columns as wide as their text: short ones, and those of long words without a space.
    """
    most = len(rows[0])
    columns = list(zip(*([*([""] * (most - len(row))), *row] for row in rows), strict=True))
    shares = []
    for column in columns:
        longest = max(map(len, column))
        word = max((len(word) for text in column for word in text.split()), default=0)
        fits = longest <= _SHORT or (word == longest <= _WORD)
        shares.append(0.0 if fits else float(min(max(longest, word), _LONGEST)) ** 0.7)
    if not any(shares):
        shares[0] = 1.0
    return shares


def text_of(words: Words) -> str:
    """Return the text of words of whatever look."""
    if isinstance(words, str):
        return words
    return "".join(run if isinstance(run, str) else run.text for run in words)


def _words(runs: list[Run]) -> tuple[str | Run, ...]:
    """Join runs of one look, with the spaces that a browser would show."""
    found: list[Run] = []
    for run in runs:
        text = " ".join(run.text.split(" ")) if run.text.strip() else " "
        text = _spaced(text)
        if not text:
            continue
        if found and found[-1].text.endswith(" "):
            text = text.lstrip()
        if not text or (not found and not text.strip()):
            continue
        if found and replace(found[-1], text="") == replace(run, text=""):
            found[-1] = replace(found[-1], text=found[-1].text + text)
        else:
            found.append(replace(run, text=text))
    if found:
        found[0] = replace(found[0], text=found[0].text.lstrip())
        found[-1] = replace(found[-1], text=found[-1].text.rstrip())
    return tuple(run.text if run == Run(run.text) else run for run in found if run.text)


def _spaced(text: str) -> str:
    """Make one space of all that a browser shows as one."""
    core = " ".join(text.split())
    if not core:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{core}{' ' if text[-1].isspace() else ''}"
