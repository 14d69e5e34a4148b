"""Figures of a question on single arms: the forest plot of proportions in percent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trialpool.records.proportion import ProportionResult

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.plots.drawing.scene import PlotFigure

# What is said where only comparisons are drawn: beside another result, and in the overview.
COMPARES_NOTHING: Final = "proportions of single arms"


def forest(result: ProportionResult, options: ForestOptions) -> ForestFigure:
    """Draw arms and pools.

    Raises
    ------
    ValueError
        If columns are chosen.
    """
    from trialpool.figures.forest.one_panel import Content, draw_one_panel
    from trialpool.questions.proportion.forest_rows import (
        build_proportion_table,
        proportion_alt,
        proportion_notes,
    )

    if options.choice.columns is not None or options.choice.columns_right is not None:
        raise ValueError("columns: those of a plot of proportions cannot be chosen")
    content = Content[ProportionResult](
        lambda result, preset, choice: build_proportion_table(result, preset),
        lambda result, table, axis: (proportion_notes(result),),
        lambda result, table: proportion_alt(result),
    )
    return draw_one_panel(result, options, content)


def plots(result: ProportionResult) -> dict[str, PlotFigure]:
    """Return further figures by the name of their files: none."""
    return {}
