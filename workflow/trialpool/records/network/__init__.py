"""Questions on all treatments of a setting at once: networks of what arms are given.

The groups of a result are the direct comparisons, pooled as in every question that compares
treatments; `network` holds what all of them together say.
"""

from __future__ import annotations

from trialpool.records.base import record_from
from trialpool.records.network.analysed import (
    ComparisonShare,
    LeagueEntry,
    Network,
    NetworkAgain,
    NetworkFit,
    Node,
    NodeEffect,
    NodeRank,
    Part,
)
from trialpool.records.network.asked import (
    Circumstance,
    ClassesSetting,
    ComponentsSetting,
    NetworkAsked,
    NetworkPolicy,
    NetworkQuestion,
    NodeMerge,
    NodePair,
    NodesSetting,
)
from trialpool.records.network.assumed import (
    AssumedEffect,
    ClassesFit,
    ComponentsFit,
    CovariateFit,
    NamedEffect,
    Spread,
    SpreadAgain,
)
from trialpool.records.network.evidence import (
    AdjustedEffect,
    Design,
    Evidence,
    Funnel,
    Graph,
    GraphEdge,
    GraphNode,
    HeatMap,
)
from trialpool.records.network.tests import ChiSquare
from trialpool.records.pools import PooledEffect, PoolSummary
from trialpool.records.results import ComparativeResult

__all__ = [
    "ASKED",
    "QUESTION",
    "RESULT",
    "AdjustedEffect",
    "AssumedEffect",
    "ChiSquare",
    "Circumstance",
    "ClassesFit",
    "ClassesSetting",
    "ComparisonShare",
    "ComponentsFit",
    "ComponentsSetting",
    "CovariateFit",
    "Design",
    "Evidence",
    "Funnel",
    "Graph",
    "GraphEdge",
    "GraphNode",
    "HeatMap",
    "LeagueEntry",
    "NamedEffect",
    "Network",
    "NetworkAgain",
    "NetworkAsked",
    "NetworkFit",
    "NetworkPolicy",
    "NetworkQuestion",
    "NetworkResult",
    "Node",
    "NodeEffect",
    "NodeMerge",
    "NodePair",
    "NodeRank",
    "NodesSetting",
    "Part",
    "Spread",
    "SpreadAgain",
]


class NetworkResult(ComparativeResult, frozen=True, kw_only=True, tag="network"):
    """What a network gives."""

    network: Network

    @property
    def beyond_groups(self) -> tuple[PoolSummary, ...]:
        """Every node against the reference under the model that speaks."""
        fit = self.network.fit
        return () if fit is None else tuple(_summary(fit, one) for one in fit.effects)


def _summary(fit: NetworkFit, one: NodeEffect) -> PoolSummary:
    # A league has each pair once: this one may stand in it the other way round.
    entry = next(x for x in fit.league if {x.treatment, x.against} == {one.treatment, one.against})
    random = entry.random if entry.treatment == one.treatment else entry.random.turned()
    return PoolSummary(
        label=f"Network: {one.treatment} v {one.against}",
        k=one.k,
        estimate=one.estimate,
        ci_lower=one.ci_lower,
        ci_upper=one.ci_upper,
        tau2=fit.tau2 if fit.tau is None else fit.tau**2,
        i2=None,
        pi_lower=one.pi_lower,
        pi_upper=one.pi_upper,
        primary_model="single-trial" if one.k == 1 else fit.model,
        verdict=one.verdict.in_short(),
        models={fit.ci_method: record_from(random, PooledEffect)},
    )


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = NetworkAsked, NetworkQuestion, NetworkResult
