"""PDF of drawings: by matplotlib, but for their texts, whose glyphs are known already.

matplotlib shapes each text anew, writes a font twice where it has ligatures, and cuts each with
fontTools; that is nine tenths of its time.
"""

# matplotlib's backend has no types.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pdf import Name, Op, PdfFile, RendererPdf
from matplotlib.figure import Figure

from trialpool.figures.text.fontfiles import FontFile, font_file
from trialpool.figures.text.shaping import Glyph, Shaped
from trialpool.figures.text.widths import ASCENT, DESCENT

# Kerns that are smaller, in thousandths of an em, are the rounding of widths.
_LEAST_KERN: Final = 1.0
# Most characters in one block of a map to Unicode, by the standard.
_BLOCK: Final = 100
_TO_UNICODE: Final = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
{}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


def pdf_bytes(figures: Iterable[Figure], metadata: Mapping[str, str | None]) -> bytes:
    """Write figures as the pages of a PDF with live text and embedded fonts.

    Parameters
    ----------
    figures : iterable of Figure
    metadata : mapping
        Of the document; None leaves an entry out.
    """
    buffer = io.BytesIO()
    file = _Document(buffer, metadata=dict(metadata))
    for figure in figures:
        dpi, figure.dpi = figure.dpi, 72.0
        try:
            width, height = figure.get_size_inches()
            file.newPage(width, height)
            pen = MixedModeRenderer(figure, width, height, dpi, _Pen(file, dpi, height, width))
            figure.draw(pen)  # type: ignore[arg-type]
            pen.finalize()
            file.endStream()
        finally:
            figure.dpi = dpi
    file.finalize()
    file.close()
    return buffer.getvalue()


