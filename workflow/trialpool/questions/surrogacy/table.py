"""The result as a table: the association under each correlation within trials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.tabular import (
    ESTIMATE,
    Number,
    Quantity,
    Table,
    columns,
    effect,
    fixed,
    whole,
)
from trialpool.questions.surrogacy.words import r2_text
from trialpool.records.surrogacy.questions import SurrogacyResult

_COLUMNS: Final = columns(
    *("correlation within trials", "k", ("R² [interval]", ESTIMATE), "slope"),
    *("τ² on the line", "threshold"),
)


def tables(result: SurrogacyResult) -> Iterator[Table]:
    """Return one line per correlation, under the title and the sentence of the question."""
    early = get_measure(result.early.measure)
    yield Table(
        kind="associations",
        question=result.id,
        heading=result.title,
        text=result.sentence,
        columns=_COLUMNS,
        rows=tuple(
            (
                Number(one.correlation, fmt.plain(one.correlation)),
                whole(one.k),
                Quantity(
                    r2_text(one).removeprefix("R² "),
                    tuple(map(fixed, (one.r2, one.r2_lower, one.r2_upper))),
                ),
                fixed(one.slope),
                Number(one.residual_variance, fmt.tau_squared(one.residual_variance)),
                effect(one.threshold, early),
            )
            for one in result.associations
        ),
    )
