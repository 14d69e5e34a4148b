"""Regressions and multilevel models of `trialpool pool` as tables for a reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.findings import shorten
from trialpool.measures import Measure

Json = dict[str, Any]
_COMPONENTS = {"cluster": "between clusters", "effect": "within clusters"}
_TESTS = {
    "wald": "normal",
    "hk": "Knapp-Hartung",
    "hk-adhoc": "Knapp-Hartung with floor",
    "t-clusters": "t, clusters less coefficients",
}


def moderator_parts(record: Json, measure: Measure) -> Iterator[Table | Text]:
    """Yield what a record says of moderators and clusters; nothing if nothing was asked."""
    if "regression" in record:
        yield from _regression(record["regression"], measure)
    if "multilevel" in record:
        yield from _multilevel(record["multilevel"], measure)
    if "robust" in record:
        robust = record["robust"]
        title = (
            f"\nCluster-robust, {robust['robust']} with Satterthwaite degrees of freedom, "
            f"{robust['clusters']} clusters by {robust['cluster']}"
        )
        yield Text(title, style="bold")
        yield _coefficients(robust, measure)
        if any(c["df"] is not None and c["df"] < 4 for c in robust["coefficients"]):
            yield Text("Below 4 degrees of freedom the test is not to be relied on.")


def _regression(fit: Json, measure: Measure) -> Iterator[Table | Text]:
    columns = ", ".join(m["column"] for m in fit["moderators"])
    title = (
        f"\nMeta-regression on {columns}, {fit['k']} trials, τ² by {fit['tau2_method']}, "
        f"{_TESTS[fit['ci_method']]}"
    )
    yield Text(title, style="bold")
    yield _coefficients(fit, measure)
    for moderator in fit["moderators"]:
        if moderator["reference"] is not None:
            yield Text(f"{moderator['column']}: reference level {shorten(moderator['reference'])}")
    tau2 = fmt.tau_squared_with_interval(fit["tau2"], fit["tau2_ci_lower"], fit["tau2_ci_upper"])
    qe = fmt.statistic("QE", fit["qe"], fit["qe_df"])
    residual = f"{qe}, {fmt.p_statement(fit['qe_p_value'])}"
    yield Text(f"Residual heterogeneity: τ² {tau2}, I² {fmt.i_squared(fit['i2'])}, {residual}")
    yield Text(f"Explained heterogeneity: R² {fmt.i_squared(fit['r2'])}")
    yield Text(_omnibus(fit))
    permutation = fit["permutation"]
    if permutation is not None:
        number = permutation["permutations"]
        kind = f"all {number}" if permutation["exact"] else f"{number} random"
        yield Text(
            f"Permutation test of moderators: {fmt.p_statement(permutation['qm_p_value'])} "
            f"({kind} permutations)"
        )
    if fit["predictions"]:
        yield _predictions(fit, measure)
    yield from _left_out(fit)
    yield Text("It compares trials, not patients.")


def _multilevel(fit: Json, measure: Measure) -> Iterator[Table | Text]:
    title = (
        f"\nMultilevel model by {fit['method']}, {fit['k']} effects in {fit['clusters']} clusters "
        f"by {fit['cluster']}, {_TESTS[fit['ci_method']]}"
    )
    yield Text(title, style="bold")
    yield _coefficients(fit, measure)
    for part in fit["components"]:
        tau2 = fmt.tau_squared_with_interval(part["variance"], part["ci_lower"], part["ci_upper"])
        bound = ", at its bound" if part["at_boundary"] else ""
        yield Text(
            f"Variance {_COMPONENTS[part['name']]}: {tau2}, {part['levels']} levels, "
            f"I² {fmt.i_squared(part['i2'])}{bound}"
        )
    q = fmt.statistic("Q", fit["q"], fit["q_df"])
    yield Text(f"Heterogeneity: {q}, {fmt.p_statement(fit['q_p_value'])}")
    if fit["qm"] is not None:
        yield Text(_omnibus(fit))
    if not fit["converged"]:
        yield Text("Note: the likelihood was not maximised; do not use these numbers.")
    if fit["multimodal"]:
        yield Text("Note: the likelihood has several maxima; the highest was taken.")
    if "regression" not in fit:
        yield from _left_out(fit)


def _omnibus(fit: Json) -> str:
    if fit["qm"] is None:
        return "Test of moderators: none"
    name = "F" if fit["qm_statistic"] == "F" else "QM"
    statistic = fmt.statistic(name, fit["qm"], fit["qm_df1"], fit["qm_df2"])
    return f"Test of moderators: {statistic}, {fmt.p_statement(fit['qm_p_value'])}"


def _left_out(fit: Json) -> Iterator[Text]:
    for trial in fit["left_out"]:
        yield Text(f"Not in the regression: {shorten(trial['label'])}: {trial['reason']}.")


def _new(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for i, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if i else "left", no_wrap=bool(i))
    return table


def _coefficients(fit: Json, measure: Measure) -> Table:
    """Coefficients on the analysis scale: a slope per unit can be far from 1 or 0 in size."""
    scale = f"log {measure.code}" if measure.is_ratio else measure.code
    scale = "effect" if measure.code == "generic" else scale
    permuted = any(c["permutation_p_value"] is not None for c in fit["coefficients"])
    extra = ("permutation p",) if permuted else ()
    table = _new("Coefficient", f"{scale} [{fmt.level(fit['level'])} CI]", "SE", "df", "p", *extra)
    for c in fit["coefficients"]:
        limits = f"{fmt.number(c['ci_lower'], 4)} to {fmt.number(c['ci_upper'], 4)}"
        df = fmt.NOT_AVAILABLE if c["df"] is None else fmt.number(c["df"], _decimals(c["df"]))
        table.add_row(
            Text(shorten(c["name"])),
            Text(f"{fmt.number(c['estimate'], 4)} [{limits}]"),
            Text(fmt.number(c["se"], 4)),
            Text(df),
            Text(fmt.p_value(c["p_value"])),
            *(Text(fmt.p_value(c["permutation_p_value"])) for _ in extra),
        )
    return table


def _decimals(df: float) -> int:
    return 0 if float(df).is_integer() else 1


def _predictions(fit: Json, measure: Measure) -> Table:
    name = "Effect" if measure.code == "generic" else measure.code
    table = _new("At", f"{name} [{fmt.level(fit['level'])} CI]", "Prediction")
    for p in fit["predictions"]:
        table.add_row(
            Text(shorten(p["at"])),
            Text(fmt.effect_with_interval(p["estimate"], p["ci_lower"], p["ci_upper"], measure)),
            Text(fmt.interval(p["pi_lower"], p["pi_upper"], measure)),
        )
    return table
