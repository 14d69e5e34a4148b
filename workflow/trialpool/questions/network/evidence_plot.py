"""Graph, league, net heat and adjusted funnel of a network, drawn of its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.plots.drawing.scene import PlotFigure
from trialpool.figures.plots.network.adjusted_funnel import Adjusted, draw_funnel
from trialpool.figures.plots.network.graph import TreatmentGraph, draw_graph
from trialpool.figures.plots.network.heat import Heat, draw_heat
from trialpool.figures.plots.network.league import draw_league
from trialpool.figures.plots.network.league_table import (
    BOTH,
    DIRECT,
    INDIRECT,
    LeaguePair,
    LeagueTable,
)
from trialpool.records.network import Evidence, LeagueEntry, NetworkFit, NetworkResult
from trialpool.records.pools import Effect

_EVIDENCE: Final = {"direct": DIRECT, "indirect": INDIRECT}
_NONE: Final = "no trial compares the reference"


def graph_plot(result: NetworkResult) -> PlotFigure:
    """Draw which nodes trials compare, in all parts."""
    found, fit = result.network.evidence, result.network.fit
    if found is None or fit is None:
        return _nothing(result, "graph", _NONE)
    graph = found.graph
    sizes = {node.name: node.n for node in graph.nodes}
    known = {name: n for name, n in sizes.items() if n is not None}
    drawn = TreatmentGraph(
        reference=fit.reference,
        k=len({trial for part in result.network.parts for trial in part.trials}),
        parts=tuple(part.nodes for part in result.network.parts),
        trials={node.name: node.trials for node in graph.nodes},
        patients=known if len(known) == len(sizes) else None,
        edges={(e.treatment, e.against): (len(e.trials), e.precision) for e in graph.edges},
        several={design.nodes: len(design.trials) for design in graph.several},
    )
    return draw_graph(drawn, title=result.title, width_mm=190.0, identifier=f"{result.id}-graph")


def league_plot(result: NetworkResult) -> PlotFigure:
    """Draw all pairs, nodes in the order of the estimates against the reference."""
    found, fit = result.network.evidence, result.network.fit
    if found is None or fit is None:
        return _nothing(result, "league", _NONE)
    sign = 1.0 if result.benefit == "lower" else -1.0
    against = {one.treatment: sign * one.estimate for one in fit.effects} | {fit.reference: 0.0}
    names = tuple(sorted(against, key=lambda name: (against[name], name)))
    model = "random effects with the Hartung-Knapp interval"
    if fit.prior is not None:
        model = f"posterior with the {fit.prior}"
    table = LeagueTable(
        names=names,
        pairs=tuple(_pairs(names, fit, found)),
        measure=result.measure,
        level=result.settings.level,
        small_values="good" if result.benefit == "lower" else "bad",
        k=fit.k,
        order="treatments by their estimates",
        model=model,
    )
    return draw_league(table, title=result.title, identifier=f"{result.id}-league")


def _pairs(names: Sequence[str], fit: NetworkFit, found: Evidence) -> Iterator[LeaguePair]:
    trials = {frozenset((e.treatment, e.against)): len(e.trials) for e in found.graph.edges}
    place = {name: i for i, name in enumerate(names)}
    for one in fit.league:
        upper, lower = sorted((one.treatment, one.against), key=place.__getitem__)
        network = Effect(
            estimate=one.estimate, se=one.se, ci_lower=one.ci_lower, ci_upper=one.ci_upper
        )
        yield LeaguePair(
            upper=upper,
            lower=lower,
            k=trials.get(frozenset((upper, lower)), 0),
            network=_turned(one, network, lower),
            direct=None if one.direct is None else _turned(one, one.direct, upper),
            share=one.direct_share,
            evidence=_EVIDENCE.get(one.evidence, BOTH),
        )


def _turned(entry: LeagueEntry, effect: Effect, first: str) -> tuple[float, float, float]:
    own = effect if entry.treatment == first else effect.turned()
    return own.estimate, own.ci_lower, own.ci_upper


def heat_plot(result: NetworkResult) -> PlotFigure:
    """Draw which designs disagree."""
    found = result.network.evidence
    if found is None or found.heat is None:
        return _nothing(result, "net-heat", "no two designs bear on the same comparison")
    heat = found.heat
    drawn = Heat(
        heat.designs, np.array(heat.shares), np.array(heat.q), np.array(heat.change), heat.total,
        heat.tau2,
    )  # fmt: skip
    return draw_heat(drawn, heat.df, title=result.title, identifier=f"{result.id}-net-heat")


def funnel_plot(result: NetworkResult) -> PlotFigure:
    """Draw the effects against the reference, less the direct estimate of their comparison."""
    found, fit = result.network.evidence, result.network.fit
    if found is None or fit is None or found.funnel is None:
        reason = "fewer than ten contrasts with the reference"
        return _nothing(result, "adjusted-funnel", reason)
    funnel, labels = found.funnel, {trial.trial_id: trial.label for trial in result.trials}
    drawn = Adjusted(
        tuple(labels.get(one.trial, one.trial) for one in funnel.effects),
        tuple((one.later, one.earlier) for one in funnel.effects),
        np.array([one.effect for one in funnel.effects]),
        np.array([one.se for one in funnel.effects]),
        funnel.left_out,
        funnel.bias,
        funnel.p_value,
    )
    return draw_funnel(
        drawn, result.measure, f"{fit.reference} < all others", title=result.title,
        identifier=f"{result.id}-adjusted-funnel",
    )  # fmt: skip


def _nothing(result: NetworkResult, name: str, reason: str) -> PlotFigure:
    """Say why there is nothing to draw."""
    board = Board(f"{result.id}-{name}", result.title, 120.0)
    told = f"Not drawn: {reason}."
    return board.finish(told, ("reason",), [(reason,)], (told,))
