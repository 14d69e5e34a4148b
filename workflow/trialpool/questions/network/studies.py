"""Trials of a network as the numerical core takes them, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

import numpy as np

from trialpool.pooling.network import NetworkResult as Fitted
from trialpool.pooling.network.evidence.funnel import comparison_adjusted
from trialpool.pooling.network.evidence.heat import net_heat
from trialpool.pooling.network.studies import StudyEffects, natural
from trialpool.questions.network.merging import Pair, merged
from trialpool.questions.shared.synthesis.multiarm import covariance_pairs
from trialpool.records.network import (
    AdjustedEffect,
    Design,
    Evidence,
    Funnel,
    Graph,
    GraphEdge,
    GraphNode,
    HeatMap,
    NodeMerge,
)
from trialpool.records.trials import SelectedTrial

# As for every other test of small-study effects: Cochrane Handbook 6.5, 13.3.5.4.
FEWEST: Final = 10


def studies_of(
    trials: Sequence[SelectedTrial],
    pairs: Mapping[str, Pair],
    measure: str,
    merges: Sequence[NodeMerge] = (),
) -> tuple[StudyEffects, ...]:
    """Turn comparisons into studies, those of one trial with their covariance.

    Parameters
    ----------
    trials : sequence of SelectedTrial
        The comparisons of one trial have an arm in common.
    pairs : mapping of str to (str, str)
        Group of a comparison to its nodes, the one that is tested first.
    measure : str
    merges : sequence of NodeMerge
        Nodes that are taken as one: comparisons within one are none, and of two with the same
        nodes in one trial the first stays.
    """
    of_trial: dict[str, list[tuple[SelectedTrial, Pair]]] = {}
    for trial in trials:
        ours, theirs = (merged(node, merges) for node in pairs[trial.group])
        known = of_trial.setdefault(trial.trial_id, [])
        if ours != theirs and {ours, theirs} not in [set(pair) for _, pair in known]:
            known.append((trial, (ours, theirs)))
    return tuple(_study(name, own, measure) for name, own in of_trial.items() if own)


def _study(name: str, own: Sequence[tuple[SelectedTrial, Pair]], measure: str) -> StudyEffects:
    """Bring comparisons that span the arms of a trial to one effect per arm, their mean 0."""
    members = [trial for trial, _ in own]
    treatments = tuple(sorted({node for _, pair in own for node in pair}, key=natural))
    covariance = np.diag([trial.se**2 for trial in members])
    for i, j, value in covariance_pairs(members, measure):
        covariance[i, j] = covariance[j, i] = value
    # Differences of arms; the pseudoinverse gives the arms whose mean is 0.
    differences = np.zeros((len(own), len(treatments)))
    for row, (_, (ours, theirs)) in enumerate(own):
        differences[row, treatments.index(ours)] = 1.0
        differences[row, treatments.index(theirs)] = -1.0
    back = np.linalg.pinv(differences)
    effects = back @ np.array([trial.estimate for trial in members])
    return StudyEffects(
        label=name,
        treatments=treatments,
        effects=effects,
        covariance=back @ covariance @ back.T,
        patients=_patients(own, treatments),
        rows=(),
    )


def _patients(
    own: Sequence[tuple[SelectedTrial, Pair]], treatments: Sequence[str]
) -> tuple[int, ...] | None:
    sizes: dict[str, int] = {}
    for trial, nodes in own:
        for node, arm in zip(nodes, (trial.experimental, trial.control), strict=True):
            if arm.n is not None:
                sizes[node] = arm.n
    if len(sizes) < len(treatments):
        return None
    return tuple(sizes[node] for node in treatments)


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
