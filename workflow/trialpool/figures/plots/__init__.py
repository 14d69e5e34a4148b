"""Plots beside the forest plot: one function per plot, from effects or records to a figure.

Loaded on first use, like the forest plot.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialpool.figures.plots.bubble import bubble_plot
    from trialpool.figures.plots.drawing.files import save_plot
    from trialpool.figures.plots.drawing.scene import PlotFigure
    from trialpool.figures.plots.funnel import funnel_plot, radial_plot
    from trialpool.figures.plots.gosh import gosh_plot
    from trialpool.figures.plots.influence import baujat_plot, influence_plot
    from trialpool.figures.plots.labbe import labbe_plot
    from trialpool.figures.plots.network.adjusted_funnel import network_funnel_plot
    from trialpool.figures.plots.network.graph import network_plot
    from trialpool.figures.plots.network.heat import net_heat_plot
    from trialpool.figures.plots.network.league import league_plot
    from trialpool.figures.plots.network.ranks import rank_plot
    from trialpool.figures.plots.orchard import orchard_plot
    from trialpool.figures.plots.overview import overview_plot
    from trialpool.figures.plots.posterior import posterior_plot
    from trialpool.figures.plots.refits import cumulative_plot, leave_one_out_plot
    from trialpool.figures.plots.risk_of_bias import risk_of_bias_plot
    from trialpool.figures.plots.specification import specification_curve
    from trialpool.figures.plots.survival import survival_plot

HOMES = {
    "PlotFigure": "drawing.scene",
    "baujat_plot": "influence",
    "bubble_plot": "bubble",
    "cumulative_plot": "refits",
    "funnel_plot": "funnel",
    "gosh_plot": "gosh",
    "influence_plot": "influence",
    "labbe_plot": "labbe",
    "league_plot": "network.league",
    "leave_one_out_plot": "refits",
    "net_heat_plot": "network.heat",
    "network_funnel_plot": "network.adjusted_funnel",
    "network_plot": "network.graph",
    "orchard_plot": "orchard",
    "overview_plot": "overview",
    "posterior_plot": "posterior",
    "radial_plot": "funnel",
    "rank_plot": "network.ranks",
    "risk_of_bias_plot": "risk_of_bias",
    "save_plot": "drawing.files",
    "specification_curve": "specification",
    "survival_plot": "survival",
}

__all__ = [
    "PlotFigure",
    "baujat_plot",
    "bubble_plot",
    "cumulative_plot",
    "funnel_plot",
    "gosh_plot",
    "influence_plot",
    "labbe_plot",
    "league_plot",
    "leave_one_out_plot",
    "net_heat_plot",
    "network_funnel_plot",
    "network_plot",
    "orchard_plot",
    "overview_plot",
    "posterior_plot",
    "radial_plot",
    "rank_plot",
    "risk_of_bias_plot",
    "save_plot",
    "specification_curve",
    "survival_plot",
]


def __getattr__(name: str) -> Any:
    """Import a plot from its module when it is first asked for."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"trialpool.figures.plots.{HOMES[name]}"), name)
