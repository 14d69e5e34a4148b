"""Tables of pooled effects."""

from __future__ import annotations

from typing import Final

from trialpool import formatting
from trialpool.pooling.bayes.results import BayesianPool
from trialpool.pooling.counts.results import PooledCounts
from trialpool.pooling.dependent.results import DependentEffects
from trialpool.pooling.univariate.results import PooledEffect, PooledEffects
from trialpool.pooling.univariate.subgroups import SubgroupDifference
from trialpool.shown.table import Row, ShownTable
from trialpool.shown.words import (
    difference_on,
    effect_and_limits,
    measure_of,
    name_of,
    p_of,
    percent_level,
    said,
    sentences,
    statistic_words,
    tau2_and_i2,
    trials,
)

_TESTS: Final = {
    "cochran-mantel-haenszel": "Cochran-Mantel-Haenszel test",
    "breslow-day": "Breslow-Day test of heterogeneity",
    "tarone": "The same by Tarone",
    "likelihood-ratio": "Likelihood ratio test of heterogeneity",
    "wald": "Wald test of heterogeneity",
}


def _mean_rows(found: PooledEffect | PooledCounts | BayesianPool, mean: str) -> list[Row]:
    measure = measure_of(found.about, found.measure)
    rows: list[Row] = [
        (
            mean,
            *effect_and_limits((found.estimate, found.ci_lower, found.ci_upper), measure),
            p_of(found.p_value, measure),
        )
    ]
    if found.pi_lower is not None:
        limits = formatting.interval(found.pi_lower, found.pi_upper, measure)
        rows.append(("prediction", "", limits, ""))
    return rows


def pooled_effect(found: PooledEffect) -> ShownTable:
    """Mean, prediction interval and heterogeneity."""
    measure = measure_of(found.about, found.measure)
    model = "common effect" if found.tau2_method == "CE" else "random effects"
    return ShownTable(
        f"{name_of(measure)}: {trials(found.k)}, {model}, interval {found.ci_method}",
        ("", "estimate", percent_level(found.level), "p"),
        tuple(_mean_rows(found, "mean")),
        said(
            "" if found.k == 1 else tau2_and_i2(found.tau2, found.i2, found.tau2_method),
            "" if found.k == 1 else statistic_words("Q", found.q, found.q_df, found.q_p_value),
            *sentences(found.diagnostics.notes),
        ),
    )


def pooled_counts(found: PooledCounts) -> ShownTable:
    """Show a pool by Mantel-Haenszel, Peto or a mixed model."""
    names = {"mh": "Mantel-Haenszel", "peto": "Peto", "glmm": "mixed model"}
    model = "" if found.model is None else f" ({found.model})"
    tests = [
        f"{_TESTS.get(name, name.capitalize())}: {test.note or words}"
        for name, test in found.tests.items()
        for words in [statistic_words("χ²", test.value, test.df, test.p_value)]
    ]
    return ShownTable(
        f"{name_of(measure_of(found.about, found.measure))}: {trials(found.k)}, "
        f"{names[found.method]}{model}",
        ("", "estimate", percent_level(found.level), "p"),
        tuple(_mean_rows(found, "mean")),
        said(
            "" if found.model is None else tau2_and_i2(found.tau2, None, found.tau2_method),
            "" if found.method == "glmm"
            else statistic_words("Q", found.q, found.q_df, found.q_p_value),
            *tests,
            *(f"Left out: {x.reason}." for x in found.left_out),
            *sentences(found.diagnostics.notes),
        ),
    )  # fmt: skip


def pooled_effects(found: PooledEffects) -> ShownTable:
    """One row per set of a batch."""
    measure = measure_of(found.about, found.measure)
    rows = []
    for i in range(len(found)):
        one = found[i]
        limits = (one.estimate, one.ci_lower, one.ci_upper)
        rows.append(
            (
                str(i + 1),
                str(one.k),
                *effect_and_limits(limits, measure),
                p_of(one.p_value, measure),
                formatting.tau_squared(one.tau2),
            )
        )
    return ShownTable(
        f"{name_of(measure)}: {len(found)} sets, τ² by {found.tau2_method}, interval "
        f"{found.ci_method}",
        ("set", "trials", "estimate", percent_level(found.level), "p", "τ²"),
        tuple(rows),
    )


def bayesian_pool(found: BayesianPool) -> ShownTable:
    """Posterior of the mean, of the effect in a new trial, and of tau."""
    measure = measure_of(found.about, found.measure)
    tau = found.tau
    rows = (
        *(row[:3] for row in _mean_rows(found, "mean")),
        (
            "τ",
            formatting.number(tau.median),
            f"{formatting.number(tau.lower)} to {formatting.number(tau.upper)}",
        ),
    )
    level = formatting.plain(100 * found.level)
    return ShownTable(
        f"{name_of(measure)}: {trials(found.k)}, {found.prior_words}",
        ("", "median", f"{level}% {found.ci_method}"),
        rows,
        (
            f"Probability that the mean is below no effect "
            f"{formatting.probability(found.probability_below)}, above "
            f"{formatting.probability(found.probability_above)}",
        ),
    )


def dependent_effects(found: DependentEffects) -> ShownTable:
    """Coefficients and variance components."""
    measure = measure_of(found.about, found.measure)
    rows = []
    for i, one in enumerate(found.coefficients):
        limits = (one.estimate, one.ci_lower, one.ci_upper)
        printed = (effect_and_limits if i == 0 else difference_on)(measure=measure, values=limits)
        # Coefficients are tested against 0: of areas the mean against 0.5 would be asked.
        tested = i > 0 or measure.null == 0.0
        rows.append((one.name, *printed, formatting.p_value(one.p_value) if tested else ""))
    return ShownTable(
        f"{name_of(measure)}: {found.k} effects in {found.clusters} clusters, {found.method}, "
        f"interval {found.ci_method}",
        ("", "estimate", percent_level(found.level), "p"),
        tuple(rows),
        said(
            *(
                f"σ² of {one.name}: {formatting.tau_squared(one.variance)}, "
                f"I² {formatting.i_squared(one.i2)}"
                for one in found.components
            ),
            statistic_words("Q", found.q, found.q_df, found.q_p_value),
            statistic_words(
                found.qm_statistic, found.qm, found.qm_df1, found.qm_p_value, found.qm_df2
            ),
        ),
    )


def subgroup_difference(found: SubgroupDifference) -> ShownTable:
    """Show the test of a difference between groups."""
    return ShownTable(
        f"Difference between {found.groups} groups of {trials(found.k)}",
        ("test", found.statistic, "df", "p"),
        (
            (
                f"{found.tau2_assumption} τ²",
                formatting.number(found.value),
                str(found.df1) if found.df2 is None else f"{found.df1}, {found.df2}",
                formatting.p_value(found.p_value),
            ),
        ),
        sentences([found.note]),
    )
