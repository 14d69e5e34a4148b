"""Parts that tables of results have in common."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool import formatting
from trialpool.measures import Measure, get_measure
from trialpool.pooling.plain_values import About

Limits = tuple[float | None, float | None, float | None]


def percent_level(level: float) -> str:
    """Name the level of an interval: `95% CI`."""
    return f"{formatting.plain(100 * level)}% CI"


def name_of(measure: Measure) -> str:
    """Name the effect in words, with its unit: `odds ratio (OR)`."""
    name = measure.name if measure.code == "generic" else f"{measure.name} ({measure.code})"
    return f"{name}, {measure.display_unit}" if measure.display_unit else name


def trials(k: int) -> str:
    """Write `1 trial`, `12 trials`."""
    return f"{k} trial" if k == 1 else f"{k} trials"


def effect_and_limits(values: Limits, measure: Measure) -> tuple[str, str]:
    """Print an effect and its interval on the reader's scale."""
    estimate, lower, upper = values
    return formatting.effect(estimate, measure), formatting.interval(lower, upper, measure)


def difference_on(measure: Measure, values: Limits) -> tuple[str, str]:
    """Print a change of an effect: a ratio of ratios, a difference, or on the analysis scale.

    A change of a logit or an arcsine is no proportion, so it is not turned back.
    """
    if measure.scale in ("log", "identity"):
        return effect_and_limits(values, measure)
    estimate, *limits = (formatting.number(value, 3) for value in values)
    return estimate, " to ".join(limits)


def tau2_and_i2(tau2: float | None, i2: float | None, method: str) -> str:
    """Print `τ² 0.010 (REML), I² 23%`."""
    parts = [f"τ² {formatting.tau_squared(tau2)} ({method})"]
    if i2 is not None:
        parts.append(f"I² {formatting.i_squared(i2)}")
    return ", ".join(parts)


def statistic_words(
    name: str,
    value: float | None,
    df: float | None,
    p_value: float | None,
    df2: float | None = None,
) -> str:
    """Print `Q = 12.30, df 5, p = 0.03`."""
    if value is None:
        return ""
    degrees = "" if df is None else f", df {formatting.plain(df)}"
    second = "" if df2 is None else f" and {formatting.plain(df2)}"
    told = f"{name} = {formatting.number(value)}{degrees}{second}"
    return told if p_value is None else f"{told}, {formatting.p_statement(p_value)}"


def p_of(value: float | None, measure: Measure) -> str:
    """Print the p-value of a test of no effect; empty where nothing is compared."""
    return formatting.p_value(value) if measure.compares else ""


def measure_of(about: About, code: str | None = None) -> Measure:
    """Measure of a result: its own, else that of the effects it is of."""
    return get_measure(about.measure if code is None else code)


def said(*sentences: str) -> tuple[str, ...]:
    """Leave out what is empty."""
    return tuple(sentence for sentence in sentences if sentence)


def sentences(notes: Sequence[str]) -> tuple[str, ...]:
    """Begin each with a capital letter and end it with a full stop."""
    return tuple(f"{note[0].upper()}{note[1:].rstrip('.')}." for note in notes if note)
