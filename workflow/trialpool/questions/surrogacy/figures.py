"""Figures of a question on surrogacy: the pairs as a forest plot, and final over early effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trialpool.records.surrogacy.questions import SurrogacyResult

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.plots.drawing.scene import PlotFigure

# What is said where only comparisons are drawn: beside another result, and in the overview.
COMPARES_NOTHING: Final = "associations between endpoints"


def forest(result: SurrogacyResult, options: ForestOptions) -> ForestFigure:
    """Draw both effects of each trial."""
    from trialpool.questions.surrogacy.forest_pairs import draw_pairs

    return draw_pairs(result, options)


def plots(result: SurrogacyResult) -> dict[str, PlotFigure]:
    """Return further figures by the name of their files."""
    from trialpool.questions.surrogacy.bubble_plot import bubble_plot

    return {"bubble": bubble_plot(result)}
