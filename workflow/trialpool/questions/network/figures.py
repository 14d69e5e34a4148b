"""Figures of a network: forest plot of direct comparisons, all nodes, graph, league, loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialpool.records.network import NetworkResult

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.plots.drawing.scene import PlotFigure


def forest(result: NetworkResult, options: ForestOptions) -> ForestFigure:
    """Draw the trials and pools of the direct comparisons."""
    from trialpool.figures.forest.one_panel import draw_effects

    return draw_effects(result, options)


def plots(result: NetworkResult) -> dict[str, PlotFigure]:
    """Return further figures by the name of their files."""
    from trialpool.questions.network import evidence_plot
    from trialpool.questions.network.nodes_plot import nodes_plot

    return {
        "network": nodes_plot(result),
        "graph": evidence_plot.graph_plot(result),
        "league": evidence_plot.league_plot(result),
        "net-heat": evidence_plot.heat_plot(result),
        "adjusted-funnel": evidence_plot.funnel_plot(result),
    }
