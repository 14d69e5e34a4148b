"""Draw a forest plot from one result record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from trialpool.figures.canvas.geometry import safe_id
from trialpool.figures.forest.columns import MM, plan_columns
from trialpool.figures.forest.figure import ForestFigure, ForestPage, paint_page
from trialpool.figures.forest.layout import lay_out, paginate
from trialpool.figures.forest.options.display_options import Choice, ordered, printable_choice
from trialpool.figures.forest.options.presets import Preset, get_preset, width_in_mm
from trialpool.figures.forest.panels.interaction import draw_interaction, is_interaction
from trialpool.figures.forest.proportion_rows import (
    build_proportion_table,
    proportion_alt,
    proportion_notes,
)
from trialpool.figures.forest.rows import build_table
from trialpool.figures.forest.scaling import (
    cuts_intervals,
    enlarges_squares,
    printable_record,
    table_axis,
)
from trialpool.figures.forest.table import Table
from trialpool.figures.forest.words.notes import alt_text, build_notes
from trialpool.figures.text.unprinted import notes_on_unprinted

__all__ = ["ForestFigure", "draw_forest"]


def draw_forest(
    result: Mapping[str, Any],
    *,
    width_mm: float | str | None = None,
    title: bool | str = True,
    preset: Preset | str = "default",
    choice: Choice | None = None,
    rows_per_page: int | None = None,
    ax: Axes | None = None,
    levels: bool = True,
) -> ForestFigure:
    """Draw the forest plot of a result record.

    The size follows from the content: texts are measured first, columns are as wide
    as their texts (long ones wrap), and the height is that of the rows.

    Parameters
    ----------
    result : mapping
        A result record as loaded from ``result.json``.
    width_mm : float or str, optional
        Final width, or the name of one (`forest.options.presets.WIDTHS`). By default what
        the content needs, at most 260 mm where wrapping allows it.
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
    levels : bool
        A question about an interaction is drawn with the levels of each trial beside their
        ratio; False draws the ratios alone.

    Raises
    ------
    ValueError
        If `width_mm` is too narrow for the columns, a measure, preset or column is
        unknown, or a plot of several pages is to be drawn into axes.
    """
    if levels and is_interaction(result):
        return draw_interaction(
            result,
            width_mm=width_mm,
            title=title,
            preset=preset,
            choice=choice,
            rows_per_page=rows_per_page,
            ax=ax,
        )
    looks = preset if isinstance(preset, Preset) else get_preset(preset)
    asked = choice or Choice()
    chosen = ordered(result, asked.order)
    if isinstance(title, str):
        chosen = {**chosen, "title": title}
    printed, choice = printable_record(chosen), printable_choice(asked)
    single = bool(printed.get("single_arm"))
    if single and (choice.columns is not None or choice.columns_right is not None):
        raise ValueError("columns: those of a plot of proportions cannot be chosen")
    table = _table(printed, looks, choice)
    width = width_in_mm(width_mm)
    columns = plan_columns(table, None if width is None else width * MM)
    axis = table_axis(table, columns.panel.width)
    notes = (
        (proportion_notes(printed),)
        if single
        else build_notes(
            printed, table, clipped=cuts_intervals(table, axis), enlarged=enlarges_squares(table)
        )
    )
    notes += notes_on_unprinted(
        (chosen, asked.arms, asked.rob_names),
        lambda: (_table(chosen, looks, asked), asked.rob_names),
    )
    pages = paginate(table, rows_per_page)
    if ax is not None and len(pages) > 1:
        raise ValueError("ax: a plot of several pages needs figures of its own; leave out ax")
    family = f"{safe_id(table.id)} sans"
    drawn = []
    for page in pages:
        geometry = lay_out(table, axis, columns, notes, title=bool(title), page=page)
        figure = paint_page(geometry, table.id, table.preset, family, ax)
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


def _table(result: Mapping[str, Any], preset: Preset, choice: Choice) -> Table:
    if result.get("single_arm"):
        return build_proportion_table(result, preset)
    return build_table(result, preset, choice)
