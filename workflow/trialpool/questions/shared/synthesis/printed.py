"""What reports print of the effects that are analysed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from msgspec import structs

from trialpool.records.trials import PrintedEffect, Trial

_CELLS: Final = ("estimate", "ci_lower", "ci_upper")
_SAME: Final = 1e-9


def with_printed(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Return the trials, each ratio that was printed with its interval beside what it became.

    One that was turned round (arms or levels swapped) was not printed as it stands.
    """
    return tuple(structs.replace(trial, printed=_printed(trial)) for trial in trials)


def _printed(trial: Trial) -> PrintedEffect | None:
    inputs = trial.derivation.inputs
    estimate, lower, upper = (inputs.get(name, "") for name in _CELLS)
    if not estimate or not lower or not upper:
        return None
    if abs(math.log(float(estimate)) - trial.estimate) > _SAME:
        return None
    level = inputs.get("ci_level", "")
    return PrintedEffect(estimate=estimate, ci_lower=lower, ci_upper=upper, ci_level=level)
