"""Regressions and multilevel models of `trialpool pool` as tables for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.moderators import Moderated
from trialpool.cli.pool.tables import estimate, new_table, table_row
from trialpool.findings import shorten
from trialpool.measures import Measure
from trialpool.pooling.dependent.results import DependentEffects
from trialpool.pooling.regression.results import MetaRegression, Prediction

_COMPONENTS = {"cluster": "between clusters", "effect": "within clusters"}
_TESTS = {
    "wald": "normal",
    "hk": "Knapp-Hartung",
    "hk-adhoc": "Knapp-Hartung with floor",
    "t-clusters": "t, clusters less coefficients",
}


def moderator_parts(found: Moderated, measure: Measure) -> Iterator[Table | Text]:
    """Yield the fits that were asked for."""
    if found.regression is not None:
        yield from _regression(found.regression, found, measure)
    if found.multilevel is not None:
        yield from _multilevel(found.multilevel, found, measure)
    if found.robust is not None:
        robust = found.robust
        title = (
            f"\nCluster-robust, {robust.robust} with Satterthwaite degrees of freedom, "
            f"{robust.clusters} clusters by {found.cluster}"
        )
        yield Text(title, style="bold")
        yield _coefficients(robust, measure)


def _regression(fit: MetaRegression, found: Moderated, measure: Measure) -> Iterator[Table | Text]:
    columns = ", ".join(moderator.column for moderator in found.moderators)
    title = (
        f"\nMeta-regression on {columns}, {fit.k} trials, τ² by {fit.tau2_method}, "
        f"{_TESTS[fit.ci_method]}"
    )
    yield Text(title, style="bold")
    yield _coefficients(fit, measure)
    for moderator in found.moderators:
        if moderator.reference is not None:
            yield Text(f"{moderator.column}: reference level {shorten(moderator.reference)}")
    tau2 = fmt.tau_squared_with_interval(fit.tau2, fit.tau2_ci_lower, fit.tau2_ci_upper)
    residual = f"{fmt.statistic('QE', fit.qe, fit.qe_df)}, {fmt.p_statement(fit.qe_p_value)}"
    yield Text(f"Residual heterogeneity: τ² {tau2}, I² {fmt.i_squared(fit.i2)}, {residual}")
    yield Text(f"Explained heterogeneity: R² {fmt.i_squared(fit.r2)}")
    yield Text(_omnibus(fit))
    permutation = fit.permutation
    if permutation is not None:
        number = permutation.permutations
        kind = f"all {number}" if permutation.exact else f"{number} random"
        yield Text(
            f"Permutation test of moderators: {fmt.p_statement(permutation.qm_p_value)} "
            f"({kind} permutations)"
        )
    if found.predictions:
        yield _predictions(found.predictions, fit.level, measure)
    for note in fit.diagnostics.notes:
        yield Text(f"Note: {note}.")
    yield from _left_out(found)
    yield Text("It compares trials, not patients.")


def _multilevel(
    fit: DependentEffects, found: Moderated, measure: Measure
) -> Iterator[Table | Text]:
    title = (
        f"\nMultilevel model by {fit.method}, {fit.k} effects in {fit.clusters} clusters "
        f"by {found.cluster}, {_TESTS[fit.ci_method]}"
    )
    yield Text(title, style="bold")
    yield _coefficients(fit, measure)
    for part in fit.components:
        tau2 = fmt.tau_squared_with_interval(part.variance, part.ci_lower, part.ci_upper)
        bound = ", at its bound" if part.at_boundary else ""
        yield Text(
            f"Variance {_COMPONENTS[part.name]}: {tau2}, {part.levels} levels, "
            f"I² {fmt.i_squared(part.i2)}{bound}"
        )
    q = fmt.statistic("Q", fit.q, fit.q_df)
    yield Text(f"Heterogeneity: {q}, {fmt.p_statement(fit.q_p_value)}")
    if fit.qm is not None:
        yield Text(_omnibus(fit))
    if not fit.converged:
        yield Text("Note: the likelihood was not maximised; do not use these numbers.")
    if fit.multimodal:
        yield Text("Note: the likelihood has several maxima; the highest was taken.")
    if found.regression is None:
        yield from _left_out(found)


def _omnibus(fit: MetaRegression | DependentEffects) -> str:
    if fit.qm is None:
        return "Test of moderators: none"
    name = "F" if fit.qm_statistic == "F" else "QM"
    statistic = fmt.statistic(name, fit.qm, fit.qm_df1, fit.qm_df2)
    return f"Test of moderators: {statistic}, {fmt.p_statement(fit.qm_p_value)}"


def _left_out(found: Moderated) -> Iterator[Text]:
    for trial in found.left_out:
        yield Text(f"Not in the regression: {shorten(trial.label)}: {trial.reason}.")


def _coefficients(fit: MetaRegression | DependentEffects, measure: Measure) -> Table:
    """Coefficients on the analysis scale: a slope per unit can be far from 1 or 0 in size."""
    scale = f"log {measure.code}" if measure.is_ratio else measure.short
    permuted = any(c.permutation_p_value is not None for c in fit.coefficients)
    extra = ("permutation p",) if permuted else ()
    table = new_table(
        "Coefficient", f"{scale} [{fmt.level(fit.level)} CI]", "SE", "df", "p", *extra
    )
    for c in fit.coefficients:
        limits = f"{fmt.number(c.ci_lower, 4)} to {fmt.number(c.ci_upper, 4)}"
        table_row(
            table,
            c.name,
            f"{fmt.number(c.estimate, 4)} [{limits}]",
            fmt.number(c.se, 4),
            fmt.number(c.df, 0 if c.df is None or c.df.is_integer() else 1),
            fmt.p_value(c.p_value),
            *(fmt.p_value(c.permutation_p_value) for _ in extra),
        )
    return table


def _predictions(
    predictions: Sequence[tuple[str, Prediction]], level: float, measure: Measure
) -> Table:
    name = measure.short
    table = new_table("At", f"{name} [{fmt.level(level)} CI]", "Prediction")
    for at, found in predictions:
        limits = fmt.interval(found.pi_lower, found.pi_upper, measure)
        table_row(table, at, estimate(found, measure), limits)
    return table
