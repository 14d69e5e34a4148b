"""Figures of a prognostic question: the forest plot of its effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialpool.records.prognosis import PrognosisResult

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.plots.drawing.scene import PlotFigure


def forest(result: PrognosisResult, options: ForestOptions) -> ForestFigure:
    """Draw trials and pools."""
    from trialpool.figures.forest.one_panel import draw_effects

    return draw_effects(result, options)


def plots(result: PrognosisResult) -> dict[str, PlotFigure]:
    """Return further figures by the name of their files: none."""
    return {}
