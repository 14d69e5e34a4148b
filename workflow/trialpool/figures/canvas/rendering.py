"""Render what is drawn, whatever plot it is: SVG, PDF, EPS, PNG and TIFF.

The same record gives the same bytes on every run: no dates, no random
identifiers, no paths of the machine.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any, Final, Protocol
from xml.sax.saxutils import escape, quoteattr, unescape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_ps import FigureCanvasPS
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

from trialpool.figures.canvas.geometry import TextMark
from trialpool.figures.canvas.pdf import pdf_bytes
from trialpool.figures.canvas.raster import png_bytes, tiff_bytes
from trialpool.figures.canvas.style import DPI, plot_style
from trialpool.figures.text.bidi import bare, direction, for_reader, runs_both_ways
from trialpool.figures.text.embolden import thickened_svg
from trialpool.figures.text.faces import Face
from trialpool.figures.text.subsets import face_rules

# Tags in which something has or is called by a name, such names, and texts that are not ASCII.
_NAMING: Final = re.compile(r"<[^<>]*(?:\bid=\"|href=\"#|url\(#)[^<>]*>")
_NAME: Final = re.compile(r"\bid=\"|href=\"#|url\(#")
_FOREIGN: Final = re.compile(r"(<text\b[^>]*>)([^<]*[^\x00-\x7f<][^<]*)(?=</text>)")


class _Layout(Protocol):
    """Size in points, and the texts on it."""

    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def texts(self) -> tuple[TextMark, ...]: ...


class _Titled(Protocol):
    """Identifier and title; `version` where it is known which data were drawn."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...


class _Drawing(Protocol):
    """A drawn plot: its figure, where everything on it is, and what it says in words."""

    @property
    def figure(self) -> Figure: ...
    @property
    def geometry(self) -> _Layout: ...
    @property
    def table(self) -> _Titled: ...
    @property
    def alt(self) -> str: ...
    @property
    def font_family(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...


def svg_text(drawn: _Drawing, *, fonts: bool = True) -> str:
    """Return the SVG: live text, embedded font, title and description.

    Every id begins with the id of the question and the style rules are confined to
    this drawing, so that several can stand in one HTML page. Without fonts it names them alone,
    for a reader that has them as files.
    """
    raw = rendered(drawn, "svg").decode("utf-8")
    start = raw.index("<svg")
    body = raw[raw.index(">", start) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    body = _NAMING.sub(lambda tag: _NAME.sub(rf"\g<0>{drawn.id}-", tag[0]), body)
    body = body.replace("<a xlink:href=", "<a href=")
    # An image is one thing to a screen reader; what holds links is not.
    role = "group" if "<a " in body else "img"
    body = _FOREIGN.sub(_directed, body)
    width, height = drawn.geometry.width, drawn.geometry.height
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'id={quoteattr(drawn.id)} class="trialpool-figure trialpool-{drawn.kind}" '
        f'role="{role}" '
        f'aria-labelledby="{drawn.id}-title {drawn.id}-desc" '
        f'width="{width:.3f}pt" height="{height:.3f}pt" viewBox="0 0 {width:.3f} {height:.3f}" '
        'version="1.1">\n'
        f'<title id="{drawn.id}-title">{escape(drawn.table.title)}</title>\n'
        f'<desc id="{drawn.id}-desc">{escape(drawn.alt)}</desc>\n'
        f"{_version_element(drawn)}<defs>\n<style>\n{_style_sheet(drawn, fonts=fonts)}"
        "</style>\n</defs>\n"
    )
    return '<?xml version="1.0" encoding="utf-8"?>\n' + head + body.lstrip()


def _version_element(drawn: _Drawing) -> str:
    version = data_version(drawn)
    return f"<metadata>{escape(version)}</metadata>\n" if version else ""


def data_version(drawn: _Drawing) -> str:
    """Say which data were drawn, empty where a plot does not know."""
    version = getattr(drawn.table, "version", "")
    return f"Data version {version}" if version else ""


def _directed(match: re.Match[str]) -> str:
    """Say that a text runs from right to left: its start is then its right end."""
    tag, text = match[1], match[2]
    if runs_both_ways(text):
        if direction(unescape(text)) == "rtl":
            other = {"start": "end", "end": "start", "middle": "middle"}
            tag = re.sub(r"text-anchor: (\w+)", lambda old: f"text-anchor: {other[old[1]]}", tag)
            tag = tag.replace("<text ", '<text direction="rtl" ', 1)
        text = for_reader(text)
    return tag + thickened_svg(tag, text)


def _style_sheet(drawn: _Drawing, *, fonts: bool) -> str:
    faces: dict[Face, set[str]] = {}
    for text in drawn.geometry.texts if fonts else ():
        faces.setdefault(text.face, set()).update(bare(text.text))
    rules = [".trialpool-figure * { stroke-linejoin: round; stroke-linecap: butt }"]
    for face in sorted(faces):
        rules += face_rules(drawn.font_family, face, faces[face])
    return "\n".join(rules) + "\n"


def rendered(drawn: _Drawing, kind: str, dpi: int = DPI) -> bytes:
    """Render with the canvas of one format; no backend is selected globally.

    Parameters
    ----------
    drawn : drawing
    kind : {"svg", "pdf", "eps", "png", "tiff"}
    dpi : int
        Dots per inch of PNG and TIFF.
    """
    figure, title, buffer = drawn.figure, drawn.table.title, io.BytesIO()
    canvas: Any
    with plot_style(drawn.table.id):
        if kind == "svg":
            canvas = FigureCanvasSVG(figure)
            nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
            canvas.print_svg(buffer, metadata=nothing)
        elif kind == "pdf":
            return pdf_bytes([figure], _document(drawn))
        elif kind == "eps":
            canvas = FigureCanvasPS(figure)
            canvas.print_eps(buffer, metadata={"Creator": "trialpool"})
            return _without_date(buffer.getvalue())
        else:
            shown, before = figure.canvas, figure.dpi
            canvas = FigureCanvasAgg(figure)
            figure.set_dpi(dpi)
            try:
                canvas.draw()
            finally:
                figure.set_dpi(before)
                # Canvas and titles would keep 25 MB of pixels until the figure is collected.
                figure.set_canvas(shown)
                for text in figure.findobj(Text):
                    text._renderer = None  # type: ignore[attr-defined]
            pixels = np.asarray(canvas.buffer_rgba())
            if kind == "tiff":
                return tiff_bytes(pixels, title, data_version(drawn), dpi)
            shaded = any(m.style.startswith("shade-") for m in getattr(drawn.geometry, "marks", ()))
            return png_bytes(pixels, title, data_version(drawn), exact=shaded, dpi=dpi)
    return buffer.getvalue()


def pdf_of_pages(drawn: _Drawing, figures: Iterable[Figure]) -> bytes:
    """Render the pages of a plot as one PDF."""
    with plot_style(drawn.table.id):
        return pdf_bytes(figures, _document(drawn))


def _document(drawn: _Drawing) -> dict[str, str | None]:
    """Return what a PDF says of itself; no dates, no programs."""
    nothing = dict.fromkeys(("CreationDate", "Creator", "Producer"))
    version = {"Keywords": data_version(drawn)} if data_version(drawn) else {}
    return {"Title": drawn.table.title, "Subject": drawn.alt, **version, **nothing}


def _without_date(eps: bytes) -> bytes:
    """Leave out of an EPS file when it was made and what matplotlib calls it."""
    return re.sub(rb"(?m)^%%(CreationDate|Title):.*\n", b"", eps)
