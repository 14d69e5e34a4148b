"""How much a pooled effect hangs on single trials, on time, on groups and on choices.

Arrays in, frozen dataclasses out. Everything that fits again goes through
`trialpool.pooling.random_effects_many`.
"""

from trialpool.sensitivity.deletion import Baujat, Influence, baujat, influence
from trialpool.sensitivity.gosh import Gosh, GoshSummary, gosh, summarise_gosh
from trialpool.sensitivity.groups import Subgroups, subgroups
from trialpool.sensitivity.multiverse import Multiverse, multiverse
from trialpool.sensitivity.pet_peese import PetPeese, pet_peese
from trialpool.sensitivity.ranks import RankTest, rank_test
from trialpool.sensitivity.refits import Cumulative, LeaveOneOut, Refits, cumulative, leave_one_out
from trialpool.sensitivity.selection_model import SelectionModel, selection_model
from trialpool.sensitivity.small_study import (
    MIN_TRIALS_FOR_TESTS,
    RegressionTest,
    egger,
    harbord,
    peters,
    regression_test,
)
from trialpool.sensitivity.trim_and_fill import TrimAndFill, trim_and_fill

__all__ = [
    "MIN_TRIALS_FOR_TESTS",
    "Baujat",
    "Cumulative",
    "Gosh",
    "GoshSummary",
    "Influence",
    "LeaveOneOut",
    "Multiverse",
    "PetPeese",
    "RankTest",
    "Refits",
    "RegressionTest",
    "SelectionModel",
    "Subgroups",
    "TrimAndFill",
    "baujat",
    "cumulative",
    "egger",
    "gosh",
    "harbord",
    "influence",
    "leave_one_out",
    "multiverse",
    "pet_peese",
    "peters",
    "rank_test",
    "regression_test",
    "selection_model",
    "subgroups",
    "summarise_gosh",
    "trim_and_fill",
]
