"""What a row of counts says by itself, for tables and figures: exact, Peto's, or by formula."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.effects.counts import effect_from_counts
from trialpool.effects.forms import PROPORTION_COLUMNS
from trialpool.effects.ratios import normal_quantile
from trialpool.effects.typed import EffectSizes, parse_real
from trialpool.measures import Measure, get_measure
from trialpool.pooling.counts import exact_interval
from trialpool.pooling.counts.mantel_haenszel import hypergeometric_moments
from trialpool.pooling.counts.rates import rate_effect
from trialpool.pooling.counts.tables import check_tables

_RATES: Final = ("IRR", "IRD", "IRLN")


@dataclass(frozen=True)
class OwnRow:
    """Effect of one row with its limits on the analysis scale, which may be infinite there.

    NaN for limits that do not exist.
    """

    estimate: float
    lower: float
    upper: float


def row_of_effect(yi: float, vi: float, level: float) -> OwnRow:
    """Effect and Wald limits."""
    half = normal_quantile(100 * level) * math.sqrt(vi)
    return OwnRow(yi, yi - half, yi + half)


def rows_of_effects(
    effects: EffectSizes, cells: Sequence[Mapping[str, str]], level: float
) -> list[OwnRow]:
    """Give every effect with its limits; proportions as they are, with exact limits.

    Parameters
    ----------
    effects : EffectSizes
    cells : sequence of mapping
        All rows of the table, as text; `effects.rows` says which row is whose.
    level : float
        Of the intervals, between 0 and 1.
    """
    measure = get_measure(effects.measure)
    own = [cells[row] for row in effects.rows] if cells else []
    if measure.is_proportion and own and all(set(PROPORTION_COLUMNS) <= set(row) for row in own):
        counts = [[parse_real(row[name]) for name in PROPORTION_COLUMNS] for row in own]
        if all(x is not None for pair in counts for x in pair):
            pairs = [[round(x.value) for x in pair if x is not None] for pair in counts]
            return [proportion_row(x, n, measure, level) for x, n in pairs]
    values = zip(effects.yi.tolist(), effects.vi.tolist(), strict=True)
    return [row_of_effect(yi, vi, level) for yi, vi in values]


def proportion_row(events: int, n: int, measure: Measure, level: float) -> OwnRow:
    """Give the proportion of one arm with Clopper and Pearson's limits (1934, Biometrika 26:404).

    What a transformation adds to 0 of 25 moves the square; the exact interval needs nothing.
    """
    lower, upper = exact_interval(events, n, level=level)
    return OwnRow(*(_on_scale(measure, p) for p in (events / n, lower, upper)))


def _on_scale(measure: Measure, p: float) -> float:
    """Put a proportion on the analysis scale, where 0 and 1 may be infinite."""
    if p in (0.0, 1.0) and measure.scale == "logit":
        return (2 * p - 1) * math.inf
    if p == 0.0 and measure.scale == "log":
        return -math.inf
    return measure.to_analysis(p)


def peto_row(events: int, n: int, events_control: int, n_control: int, level: float) -> OwnRow:
    """Give Peto's log odds ratio (O − E)/V of one trial, as its pool weighs it, with 1/√V."""
    table = check_tables([events], [n], [events_control], [n_control])
    expected, variance = hypergeometric_moments(table)
    v = float(variance[0])
    return row_of_effect((events - float(expected[0])) / v, 1.0 / v, level)


def rows_of_counts(
    counts: Sequence[Sequence[int | float]], measure: str, method: str, level: float
) -> list[OwnRow]:
    """Give the own effects of trials that a model of counts pools.

    Parameters
    ----------
    counts : sequence of (events, n, events_control, n_control), or of (events, n)
        Of rates times stand in place of n.
    measure : str
    method : {"mh", "peto", "glmm"}
        Rows of Peto's method are Peto odds ratios; others add 0.5 where a cell is zero.
    level : float
    """
    of = get_measure(measure)
    rows = []
    for trial in counts:
        if measure in _RATES:
            rows.append(row_of_effect(*rate_effect(*trial, measure=measure), level))
            continue
        own = [round(x) for x in trial]
        if len(own) == 2:
            rows.append(proportion_row(own[0], own[1], of, level))
        elif method == "peto":
            rows.append(peto_row(own[0], own[1], own[2], own[3], level))
        else:
            try:
                effect = effect_from_counts(own[0], own[1], own[2], own[3], measure)
                rows.append(row_of_effect(effect.yi, effect.sei**2, level))
            except ValueError:
                # Only events in both arms: the ratio of risks is 1, without a variance.
                rows.append(OwnRow(0.0, math.nan, math.nan))
    return rows


def plain_rows(
    labels: Sequence[str], rows: Sequence[OwnRow], measure: str
) -> list[dict[str, object]]:
    """Give rows for JSON: on the analysis scale, proportions as proportions from 0 to 1."""
    of = get_measure(measure)

    def shown(value: float) -> float | None:
        value = of.to_display(value) if of.is_proportion else value
        return value if math.isfinite(value) else None

    return [
        {
            "label": label,
            "estimate": shown(row.estimate),
            "ci_lower": shown(row.lower),
            "ci_upper": shown(row.upper),
        }
        for label, row in zip(labels, rows, strict=True)
    ]
