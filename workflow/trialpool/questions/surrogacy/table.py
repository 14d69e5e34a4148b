"""The result as a Markdown table: the association under each correlation within trials."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.group_table import row
from trialpool.questions.surrogacy.words import r2_text
from trialpool.records.surrogacy.questions import SurrogacyResult


def table_lines(result: SurrogacyResult) -> Iterator[str]:
    """Write one line per correlation, under the title and the sentence of the question."""
    yield f"## {result.id}\n\n{result.title}\n\n{result.sentence}\n"
    if not result.associations:
        return
    yield (
        "| correlation within trials | k | R² [interval] | slope | τ² on the line | threshold |\n"
        "|---|---|---|---|---|---|"
    )
    early = get_measure(result.early.measure)
    for one in result.associations:
        yield row(
            [
                fmt.plain(one.correlation),
                str(one.k),
                r2_text(one).removeprefix("R² "),
                fmt.number(one.slope),
                fmt.tau_squared(one.residual_variance),
                fmt.effect(one.threshold, early),
            ]
        )
    yield ""
