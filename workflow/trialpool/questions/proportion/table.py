"""The result as a Markdown table: proportions in percent, under each model."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.group_table import NOTHING, row
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.proportion import ProportionGroup, ProportionResult


def table_lines(result: ProportionResult) -> Iterator[str]:
    """Write the groups with all models, under the title of the question."""
    yield f"## {result.id}\n\n{result.title} (percent; single arms).\n"
    if not result.groups:
        yield f"{NOTHING}\n"
        return
    yield (
        "| group | k | events/n | Bayesian | mixed model | logit | double arcsine | one trial, "
        "exact |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for group in result.groups:
        yield row(_cells(group, result))
    yield ""


def _cells(group: ProportionGroup, result: ProportionResult) -> list[str]:
    pools = group.models
    models = [
        fmt.NOT_AVAILABLE if pool is None else effect_text(pool, get_measure(pool.measure))
        for pool in (pools.bayes, pools.glmm, pools.logit, pools.freeman_tukey)
    ]
    own = next(trial.proportion for trial in result.trials if trial.group == group.label)
    alone = effect_text(own, get_measure("PR")) if group.k == 1 else fmt.NOT_AVAILABLE
    counts = fmt.count_of(group.events, group.n)
    return [group.label, str(group.k), counts, *models, alone]
