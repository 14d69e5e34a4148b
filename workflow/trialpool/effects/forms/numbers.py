"""Checks of counts, person-time, means and correlations, row by row."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Final

from trialpool.effects.forms.form import Fault, Numbers

_CHECK: Final = "Check the number."


def whole_faults(i: int, numbers: Numbers, columns: Iterable[str]) -> list[Fault]:
    """Find numbers of patients or events that are not whole, or negative."""
    message = "a number of patients must be whole and not negative"
    remedy = "Enter the count, not a percentage."
    return [
        Fault(i, name, numbers[name].text, "whole-number", message, remedy)
        for name in columns
        if name in numbers and (numbers[name].value < 0 or not numbers[name].value.is_integer())
    ]


def count_faults(i: int, numbers: Numbers, arms: Collection[tuple[str, str]]) -> list[Fault]:
    """Check that counts are whole and no arm has more events than patients."""
    faults = whole_faults(i, numbers, [name for arm in arms for name in arm])
    if faults:
        return faults
    for events_column, n_column in arms:
        events, n = numbers[events_column], numbers[n_column]
        if n.value < 1:
            message, remedy = "an arm needs at least one patient", "Check the number of patients."
            faults.append(Fault(i, n_column, n.text, "patients", message, remedy))
        elif events.value > n.value:
            message = f"more events than the arm's {n.text} patients"
            remedy = "Check the two numbers."
            faults.append(Fault(i, events_column, events.text, "events-within-n", message, remedy))
    return faults


def size_faults(i: int, numbers: Numbers, column: str, least: int) -> list[Fault]:
    """Check that a number of patients is whole and large enough for a variance."""
    faults = whole_faults(i, numbers, [column])
    if not faults and numbers[column].value < least:
        message = f"at least {least} patients are needed"
        remedy = "Check the number of patients, or take the row out."
        faults.append(Fault(i, column, numbers[column].text, "patients", message, remedy))
    return faults


def above_faults(i: int, numbers: Numbers, columns: Iterable[str], rule: str) -> list[Fault]:
    """Find numbers that must be above 0 and are not."""
    return [
        Fault(i, name, numbers[name].text, rule, f"{name} must be above 0", _CHECK)
        for name in columns
        if name in numbers and not numbers[name].value > 0
    ]


def inside_faults(
    i: int, numbers: Numbers, column: str, low: float = -1.0, high: float = 1.0
) -> list[Fault]:
    """Find a number that does not lie between two ends."""
    if column not in numbers or low < numbers[column].value < high:
        return []
    ends = f"{low:g} and {high:g}".replace("-", "−")
    message = f"{column} must lie between {ends}"
    if math.isinf(low):
        message = f"{column} must be below {high:g}"
    return [Fault(i, column, numbers[column].text, "range", message, _CHECK)]
