"""Tables of regressions between trials, and of two effects at once."""

from __future__ import annotations

from trialpool import formatting
from trialpool.pooling.bivariate.model import BivariateFit
from trialpool.pooling.bivariate.surrogacy import Surrogacy
from trialpool.pooling.network.regression import NetworkRegression
from trialpool.pooling.regression.results import MetaRegression
from trialpool.shown.table import ShownTable
from trialpool.shown.words import (
    difference_on,
    effect_and_limits,
    measure_of,
    name_of,
    percent_level,
    said,
    sentences,
    statistic_words,
    tau2_and_i2,
    trials,
)


def meta_regression(found: MetaRegression) -> ShownTable:
    """Coefficients; slopes of ratios are ratios per unit of the moderator."""
    measure = measure_of(found.about, found.measure)
    rows = []
    for one in found.coefficients:
        limits = (one.estimate, one.ci_lower, one.ci_upper)
        printed = (effect_and_limits if one.name == "intercept" else difference_on)(
            measure=measure, values=limits
        )
        rows.append((one.name, *printed, formatting.p_value(one.p_value)))
    r2 = "" if found.r2 is None else f", R² {formatting.number(found.r2, 0)}%"
    return ShownTable(
        f"{name_of(measure)}: meta-regression of {trials(found.k)}, interval {found.ci_method}",
        ("", "estimate", percent_level(found.level), "p"),
        tuple(rows),
        said(
            tau2_and_i2(found.tau2, found.i2, found.tau2_method) + r2,
            statistic_words(
                f"Moderators: {found.qm_statistic}", found.qm, found.qm_df1, found.qm_p_value,
                found.qm_df2,
            ),
            statistic_words("Residual heterogeneity: Q", found.qe, found.qe_df, found.qe_p_value),
            *sentences(found.diagnostics.notes),
        ),
    )  # fmt: skip


def network_regression(found: NetworkRegression) -> ShownTable:
    """Slopes, and effects at the mean of the covariate."""
    measure = measure_of(found.about, found.measure)
    rows = [
        (
            f"slope{f' of {one.treatment}' if one.treatment else ''} per unit of {found.covariate}",
            *difference_on(measure, (one.estimate, one.ci_lower, one.ci_upper)),
            formatting.p_value(one.p_value),
        )
        for one in found.slopes
    ]
    rows += [
        (name, formatting.effect(value, measure), "", "") for name, value in found.effects.items()
    ]
    return ShownTable(
        f"{name_of(measure)} against {found.reference}: {trials(found.k)}, at {found.covariate} "
        f"{formatting.number(found.centre)}",
        ("", "estimate", percent_level(found.level), "p"),
        tuple(rows),
        said(
            f"τ² {formatting.tau_squared(found.tau2)}, "
            f"{formatting.tau_squared(found.tau2_without)} without the covariate",
            *sentences([found.reason]),
        ),
    )


def bivariate_fit(found: BivariateFit) -> ShownTable:
    """Means of both endpoints on the analysis scale."""
    rows = [
        (
            name,
            formatting.number(found.estimates[i]),
            f"{formatting.number(found.ci_lower[i])} to {formatting.number(found.ci_upper[i])}",
            formatting.tau_squared(float(found.g[i, i])),
        )
        for i, name in enumerate(("first endpoint", "second endpoint"))
    ]
    return ShownTable(
        f"Two effects at once: {trials(found.k)}, {found.k_both} with both, {found.method}; "
        "analysis scale",
        ("", "mean", percent_level(found.level), "τ²"),
        tuple(rows),
        said(
            "" if found.rho is None
            else f"Correlation between trials {formatting.number(found.rho)}, within trials "
            f"{formatting.number(found.correlation)}",
            statistic_words("Q", found.q, found.q_df, found.q_p_value),
        ),
    )  # fmt: skip


def surrogacy(found: Surrogacy) -> ShownTable:
    """Slope, R² and the surrogate threshold effect, on the analysis scale."""
    r2 = f"{formatting.number(found.r2_lower)} to {formatting.number(found.r2_upper)}"
    return ShownTable(
        f"Early and final effects: {trials(found.fit.k)}, {found.fit.k_both} with both; "
        "analysis scale",
        ("", "estimate", percent_level(found.fit.level)),
        (
            ("slope", formatting.number(found.slope), ""),
            ("R²", formatting.number(found.r2), r2),
            ("threshold effect", formatting.number(found.threshold), ""),
        ),
        () if found.enough else ("Fewer than ten trials have both effects.",),
    )
