"""Tables of small-study tests and of estimates that allow for selection."""

from __future__ import annotations

from trialpool import formatting
from trialpool.sensitivity.pet_peese import PetPeese
from trialpool.sensitivity.ranks import RankTest
from trialpool.sensitivity.selection_model import SelectionModel
from trialpool.sensitivity.small_study import RegressionTest
from trialpool.sensitivity.trim_and_fill import TrimAndFill
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


def regression_test(found: RegressionTest) -> ShownTable:
    """Slope with its test, and the effect in an infinitely large trial."""
    measure = measure_of(found.about)
    limits = (found.limit, found.limit_lower, found.limit_upper)
    estimate, interval = effect_and_limits(limits, measure)
    return ShownTable(
        f"Regression test: {trials(found.k)}, {found.model}, on {found.predictor}",
        ("slope", "SE", "t" if found.df else "z", "df", "p", "limit", percent_level(found.level)),
        (
            (
                formatting.number(found.slope),
                formatting.number(found.slope_se),
                formatting.number(found.statistic),
                formatting.plain(found.df),
                formatting.p_value(found.p_value),
                estimate,
                interval,
            ),
        ),
        sentences([found.note]),
    )


def rank_test(found: RankTest) -> ShownTable:
    """Kendall's tau with its p-value."""
    return ShownTable(
        f"Rank correlation test: {trials(found.k)}",
        ("Kendall's tau", "p", ""),
        (
            (
                formatting.number(found.tau),
                formatting.p_value(found.p_value),
                "exact" if found.exact else "normal",
            ),
        ),
        sentences([found.note]),
    )


def trim_and_fill(found: TrimAndFill) -> ShownTable:
    """Trials that are missing, and the pool with them filled in."""
    measure = measure_of(found.about)
    rows: tuple[Row, ...] = ()
    level = "CI"
    if found.pooled is not None:
        one, level = found.pooled, percent_level(found.pooled.level)
        printed = effect_and_limits((one.estimate, one.ci_lower, one.ci_upper), measure)
        rows = ((f"with {found.k0} filled in", *printed, p_of(one.p_value, measure)),)
    side = "" if found.side is None else f", {found.side} side"
    mirrored = ", ".join(found.about.label(trial) for trial in found.trimmed)
    return ShownTable(
        f"{name_of(measure)}: trim and fill ({found.estimator}), {trials(found.k)}{side}",
        ("", "estimate", level, "p"),
        rows,
        said(f"Mirrored: {mirrored}." if mirrored else "", *sentences([found.note])),
    )


def selection_model(found: SelectionModel) -> ShownTable:
    """Mean of all trials, seen and unseen, beside the one without selection."""
    measure = measure_of(found.about)
    limits = (found.estimate, found.ci_lower, found.ci_upper)
    rows = (
        ("with selection", *effect_and_limits(limits, measure), formatting.p_value(found.p_value)),
        ("without", formatting.effect(found.unselected_estimate, measure), "", ""),
    )
    weights = found.weights or ()
    chances = [
        f"p up to {formatting.plain(end)}: {formatting.number(value)}"
        for end, value in zip(found.steps, weights, strict=False)
    ]
    return ShownTable(
        f"{name_of(measure)}: selection model, {trials(found.k)}",
        ("", "estimate", percent_level(found.level), "p"),
        rows,
        said(
            f"Chance to be seen, one-sided {'; '.join(chances)}" if chances else "",
            statistic_words("Test of no selection: χ²", found.lrt, found.lrt_df, found.lrt_p_value),
            *sentences([found.note]),
        ),
    )


def pet_peese(found: PetPeese) -> ShownTable:
    """Both estimates, and which one the rule takes."""
    measure = measure_of(found.about)
    rows = []
    for name, one in (("PET", found.pet), ("PEESE", found.peese)):
        limits = (one.limit, one.limit_lower, one.limit_upper)
        rows.append(
            (name, *effect_and_limits(limits, measure), "taken" if found.chosen == name else "")
        )
    return ShownTable(
        f"{name_of(measure)}: PET-PEESE, {trials(found.pet.k)}",
        ("", "estimate", percent_level(found.pet.level), ""),
        tuple(rows),
        said(
            ""
            if found.pet_p_value is None
            else f"Effect by PET: {formatting.p_statement(found.pet_p_value)}",
            *sentences([found.note]),
        ),
    )
