"""What a report prints of two arms together: a difference or ratio of means, a rate ratio."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from trialpool.effects.flags import PUBLISHED_OUTCOME
from trialpool.effects.forms.form import Numbers
from trialpool.effects.forms.printed import PRINTED, printed_form
from trialpool.effects.measures import DEFAULTS
from trialpool.effects.p_values import ROUNDING_LIMIT, other_test
from trialpool.effects.rung import Row, RowEffect, cells_of, number_in
from trialpool.evidence.printed import Printed, parse_p_value
from trialpool.measures import get_measure

_COLUMNS: Final = {code: column for column, code in PRINTED.items()}
_ADJUSTED: Final = {"yes": "adjusted or stratified estimate", "": "adjustment not stated"}
_SE: Final = "effect with standard error"
_INTERVAL: Final = "effect with interval"
_P: Final = "effect with two-sided p"
_FORMULAS: Final = {
    _INTERVAL: "se = (upper − lower) / (2 z) on the analysis scale, z from the interval's level",
    _SE: "se as printed, on the analysis scale",
    _P: "se = |yi| / z(p)",
}
_REFERENCES: Final = {
    _INTERVAL: "Cochrane Handbook 6.5, 6.3.1",
    _SE: "as printed",
    _P: "Cochrane Handbook 6.5, 6.3.2",
}


def published_contrast(row: Row) -> RowEffect:
    """Take the effect of a row of outcome_contrasts.csv with its standard error.

    From its interval, else from its standard error (of a ratio that of the logarithm), else from
    an exact two-sided p-value, if rounding leaves the standard error open by 5 % at most.
    """
    measure = str(row["measure"])
    scale = get_measure(measure).scale
    flags = (
        PUBLISHED_OUTCOME,
        *(text for word, text in _ADJUSTED.items() if row["adjusted"] == word),
    )
    cells = ("estimate", "ci_lower", "ci_upper", "ci_level", "se", "p_value", "unit")
    inputs = cells_of(row, *cells)
    numbers = {
        name: number
        for name, cell in (("estimate", "estimate"), *((c, c) for c in cells[1:4]), ("sei", "se"))
        if (number := number_in(row, cell)) is not None
    }
    if "estimate" not in numbers:
        return RowEffect("none", "no estimate was printed", measure, scale, inputs=inputs)
    numbers[_COLUMNS[measure]] = numbers.pop("estimate")
    way, used, reason = _way(row, numbers)
    found = _effect(measure, used) if way else reason
    if isinstance(found, str):
        yi = _analysed(measure, numbers[_COLUMNS[measure]])
        status = "unreadable" if way else "estimate-only"
        return RowEffect(status, found, measure, scale, yi, inputs=inputs, flags=flags)
    yi, sei = found
    lowest, highest = _open(measure, used)
    spread = max(highest / sei - 1.0, 1.0 - lowest / sei)
    if way == _P:
        flags = (*flags, "standard error from the p-value")
        if spread > ROUNDING_LIMIT:
            reason = "rounding of the estimate and its p-value leaves the standard error open"
            return RowEffect("estimate-only", reason, measure, scale, yi, inputs=inputs)
    bounds = (lowest, highest) if math.isfinite(highest) else (None, None)
    return RowEffect(
        "effect",
        measure=measure,
        scale=scale,
        yi=yi,
        sei=sei,
        sei_lower=bounds[0],
        sei_upper=bounds[1],
        rung=way,
        formula=_FORMULAS[way],
        reference=_REFERENCES[way],
        inputs=inputs,
        flags=flags,
    )


def _way(row: Row, numbers: Mapping[str, Printed]) -> tuple[str, dict[str, Printed], str]:
    """Choose what gives the standard error: its name, the numbers, or why there is none."""
    own = {name: number for name, number in numbers.items() if name in PRINTED}
    if "ci_lower" in numbers and "ci_upper" in numbers:
        level = {name: numbers[name] for name in ("ci_level",) if name in numbers}
        limits = {name: numbers[name] for name in ("ci_lower", "ci_upper")}
        return _INTERVAL, {**own, **limits, **level}, ""
    if "sei" in numbers:
        return _SE, {**own, "sei": numbers["sei"]}, ""
    reason = "an estimate without a confidence interval: no standard error"
    p = parse_p_value(str(row["p_value"]))
    if p is None:
        return "", {}, reason
    if not p.is_exact:
        return "", {}, f"{reason}; the p-value is a bound, not a number"
    if marked := other_test(p):
        return "", {}, f"{reason}; the p-value is marked {marked!r}"
    return _P, {**own, "p_value": p.number}, ""


def _effect(measure: str, numbers: Numbers) -> tuple[float, float] | str:
    form = printed_form(_COLUMNS[measure])
    (effect,), faults = form.derive([numbers], get_measure(measure), DEFAULTS)
    if effect is None:
        return "; ".join(fault.message for fault in faults)
    return effect.yi, math.sqrt(effect.vi)


def _open(measure: str, numbers: Numbers) -> tuple[float, float]:
    """Find the smallest and the largest standard error that the rounding allows.

    It rises or falls with each number, so its ends lie at corners of what the numbers may be.
    """
    moving: Sequence[str] = [name for name in numbers if name not in ("ci_level",)]
    if "ci_lower" in numbers:
        moving = ["ci_lower", "ci_upper"]
    found = []
    for corner in product(("lower", "upper"), repeat=len(moving)):
        moved = {
            name: replace(numbers[name], value=getattr(numbers[name], end))
            for name, end in zip(moving, corner, strict=True)
        }
        effect = _effect(measure, {**numbers, **moved})
        if isinstance(effect, str):
            return 0.0, math.inf
        found.append(effect[1])
    return min(found), max(found)


def _analysed(measure: str, estimate: Printed) -> float | None:
    try:
        return get_measure(measure).to_analysis(estimate.value)
    except ValueError:
        return None