class _Document(PdfFile):
    """A PDF with fonts of its own beside matplotlib's."""

    def __init__(self, buffer: io.BytesIO, metadata: dict[str, Any]) -> None:
        super().__init__(buffer, metadata=metadata)
        self.used: dict[str, dict[int, str]] = {}
        self.names: dict[str, Name] = {}
        self.links: list[dict[str, Any]] = []

    def newPage(self, width: float, height: float) -> None:  # noqa: N802 - as in matplotlib
        """Begin a page, and keep hold of the list of its links."""
        self.links = self.pageAnnotations
        super().newPage(width, height)

    def font_of(self, glyph: Glyph) -> Name:
        """Return the name of a glyph's font, and note that it is used."""
        if glyph.font not in self.used:
            self.used[glyph.font] = {}
            self.names[glyph.font] = Name(f"T{len(self.used)}")
        self.used[glyph.font].setdefault(glyph.number, glyph.text)
        return self.names[glyph.font]

    def writeFonts(self) -> None:  # noqa: N802 - as in matplotlib
        """Embed the fonts; the dictionary of all is written by matplotlib."""
        self.own = {name: self._embedded(path) for path, name in self.names.items()}
        super().writeFonts()

    def writeObject(self, object: Any, contents: Any) -> None:  # noqa: N802 - as in matplotlib
        """Write an object; that of all fonts holds these, too."""
        if object is self.fontObject:
            contents = {**contents, **self.own}
        super().writeObject(object, contents)

    def _embedded(self, path: str) -> Any:
        """Write a font with its used glyphs alone; a character of the text is a glyph's index."""
        font, used = font_file(path), sorted(self.used[path].items())
        kept, data = font.cut([index for index, _ in used])
        whole, cid, descriptor, file, places, unicode = (
            self.reserveObject(what)
            for what in ("font", "CID font", "descriptor", "file", "CIDToGIDMap", "ToUnicode")
        )
        name = Name(self._get_subset_prefix(frozenset(index for index, _ in used)) + font.name)
        self.outputStream(file, data, extra={"Length1": len(data)})
        new = {old: place for place, old in enumerate(kept)}
        indices = range(used[-1][0] + 1)
        self.outputStream(places, b"".join(new.get(i, 0).to_bytes(2, "big") for i in indices))
        self.outputStream(unicode, _TO_UNICODE.format("\n".join(_mapped(used))).encode("ascii"))
        self.writeObject(descriptor, {"Type": Name("FontDescriptor"), "FontName": name,
                                      "FontFile2": file, **_described(font)})  # fmt: skip
        widths: list[Any] = []
        for index, _ in used:
            widths += [index, [round(font.advance(index))]]
        system = {"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0}
        self.writeObject(cid, {
            "Type": Name("Font"), "Subtype": Name("CIDFontType2"), "BaseFont": name,
            "CIDSystemInfo": system, "FontDescriptor": descriptor, "W": widths,
            "CIDToGIDMap": places,
        })  # fmt: skip
        self.writeObject(whole, {
            "Type": Name("Font"), "Subtype": Name("Type0"), "BaseFont": name,
            "Encoding": Name("Identity-H"), "DescendantFonts": [cid], "ToUnicode": unicode,
        })  # fmt: skip
        return whole


class _Pen(RendererPdf):
    """Draws into such a PDF."""

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float,
        ismath: bool | Literal["TeX"] = False, mtext: Any = None,
    ) -> None:  # fmt: skip
        """Write a text by its glyphs where it has them."""
        text: Shaped | None = getattr(mtext, "shaped", None)
        if text is None:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
            return
        size = prop.get_size_in_points()
        self.check_gc(gc, gc._rgb)
        self.file.output(Op.begin_text)
        before = (0.0, 0.0)
        for name, (left, up), pieces in self._pieces(text):
            place = (x + size * left, y + size * up)
            self.file.output(name, size, Op.selectfont)
            self.file.output(place[0] - before[0], place[1] - before[1], Op.textpos)
            self.file.output(pieces, Op.showkern)
            before = place
        self.file.output(Op.end_text)
        url = gc.get_url()
        if url is not None:
            box = [x, y - DESCENT * size, x + size * text.width, y + ASCENT * size]
            self.file.links.append({
                "Type": Name("Annot"), "Subtype": Name("Link"), "Rect": box,
                "Border": [0, 0, 0], "A": {"S": Name("URI"), "URI": url},
            })  # fmt: skip

    def _pieces(self, text: Shaped) -> Iterator[tuple[Name, tuple[float, float], list[Any]]]:
        """Yield parts of one font on one height: its name, their place, glyphs and kerns."""
        pieces: list[Any] = []
        font, start, pen = None, (0.0, 0.0), 0.0
        name: Name | None = None
        for glyph in text.glyphs:
            if glyph.font != font or glyph.y != start[1]:
                if name is not None:
                    yield name, start, pieces
                font, start, pen, pieces = glyph.font, (glyph.x, glyph.y), glyph.x, []
                metrics = font_file(font)
            name = self.file.font_of(glyph)
            kern = 1000.0 * (pen - glyph.x)
            code = glyph.number.to_bytes(2, "big")
            if abs(kern) >= _LEAST_KERN or not pieces:
                pieces += [round(kern)] * bool(pieces) + [code]
                pen = glyph.x
            else:
                pieces[-1] += code
            pen += round(metrics.advance(glyph.number)) / 1000.0
        if name is not None:
            yield name, start, pieces


def _mapped(used: list[tuple[int, str]]) -> Iterator[str]:
    """Say what characters each glyph stands for."""
    for start in range(0, len(used), _BLOCK):
        block = used[start : start + _BLOCK]
        yield f"{len(block)} beginbfchar"
        yield from (f"<{index:04x}> <{text.encode('utf-16be').hex()}>" for index, text in block)
        yield "endbfchar"


def _described(font: FontFile) -> dict[str, Any]:
    """Return what a PDF says of a font beside its glyphs."""
    return {
        "Flags": 32 + 64 * (font.slant != 0.0), "FontBBox": list(font.box), "Ascent": font.ascent,
        "Descent": font.descent, "CapHeight": font.ascent, "ItalicAngle": font.slant, "StemV": 0,
    }  # fmt: skip
