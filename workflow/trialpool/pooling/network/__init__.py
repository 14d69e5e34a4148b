"""Network meta-analysis: arrays in, frozen results out."""

from trialpool.pooling.network.analysis import NETWORK_MEASURES, network
from trialpool.pooling.network.estimates import Comparison
from trialpool.pooling.network.intervals import NETWORK_CI
from trialpool.pooling.network.model import NETWORK_TAU2
from trialpool.pooling.network.ranking import SMALL_VALUES
from trialpool.pooling.network.results import NetworkResult
from trialpool.pooling.network.studies import NetworkFault, NetworkInputError

__all__ = [
    "NETWORK_CI",
    "NETWORK_MEASURES",
    "NETWORK_TAU2",
    "SMALL_VALUES",
    "Comparison",
    "NetworkFault",
    "NetworkInputError",
    "NetworkResult",
    "network",
]
