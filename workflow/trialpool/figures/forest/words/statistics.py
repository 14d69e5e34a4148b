"""The lines of statistics under a pool, and the method that is named over a plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from trialpool import formatting as fmt
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.pools import pools_shown
from trialpool.measures import Measure

Record = Mapping[str, Any]


def heterogeneity(pool: Record, looks: Preset) -> str:
    """Print τ² (τ), I² with its interval, and Q with its p-value, as far as the preset does."""
    style = looks.style
    df = pool.get("q_df")
    tau2, i2 = pool.get("tau2"), fmt.i_squared(pool.get("i2"))
    spread = f"τ² = {fmt.tau_squared(tau2, style)}"
    if looks.full_statistics:
        if tau2:
            spread += f" (τ = {fmt.number(math.sqrt(tau2), 2, style)})"
        limits = pool.get("i2_ci_lower"), pool.get("i2_ci_upper")
        if None not in limits and pool.get("tau2_method") != "posterior":
            i2 += f" {style.opening}{' to '.join(fmt.i_squared(x) for x in limits)}{style.closing}"
    posterior = " (posterior medians)" if pool.get("tau2_method") == "posterior" else ""
    return (
        f"Heterogeneity: {'' if style.tau2_decimals is None else f'{spread}, '}"
        f"I² = {i2}{posterior}, "
        f"Q = {fmt.number(pool.get('q'), 2, style)} "
        f"(df = {fmt.number(df, 0)}, {fmt.p_statement(pool.get('q_p_value'), style)})"
    ).replace("= <", "< ")


def overall_test(pool: Record, measure: Measure, looks: Preset) -> str:
    """Print the test of a pool against no difference, for a Bayesian one the probability.

    Empty where the record holds neither.
    """
    style = looks.style
    if pool.get("probability_below") is not None:
        null = fmt.plain(measure.to_display(0.0))
        below = style.pointed(fmt.probability(pool["probability_below"]))
        return f"Overall effect: probability that {measure.code} is below {null}: {below}"
    p_value, se, df = pool.get("p_value"), pool.get("se"), pool.get("df")
    if p_value is None or not se:
        return ""
    value = fmt.number(pool["estimate"] / se, 2, style)
    p_text = fmt.p_statement(p_value, style)
    if df is None:
        return f"Test for overall effect: Z = {value} ({p_text})"
    degrees = fmt.number(df, 0 if float(df).is_integer() else 1, style)
    return f"Test for overall effect: t = {value} (df = {degrees}, {p_text})"


def method_over_plot(result: Record) -> str:
    """Name method, model and level as RevMan does over its plot: "IV, Random, 95% CI"."""
    level = fmt.percent(result["settings"]["level"], 0)
    common = result["settings"].get("tau2_method") == "CE"
    models = set()
    for group in (*result["groups"], *filter(None, [result.get("overall")])):
        shown = pools_shown(group)
        # Beside a primary model others are for comparison only.
        primary = [entry for entry in shown if entry[1] == "primary"]
        for key, standing, _ in primary or shown:
            if key == "bayes":
                models.add("Random (Bayesian)")
            else:
                models.add("Common" if common or standing == "common-effect" else "Random")
    named = " and ".join(sorted(models))
    return ", ".join(["IV", *([named] if named else []), f"{level} CI"])
