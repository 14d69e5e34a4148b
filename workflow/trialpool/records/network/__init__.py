"""Questions on all treatments of a setting at once: networks of what arms are given.

The groups of a result are the direct comparisons, pooled as in every question that compares
treatments; `network` holds what all of them together say.
"""

from __future__ import annotations

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
from trialpool.records.network.tests import ChiSquare
from trialpool.records.results import ComparativeResult

__all__ = [
    "ASKED",
    "QUESTION",
    "RESULT",
    "AssumedEffect",
    "ChiSquare",
    "Circumstance",
    "ClassesFit",
    "ClassesSetting",
    "ComparisonShare",
    "ComponentsFit",
    "ComponentsSetting",
    "CovariateFit",
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


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = NetworkAsked, NetworkQuestion, NetworkResult
