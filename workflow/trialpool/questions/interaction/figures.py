"""Figures of a question on an interaction: levels of each trial beside their ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialpool.measures import get_measure
from trialpool.records.interaction import InteractionResult

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.plots.drawing.scene import PlotFigure


def forest(result: InteractionResult, options: ForestOptions) -> ForestFigure:
    """Draw levels and ratios, or the ratios alone where no levels are asked for."""
    from trialpool.figures.forest.one_panel import draw_effects
    from trialpool.questions.interaction.forest_panels import draw_interaction

    if options.levels and get_measure(result.measure).ratio_of:
        return draw_interaction(result, options)
    return draw_effects(result, options)


def plots(result: InteractionResult) -> dict[str, PlotFigure]:
    """Return further figures by the name of their files: none."""
    return {}
