"""Tables of results as rows: what a reader sees in each cell, and the numbers behind it.

One table feeds every format: text formats print the text of a cell, a workbook writes its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.measures import Measure
from trialpool.questions.shared.words.sides import Estimated, effect_text


@dataclass(frozen=True)
class Number:
    """A number in the unit in which it is printed, unrounded (None: does not exist), and as text.

    `text` may be no number: "<0.01", "–".
    """

    value: float | None
    text: str


@dataclass(frozen=True)
class Quantity:
    """Several numbers that are printed as one text, such as an estimate with its interval."""

    text: str
    parts: tuple[Number, ...]


Cell = str | Number | Quantity


@dataclass(frozen=True)
class Column:
    """A column; `parts` name the numbers of its quantities, `meaning` explains it to a reader."""

    name: str
    parts: tuple[str, ...] = ()
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """A table of one question.

    Attributes
    ----------
    kind : str
        What its rows are: "groups". Tables of one kind have the same columns, those that depend
        on the measure apart.
    question : str
        Id of the question.
    heading : str
        Over its first table; empty for a further one.
    text : str
        A paragraph over the rows; empty for none.
    columns : tuple of Column
    rows : tuple of tuple of Cell
        A cell for each column.
    """

    kind: str
    question: str
    heading: str
    text: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


ESTIMATE = ("estimate", "lower", "upper")
INTERVAL = ("lower", "upper")


def columns(*names: str | tuple[str, Sequence[str]]) -> tuple[Column, ...]:
    """Return columns by name, or by name and the names of their parts."""
    return tuple(
        Column(name) if isinstance(name, str) else Column(name[0], tuple(name[1])) for name in names
    )


def whole(value: int | None) -> Number:
    """Return a whole number."""
    return Number(value, fmt.whole(value))


def fixed(value: float | None, decimals: int = 2) -> Number:
    """Return a number with so many decimals."""
    return Number(value, fmt.number(value, decimals))


def effect(value: float | None, measure: Measure) -> Number:
    """Return a number given on the analysis scale, as its measure prints it."""
    return Number(fmt.printed_value(value, measure), fmt.effect(value, measure))


def estimate(pool: Estimated | None, measure: Measure) -> Quantity:
    """Return an estimate with its interval, given on the analysis scale; dashes for None."""
    if pool is None:
        return Quantity(fmt.NOT_AVAILABLE, (effect(None, measure),) * 3)
    numbers = (pool.estimate, pool.ci_lower, pool.ci_upper)
    return Quantity(effect_text(pool, measure), tuple(effect(one, measure) for one in numbers))


def interval(lower: float | None, upper: float | None, measure: Measure) -> Quantity:
    """Return an interval given on the analysis scale."""
    limits = effect(lower, measure), effect(upper, measure)
    return Quantity(fmt.interval(lower, upper, measure), limits)


def text_of(cell: Cell) -> str:
    """Return what a reader sees in a cell."""
    return cell if isinstance(cell, str) else cell.text
