"""The result of `trialpool pool` as tables for a reader, on the scale of the measure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.bayes import bayes_parts
from trialpool.cli.pool.moderators_tables import moderator_parts
from trialpool.cli.pool.tables import heading, new_table, printed, table_row
from trialpool.effects.ratios import normal_quantile
from trialpool.effects.typed import EffectSizes
from trialpool.findings import shorten
from trialpool.measures import Measure, get_measure

Json = dict[str, Any]
_UNITS = {"RD": "percentage points", "RMSTD": "months", "PLO": "percent", "PFT": "percent"}
_INTERVALS = {
    "wald": "Wald interval",
    "hk": "Hartung-Knapp interval",
    "hk-adhoc": "Hartung-Knapp interval with floor",
    "kr": "Kenward-Roger interval",
}


def in_tables(record: Json, effects: EffectSizes) -> str:
    """Write a record of `trialpool.cli.pool.effects.build` for a reader."""
    return printed(_parts(record, effects, get_measure(record["measure"])))


def _parts(record: Json, effects: EffectSizes, measure: Measure) -> Iterator[Table | Text]:
    yield Text(_title(record, measure), style="bold")
    yield _forest(record, effects, measure)
    yield Text("\n".join(_heterogeneity(record)))
    for excluded in record["excluded"]:
        yield Text(f"Not pooled: {shorten(excluded['label'])}: {excluded['reason']}.")
    for note in record["diagnostics"]["notes"]:
        yield Text(f"Note: {note}.")
    if "bayes" in record:
        yield from bayes_parts(record["bayes"], measure)
    if "groups" in record:
        yield Text(f"\nBy {record['by']}", style="bold")
        yield _groups(record, measure)
        yield Text(_difference(record["subgroup_test"]))
    for key, title, first in (
        ("leave_one_out", "Leave-one-out", "Without"),
        ("cumulative", "Cumulative", "Up to"),
    ):
        if key in record:
            yield Text(f"\n{title}", style="bold")
            yield _refits(record[key], record["level"], measure, first)
    if "influence" in record:
        yield Text("\nInfluence", style="bold")
        yield _influence(record["influence"])
    if "small_study" in record or "gosh" in record:
        from trialpool.cli.pool.robustness import tables

        yield from tables(record, measure)
    yield from moderator_parts(record, measure)


def _title(record: Json, measure: Measure) -> str:
    unit = _UNITS.get(measure.code)
    name = measure.name[0].upper() + measure.name[1:] + (f" ({unit})" if unit else "")
    trials = "1 trial" if record["k"] == 1 else f"{record['k']} trials"
    common = record["tau2_method"] == "CE"
    model = "common effect" if common else f"random effects, τ² by {record['tau2_method']}"
    interval = _INTERVALS.get(record["ci_method"], record["ci_method"])
    return f"{name}, {trials}, {model}, {interval}"


def _forest(record: Json, effects: EffectSizes, measure: Measure) -> Table:
    level = record["level"]
    table = new_table("Trial", heading(level, measure), "Weight")
    z = normal_quantile(100 * level)
    for label, yi, vi, weight in zip(
        effects.labels, effects.yi.tolist(), effects.vi.tolist(), record["weights"], strict=True
    ):
        half = z * math.sqrt(vi)
        shown = fmt.effect_with_interval(yi, yi - half, yi + half, measure)
        table_row(table, label, shown, fmt.percent(weight))
    table.add_section()
    if record["k"] > 1:
        table_row(table, "Pooled", _estimate(record, measure), fmt.percent(1.0), style="bold")
    if record["pi_lower"] is not None:
        limits = fmt.interval(record["pi_lower"], record["pi_upper"], measure)
        table_row(table, "Prediction interval", f"[{limits}]", "")
    return table


def _estimate(pool: Json, measure: Measure) -> str:
    return fmt.effect_with_interval(pool["estimate"], pool["ci_lower"], pool["ci_upper"], measure)


def _heterogeneity(record: Json) -> Iterator[str]:
    df = record["df"]
    by = "normal" if df is None else f"t, {fmt.number(df, 0 if float(df).is_integer() else 1)} df"
    if not get_measure(record["measure"]).is_proportion:
        yield f"Test of no effect: {fmt.p_statement(record['p_value'])} ({by})"
    if record["k"] == 1:
        return
    q = fmt.statistic("Q", record["q"], record["q_df"])
    test = f"{q}, {fmt.p_statement(record['q_p_value'])}"
    if record["i2"] is None:
        yield f"Heterogeneity: I² {fmt.i_squared(record['i2_q'])} (from Q), {test}"
        return
    tau2 = fmt.tau_squared_with_interval(
        record["tau2"], record["tau2_ci_lower"], record["tau2_ci_upper"]
    )
    yield f"Heterogeneity: τ² {tau2}, I² {fmt.i_squared(record['i2'])}, {test}"


def _groups(record: Json, measure: Measure) -> Table:
    table = new_table(
        "Group", "k", heading(record["level"], measure), "p", "τ²", "I²", "Prediction"
    )
    for group in record["groups"]:
        table_row(
            table,
            group["label"],
            str(group["k"]),
            _estimate(group, measure),
            fmt.p_value(group["p_value"]),
            fmt.tau_squared(group["tau2"] if group["k"] > 1 else None),
            fmt.i_squared(group["i2"]),
            fmt.interval(group["pi_lower"], group["pi_upper"], measure),
        )
    return table


def _difference(test: Json) -> str:
    if test["value"] is None:
        return f"Test of differences: none, {test['note']}."
    statistic = fmt.statistic(test["statistic"], test["value"], test["df1"], test["df2"])
    note = f" ({test['note']})" if test["note"] else ""
    rest = ""
    if test["residual_q"] is not None:
        of_groups = fmt.statistic("Q", test["residual_q"], test["residual_df"])
        p_value = fmt.p_statement(test["residual_p_value"])
        rest = f"\nResidual heterogeneity within groups: {of_groups}, {p_value}."
    return (
        f"Test of differences: {statistic}, {fmt.p_statement(test['p_value'])}, "
        f"{test['tau2_assumption']} τ²{note}; it compares trials, not patients.{rest}"
    )


def _refits(
    rows: Sequence[Json] | None, level: float, measure: Measure, first: str
) -> Table | Text:
    if rows is None:
        return Text("needs at least two trials")
    table = new_table(first, "k", heading(level, measure), "p", "τ²", "I²", "Q")
    for row in rows:
        entered = f" ({row['entered_with']})" if "entered_with" in row else ""
        table_row(
            table,
            row["label"] + entered,
            str(row["k"]),
            _estimate(row, measure),
            fmt.p_value(row["p_value"]),
            fmt.tau_squared(row["tau2"] if row["k"] > 1 else None),
            fmt.i_squared(row["i2"]),
            fmt.number(row["q"]),
        )
    return table


def _influence(rows: Sequence[Json] | None) -> Table | Text:
    if rows is None:
        return Text("needs at least two trials")
    table = new_table(
        *("Trial", "rstudent", "DFFITS", "Cook's D", "cov. ratio"),
        *("τ² without", "Q without", "hat", "weight", "influential"),
    )
    for row in rows:
        numbers = [row[name] for name in ("rstudent", "dffits", "cook_d", "cov_ratio")]
        table_row(
            table,
            row["label"],
            *(fmt.number(value) for value in numbers),
            fmt.tau_squared(row["tau2_deleted"]),
            fmt.number(row["q_deleted"]),
            fmt.number(row["hat"], 3),
            fmt.percent(row["weight"]),
            "yes" if row["influential"] else "",
        )
    return table
