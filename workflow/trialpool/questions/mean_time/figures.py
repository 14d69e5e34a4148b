"""Figures of a question on curves: the forest plot of the months, and the course over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialpool.records.mean_time import MeanTimeResult

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.plots.drawing.scene import PlotFigure


def forest(result: MeanTimeResult, options: ForestOptions) -> ForestFigure:
    """Draw trials and pools."""
    from trialpool.figures.forest.one_panel import draw_effects

    return draw_effects(result, options)


def plots(result: MeanTimeResult) -> dict[str, PlotFigure]:
    """Return further figures by the name of their files."""
    from trialpool.questions.mean_time.course_plot import course_plot

    return {"curves": course_plot(result)}
