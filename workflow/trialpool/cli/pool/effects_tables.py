"""The result of `trialpool pool` as tables for a reader, on the scale of the measure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.bayes import bayes_parts
from trialpool.cli.pool.moderators_tables import moderator_parts
from trialpool.cli.pool.results import EffectsResult
from trialpool.cli.pool.tables import estimate, heading, new_table, printed, table_row
from trialpool.cli.pool.warned import of_groups, of_refits
from trialpool.effects.own_rows import rows_of_effects
from trialpool.findings import shorten
from trialpool.measures import Measure, get_measure
from trialpool.pooling import PooledEffect, SubgroupDifference
from trialpool.sensitivity import Influence, Refits, Subgroups

_INTERVALS = {
    "wald": "Wald interval",
    "hk": "Hartung-Knapp interval",
    "hk-adhoc": "Hartung-Knapp interval with floor",
    "kr": "Kenward-Roger interval",
    "t-clusters": "t interval, clusters less one",
}


def in_tables(found: EffectsResult) -> str:
    """Write pooled effects for a reader."""
    return printed(_parts(found, get_measure(found.pool.measure)))


def _parts(found: EffectsResult, measure: Measure) -> Iterator[Table | Text]:
    pool, asked, labels = found.pool, found.request, found.effects.labels
    yield Text(_title(found, measure), style="bold")
    yield _forest(found, measure)
    yield Text("\n".join(_heterogeneity(pool, measure)))
    for row in found.table.left_out:
        yield Text(f"Not pooled: {shorten(row.label)}: {row.reason}.")
    for excluded in found.effects.excluded:
        yield Text(f"Not pooled: {shorten(excluded.label)}: {excluded.reason}.")
    for note in pool.diagnostics.notes:
        yield Text(f"Note: {note}.")
    if found.independent is not None:
        yield Text(_without_clusters(found.independent, measure))
    if found.bayes is not None:
        yield from bayes_parts(found.bayes, labels, measure)
    if found.groups is not None:
        yield Text(f"\nBy {asked.by}", style="bold")
        yield _groups(found.groups, pool.level, measure)
        yield Text(_difference(found.groups.difference))
        yield from _remarks(of_groups(found.groups))
    if asked.leave_one_out:
        yield Text("\nLeave-one-out", style="bold")
        yield _refits("Without", found.leave_one_out, labels, pool.level, measure)
        if found.leave_one_out is not None:
            yield from _remarks(of_refits("without", found.leave_one_out, labels))
    if found.cumulative is not None:
        yield Text("\nCumulative", style="bold")
        names = [f"{label} ({cell})" for label, cell in found.entering]
        yield _refits("Up to", found.cumulative, names, pool.level, measure)
        entered = [label for label, _ in found.entering]
        yield from _remarks(of_refits("up to", found.cumulative, entered))
    if asked.influence:
        yield Text("\nInfluence", style="bold")
        yield _influence(found.influence, labels)
    if found.small_study is not None or found.gosh is not None:
        from trialpool.cli.pool.robustness import tables

        yield from tables(found, measure)
    if found.moderated is not None:
        yield from moderator_parts(found.moderated, measure)


def _remarks(notes: Iterator[str]) -> Iterator[Text]:
    return (Text(f"Note: {note}") for note in notes)


def _without_clusters(pool: PooledEffect, measure: Measure) -> str:
    name = measure.short
    return (
        f"If all {pool.k} effects were of different trials: {name} {estimate(pool, measure)}, "
        f"{fmt.p_statement(pool.p_value)}"
    )


def _title(found: EffectsResult, measure: Measure) -> str:
    pool = found.pool
    unit = measure.display_unit
    name = measure.name[0].upper() + measure.name[1:] + (f" ({unit})" if unit else "")
    trials = "1 trial" if pool.k == 1 else f"{pool.k} trials"
    common = pool.tau2_method == "CE"
    if found.moderated is not None and found.independent is not None:
        clusters = found.moderated.clusters
        trials = f"{clusters} {'trial' if clusters == 1 else 'trials'}, {pool.k} effects"
        interval = _INTERVALS.get(pool.ci_method, f"cluster-robust interval, {pool.ci_method}")
        return f"{name}, {trials}, multilevel model by {pool.tau2_method}, {interval}"
    model = "common effect" if common else f"random effects, τ² by {pool.tau2_method}"
    return f"{name}, {trials}, {model}, {_INTERVALS.get(pool.ci_method, pool.ci_method)}"


def _forest(found: EffectsResult, measure: Measure) -> Table:
    pool, effects = found.pool, found.effects
    table = new_table("Trial", heading(pool.level, measure), "Weight")
    rows = rows_of_effects(effects, found.table.rows, pool.level)
    for label, own, weight in zip(effects.labels, rows, pool.weights, strict=True):
        shown = fmt.effect_with_interval(own.estimate, own.lower, own.upper, measure)
        table_row(table, label, shown, fmt.percent(weight))
    table.add_section()
    if pool.k > 1:
        table_row(table, "Pooled", estimate(pool, measure), fmt.percent(1.0), style="bold")
    if pool.pi_lower is not None:
        limits = fmt.interval(pool.pi_lower, pool.pi_upper, measure)
        table_row(table, "Prediction interval", f"[{limits}]", "")
    return table


def _heterogeneity(pool: PooledEffect, measure: Measure) -> Iterator[str]:
    df = pool.df
    by = "normal" if df is None else f"t, {fmt.number(df, 0 if float(df).is_integer() else 1)} df"
    if measure.compares:
        yield f"Test of no effect: {fmt.p_statement(pool.p_value)} ({by})"
    if pool.k == 1:
        return
    test = f"{fmt.statistic('Q', pool.q, pool.q_df)}, {fmt.p_statement(pool.q_p_value)}"
    if pool.i2 is None:
        yield f"Heterogeneity: I² {fmt.i_squared(pool.i2_q)} (from Q), {test}"
        return
    tau2 = fmt.tau_squared_with_interval(pool.tau2, pool.tau2_ci_lower, pool.tau2_ci_upper)
    yield f"Heterogeneity: τ² {tau2}, I² {fmt.i_squared(pool.i2)}, {test}"


def _groups(groups: Subgroups, level: float, measure: Measure) -> Table:
    table = new_table("Group", "k", heading(level, measure), "p", "τ²", "I²", "Prediction")
    for label, pool in zip(groups.labels, groups.pools, strict=True):
        table_row(
            table,
            str(label),
            str(pool.k),
            estimate(pool, measure),
            fmt.p_value(pool.p_value),
            fmt.tau_squared(pool.tau2 if pool.k > 1 else None),
            fmt.i_squared(pool.i2),
            fmt.interval(pool.pi_lower, pool.pi_upper, measure),
        )
    return table


def _difference(test: SubgroupDifference) -> str:
    if test.value is None:
        return f"Test of differences: none, {test.note}."
    statistic = fmt.statistic(test.statistic, test.value, test.df1, test.df2)
    note = f" ({test.note})" if test.note else ""
    rest = ""
    if test.residual_q is not None:
        of_groups = fmt.statistic("Q", test.residual_q, test.residual_df)
        p_value = fmt.p_statement(test.residual_p_value)
        rest = f"\nResidual heterogeneity within groups: {of_groups}, {p_value}."
    return (
        f"Test of differences: {statistic}, {fmt.p_statement(test.p_value)}, "
        f"{test.tau2_assumption} τ²{note}; it compares trials, not patients.{rest}"
    )


def _refits(
    first: str, found: Refits | None, names: Sequence[str], level: float, measure: Measure
) -> Table | Text:
    if found is None:
        return Text("needs at least two trials")
    table = new_table(first, "k", heading(level, measure), "p", "τ²", "I²", "Q")
    for i, name in enumerate(names):
        lower, upper = (
            None if math.isnan(x) else x for x in (found.ci_lower[i], found.ci_upper[i])
        )
        table_row(
            table,
            name,
            str(found.k[i]),
            fmt.effect_with_interval(found.estimate[i], lower, upper, measure),
            fmt.p_value(found.p_value[i] if measure.compares else None),
            fmt.tau_squared(found.tau2[i] if found.k[i] > 1 else None),
            fmt.i_squared(found.i2[i]),
            fmt.number(found.q[i]),
        )
    return table


def _influence(found: Influence | None, labels: Sequence[str]) -> Table | Text:
    if found is None:
        return Text("needs at least two trials")
    table = new_table(
        *("Trial", "rstudent", "DFFITS", "Cook's D", "cov. ratio"),
        *("τ² without", "Q without", "hat", "weight", "influential"),
    )
    for i, trial in enumerate(found.trial):
        numbers = (found.rstudent, found.dffits, found.cook_d, found.cov_ratio)
        table_row(
            table,
            labels[trial],
            *(fmt.number(column[i]) for column in numbers),
            fmt.tau_squared(found.tau2_deleted[i]),
            fmt.number(found.q_deleted[i]),
            fmt.number(found.hat[i], 3),
            fmt.percent(found.weight[i]),
            "yes" if found.influential[i] else "",
        )
    return table
