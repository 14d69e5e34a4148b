"""What a printed document is made of: blocks, read by template.typ as plain data.

No text of a review is ever part of typst's source. It reaches the template as the value of a JSON
file, and there it is text and nothing else, whatever signs it holds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, Final, Literal, TypeVar

from trialpool.figures.text.faces import INVISIBLE
from trialpool.figures.text.unprinted import printable

_SOFT_HYPHEN: Final = "\u00ad"
# Fields that name a thing of the program and are no text for a reader.
_NAMES: Final = frozenset(
    {"kind", "href", "to", "label", "labels", "files", "align", "tone", "shows"}
)
T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """A piece of text with one look.

    Attributes
    ----------
    text : str
    bold, soft : bool
        Soft: small and grey.
    href : str
        Address on the web.
    to : str
        Label inside the document.
    tone : str
        Of a verdict, decides the colour.
    shows : {"text", "page", "number"}
        Whether the text stands there, or the page of `to`, or its number: "Figure 3".
    """

    text: str = ""
    bold: bool = False
    soft: bool = False
    href: str = ""
    to: str = ""
    tone: str = ""
    shows: Literal["text", "page", "number"] = "text"


# A text of one look, or of several.
Words = str | tuple[str | Run, ...]


@dataclass(frozen=True)
class Heading:
    """A heading with its bookmark; a label if something leads to it."""

    level: int
    text: str
    label: str = ""
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `small` for remarks; `keep` on the page of what follows."""

    words: Words
    small: bool = False
    keep: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Items:
    """A list; `numbered` from a first number on, 0 for bullets."""

    items: tuple[Words, ...]
    small: bool = False
    numbered: int = 0
    labels: tuple[str, ...] = ()
    kind: Literal["items"] = "items"


@dataclass(frozen=True)
class Cell:
    """A cell that spans columns or rows, or has a look of its own."""

    words: Words
    columns: int = 1
    rows: int = 1
    head: bool = False
    shade: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its heading, its share of the width (0: as its content), how it is aligned."""

    head: Words
    share: float = 0.0
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Table:
    """A numbered table, or one without a caption; its head stands on every page."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell | Words, ...], ...]
    caption: Words = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Picture:
    """A numbered figure in one file a page; one of a single page stands where there is room.

    Attributes
    ----------
    files : tuple of str
    width : float
        In mm.
    alt : str
    """

    files: tuple[str, ...]
    width: float
    caption: Words
    label: str
    alt: str = ""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class Mark:
    """A row of a small forest; places are fractions of the width of its axis."""

    shape: Literal["square", "diamond", "bar"]
    label: Words
    notes: str
    arms: str
    effect: str
    weight: str
    low: float
    high: float
    at: float | None = None
    side: float = 0.0
    cut: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """A small forest of one outcome."""

    title: str
    heads: tuple[str, str, str]
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    null: float
    pooled: float | None
    favours: tuple[str, str]
    margins: tuple[float, ...] = ()


@dataclass(frozen=True)
class Forests:
    """A numbered figure of small forests."""

    panels: tuple[Panel, ...]
    caption: Words
    alt: str = ""
    kind: Literal["forests"] = "forests"


@dataclass(frozen=True)
class Opening:
    """The title page."""

    title: str
    subtitle: str
    authors: str
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str], ...]
    citation: str
    texts: tuple[str, ...]
    kind: Literal["opening"] = "opening"


@dataclass(frozen=True)
class Break:
    """A new page, or the contents on pages of their own."""

    kind: Literal["new-page", "contents"] = "new-page"


Block = Heading | Paragraph | Items | Table | Picture | Forests | Opening | Break


@dataclass(frozen=True)
class Document:
    """A document ready to be set.

    Attributes
    ----------
    title : str
        Of the file and of the running head.
    author : str
    blocks : tuple of Block
    pictures : mapping of str to str
        File name to SVG.
    """

    title: str
    author: str
    blocks: tuple[Block, ...]
    pictures: Mapping[str, str] = field(default_factory=dict)


def clean(text: str) -> str:
    """Return a text as it can be set: no control characters, none that turn the line around.

    What no font of this program has is printed as "?".
    """
    if text.isascii() and text.isprintable():
        return text
    kept = "".join(map(_character, text))
    return printable(kept)


@cache
def _character(character: str) -> str:
    if character in INVISIBLE or character == _SOFT_HYPHEN:
        return character
    kind = unicodedata.category(character)
    if kind == "Cc" or character in "\u2028\u2029":
        return " "
    return "" if kind in ("Cf", "Cs", "Co", "Cn") else character


def cleaned(value: T) -> T:
    """Return blocks with all their texts made fit to be set; names stay."""
    return _cleaned(value)  # type: ignore[no-any-return]


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        return tuple(map(_cleaned, value))
    if is_dataclass(value) and not isinstance(value, type):
        texts = {one.name: getattr(value, one.name) for one in fields(value)}
        new = {name: _cleaned(text) for name, text in texts.items() if name not in _NAMES}
        return replace(value, **new)
    return value


def joined(parts: Iterable[Words], between: str = "; ") -> tuple[str | Run, ...]:
    """Join texts of one look or of several."""
    found: list[str | Run] = []
    for number, part in enumerate(parts):
        found += [between] if number else []
        found += [part] if isinstance(part, str) else part
    return tuple(found)
