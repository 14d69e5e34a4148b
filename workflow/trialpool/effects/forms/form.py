"""What an accepted set of columns is, and what becomes of a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from trialpool.effects.measures import MeasureOptions
from trialpool.evidence.printed import Printed
from trialpool.findings import shorten
from trialpool.measures import Measure


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell of one row, and what to do.

    Attributes
    ----------
    row : int
        Position, from 0.
    column, value : str
    rule, message, remedy : str
        As in `Finding`.
    """

    row: int
    column: str
    value: str
    rule: str
    message: str
    remedy: str

    def in_words(self) -> str:
        """Return the fault as one line of an error."""
        place = f"{self.column}[{self.row}]={shorten(self.value)}: " if self.column else ""
        return f"{place}{self.message} [{self.rule}] {self.remedy}"


@dataclass(frozen=True)
class RowEffect:
    """Effect and variance of one row; `excluded` says why a row has none."""

    yi: float = math.nan
    vi: float = math.nan
    excluded: str = ""
    warnings: tuple[Fault, ...] = ()


Numbers = Mapping[str, Printed]
Derived = tuple[RowEffect | None, list[Fault]]
# None stands for a row whose cells could not be read.
Derive = Callable[
    [Sequence[Numbers | None], Measure, MeasureOptions],
    tuple[list[RowEffect | None], list[Fault]],
]


@dataclass(frozen=True)
class Form:
    """An accepted set of columns.

    Attributes
    ----------
    name : str
        The set in words.
    required : tuple of str
    measures : tuple of str
        Measures that the form can give.
    default : str or None
        Measure where none is asked for; None where one must be.
    derive : callable
        From the numbers of all rows, measure and options to effects and faults.
    alternatives : tuple of tuple of str
        Of these sets at least one; empty where the required columns are enough.
    optional : tuple of str
    may_be_empty : tuple of str
        Columns whose cells may be empty.
    """

    name: str
    required: tuple[str, ...]
    measures: tuple[str, ...]
    default: str | None
    derive: Derive
    alternatives: tuple[tuple[str, ...], ...] = ()
    optional: tuple[str, ...] = ()
    may_be_empty: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column that the form reads."""
        some = (name for names in self.alternatives for name in names)
        return tuple(dict.fromkeys((*self.required, *some, *self.optional)))

    def held(self, names: Collection[str]) -> frozenset[str]:
        """Columns by which these hold the form; empty where they do not."""
        complete = [set(x) for x in self.alternatives if set(x) <= set(names)]
        if not set(self.required) <= set(names) or (self.alternatives and not complete):
            return frozenset()
        return frozenset(self.required).union(*complete)


def each_row(one: Callable[[int, Numbers, Measure], Derived]) -> Derive:
    """Let a function derive the rows one by one."""

    def derive(
        rows: Sequence[Numbers | None], measure: Measure, _: MeasureOptions
    ) -> tuple[list[RowEffect | None], list[Fault]]:
        effects: list[RowEffect | None] = []
        faults: list[Fault] = []
        for i, numbers in enumerate(rows):
            effect, mine = (None, []) if numbers is None else one(i, numbers, measure)
            effects.append(effect)
            faults += mine
        return effects, faults

    return derive


def not_positive(i: int, numbers: Numbers, remedies: Mapping[str, tuple[str, str]]) -> list[Fault]:
    """Find cells that must be above 0 and are not: rule and remedy by column."""
    return [
        Fault(i, column, numbers[column].text, rule, f"{column} must be above 0", remedy)
        for column, (rule, remedy) in remedies.items()
        if column in numbers and not numbers[column].value > 0
    ]


def beyond(
    i: int, numbers: Numbers, column: str, ends: tuple[float, float], remedy: str
) -> list[Fault]:
    """Find a cell that does not lie between two ends."""
    if column not in numbers or ends[0] < numbers[column].value < ends[1]:
        return []
    message = f"{column} must lie between {ends[0]:g} and {ends[1]:g}".replace("-", "−")
    return [Fault(i, column, numbers[column].text, "range", message, remedy)]


A_STANDARD_ERROR: Final = (
    "positive-error",
    "A trial without a spread cannot be weighed: check the number, or take it out.",
)
