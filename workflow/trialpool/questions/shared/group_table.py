"""The groups of a result that compares two sides as a table: `trialpool table`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.tabular import (
    ESTIMATE,
    INTERVAL,
    Cell,
    Number,
    Quantity,
    Table,
    columns,
    estimate,
    interval,
    whole,
)
from trialpool.questions.shared.words.absolute import control_percent, number_needed, per_1000
from trialpool.questions.shared.words.models import SHOWN, models_shown
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.groups import Group
from trialpool.records.pools import Pool
from trialpool.records.results import ComparativeResult

NOTHING: Final = "No trial can be pooled; the report lists why."
_COLUMNS: Final = columns(
    *("group", "k", "verdict", "primary"),
    *(("Bayesian", ESTIMATE), ("common effect", ESTIMATE)),
    ("random effects (HK with floor)", ESTIMATE),
    *(("prediction interval", INTERVAL), ("τ [interval]", ESTIMATE)),
    ("I² from Q [interval]", ESTIMATE),
)
# What those tables have besides where a control risk is known.
_ABSOLUTE: Final = columns("control risk", "in 1,000 patients", "number needed")
_PRIMARY: Final = {"bayes": "Bayesian", "hk-adhoc": "random effects"}


def tables(result: ComparativeResult) -> Iterator[Table]:
    """Return groups and strategies with all models, under the title of the question."""
    measure = get_measure(result.measure)
    unit = "percentage points" if measure.code == "RD" else measure.name
    unit += f", {result.unit}" if result.unit else ""
    pools: tuple[Group, ...] = (*result.groups, *result.strategies)
    has_absolute = any(pool.absolute is not None for pool in pools)
    yield Table(
        kind="groups",
        question=result.id,
        heading=f"{result.title} ({unit}).",
        text="" if result.groups else NOTHING,
        columns=(*_COLUMNS, *(_ABSOLUTE if has_absolute else ())),
        rows=tuple(
            (*_cells(pool, measure), *(_absolute(pool) if has_absolute else ())) for pool in pools
        ),
    )


def _absolute(group: Group) -> tuple[str, ...]:
    found = group.absolute
    if found is None:
        return (fmt.NOT_AVAILABLE,) * len(_ABSOLUTE)
    months = found.landmark_months
    when = "" if months is None else f" by {fmt.plain(months)} months"
    return f"{control_percent(found)}{when}", per_1000(found), number_needed(found)


def _cells(group: Group, measure: Measure) -> tuple[Cell, ...]:
    shown = models_shown(group)
    verdict = fmt.NOT_AVAILABLE if group.verdict is None else group.verdict.word.replace("-", " ")
    return (
        group.label,
        whole(group.k),
        verdict,
        _PRIMARY.get(str(group.primary_model), f"the trial: {effect_text(group, measure)}"),
        *(estimate(shown.get(name), measure) for name in SHOWN),
        interval(group.pi_lower, group.pi_upper, measure),
        *(heterogeneity(group) if group.k > 1 else (NO_QUANTITY, NO_QUANTITY)),
    )


NO_QUANTITY: Final = Quantity(fmt.NOT_AVAILABLE, (Number(None, fmt.NOT_AVAILABLE),) * 3)


def heterogeneity(group: Pool) -> tuple[Quantity, Quantity]:
    """Return tau and I² from Q, each with its interval."""
    tau2 = (group.tau2, group.tau2_ci_lower, group.tau2_ci_upper)
    i2 = (group.i2_q, group.i2_q_ci_lower, group.i2_q_ci_upper)
    roots = [None if value is None else math.sqrt(value) for value in tau2]
    return (
        Quantity(fmt.tau_with_interval(*tau2), tuple(Number(x, fmt.number(x)) for x in roots)),
        Quantity(fmt.i_squared_with_interval(*i2), tuple(Number(x, fmt.i_squared(x)) for x in i2)),
    )
