"""A PDF as a reader's program sees it: its texts, its bookmarks, its fonts."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw


@dataclass(frozen=True)
class Bookmark:
    """A bookmark: its level from 0 on, its title, and its page from 0 on."""

    level: int
    title: str
    page: int


class Printed:
    """Texts and bookmarks of a PDF."""

    def __init__(self, content: bytes) -> None:
        document = pypdfium2.PdfDocument(content)
        try:
            self.metadata = document.get_metadata_dict()
            self.pages = tuple(_text(page) for page in document)
            self.sizes = {(round(p.get_width()), round(p.get_height())) for p in document}
            self.fonts = frozenset(name for page in document for name in _fonts(page))
            self.bookmarks = tuple(
                Bookmark(item.level, item.get_title(), item.get_dest().get_index())
                for item in document.get_toc()
            )
        finally:
            document.close()

    @property
    def text(self) -> str:
        """All texts, one space for each gap."""
        return " ".join(self.pages)

    def part(self, number: int) -> str:
        """Text of the pages from a bookmark to the one after it."""
        first = self.bookmarks[number].page
        after = self.bookmarks[number + 1].page if number + 1 < len(self.bookmarks) else None
        last = len(self.pages) if after is None else after + 1
        return " ".join(self.pages[first:last])


def squeezed(text: str) -> str:
    """Make one space of every gap; a word broken at a hyphen is one word again."""
    return re.sub(r"\s+", " ", text.replace("\ufffe", "")).strip()


def _text(page: pypdfium2.PdfPage) -> str:
    return squeezed(page.get_textpage().get_text_range())


def _fonts(page: pypdfium2.PdfPage) -> Iterator[str]:
    found: set[str] = set()
    for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=6):
        font = raw.FPDFTextObj_GetFont(one.raw)
        buffer = ctypes.create_string_buffer(200)
        raw.FPDFFont_GetBaseFontName(font, buffer, 200)
        found.add(buffer.value.decode())
    return iter(found)
