"""The result as a table: proportions in percent, under each model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.group_table import NO_QUANTITY, NOTHING
from trialpool.questions.shared.tabular import (
    ESTIMATE,
    Cell,
    Quantity,
    Table,
    columns,
    estimate,
    whole,
)
from trialpool.records.proportion import ProportionGroup, ProportionResult

_COLUMNS: Final = columns(
    *("group", "k", ("events/n", ("events", "n")), ("Bayesian", ESTIMATE)),
    *(("mixed model", ESTIMATE), ("logit", ESTIMATE), ("double arcsine", ESTIMATE)),
    ("one trial, exact", ESTIMATE),
)


def tables(result: ProportionResult) -> Iterator[Table]:
    """Return the groups with all models, under the title of the question."""
    yield Table(
        kind="proportions",
        question=result.id,
        heading=f"{result.title} (percent; single arms).",
        text="" if result.groups else NOTHING,
        columns=_COLUMNS,
        rows=tuple(_cells(group, result) for group in result.groups),
    )


def _cells(group: ProportionGroup, result: ProportionResult) -> tuple[Cell, ...]:
    pools = group.models
    own = next(trial.proportion for trial in result.trials if trial.group == group.label)
    counts = (whole(group.events), whole(group.n))
    return (
        group.label,
        whole(group.k),
        Quantity(fmt.count_of(group.events, group.n), counts),
        *(
            NO_QUANTITY if pool is None else estimate(pool, get_measure(pool.measure))
            for pool in (pools.bayes, pools.glmm, pools.logit, pools.freeman_tukey)
        ),
        estimate(own, get_measure("PR")) if group.k == 1 else NO_QUANTITY,
    )
