"""The lines of statistics under a pool, and the method that is named over a plot."""

from __future__ import annotations

import math

from trialpool import formatting as fmt
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.pools import pools_shown
from trialpool.measures import Measure
from trialpool.records.pools import BayesPool, Pool
from trialpool.records.results import ComparativeResult


def heterogeneity(pool: Pool, looks: Preset) -> str:
    """Print τ² (τ), I² with its interval, and Q with its p-value, as far as the preset does."""
    style = looks.style
    i2 = fmt.i_squared(pool.i2)
    spread = f"τ² = {fmt.tau_squared(pool.tau2, style)}"
    by_posterior = pool.tau2_method == "posterior"
    if looks.full_statistics:
        if pool.tau2:
            spread += f" (τ = {fmt.number(math.sqrt(pool.tau2), 2, style)})"
        limits = pool.i2_ci_lower, pool.i2_ci_upper
        if None not in limits and not by_posterior:
            i2 += f" {style.opening}{' to '.join(fmt.i_squared(x) for x in limits)}{style.closing}"
    posterior = " (posterior medians)" if by_posterior else ""
    return (
        f"Heterogeneity: {'' if style.tau2_decimals is None else f'{spread}, '}"
        f"I² = {i2}{posterior}, "
        f"Q = {fmt.number(pool.q, 2, style)} "
        f"(df = {fmt.number(pool.q_df, 0)}, {fmt.p_statement(pool.q_p_value, style)})"
    ).replace("= <", "< ")


def overall_test(pool: Pool, measure: Measure, looks: Preset) -> str:
    """Print the test of a pool against no difference, for a Bayesian one the probability.

    Empty where the record holds neither.
    """
    style = looks.style
    if isinstance(pool, BayesPool):
        null = fmt.plain(measure.to_display(0.0))
        below = style.pointed(fmt.probability(pool.probability_below))
        return f"Overall effect: probability that {measure.code} is below {null}: {below}"
    if pool.p_value is None or not pool.se:
        return ""
    value = fmt.number(pool.estimate / pool.se, 2, style)
    p_text = fmt.p_statement(pool.p_value, style)
    if pool.df is None:
        return f"Test for overall effect: Z = {value} ({p_text})"
    degrees = fmt.number(pool.df, 0 if pool.df.is_integer() else 1, style)
    return f"Test for overall effect: t = {value} (df = {degrees}, {p_text})"


def method_over_plot(result: ComparativeResult) -> str:
    """Name method, model and level as RevMan does over its plot: "IV, Random, 95% CI"."""
    level = fmt.percent(result.settings.level, 0)
    common = result.settings.tau2_method == "CE"
    models = set()
    for group in (*result.groups, *filter(None, [result.overall])):
        shown = pools_shown(group)
        # Beside a primary model others are for comparison only.
        primary = [entry for entry in shown if entry.standing == "primary"]
        for entry in primary or shown:
            if entry.model == "bayes":
                models.add("Random (Bayesian)")
            else:
                both = common or entry.standing == "common-effect"
                models.add("Common" if both else "Random")
    named = " and ".join(sorted(models))
    return ", ".join(["IV", *([named] if named else []), f"{level} CI"])
