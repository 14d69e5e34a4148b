"""Write a drawn forest plot: SVG, PDF, PNG and the CSV of what is drawn.

The same record gives the same bytes on every run: no dates, no random
identifiers, no paths of the machine.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr, unescape

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.backends.backend_svg import FigureCanvasSVG

from trialpool.figures.canvas.raster import png_bytes
from trialpool.figures.canvas.style import DPI, plot_style
from trialpool.figures.forest.panels.sheet import panels_csv
from trialpool.figures.forest.panels.table import PanelTable
from trialpool.figures.text.bidi import bare, direction, for_reader, runs_both_ways
from trialpool.figures.text.embolden import thickened_svg
from trialpool.figures.text.faces import Face
from trialpool.figures.text.subsets import face_rules
from trialpool.files import write_bytes

if TYPE_CHECKING:
    from trialpool.figures.forest.draw import ForestFigure
    from trialpool.figures.plots.drawing.scene import PlotFigure

CSV_COLUMNS: Final = (
    "row", "kind", "group", "trial_id", "label", "notes", "comparison", "experimental", "control",
    "effect", "weight", "estimate", "ci_lower", "ci_upper", "weight_fraction", "cut_at_axis",
)  # fmt: skip
FORMATS: Final = (".svg", ".pdf", ".png", ".csv")
# Only where the plot shows margins.
MARGIN_COLUMNS: Final = ("margin", "margin_lower", "margin_upper")


def save_forest(drawn: ForestFigure, stem: Path | str) -> tuple[Path, ...]:
    """Write `stem`.svg, .pdf, .png and .csv.

    Each file is complete before it takes its name, so that a reader never meets half
    of one.

    Parameters
    ----------
    drawn : ForestFigure
        What `draw_forest` returned.
    stem : Path or str
        Path without extension, for example ``results/questions/x/forest``.

    Returns
    -------
    tuple of Path
        The files written.
    """
    stem = Path(stem)
    written: list[Path] = []
    for extension in FORMATS:
        written += save_as(drawn, stem.with_name(stem.name + extension))
    return tuple(written)


def save_as(drawn: ForestFigure, path: Path) -> tuple[Path, ...]:
    """Write one format, that of the extension; SVG and PNG of several pages are numbered.

    Raises
    ------
    ValueError
        If the extension is not known.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise ValueError(f"{path.name}: the extension must be one of {', '.join(FORMATS)}")
    if kind == ".csv":
        contents = [csv_text(drawn).encode("utf-8")]
    elif kind == ".svg":
        contents = [text.encode("utf-8") for text in svg_pages(drawn)]
    elif kind == ".pdf":
        contents = [_pdf(drawn)]
    else:
        contents = [rendered(page, "png") for page in _single_pages(drawn)]
    written = []
    for number, data in enumerate(contents, start=1):
        name = path.name if len(contents) == 1 else f"{path.stem}-{number}{path.suffix}"
        write_bytes(path.with_name(name), data)
        written.append(path.with_name(name))
    return tuple(written)


def svg_pages(drawn: ForestFigure) -> list[str]:
    """Return the SVG of each page."""
    return [svg_text(page) for page in _single_pages(drawn)]


def _single_pages(drawn: ForestFigure) -> list[ForestFigure]:
    """Return each page as a plot of its own, with an id of its own."""
    if len(drawn.pages) < 2:
        return [drawn]
    return [
        replace(
            drawn,
            figure=page.figure,
            geometry=page.geometry,
            table=replace(drawn.table, id=f"{drawn.table.id}-{number}"),
            pages=(page,),
        )
        for number, page in enumerate(drawn.pages, start=1)
    ]


def _pdf(drawn: ForestFigure) -> bytes:
    if len(drawn.pages) < 2:
        return rendered(drawn, "pdf")
    buffer = io.BytesIO()
    with plot_style(drawn.table.id):
        nothing = dict.fromkeys(("CreationDate", "Creator", "Producer"))
        metadata = {"Title": drawn.table.title, "Subject": drawn.alt, **nothing}
        metadata["Keywords"] = _version(drawn) or None
        with PdfPages(buffer, metadata=metadata) as document:
            for page in drawn.pages:
                document.savefig(page.figure)
    return buffer.getvalue()


