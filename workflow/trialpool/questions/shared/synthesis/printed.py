"""What reports print of the effects that are analysed."""

from __future__ import annotations

import math
from typing import Final

from trialpool.measures import get_measure
from trialpool.records.trials import PrintedEffect, SelectedTrial

_CELLS: Final = ("estimate", "ci_lower", "ci_upper")
_SAME: Final = 1e-9


def printed_of(trial: SelectedTrial, measure: str) -> PrintedEffect | None:
    """Return the ratio of a trial as it was printed with its interval; None where it was not.

    One that was turned round (arms or levels swapped) was not printed as it stands.
    """
    if get_measure(measure).scale != "log":
        return None
    inputs = trial.derivation.inputs
    estimate, lower, upper = (inputs.get(name, "") for name in _CELLS)
    if not estimate or not lower or not upper:
        return None
    if abs(math.log(float(estimate)) - trial.estimate) > _SAME:
        return None
    level = inputs.get("ci_level", "")
    return PrintedEffect(estimate=estimate, ci_lower=lower, ci_upper=upper, ci_level=level)
