"""Draw a forest plot of one panel: rows, an axis, notes under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis
from trialpool.figures.canvas.geometry import safe_id
from trialpool.figures.forest.columns import MM, plan_columns
from trialpool.figures.forest.figure import ForestFigure, page_of
from trialpool.figures.forest.layout import lay_out, paginate
from trialpool.figures.forest.options.display_options import (
    Choice,
    ordered,
    printable_choice,
)
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.presets import Preset, width_in_mm
from trialpool.figures.forest.rows import build_table
from trialpool.figures.forest.scaling import (
    cut_words,
    enlarges_squares,
    printable_record,
    table_axis,
)
from trialpool.figures.forest.table import Table
from trialpool.figures.forest.words.notes import alt_text, build_notes
from trialpool.figures.text.unprinted import notes_on_unprinted
from trialpool.records.results import ComparativeResult, Result, heaviest

R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Content(Generic[R]):
    """What a kind of question puts into its plot.

    Attributes
    ----------
    table : callable
        Rows and texts of a record.
    notes : callable
        Paragraphs under the plot, from record, rows and axis.
    alt : callable
        The plot in words, from record and rows.
    """

    table: Callable[[R, Preset, Choice], Table]
    notes: Callable[[R, Table, Axis], tuple[str, ...]]
    alt: Callable[[R, Table], str]


def draw_one_panel(result: R, options: ForestOptions, content: Content[R]) -> ForestFigure:
    """Lay out and paint a record.

    Raises
    ------
    ValueError
        As of `trialpool.figures.draw_forest`.
    """
    preset, asked, ax = options.preset, options.choice, options.ax
    chosen = ordered(heaviest(result, options.heaviest), asked.order)
    if isinstance(options.title, str):
        chosen = msgspec.structs.replace(chosen, title=options.title)
    printed = printable_record(chosen)
    table = content.table(printed, preset, printable_choice(asked))
    width = width_in_mm(options.width_mm)
    columns = plan_columns(table, None if width is None else width * MM)
    axis = table_axis(table, columns.panel.width)
    notes = (*_left_out(result, chosen), *content.notes(printed, table, axis))
    notes += notes_on_unprinted(
        (chosen, asked.arms, asked.rob_names),
        lambda: (content.table(chosen, preset, asked), asked.rob_names),
    )
    pages = paginate(table, options.rows_per_page)
    if ax is not None and len(pages) > 1:
        raise ValueError("ax: a plot of several pages needs figures of its own; leave out ax")
    family = f"{safe_id(table.id)} sans"
    drawn = []
    for page in pages:
        geometry = lay_out(table, axis, columns, notes, title=bool(options.title), page=page)
        drawn.append(page_of(geometry, table.id, table.preset, family, ax))
    return ForestFigure(
        table=table,
        notes=notes,
        alt=content.alt(printed, table),
        font_family=family,
        pages=tuple(drawn),
    )


def _left_out(result: Result, drawn: Result) -> tuple[str, ...]:
    """Say what is not drawn, where that is anything."""
    every, shown = len(result.trials), len(drawn.trials)
    if shown == every:
        return ()
    return (
        f"Of {fmt.whole(every)} trials the {fmt.whole(shown)} with the most weight in their groups "
        "are drawn. The pools are those of all trials.",
    )


def _notes(result: ComparativeResult, table: Table, axis: Axis) -> tuple[str, ...]:
    enlarged = enlarges_squares(table)
    return build_notes(result, table, clipped=cut_words(table, axis), enlarged=enlarged)


def draw_effects(result: ComparativeResult, options: ForestOptions) -> ForestFigure:
    """Draw the effects of trials that compare two sides, with their pools.

    Raises
    ------
    ValueError
        As of `trialpool.figures.draw_forest`.
    """
    return draw_one_panel(result, options, Content(build_table, _notes, alt_text))
