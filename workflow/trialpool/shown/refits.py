"""Tables of pools that are made again, and of the trials that drive them."""

from __future__ import annotations

from trialpool import formatting
from trialpool.sensitivity.deletion import Baujat, Influence
from trialpool.sensitivity.gosh import Gosh, GoshSummary, summarise_gosh
from trialpool.sensitivity.groups import Subgroups
from trialpool.sensitivity.refits import Cumulative, Refits
from trialpool.shown.table import Row, ShownTable
from trialpool.shown.words import (
    effect_and_limits,
    measure_of,
    name_of,
    p_of,
    percent_level,
    said,
    sentences,
    statistic_words,
    trials,
)


def refits(found: Refits) -> ShownTable:
    """One row per subset: without a trial, or with one more."""
    measure = measure_of(found.about)
    cumulative = isinstance(found, Cumulative)
    rows = []
    for i, trial in enumerate(found.trial.tolist()):
        limits = (found.estimate[i], found.ci_lower[i], found.ci_upper[i])
        printed = effect_and_limits(limits, measure)
        rows.append(
            (
                ", ".join(map(found.about.label, found.entered[i] if cumulative else (trial,))),
                str(int(found.k[i])),
                *printed,
                p_of(found.p_value[i], measure),
                formatting.tau_squared(found.tau2[i]),
                formatting.i_squared(found.i2[i]),
            )
        )
    title = "cumulative pools" if cumulative else "pools without each trial"
    return ShownTable(
        f"{name_of(measure)}: {title}",
        ("with" if cumulative else "without", "trials", "estimate", "CI", "p", "τ²", "I²"),
        tuple(rows),
    )


def influence(found: Influence) -> ShownTable:
    """Case diagnostics."""
    rows = [
        (
            found.about.label(trial),
            *(
                formatting.number(float(getattr(found, name)[i]))
                for name in ("rstudent", "dffits", "cook_d", "cov_ratio")
            ),
            formatting.percent(float(found.weight[i])),
            "yes" if found.influential[i] else "",
        )
        for i, trial in enumerate(found.trial.tolist())
    ]
    return ShownTable(
        f"Influence of {trials(len(found))}",
        ("trial", "rstudent", "dffits", "Cook's D", "cov. ratio", "weight", "influential"),
        tuple(rows),
    )


def baujat(found: Baujat) -> ShownTable:
    """Contribution to heterogeneity and influence on the result."""
    rows = [
        (
            found.about.label(trial),
            formatting.number(float(found.x[i])),
            formatting.number(float(found.y[i])),
        )
        for i, trial in enumerate(found.trial.tolist())
    ]
    return ShownTable(
        f"Baujat plot of {trials(len(found))}",
        ("trial", "heterogeneity", "influence"),
        tuple(rows),
    )


def gosh_summary(found: GoshSummary) -> ShownTable:
    """Say what the pools of all subsets say."""
    measure = measure_of(found.about)
    rows: list[Row] = [("smallest", formatting.effect(found.minimum, measure))]
    rows += [
        (name, formatting.effect(value, measure))
        for name, value in zip(("2.5%", "25%", "50%", "75%", "97.5%"), found.quantiles, strict=True)
    ]
    rows.append(("largest", formatting.effect(found.maximum, measure)))
    notes = [
        f"Interval below no effect in {formatting.percent(found.lower)} of the subsets, above in "
        f"{formatting.percent(found.higher)}",
    ]
    if found.splits is not None:
        notes.append(
            f"{found.about.label(found.splits)} divides the subsets most: median "
            f"{formatting.effect(found.median_with, measure)} with it, "
            f"{formatting.effect(found.median_without, measure)} without"
        )
    drawn = "all" if found.complete else "drawn"
    return ShownTable(
        f"{name_of(measure)}: pools of {found.subsets} subsets ({drawn})",
        ("pools", "estimate"),
        tuple(rows),
        tuple(notes),
    )


def gosh(found: Gosh) -> ShownTable:
    """Summary of the subsets."""
    return gosh_summary(summarise_gosh(found))


def subgroups(found: Subgroups) -> ShownTable:
    """One row per group, and the test of a difference."""
    measure = measure_of(found.about, found.pools[0].measure)
    rows = [
        (
            str(label),
            str(pool.k),
            *effect_and_limits((pool.estimate, pool.ci_lower, pool.ci_upper), measure),
            p_of(pool.p_value, measure),
            formatting.tau_squared(pool.tau2),
            formatting.i_squared(pool.i2),
        )
        for label, pool in zip(found.labels, found.pools, strict=True)
    ]
    test = found.difference
    return ShownTable(
        f"{name_of(measure)}: {trials(test.k)} in {test.groups} groups",
        ("group", "trials", "estimate", percent_level(found.pools[0].level), "p", "τ²", "I²"),
        tuple(rows),
        said(
            statistic_words(
                f"Difference between groups ({test.tau2_assumption} τ²): {test.statistic}",
                test.value, test.df1, test.p_value, test.df2,
            ),
            *sentences([test.note]),
        ),
    )  # fmt: skip
