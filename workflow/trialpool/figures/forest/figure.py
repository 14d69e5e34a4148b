"""A drawn forest plot: its pages, what is on them, and how it is painted and saved."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trialpool.figures.canvas.geometry import Geometry
from trialpool.figures.canvas.style import plot_style
from trialpool.figures.forest.marks.visuals import paint
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.table import PanelTable
from trialpool.figures.forest.table import Table


@dataclass(frozen=True)
class ForestPage:
    """One page: its drawing and where everything on it is."""

    figure: Figure
    geometry: Geometry


@dataclass(frozen=True)
class ForestFigure:
    """A drawn forest plot.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing, or its first page. Add to it through its one axes, whose unit is a
        point with the origin at the top left.
    geometry : Geometry
        Where every text and mark is, in points.
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

    figure: Figure
    geometry: Geometry
    table: Table | PanelTable
    notes: tuple[str, ...]
    alt: str
    font_family: str
    pages: tuple[ForestPage, ...] = ()

    @property
    def kind(self) -> str:
        """What plot it is."""
        return "forest"

    @property
    def id(self) -> str:
        """Identifier of the question, with which every id in the SVG begins."""
        return safe_id(self.table.id)

    def save(self, path: Path | str) -> tuple[Path, ...]:
        """Write the plot; the format is the extension: .svg, .pdf, .png or .csv.

        Several pages are one PDF, and one SVG or PNG each: ``name-1.svg``, ``name-2.svg``.

        Returns
        -------
        tuple of Path
            The files written.

        Raises
        ------
        ValueError
            If the extension is none of these.
        """
        from trialpool.figures.canvas.rendering import save_as

        return save_as(self, Path(path))

    def _repr_svg_(self) -> str | None:
        """Show in a notebook; several pages are shown by `_repr_html_`."""
        from trialpool.figures.canvas.rendering import svg_text

        return svg_text(self) if len(self.pages) < 2 else None

    def _repr_html_(self) -> str:
        from trialpool.figures.canvas.rendering import svg_pages

        texts = [re.sub(r"<\?xml[^>]*\?>", "", text).strip() for text in svg_pages(self)]
        return "\n".join(
            f'<div style="max-width:100%;overflow-x:auto">{text}</div>' for text in texts
        )


def safe_id(identifier: str) -> str:
    """Turn an identifier into letters, digits, "-" and "_"."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", identifier)


def paint_page(
    geometry: Geometry, identifier: str, preset: Preset, family: str, ax: Axes | None = None
) -> Figure:
    """Paint one page on a figure of its size, or at the top left of given axes.

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
    ax : matplotlib.axes.Axes, optional
        Axes to paint into, as large as they and the layout allow.
    """
    if ax is not None:
        return _fit(ax, geometry, identifier, preset, family)
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
