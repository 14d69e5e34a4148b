"""The result of `trialpool pool --method mh|peto|glmm` as tables for a reader."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.results import CountGroup, CountsResult
from trialpool.cli.pool.tables import estimate, heading, new_table, printed, table_row
from trialpool.effects.own_rows import rows_of_counts
from trialpool.measures import Measure, get_measure
from trialpool.pooling.counts import PooledCounts

_METHODS = {
    "mh": "common effect by Mantel and Haenszel",
    "peto": "common effect by Peto's one step",
}
_GLMM = {
    "unconditional": "mixed model with an intercept of each trial, maximum likelihood",
    "conditional": "conditional exact mixed model, maximum likelihood",
    "binomial-normal": "binomial-normal mixed model, maximum likelihood",
    "poisson-normal": "Poisson-normal mixed model, maximum likelihood",
}
_ONE_ARM = {True: "Events/n", False: "Events/time"}
_TESTS = {
    "cochran-mantel-haenszel": "Cochran-Mantel-Haenszel test of no effect",
    "breslow-day": "Heterogeneity, Breslow and Day",
    "tarone": "Heterogeneity, with Tarone's correction",
    "likelihood-ratio": "Heterogeneity, likelihood ratio",
    "wald": "Heterogeneity, Wald",
}


def in_tables(found: CountsResult) -> str:
    """Write pooled counts for a reader."""
    return printed(_parts(found, get_measure(found.pool.measure)))


def _parts(found: CountsResult, measure: Measure) -> Iterator[Table | Text]:
    pool = found.pool
    trials = "1 trial" if pool.k == 1 else f"{pool.k} trials"
    how = _METHODS.get(pool.method) or _GLMM[pool.model or ""]
    unit = f" ({measure.display_unit})" if measure.display_unit else ""
    name = "Proportion" if measure.is_proportion else measure.name.capitalize()
    yield Text(f"{name}{unit}, {trials}, {how}, Wald interval", style="bold")
    yield _forest(found, measure)
    yield Text("\n".join(_statements(pool)))
    for row in found.table.left_out:
        yield Text(f"Not pooled: {row.label}: {row.reason}.")
    for excluded in found.excluded:
        yield Text(f"Not pooled: {excluded.label}: {excluded.reason}.")
    for note in pool.diagnostics.notes:
        yield Text(f"Note: {note}.")
    if found.groups is not None:
        yield Text(f"\nBy {found.request.by}", style="bold")
        yield _groups(found.groups, pool.level, measure)
        yield Text("Differences between groups are not tested by this method.")


def _forest(found: CountsResult, measure: Measure) -> Table:
    pool = found.pool
    table = new_table(
        "Trial",
        *(("Experimental", "Control") if measure.compares else (_ONE_ARM[measure.is_proportion],)),
        heading(pool.level, measure),
        *(("Weight",) if pool.weights else ()),
    )
    shares = [[fmt.percent(x)] for x in pool.weights] if pool.weights else [[]] * pool.k
    counts = [trial.counts for trial in found.trials]
    rows = rows_of_counts(counts, measure.code, pool.method, pool.level)
    for trial, own, share in zip(found.trials, rows, shares, strict=True):
        shown = (
            fmt.effect(own.estimate, measure)
            if math.isnan(own.lower)
            else fmt.effect_with_interval(own.estimate, own.lower, own.upper, measure)
        )
        table_row(table, trial.label, *_arms(trial.counts), shown, *share)
    table.add_section()
    arms = _arms([sum(column) for column in zip(*(t.counts for t in found.trials), strict=True)])
    last = [""] if pool.weights else []
    table_row(table, "Pooled", *arms, estimate(pool, measure), *last, style="bold")
    if pool.pi_lower is not None:
        limits = fmt.interval(pool.pi_lower, pool.pi_upper, measure)
        table_row(table, "Prediction interval", *("" for _ in arms), f"[{limits}]", *last)
    return table


def _arms(counts: Sequence[int | float]) -> list[str]:
    """Write events and n, or time, of each arm."""
    pairs = [(int(counts[i]), counts[i + 1]) for i in range(0, len(counts), 2)]
    return [
        fmt.count_of(x, n) if isinstance(n, int) else f"{x}/{fmt.number(n, 1)}" for x, n in pairs
    ]


def _statements(pool: PooledCounts) -> Iterator[str]:
    if pool.p_value is not None:
        yield f"Test of no effect: {fmt.p_statement(pool.p_value)} (normal)"
    if pool.method == "glmm":
        yield f"Between-trial variance: τ² {fmt.tau_squared(pool.tau2)}"
    elif pool.q is not None:
        yield (
            f"Heterogeneity: I² {fmt.i_squared(pool.i2_q)} (from Q), "
            f"{fmt.statistic('Q', pool.q, pool.q_df)}, {fmt.p_statement(pool.q_p_value)}"
        )
    for name, test in pool.tests.items():
        if test.value is None:
            yield f"{_TESTS[name]}: none, {test.note}"
        else:
            value = fmt.statistic("chi²", test.value, test.df)
            yield f"{_TESTS[name]}: {value}, {fmt.p_statement(test.p_value)}"


def _groups(groups: Sequence[CountGroup], level: float, measure: Measure) -> Table:
    table = new_table("Group", "k", heading(level, measure), "p", "τ²", "Prediction")
    for group in groups:
        pool = group.pool
        table_row(
            table,
            group.label,
            str(pool.k),
            estimate(pool, measure),
            fmt.p_value(pool.p_value),
            fmt.tau_squared(pool.tau2) if pool.method == "glmm" else fmt.NOT_AVAILABLE,
            fmt.interval(pool.pi_lower, pool.pi_upper, measure),
        )
    return table
