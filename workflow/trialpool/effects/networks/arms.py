"""Rows of arms from a table: counts, means, rates, effects against a baseline; long or wide."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trialpool.effects.forms import Fault
from trialpool.effects.inputs import Table, is_missing
from trialpool.effects.networks.columns import Recognised
from trialpool.effects.table_files.labels import row_labels
from trialpool.effects.typed import parse_real
from trialpool.findings import Finding

_MOST_PATIENTS: Final = 1e12


@dataclass
class ArmRows:
    """Rows of arms while they are read.

    Attributes
    ----------
    study, treatment : list of str
    numbers : dict of str to list of float
        By role; NaN where not known.
    text : dict of str to list of str
        The cells behind `numbers`.
    rows : list of int
        Position of each in the table.
    findings : list of Finding
    warnings : list of Finding
    """

    study: list[str] = field(default_factory=list)
    treatment: list[str] = field(default_factory=list)
    numbers: dict[str, list[float]] = field(default_factory=dict)
    text: dict[str, list[str]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def select(self, keep: Sequence[bool]) -> None:
        """Keep some of the rows."""

        def kept(values: list) -> list:  # type: ignore[type-arg]
            return [value for value, own in zip(values, keep, strict=True) if own]

        self.study, self.treatment, self.rows = (
            kept(self.study), kept(self.treatment), kept(self.rows)
        )  # fmt: skip
        self.numbers = {role: kept(values) for role, values in self.numbers.items()}
        self.text = {role: kept(values) for role, values in self.text.items()}


def read_arms(table: Table, found: Recognised) -> ArmRows:
    """Read one row per arm, from a table with one row per arm or per trial.

    Parameters
    ----------
    table : Table
    found : Recognised
        Of any kind but contrasts.
    """
    arms = ArmRows()
    if found.kind == "wide":
        places: list[Mapping[str, str]] = [
            {
                role.rpartition(" ")[0]: header
                for role, header in found.columns.items()
                if role.endswith(f" {i}")
            }
            for i in range(1, found.arms + 1)
        ]
    else:
        places = [{role: header for role, header in found.columns.items() if role != "study"}]
    study = found.columns.get("study")
    roles = [role for role in places[0] if role != "treatment"]
    arms.numbers = {role: [] for role in roles}
    arms.text = {role: [] for role in roles}
    labels = () if study else row_labels(table, tuple(found.columns.values()))
    for i, row in enumerate(table.rows):
        label = row[study] if study else labels[i]
        for place in places:
            name = row[place["treatment"]]
            if found.kind == "wide" and is_missing(name):
                continue
            cells = {role: row[place[role]] for role in roles}
            for column, text in ((study, label), (place["treatment"], name)):
                if column and is_missing(text):
                    message, remedy = "the cell is empty", "Enter the name, or take the row out."
                    fault = Fault(i, column, text, "named", message, remedy)
                    arms.findings.append(table.finding(fault))
            arms.study.append(label)
            arms.treatment.append(name)
            arms.rows.append(i)
            for role, text in cells.items():
                optional = role == "n" and found.kind == "effects of arms"
                may_miss = optional or found.kind == "effects of arms"
                value, wrong = _CHECKS[role](i, place[role], text, may_miss)
                if wrong is not None:
                    arms.findings.append(table.finding(wrong))
                arms.numbers[role].append(value)
                arms.text[role].append(text)
    if "events" in roles and "n" in roles:
        _within(table, found, places, arms)
    if found.kind == "wide" and not arms.findings:
        _once(arms)
    return arms


def _within(
    table: Table, found: Recognised, places: Sequence[Mapping[str, str]], arms: ArmRows
) -> None:
    """No more events than patients."""
    for i, events, n, text, of in zip(
        arms.rows, arms.numbers["events"], arms.numbers["n"], arms.text["events"],
        arms.text["n"], strict=True,
    ):  # fmt: skip
        if events > n:
            column = next((p["events"] for p in places if table.rows[i][p["events"]] == text), "")
            message = f"more events than the arm's {of} patients"
            remedy = "Check the two numbers."
            fault = Fault(i, column, text, "events-within-n", message, remedy)
            arms.findings.append(table.finding(fault))


def _once(arms: ArmRows) -> None:
    """Keep an arm that several rows of a trial repeat with the same numbers once."""
    seen: set[tuple[object, ...]] = set()
    first: dict[tuple[str, str], int] = {}
    keep = []
    for at, row in enumerate(arms.rows):
        own = (arms.study[at], arms.treatment[at])
        key = (*own, *(numbers[at] for numbers in arms.numbers.values()))
        # Within one row two equal arms are two arms, and one of their names is wrong.
        keep.append(not (key in seen and row != first[own]))
        seen.add(key)
        first.setdefault(own, row)
    arms.select(keep)


_Checked = tuple[float, Fault | None]


def _real(i: int, column: str, text: str, may_miss: bool) -> _Checked:
    if is_missing(text, number=True):
        if may_miss:
            return math.nan, None
        remedy = "Enter it, take the row out, or leave such rows out with --drop-missing."
        message = "its value is not known" if text else "the cell is empty"
        return math.nan, Fault(i, column, text, "number", message, remedy)
    number = parse_real(text)
    if number is None:
        remedy = "Write plain digits, for example 12; no NaN, no comma, no % sign."
        return math.nan, Fault(i, column, text, "number", "not a number", remedy)
    return number.value, None


def _positive(i: int, column: str, text: str, may_miss: bool) -> _Checked:
    value, fault = _real(i, column, text, may_miss)
    if fault is None and value <= 0.0:
        remedy = "A number without a spread cannot be weighed: check it, or take the row out."
        return value, Fault(i, column, text, "positive-error", "must be above 0", remedy)
    return value, fault


def _count(i: int, column: str, text: str, may_miss: bool) -> _Checked:
    value, fault = _real(i, column, text, may_miss)
    if fault is not None or math.isnan(value):
        return value, fault
    if value < 0 or not value.is_integer() or value > _MOST_PATIENTS:
        message = "a number of patients must be whole and not negative"
        remedy = "Enter the count, not a percentage."
        return value, Fault(i, column, text, "whole-number", message, remedy)
    return value, None


def _patients(i: int, column: str, text: str, may_miss: bool) -> _Checked:
    value, fault = _count(i, column, text, may_miss)
    if fault is None and value < 1:
        message = "an arm needs at least one patient"
        return value, Fault(i, column, text, "patients", message, "Check the number of patients.")
    return value, fault


_CHECKS: Final[Mapping[str, Callable[[int, str, str, bool], _Checked]]] = {
    "events": _count,
    "n": _patients,
    "yi": _real,
    "mean": _real,
    "sei": _positive,
    "vi": _positive,
    "sd": _positive,
    "se": _positive,
    "exposure": _positive,
}


def rates(arms: ArmRows) -> tuple[list[float], list[float], set[str]]:
    """Log rates with their variances; 0.5 to all arms of a trial with an arm without events.

    Returns
    -------
    yi, vi : list of float
        ln(events/person-time) and 1/events.
    empty : set of str
        Trials without events in any arm.
    """
    events, time = arms.numbers["events"], arms.numbers["exposure"]
    by_study: dict[str, list[float]] = {}
    for label, number in zip(arms.study, events, strict=True):
        by_study.setdefault(label, []).append(number)
    empty = {label for label, own in by_study.items() if not any(own)}
    own = [
        number + (0.5 if 0.0 in by_study[label] else 0.0)
        for label, number in zip(arms.study, events, strict=True)
    ]
    return [math.log(e / t) for e, t in zip(own, time, strict=True)], [1 / e for e in own], empty
