"""The result as a table: estimates on the scale on which they are printed, under each model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.group_table import NO_QUANTITY, NOTHING, heterogeneity
from trialpool.questions.shared.tabular import (
    ESTIMATE,
    INTERVAL,
    Cell,
    Quantity,
    Table,
    columns,
    estimate,
    interval,
    whole,
)
from trialpool.questions.shared.words.models import basis
from trialpool.records.single_group.questions import Shown, SingleGroup, SingleGroupResult

_COLUMNS: Final = columns(
    *("group", "k", "n", ("estimate", ESTIMATE), ("prediction interval", INTERVAL)),
    *(("τ [interval]", ESTIMATE), ("I² from Q [interval]", ESTIMATE), "primary"),
)


def tables(result: SingleGroupResult) -> Iterator[Table]:
    """Return the groups under the title of the question."""
    measure = get_measure(result.measure).as_printed
    name = measure.name.partition(", by ")[0]
    unit = f", {result.unit}" if result.unit else ""
    yield Table(
        kind="single groups",
        question=result.id,
        heading=f"{result.title} ({name}{unit}; single groups).",
        text="" if result.groups else NOTHING,
        columns=_COLUMNS,
        rows=tuple(_cells(group, measure) for group in result.groups),
    )


def _cells(group: SingleGroup, measure: Measure) -> tuple[Cell, ...]:
    shown: Shown = group.shown
    spread: tuple[Quantity, Quantity] = (
        heterogeneity(group) if group.k > 1 else (NO_QUANTITY, NO_QUANTITY)
    )
    return (
        group.label,
        whole(group.k),
        fmt.NOT_AVAILABLE if group.n is None else whole(group.n),
        estimate(shown, measure),
        interval(shown.pi_lower, shown.pi_upper, measure),
        *spread,
        basis(group),
    )
