"""Draw a forest plot from one result record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.figure import Figure

from trialpool.figures.axis import Axis, make_axis
from trialpool.figures.columns import MM, SMALL, plan_columns
from trialpool.figures.fonts import printable, text_width
from trialpool.figures.geometry import Geometry
from trialpool.figures.layout import lay_out
from trialpool.figures.marks import is_enlarged
from trialpool.figures.notes import alt_text, build_notes
from trialpool.figures.proportion_rows import (
    build_proportion_table,
    proportion_alt,
    proportion_notes,
)
from trialpool.figures.rows import Table, build_table
from trialpool.figures.style import plot_style
from trialpool.figures.visuals import paint


@dataclass(frozen=True)
class ForestFigure:
    """A drawn forest plot.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The drawing. Add to it through its one axes, whose unit is a point with the
        origin at the top left.
    geometry : Geometry
        Where every text and mark is.
    table : Table
        The rows and texts drawn.
    notes : tuple of str
        Paragraphs under the plot.
    alt : str
        The figure in words.
    font_family : str
        Name under which the embedded font is known inside an SVG.
    """

    figure: Figure
    geometry: Geometry
    table: Table
    notes: tuple[str, ...]
    alt: str
    font_family: str

    @property
    def id(self) -> str:
        """Identifier of the question, with which every id in the SVG begins."""
        return safe_id(self.table.id)


def safe_id(identifier: str) -> str:
    """Turn an identifier into letters, digits, "-" and "_"."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", identifier)


def draw_forest(
    result: Mapping[str, Any], *, width_mm: float | None = None, title: bool = True
) -> ForestFigure:
    """Draw the forest plot of a result record.

    The size follows from the content: texts are measured first, columns are as wide
    as their texts (long ones wrap), and the height is that of the rows.

    Parameters
    ----------
    result : mapping
        A result record as loaded from ``result.json``.
    width_mm : float, optional
        Final width. By default what the content needs, at most 260 mm where wrapping
        allows it.
    title : bool
        Whether the title stands over the plot.

    Raises
    ------
    ValueError
        If `width_mm` is too narrow for the columns, or a measure is unknown.
    """
    printed = _printable(result)
    single = bool(printed.get("single_arm"))
    table = build_proportion_table(printed) if single else build_table(printed)
    columns = plan_columns(table, None if width_mm is None else width_mm * MM)
    axis = _axis(table, columns.panel.width)
    notes = (
        (proportion_notes(printed),)
        if single
        else build_notes(printed, table, clipped=_clips(table, axis), enlarged=_enlarges(table))
    )
    geometry = lay_out(table, axis, columns, notes, title=title)
    family = f"{safe_id(table.id)} sans"
    return ForestFigure(
        figure=_paint(geometry, table, family),
        geometry=geometry,
        table=table,
        notes=notes,
        alt=proportion_alt(printed) if single else alt_text(printed, table),
        font_family=family,
    )


def _paint(geometry: Geometry, table: Table, family: str) -> Figure:
    with plot_style(table.id):
        figure = Figure(figsize=(geometry.width / 72, geometry.height / 72), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(0.0, geometry.width)
        axes.set_ylim(geometry.height, 0.0)
        paint(axes, geometry, family)
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

    return make_axis(
        table.measure,
        table.null,
        [
            *(row.estimate for row in drawn if row.estimate is not None),
            *(value for row in drawn for value in row.margin if value is not None),
        ],
        pairs["trial"],
        pairs["pool"],
        label_fits=label_fits,
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