def csv_text(drawn: ForestFigure) -> str:
    """Return exactly what is drawn as CSV: the printed texts and the numbers behind them.

    Estimates and limits are on the printed scale (ratios as ratios). A text that the
    figure ends with an ellipsis stands here in full.
    """
    if isinstance(drawn.table, PanelTable):
        return panels_csv(drawn, drawn.table)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    with_margins = drawn.table.heads.margin is not None
    extras = [name for name, _ in drawn.table.heads.extra]
    extras += ["rob"] * (drawn.table.rob is not None)
    writer.writerow((*CSV_COLUMNS, *(MARGIN_COLUMNS if with_margins else ()), *extras))
    axis, measure = drawn.geometry.panel.axis, drawn.table.measure

    def numeric(value: float | None) -> str:
        return "" if value is None else f"{measure.to_display(value):.12g}"

    for index, row in enumerate(drawn.table.rows):
        cut: tuple[str, ...] = ()
        if row.lower is not None and row.upper is not None:
            cut = axis.clipped_sides(row.lower, row.upper)
        writer.writerow(
            (
                index + 1,
                row.kind,
                row.group,
                row.trial_id,
                row.label,
                " ".join(row.flags),
                row.comparison,
                row.experimental,
                row.control,
                row.effect,
                row.weight_text,
                numeric(row.estimate),
                numeric(row.lower),
                numeric(row.upper),
                "" if row.weight is None else f"{row.weight:.12g}",
                " ".join(cut),
                *((row.margin_text, *map(numeric, row.margin)) if with_margins else ()),
                *(row.cell(name) for name in extras),
            )
        )
    return buffer.getvalue()


def svg_text(drawn: ForestFigure | PlotFigure) -> str:
    """Return the SVG: live text, embedded font, title and description.

    Every id begins with the id of the question and the style rules are confined to
    this drawing, so that several can stand in one HTML page.
    """
    raw = rendered(drawn, "svg").decode("utf-8")
    start = raw.index("<svg")
    body = raw[raw.index(">", start) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r"<[^<>]+>", lambda match: _own_ids(match[0], drawn.id), body)
    body = body.replace("<a xlink:href=", "<a href=")
    # An image is one thing to a screen reader; what holds links is not.
    role = "group" if "<a " in body else "img"
    body = re.sub(r"(<text\b[^>]*>)([^<]*)(?=</text>)", _directed, body)
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
        f"{_version_element(drawn)}<defs>\n<style>\n{_style_sheet(drawn)}</style>\n</defs>\n"
    )
    return '<?xml version="1.0" encoding="utf-8"?>\n' + head + body.lstrip()


def _version_element(drawn: ForestFigure | PlotFigure) -> str:
    version = _version(drawn)
    return f"<metadata>{escape(version)}</metadata>\n" if version else ""


def _version(drawn: ForestFigure | PlotFigure) -> str:
    """Say which data were drawn, empty where a plot does not know."""
    version = getattr(drawn.table, "version", "")
    return f"Data version {version}" if version else ""


def _own_ids(tag: str, prefix: str) -> str:
    tag = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', tag)
    tag = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', tag)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", tag)


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


def _style_sheet(drawn: ForestFigure | PlotFigure) -> str:
    faces: dict[Face, set[str]] = {}
    for text in drawn.geometry.texts:
        faces.setdefault(text.face, set()).update(bare(text.text))
    rules = [".trialpool-figure * { stroke-linejoin: round; stroke-linecap: butt }"]
    for face in sorted(faces):
        rules += face_rules(drawn.font_family, face, faces[face])
    return "\n".join(rules) + "\n"


def rendered(drawn: ForestFigure | PlotFigure, kind: str) -> bytes:
    """Render with the canvas of one format; no backend is selected globally."""
    figure, title, buffer = drawn.figure, drawn.table.title, io.BytesIO()
    canvas: Any
    with plot_style(drawn.table.id):
        if kind == "svg":
            canvas = FigureCanvasSVG(figure)
            nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
            canvas.print_svg(buffer, metadata=nothing)
        elif kind == "pdf":
            canvas = FigureCanvasPdf(figure)
            nothing = dict.fromkeys(("CreationDate", "Creator", "Producer"))
            version = {"Keywords": _version(drawn)} if _version(drawn) else {}
            metadata = {"Title": title, "Subject": drawn.alt, **version, **nothing}
            canvas.print_pdf(buffer, metadata=metadata)
        else:
            canvas, before = FigureCanvasAgg(figure), figure.dpi
            figure.set_dpi(DPI)
            try:
                canvas.draw()
            finally:
                figure.set_dpi(before)
            shaded = any(m.style.startswith("shade-") for m in getattr(drawn.geometry, "marks", ()))
            pixels = np.asarray(canvas.buffer_rgba())
            return png_bytes(pixels, title, _version(drawn), exact=shaded)
    return buffer.getvalue()
