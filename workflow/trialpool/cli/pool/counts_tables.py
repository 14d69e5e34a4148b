"""The result of `trialpool pool --method mh|peto|glmm` as tables for a reader."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.counts import own_effects
from trialpool.cli.pool.tables import heading, new_table, printed, table_row
from trialpool.measures import Measure, get_measure

Json = dict[str, Any]

_METHODS = {
    "mh": "common effect by Mantel and Haenszel",
    "peto": "common effect by Peto's one step",
}
_GLMM = {
    "unconditional": "mixed model with an intercept of each trial, maximum likelihood",
    "conditional": "conditional exact mixed model, maximum likelihood",
    "binomial-normal": "binomial-normal mixed model, maximum likelihood",
}
_TESTS = {
    "cochran-mantel-haenszel": "Cochran-Mantel-Haenszel test of no effect",
    "breslow-day": "Heterogeneity, Breslow and Day",
    "tarone": "Heterogeneity, with Tarone's correction",
    "likelihood-ratio": "Heterogeneity, likelihood ratio",
    "wald": "Heterogeneity, Wald",
}


def in_tables(record: Json) -> str:
    """Write a record of `trialpool.cli.pool.counts.build` for a reader."""
    return printed(_parts(record, get_measure(record["measure"])))


def _parts(record: Json, measure: Measure) -> Iterator[Table | Text]:
    trials = "1 trial" if record["k"] == 1 else f"{record['k']} trials"
    how = _METHODS.get(record["method"]) or _GLMM[record["model"]]
    unit = {"RD": " (percentage points)", "PLO": " (percent)"}.get(measure.code, "")
    name = "Proportion" if measure.is_proportion else measure.name.capitalize()
    yield Text(f"{name}{unit}, {trials}, {how}, Wald interval", style="bold")
    yield _forest(record, measure)
    yield Text("\n".join(_statements(record)))
    for excluded in record["excluded"]:
        yield Text(f"Not pooled: {excluded['label']}: {excluded['reason']}.")
    for note in record["diagnostics"]["notes"]:
        yield Text(f"Note: {note}.")
    if "groups" in record:
        yield Text(f"\nBy {record['by']}", style="bold")
        yield _groups(record, measure)
        yield Text("Differences between groups are not tested by this method.")


def _forest(record: Json, measure: Measure) -> Table:
    weights = record["weights"]
    table = new_table(
        "Trial",
        *(("Events/n",) if measure.is_proportion else ("Experimental", "Control")),
        heading(record["level"], measure),
        *(("Weight",) if weights else ()),
    )
    for i, (row, effect) in enumerate(zip(record["counts"], own_effects(record), strict=True)):
        estimate, lower, upper = effect
        shown = (
            fmt.effect(estimate, measure)
            if math.isnan(lower)
            else fmt.effect_with_interval(estimate, lower, upper, measure)
        )
        share = [fmt.percent(weights[i])] if weights else []
        table_row(table, row["label"], *_arms(list(row.values())[1:]), shown, *share)
    table.add_section()
    columns = list(record["counts"][0])[1:]
    arms = _arms([sum(row[name] for row in record["counts"]) for name in columns])
    limits = (record["ci_lower"], record["ci_upper"])
    pooled = fmt.effect_with_interval(record["estimate"], *limits, measure)
    last = [""] if weights else []
    table_row(table, "Pooled", *arms, pooled, *last, style="bold")
    if record["pi_lower"] is not None:
        shown = fmt.interval(record["pi_lower"], record["pi_upper"], measure)
        table_row(table, "Prediction interval", *("" for _ in arms), f"[{shown}]", *last)
    return table


def _arms(counts: list[int]) -> list[str]:
    """Write events and n of each arm."""
    return [fmt.count_of(*counts[i : i + 2]) for i in range(0, len(counts), 2)]


def _statements(record: Json) -> Iterator[str]:
    if record["p_value"] is not None:
        yield f"Test of no effect: {fmt.p_statement(record['p_value'])} (normal)"
    if record["method"] == "glmm":
        yield f"Between-trial variance: τ² {fmt.tau_squared(record['tau2'])}"
    elif record["q"] is not None:
        q = fmt.statistic("Q", record["q"], record["q_df"])
        yield (
            f"Heterogeneity: I² {fmt.i_squared(record['i2_q'])} (from Q), {q}, "
            f"{fmt.p_statement(record['q_p_value'])}"
        )
    for name, test in record["tests"].items():
        if test["value"] is None:
            yield f"{_TESTS[name]}: none, {test['note']}"
        else:
            value = fmt.statistic("chi²", test["value"], test["df"])
            yield f"{_TESTS[name]}: {value}, {fmt.p_statement(test['p_value'])}"


def _groups(record: Json, measure: Measure) -> Table:
    table = new_table("Group", "k", heading(record["level"], measure), "p", "τ²", "Prediction")
    for group in record["groups"]:
        limits = (group["ci_lower"], group["ci_upper"])
        table_row(
            table,
            group["label"],
            str(group["k"]),
            fmt.effect_with_interval(group["estimate"], *limits, measure),
            fmt.p_value(group["p_value"]),
            fmt.tau_squared(group["tau2"]) if group["method"] == "glmm" else fmt.NOT_AVAILABLE,
            fmt.interval(group["pi_lower"], group["pi_upper"], measure),
        )
    return table
