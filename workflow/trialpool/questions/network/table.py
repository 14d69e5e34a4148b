"""The result as tables: direct comparisons with their models, then all nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool.measures import get_measure
from trialpool.questions.shared.group_table import tables as group_tables
from trialpool.questions.shared.tabular import ESTIMATE, Table, columns, estimate, whole
from trialpool.records.network import NetworkResult

_COLUMNS: Final = columns("node", "trials", "evidence", ("effect", ESTIMATE), "measure", "verdict")


def tables(result: NetworkResult) -> Iterator[Table]:
    """Return the direct comparisons, and every node against the reference."""
    yield from group_tables(result)
    fit, measure = result.network.fit, get_measure(result.measure)
    if fit is None:
        return
    yield Table(
        kind="networks",
        question=result.id,
        heading="",
        text=f"Network, against {fit.reference}:",
        columns=_COLUMNS,
        rows=tuple(
            (
                one.treatment,
                whole(one.k),
                one.evidence,
                estimate(one, measure),
                measure.code,
                one.verdict.word.replace("-", " "),
            )
            for one in fit.effects
        ),
    )
