"""Network meta-analysis: arrays in, frozen results out."""

from trialpool.pooling.network.additive import network_components
from trialpool.pooling.network.additive_results import AdditiveResult
from trialpool.pooling.network.analysis import NETWORK_MEASURES, network
from trialpool.pooling.network.classes.analysis import (
    CLASS_EFFECTS,
    CLASS_METHODS,
    network_classes,
)
from trialpool.pooling.network.classes.results import ClassesResult
from trialpool.pooling.network.estimates import Comparison
from trialpool.pooling.network.intervals import NETWORK_CI
from trialpool.pooling.network.joined import JoinedComparison
from trialpool.pooling.network.model import NETWORK_TAU2
from trialpool.pooling.network.ranking import SMALL_VALUES, Ranking, TreatmentRank
from trialpool.pooling.network.regression import NetworkRegression, network_regression
from trialpool.pooling.network.results import NetworkResult
from trialpool.pooling.network.studies import NetworkFault, NetworkInputError

__all__ = [
    "CLASS_EFFECTS",
    "CLASS_METHODS",
    "NETWORK_CI",
    "NETWORK_MEASURES",
    "NETWORK_TAU2",
    "SMALL_VALUES",
    "AdditiveResult",
    "ClassesResult",
    "Comparison",
    "JoinedComparison",
    "NetworkFault",
    "NetworkInputError",
    "NetworkRegression",
    "NetworkResult",
    "Ranking",
    "TreatmentRank",
    "network",
    "network_classes",
    "network_components",
    "network_regression",
]
