"""Draw a forest plot from one result record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trialpool.figures.axis import Axis, make_axis
from trialpool.figures.choice import Choice, ordered
from trialpool.figures.columns import MM, SMALL, plan_columns
from trialpool.figures.fonts import printable, text_width
from trialpool.figures.geometry import Geometry
from trialpool.figures.layout import lay_out, paginate
from trialpool.figures.marks import is_enlarged
from trialpool.figures.notes import alt_text, build_notes
from trialpool.figures.presets import Preset, get_preset, width_in_mm
from trialpool.figures.proportion_rows import (
    build_proportion_table,
    proportion_alt,
    proportion_notes,
)
from trialpool.figures.rows import build_table
from trialpool.figures.style import plot_style
from trialpool.figures.table import Table
from trialpool.figures.visuals import paint


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
    table : Table
        The rows and texts drawn.
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
    table: Table
    notes: tuple[str, ...]
    alt: str
    font_family: str
    pages: tuple[ForestPage, ...] = ()

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
        from trialpool.figures.save import save_as

        return save_as(self, Path(path))

    def _repr_svg_(self) -> str | None:
        """Show in a notebook; several pages are shown by `_repr_html_`."""
        from trialpool.figures.save import svg_text

        return svg_text(self) if len(self.pages) < 2 else None

    def _repr_html_(self) -> str:
        from trialpool.figures.save import svg_pages

        texts = [re.sub(r"<\?xml[^>]*\?>", "", text).strip() for text in svg_pages(self)]
        return "\n".join(
            f'<div style="max-width:100%;overflow-x:auto">{text}</div>' for text in texts
        )


def safe_id(identifier: str) -> str:
    """Turn an identifier into letters, digits, "-" and "_"."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", identifier)


def draw_forest(
    result: Mapping[str, Any],
    *,
    width_mm: float | str | None = None,
    title: bool | str = True,
    preset: Preset | str = "default",
    choice: Choice | None = None,
    rows_per_page: int | None = None,
    ax: Axes | None = None,
) -> ForestFigure:
    """Draw the forest plot of a result record.

    The size follows from the content: texts are measured first, columns are as wide
    as their texts (long ones wrap), and the height is that of the rows.

    Parameters
    ----------
    result : mapping
        A result record as loaded from ``result.json``.
    width_mm : float or str, optional
        Final width, or the name of one (`trialpool.figures.presets.WIDTHS`). By default
        what the content needs, at most 260 mm where wrapping allows it.
    title : bool or str
        Whether the title stands over the plot, or another title.
    preset : Preset or str
        "default", "jama", "bmj", "revman5" or "lancet".
    choice : Choice, optional
        Columns, names of the arms and order of the trials.
    rows_per_page : int, optional
        Split the plot where it has more rows; by default it is one page.
    ax : matplotlib.axes.Axes, optional
        Draw into these axes, shrunk as far as they ask for, never enlarged.

    Raises
    ------
    ValueError
        If `width_mm` is too narrow for the columns, a measure, preset or column is
        unknown, or a plot of several pages is to be drawn into axes.
    """
    looks = preset if isinstance(preset, Preset) else get_preset(preset)
    choice = choice or Choice()
    chosen = ordered(result, choice.order)
    if isinstance(title, str):
        chosen = {**chosen, "title": title}
    printed = _printable(chosen)
    single = bool(printed.get("single_arm"))
    if single and (choice.columns is not None or choice.columns_right is not None):
        raise ValueError("columns: those of a plot of proportions cannot be chosen")
    table = (
        build_proportion_table(printed, looks) if single else build_table(printed, looks, choice)
    )
    width = width_in_mm(width_mm)
    columns = plan_columns(table, None if width is None else width * MM)
    axis = _axis(table, columns.panel.width)
    notes = (
        (proportion_notes(printed),)
        if single
        else build_notes(printed, table, clipped=_clips(table, axis), enlarged=_enlarges(table))
    )
    pages = paginate(table, rows_per_page)
    if ax is not None and len(pages) > 1:
        raise ValueError("ax: a plot of several pages needs figures of its own; leave out ax")
    family = f"{safe_id(table.id)} sans"
    drawn = []
    for page in pages:
        geometry = lay_out(table, axis, columns, notes, title=bool(title), page=page)
        figure = (
            _paint(geometry, table, family) if ax is None else _fit(ax, geometry, table, family)
        )
        drawn.append(ForestPage(figure, geometry))
    return ForestFigure(
        figure=drawn[0].figure,
        geometry=drawn[0].geometry,
        table=table,
        notes=notes,
        alt=proportion_alt(printed) if single else alt_text(printed, table),
        font_family=family,
        pages=tuple(drawn),
    )


def _paint(geometry: Geometry, table: Table, family: str) -> Figure:
    with plot_style(table.id):
        figure = Figure(figsize=(geometry.width / 72, geometry.height / 72), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(0.0, geometry.width)
        axes.set_ylim(geometry.height, 0.0)
        paint(axes, geometry, family, table.preset.palette)
    return figure


def _fit(axes: Axes, geometry: Geometry, table: Table, family: str) -> Figure:
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
    with plot_style(table.id):
        paint(axes, geometry, family, replace(table.preset.palette, scale=scale))
    return figure


def _axis(table: Table, width: float) -> Axis:
    drawn = [row for row in table.rows if row.effect_parts]
    pairs = {
        kind: [
            (row.lower, row.upper)
            for row in drawn
            if (row.kind == "trial") == (kind == "trial")
            and row.lower is not None
            and row.upper is not None
        ]
        for kind in ("trial", "pool")
    }

    def label_fits(axis: Axis) -> bool:
        places = [
            (width * axis.fraction(tick.value), text_width(tick.text, SMALL) / 2)
            for tick in axis.ticks
        ]
        return all(
            right - left > half + other + 6.0 for (left, half), (right, other) in pairwise(places)
        )

    points = [
        *(row.estimate for row in drawn if row.estimate is not None),
        *(value for row in drawn for value in row.margin if value is not None),
    ]
    if table.preset.symmetric and any(table.favours):
        twice = 2 * table.null
        points += [twice - point for point in points]
        for kept in pairs.values():
            kept += [(twice - upper, twice - lower) for lower, upper in kept]
    return make_axis(
        table.measure, table.null, points, pairs["trial"], pairs["pool"], label_fits=label_fits
    )


def _clips(table: Table, axis: Axis) -> bool:
    return any(
        axis.clipped_sides(row.lower, row.upper)
        for row in table.rows
        if row.lower is not None and row.upper is not None
    )


def _enlarges(table: Table) -> bool:
    areas = [row.area for row in table.rows if row.area is not None]
    return any(is_enlarged(area, max(areas)) for area in areas)


def _printable(value: Any) -> Any:
    """Copy a record with every text in characters that the font has."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(key): _printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(item) for item in value]
    return value
