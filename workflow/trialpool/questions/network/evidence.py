"""What is drawn of a network, in numbers."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from trialpool.pooling.network import NetworkResult as Fitted
from trialpool.pooling.network.evidence.funnel import comparison_adjusted
from trialpool.pooling.network.evidence.heat import net_heat
from trialpool.pooling.network.studies import StudyEffects
from trialpool.records.network import (
    AdjustedEffect,
    Design,
    Evidence,
    Funnel,
    Graph,
    GraphEdge,
    GraphNode,
    HeatMap,
)

# As for every other test of small-study effects: Cochrane Handbook 6.5, 13.3.5.4.
FEWEST: Final = 10


def evidence_of(fitted: Fitted | None) -> Evidence | None:
    """Count and compare; None where no trial compares the reference."""
    if fitted is None:
        return None
    return Evidence(graph=_graph(fitted), heat=_heat(fitted), funnel=_funnel(fitted))


def _graph(fitted: Fitted) -> Graph:
    studies = (*fitted.studies, *fitted.apart)
    names = [name for part in fitted.components for name in part.treatments]
    edges: dict[tuple[str, str], list[StudyEffects]] = {}
    several: dict[tuple[str, ...], list[str]] = {}
    for study in studies:
        for pair in combinations(study.treatments, 2):
            edges.setdefault(pair, []).append(study)
        if len(study.treatments) > 2:
            several.setdefault(study.treatments, []).append(study.label)
    tau2 = fitted.tau2.value
    return Graph(
        nodes=tuple(_node(name, [s for s in studies if name in s.treatments]) for name in names),
        edges=tuple(
            GraphEdge(
                treatment=a,
                against=b,
                trials=tuple(study.label for study in own),
                precision=sum(1.0 / (study.contrast(a, b)[1] + tau2) for study in own),
            )
            for (a, b), own in edges.items()
        ),
        several=tuple(
            Design(nodes=nodes, trials=tuple(labels)) for nodes, labels in several.items()
        ),
    )


def _node(name: str, own: list[StudyEffects]) -> GraphNode:
    sizes = [None if s.patients is None else s.patients[s.treatments.index(name)] for s in own]
    known = [size for size in sizes if size is not None]
    n = sum(known) if len(known) == len(sizes) else None
    return GraphNode(name=name, trials=len(own), n=n)


def _heat(fitted: Fitted) -> HeatMap | None:
    if fitted.decomposition.between.q is None:
        return None
    found = net_heat(fitted.studies, fitted.treatments, 0.0)
    return HeatMap(
        designs=found.designs,
        shares=tuple(map(tuple, found.shares.tolist())),
        q=tuple(found.q.tolist()),
        change=tuple(map(tuple, found.change.tolist())),
        total=found.total,
        tau2=found.tau2,
        df=fitted.decomposition.between.df,
    )


def _funnel(fitted: Fitted) -> Funnel | None:
    found = comparison_adjusted(fitted.studies, (fitted.reference,))
    if len(found.labels) < FEWEST:
        return None
    return Funnel(
        effects=tuple(
            AdjustedEffect(trial=label, later=later, earlier=earlier, effect=effect, se=se)
            for label, (later, earlier), effect, se in zip(
                found.labels, found.pairs, found.effects.tolist(), found.errors.tolist(),
                strict=True,
            )
        ),
        left_out=found.left_out,
        bias=found.bias,
        bias_se=found.bias_se,
        p_value=found.p_value,
    )  # fmt: skip
