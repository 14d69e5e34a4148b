"""The groups of a result that compares two sides as a Markdown table: `trialpool table`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult

NOTHING: Final = "No trial can be pooled; the report lists why."
_HEADER: Final = (
    "| group | k | primary | Bayesian | common effect | random effects (HK with floor) | "
    "prediction interval | τ² [95% CI] | I² |\n|---|---|---|---|---|---|---|---|---|"
)
_PRIMARY: Final = {"bayes": "Bayesian", "hk-adhoc": "random effects", None: "none"}


def table_lines(result: ComparativeResult) -> Iterator[str]:
    """Write the groups with all models, under the title of the question."""
    measure = get_measure(result.measure)
    unit = "percentage points" if measure.code == "RD" else measure.name
    yield f"## {result.id}\n\n{result.title} ({unit}).\n"
    if result.groups:
        yield _HEADER
    for group in result.groups:
        yield row(_cells(group, measure))
    if not result.groups:
        yield NOTHING
    yield ""


def row(cells: list[str]) -> str:
    """Write a row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def _cells(group: Group, measure: Measure) -> list[str]:
    pools, primary, tau2 = group.models, str(group.primary_model), fmt.NOT_AVAILABLE
    models = [
        fmt.NOT_AVAILABLE if pool is None else effect_text(pool, measure)
        for pool in (pools.bayes, pools.common_effect, pools.hk_adhoc)
    ]
    if pools.named():
        primary = _PRIMARY.get(group.primary_model, primary)
        tau2 = fmt.tau_squared_with_interval(group.tau2, group.tau2_ci_lower, group.tau2_ci_upper)
    else:
        primary = f"the trial: {effect_text(group, measure)}"
    return [
        group.label,
        str(group.k),
        primary,
        *models,
        fmt.interval(group.pi_lower, group.pi_upper, measure),
        tau2,
        fmt.i_squared(group.i2),
    ]
