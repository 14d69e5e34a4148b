"""The lines of statistics under a pool, and the method that is named over a plot."""

from __future__ import annotations

import math

from trialpool import formatting as fmt
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.pools import method_of, pools_shown
from trialpool.measures import Measure
from trialpool.records.pools import BayesPool, Pool
from trialpool.records.results import ComparativeResult


def heterogeneity(pool: Pool, looks: Preset) -> str:
    """Print τ² (τ), I² from Q with its interval, and Q with its p-value, as the preset does.

    Of a Bayesian pool τ with the interval of its posterior: an I² from it would be the prior's.
    """
    style = looks.style
    spread = f"τ² = {fmt.tau_squared(pool.tau2, style)}"
    if isinstance(pool, BayesPool):
        tau = pool.tau
        shown = fmt.number(tau.median, 2, style)
        if looks.full_statistics:
            limits = (fmt.number(x, 2, style) for x in (tau.lower, tau.upper))
            shown += f" {style.opening}{' to '.join(limits)}{style.closing}"
        spread = f"τ = {shown}"
    elif looks.full_statistics and pool.tau2:
        spread += f" (τ = {fmt.number(math.sqrt(pool.tau2), 2, style)})"
    return (
        f"Heterogeneity: {'' if style.tau2_decimals is None else f'{spread}, '}"
        f"{'' if _without_i2(pool) else f'I² = {i2_text(pool, looks)}, '}"
        f"Q = {fmt.number(pool.q, 2, style)} "
        f"(df = {fmt.number(pool.q_df, 0)}, {fmt.p_statement(pool.q_p_value, style)})"
    ).replace("= <", "< ")


def _without_i2(pool: Pool) -> bool:
    """Whether a model has no I² at all; of one trial a dash says that it does not exist."""
    return pool.i2_q is None and pool.q is not None


def i2_text(pool: Pool, looks: Preset) -> str:
    """Print I² from Q, where the preset prints intervals with that of the chi-square of Q."""
    shown, limits = fmt.i_squared(pool.i2_q), (pool.i2_q_ci_lower, pool.i2_q_ci_upper)
    if looks.full_statistics and None not in limits:
        style = looks.style
        shown += f" {style.opening}{' to '.join(map(fmt.i_squared, limits))}{style.closing}"
    return shown


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
    groups = (*result.groups, *filter(None, [result.overall]))
    methods = {
        method_of(entry.model, result.settings) for own in groups for entry in pools_shown(own)
    }
    return f"{' and '.join(sorted(methods)) or 'IV'}, {level} CI"
