"""The result as a Markdown table: direct comparisons with their models, then all nodes."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.group_table import row
from trialpool.questions.shared.group_table import table_lines as group_lines
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.network import NetworkResult


def table_lines(result: NetworkResult) -> Iterator[str]:
    """Write the direct comparisons, and every node against the reference."""
    yield from group_lines(result)
    fit, measure = result.network.fit, get_measure(result.measure)
    if fit is None:
        return
    yield f"Network, against {fit.reference}:\n"
    yield row(["node", "trials", "evidence", f"{measure.code} [interval]", "verdict"])
    yield "|---|---|---|---|---|"
    for one in fit.effects:
        verdict = one.verdict.word.replace("-", " ")
        effect = effect_text(one, measure)
        yield row([one.treatment, fmt.whole(one.k), one.evidence, effect, verdict])
    yield ""
