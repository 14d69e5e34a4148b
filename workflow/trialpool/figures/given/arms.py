"""What a user's table says of the arms of a trial, and of a trial of one arm by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trialpool.measures import Measure
from trialpool.records.tables import arm_of_table
from trialpool.records.trials import Arm, OwnEffect

if TYPE_CHECKING:
    from trialpool.effects.typed import EffectSizes

_NUMBERS = ("events", "n", "time", "mean", "sd")


def numbers_of(effects: EffectSizes, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Return the numbers that each effect was made from, by the names of the columns.

    What the effects do not know is read from the cells of their rows.
    """
    found: list[dict[str, float]] = [{} for _ in effects.rows]
    for own, cells in zip(found, rows, strict=True):
        own.update(
            {name: value for name, cell in cells.items() if (value := _real(cell)) is not None}
        )
    entered = effects.entered
    if entered is not None:
        place = {row: position for position, row in enumerate(entered.rows)}
        for own, row in zip(found, effects.rows, strict=True):
            for name, values in entered.columns.items():
                if row in place and math.isfinite(values[place[row]]):
                    own[name] = float(values[place[row]])
    return found


def arm(numbers: Mapping[str, float], side: str) -> Arm:
    """Return the arm of a side, "" for the one arm of a trial that compares nothing."""
    end = f"_{side}" if side else ""
    known: dict[str, Any] = {
        name: numbers[f"{name}{end}"] for name in _NUMBERS if f"{name}{end}" in numbers
    }
    for name in ("events", "n"):
        value = known.pop(name, None)
        if value is not None and float(value).is_integer():
            known[name] = int(value)
    return arm_of_table(**known)


def own_effect(only: Arm, measure: Measure, level: float) -> OwnEffect | None:
    """Return proportion or rate of a single arm with its exact interval; None of anything else.

    Notes
    -----
    Clopper and Pearson 1934, Biometrika 26:404; Garwood 1936, Biometrika 28:437.
    """
    if measure.compares or only.events is None:
        return None
    if measure.is_proportion and only.n:
        from trialpool.pooling.counts import exact_interval

        lower, upper = exact_interval(only.events, only.n, level=level)
        estimate, method = only.events / only.n, "Clopper and Pearson"
    elif only.time:
        from trialpool.pooling.counts import exact_rate_interval

        lower, upper = exact_rate_interval(only.events, only.time, level=level)
        estimate, method = only.events / only.time, "Poisson, Garwood"
    else:
        return None
    return OwnEffect(estimate=estimate, ci_lower=lower, ci_upper=upper, method=method)


def _real(cell: Any) -> float | None:
    """Read a number, None where the cell holds none."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
