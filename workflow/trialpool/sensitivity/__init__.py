"""How much a pooled effect hangs on single trials, on time and on groups.

Arrays in, frozen dataclasses of arrays out. Everything that fits again goes
through `trialpool.pooling.random_effects_many`.
"""

from trialpool.sensitivity.deletion import Baujat, Influence, baujat, influence
from trialpool.sensitivity.groups import Subgroups, subgroups
from trialpool.sensitivity.refits import Refits, cumulative, leave_one_out

__all__ = [
    "Baujat",
    "Influence",
    "Refits",
    "Subgroups",
    "baujat",
    "cumulative",
    "influence",
    "leave_one_out",
    "subgroups",
]
