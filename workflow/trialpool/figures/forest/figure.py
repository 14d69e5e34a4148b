"""A drawn forest plot: its pages, what is on them, and how it is painted and saved."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trialpool.figures.canvas.geometry import Geometry, safe_id
from trialpool.figures.canvas.style import DPI, plot_style
from trialpool.figures.forest.marks.visuals import paint
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.table import PanelTable
from trialpool.figures.forest.sheet import csv_text
from trialpool.figures.forest.table import Table
from trialpool.files import write_bytes

# What a build writes of each plot, and what is written when it is asked for.
BUILT: Final = (".svg", ".pdf", ".png", ".csv")
FORMATS: Final = (*BUILT, ".tiff", ".eps")


@dataclass(frozen=True)
class ForestPage:
    """One page: where everything on it is, and its drawing, painted when it is asked for."""

    geometry: Geometry
    paint: Callable[[], Figure] = field(repr=False, compare=False)

    @cached_property
    def figure(self) -> Figure:
        """The drawing."""
        return self.paint()


@dataclass(frozen=True)
class ForestFigure:
    """A drawn forest plot.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing, or its first page. Add to it through its one axes, whose unit is a
        point with the origin at the top left.
    geometry : Geometry
        Where every text and mark is, in points; of the first page.
    table : Table or PanelTable
        The rows and texts drawn; of several panels each row has a part in each.
    notes : tuple of str
        Paragraphs under the plot.
    alt : str
        The figure in words.
    font_family : str
        Name under which the embedded font is known inside an SVG.
    pages : tuple of ForestPage
        All pages; rows keep their numbers in `table`.
    """

    table: Table | PanelTable
    notes: tuple[str, ...]
    alt: str
    font_family: str
    pages: tuple[ForestPage, ...]

    @property
    def figure(self) -> Figure:
        """The drawing, or its first page."""
        return self.pages[0].figure

    @property
    def geometry(self) -> Geometry:
        """Where every text and mark is, in points."""
        return self.pages[0].geometry

    @property
    def kind(self) -> str:
        """What plot it is."""
        return "forest"

    @property
    def id(self) -> str:
        """Identifier of the question, with which every id in the SVG begins."""
        return safe_id(self.table.id)

    def save(self, path: Path | str, dpi: int = DPI) -> tuple[Path, ...]:
        """Write the plot; the format is the extension: .svg, .pdf, .eps, .png, .tiff or .csv.

        Several pages are one PDF, and one file each of the others: ``name-1.svg``, ``name-2.svg``.

        Parameters
        ----------
        path : Path or str
        dpi : int
            Dots per inch of PNG and TIFF.

        Returns
        -------
        tuple of Path
            The files written.

        Raises
        ------
        ValueError
            If the extension is none of these.
        """
        return save_as(self, Path(path), dpi)

    def _repr_svg_(self) -> str | None:
        """Show in a notebook; several pages are shown by `_repr_html_`."""
        from trialpool.figures.canvas.rendering import svg_text

        return svg_text(self) if len(self.pages) < 2 else None

    def _repr_html_(self) -> str:
        texts = [re.sub(r"<\?xml[^>]*\?>", "", text).strip() for text in svg_pages(self)]
        return "\n".join(
            f'<div style="max-width:100%;overflow-x:auto">{text}</div>' for text in texts
        )


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
    for extension in BUILT:
        written += save_as(drawn, stem.with_name(stem.name + extension))
    return tuple(written)


def save_as(drawn: ForestFigure, path: Path, dpi: int = DPI) -> tuple[Path, ...]:
    """Write one format, that of the extension; several pages are numbered but in a PDF.

    Raises
    ------
    ValueError
        If the extension is not known.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise ValueError(f"{path.name}: the extension must be one of {', '.join(FORMATS)}")
    from trialpool.figures.canvas.rendering import pdf_of_pages, rendered

    if kind == ".csv":
        contents = [csv_text(drawn).encode("utf-8")]
    elif kind == ".svg":
        contents = [text.encode("utf-8") for text in svg_pages(drawn)]
    elif kind == ".pdf":
        contents = [pdf_of_pages(drawn, (page.figure for page in drawn.pages))]
    else:
        contents = [rendered(page, kind[1:], dpi) for page in _single_pages(drawn)]
    written = []
    for number, data in enumerate(contents, start=1):
        name = path.name if len(contents) == 1 else f"{path.stem}-{number}{path.suffix}"
        write_bytes(path.with_name(name), data)
        written.append(path.with_name(name))
    return tuple(written)


def svg_pages(drawn: ForestFigure, *, fonts: bool = True) -> list[str]:
    """Return the SVG of each page, with the fonts of its texts or their names alone."""
    from trialpool.figures.canvas.rendering import svg_text

    return [svg_text(page, fonts=fonts) for page in _single_pages(drawn)]


def _single_pages(drawn: ForestFigure) -> list[ForestFigure]:
    """Return each page as a plot of its own, with an id of its own."""
    if len(drawn.pages) < 2:
        return [drawn]
    return [
        replace(
            drawn,
            table=replace(drawn.table, id=f"{drawn.table.id}-{number}"),
            pages=(page,),
        )
        for number, page in enumerate(drawn.pages, start=1)
    ]


def page_of(
    geometry: Geometry, identifier: str, preset: Preset, family: str, ax: Axes | None
) -> ForestPage:
    """Return a page of its own size, or one at the top left of given axes, painted at once.

    Parameters
    ----------
    geometry : Geometry
        The layout.
    identifier : str
        Of the question: salt of the identifiers inside an SVG.
    preset : Preset
        Its palette is used.
    family : str
        Name under which the embedded font is known inside an SVG.
    ax : matplotlib.axes.Axes or None
        Axes to paint into, as large as they and the layout allow.
    """
    if ax is not None:
        figure = _fit(ax, geometry, identifier, preset, family)
        return ForestPage(geometry, lambda: figure)
    return ForestPage(geometry, partial(_paint_page, geometry, identifier, preset, family))


def _paint_page(geometry: Geometry, identifier: str, preset: Preset, family: str) -> Figure:
    """Paint one page on a figure of its size."""
    with plot_style(identifier):
        figure = Figure(figsize=(geometry.width / 72, geometry.height / 72), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(0.0, geometry.width)
        axes.set_ylim(geometry.height, 0.0)
        paint(axes, geometry, family, preset.palette)
    return figure


def _fit(axes: Axes, geometry: Geometry, identifier: str, preset: Preset, family: str) -> Figure:
    """Paint into given axes, at the top left and as large as they and the layout allow."""
    figure = axes.get_figure(root=True)
    if not isinstance(figure, Figure):
        raise ValueError("ax: these axes belong to no figure")
    box = axes.get_position(original=True)
    place = figure.transFigure if axes.figure is figure else axes.figure.transSubfigure
    left, bottom, right, top = place.transform_bbox(box).extents
    width, height = (right - left) * 72 / figure.dpi, (top - bottom) * 72 / figure.dpi
    scale = min(1.0, width / geometry.width, height / geometry.height)
    axes.set_axis_off()
    axes.set_aspect("auto")
    axes.set_xlim(0.0, width / scale)
    axes.set_ylim(height / scale, 0.0)
    with plot_style(identifier):
        paint(axes, geometry, family, replace(preset.palette, scale=scale))
    return figure
