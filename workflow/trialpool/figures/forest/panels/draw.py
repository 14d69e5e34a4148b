"""Draw a plot of several panels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trialpool.figures.canvas.geometry import safe_id
from trialpool.figures.forest.columns import MM
from trialpool.figures.forest.figure import ForestFigure, page_of
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.presets import width_in_mm
from trialpool.figures.forest.panels.columns import plan_panel_columns
from trialpool.figures.forest.panels.layout import lay_out_panels, paginate_panels
from trialpool.figures.forest.panels.table import PanelTable
from trialpool.figures.forest.scaling import cut_words, enlarges_squares, table_axis
from trialpool.figures.forest.table import Row, Table

Notes = Callable[[tuple[tuple[str, ...], ...], tuple[bool, ...]], tuple[str, ...]]


def draw_panels(table: PanelTable, notes: Notes, alt: str, options: ForestOptions) -> ForestFigure:
    """Lay out and paint.

    Parameters
    ----------
    table : PanelTable
    notes : callable
        Told for each panel what its arrows mean and whether a square is drawn larger, gives
        the paragraphs under the plot.
    alt : str
        The plot in words.
    options : ForestOptions
        Its width, title, pages and axes; the rest is in the table already.

    Raises
    ------
    ValueError
        If the width is too narrow, or a plot of several pages is to be drawn into axes.
    """
    width, ax = width_in_mm(options.width_mm), options.ax
    columns = plan_panel_columns(table, None if width is None else width * MM)
    axes = [
        table_axis(half, block.panel.width)
        for half, block in zip(table.panels, columns.blocks, strict=True)
    ]
    paragraphs = notes(
        tuple(cut_words(half, axis) for half, axis in zip(table.panels, axes, strict=True)),
        tuple(enlarges_squares(half) for half in table.panels),
    )
    pages = paginate_panels(table, options.rows_per_page)
    if ax is not None and len(pages) > 1:
        raise ValueError("ax: a plot of several pages needs figures of its own; leave out ax")
    family = f"{safe_id(table.id)} sans"
    drawn = []
    title = bool(options.title)
    for page in pages:
        geometry = lay_out_panels(table, axes, columns, paragraphs, title=title, page=page)
        drawn.append(page_of(geometry, table.id, table.preset, family, ax))
    return ForestFigure(
        table=table,
        notes=paragraphs,
        alt=alt,
        font_family=family,
        pages=tuple(drawn),
    )


def with_rows(half: Table, table: PanelTable, index: int) -> Table:
    """Return the table of a panel with the parts that are drawn in it, in order."""
    parts = (row.parts[index] for row in table.rows if row.parts)
    return replace(half, rows=tuple(part for part in parts if isinstance(part, Row)))
