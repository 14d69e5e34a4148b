"""The groups of a result that compares two sides as a Markdown table: `trialpool table`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.absolute import (
    control_percent,
    number_needed,
    per_1000,
)
from trialpool.questions.shared.words.models import SHOWN, models_shown
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult

NOTHING: Final = "No trial can be pooled; the report lists why."
_HEADER: Final = (
    "| group | k | verdict | primary | Bayesian | common effect | random effects (HK with floor) | "
    "prediction interval | τ [interval] | I² from Q [interval] |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
# What those tables have besides where a control risk is known.
_ABSOLUTE: Final = (" control risk | in 1,000 patients | number needed |", "---|---|---|")
_PRIMARY: Final = {"bayes": "Bayesian", "hk-adhoc": "random effects"}


def table_lines(result: ComparativeResult) -> Iterator[str]:
    """Write groups and strategies with all models, under the title of the question."""
    measure = get_measure(result.measure)
    unit = "percentage points" if measure.code == "RD" else measure.name
    yield f"## {result.id}\n\n{result.title} ({unit}).\n"
    rows: tuple[Group, ...] = (*result.groups, *result.strategies)
    has_absolute = any(group.absolute is not None for group in rows)
    if result.groups:
        yield _header(has_absolute=has_absolute)
    for group in rows:
        yield row([*_cells(group, measure), *(_absolute(group) if has_absolute else ())])
    if not result.groups:
        yield NOTHING
    yield ""


def row(cells: list[str]) -> str:
    """Write a row of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def _header(*, has_absolute: bool) -> str:
    first, second = _HEADER.split("\n")
    added = _ABSOLUTE if has_absolute else ("", "")
    return f"{first}{added[0]}\n{second}{added[1]}"


def _absolute(group: Group) -> list[str]:
    found = group.absolute
    if found is None:
        return [fmt.NOT_AVAILABLE] * 3
    months = found.landmark_months
    when = "" if months is None else f" by {fmt.plain(months)} months"
    return [f"{control_percent(found)}{when}", per_1000(found), number_needed(found)]


def _cells(group: Group, measure: Measure) -> list[str]:
    shown, several = models_shown(group), group.k > 1
    tau = (group.tau2, group.tau2_ci_lower, group.tau2_ci_upper)
    i2 = (group.i2_q, group.i2_q_ci_lower, group.i2_q_ci_upper)
    return [
        group.label,
        str(group.k),
        fmt.NOT_AVAILABLE if group.verdict is None else group.verdict.word.replace("-", " "),
        _PRIMARY.get(str(group.primary_model), f"the trial: {effect_text(group, measure)}"),
        *(effect_text(shown[n], measure) if n in shown else fmt.NOT_AVAILABLE for n in SHOWN),
        fmt.interval(group.pi_lower, group.pi_upper, measure),
        fmt.tau_with_interval(*tau) if several else fmt.NOT_AVAILABLE,
        fmt.i_squared_with_interval(*i2) if several else fmt.NOT_AVAILABLE,
    ]
