"""Effects of change in one group, and of one group's mean; formulas in `trialpool.measures.means`.

Group 1 is after, group 2 before.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from trialpool.effects.measures.correlations import unbiased_correlation
from trialpool.effects.measures.means import small_sample_factor, unbiased_extra
from trialpool.effects.measures.options import Compute, Effects, Floats, MeasureOptions

Columns = dict[str, Floats]


def _difference(columns: Columns) -> Floats:
    return columns["mean_after"] - columns["mean_before"]


def _change_variance(columns: Columns) -> Floats:
    """Variance of the changes of single patients."""
    after, before = columns["sd_after"], columns["sd_before"]
    return after**2 + before**2 - 2 * columns["r"] * after * before


def mean_change(columns: Columns, _: MeasureOptions) -> Effects:
    """Mean change."""
    return _difference(columns), _change_variance(columns) / columns["n"]


def _standardised(
    d: Floats, n: Floats, base: Floats, unbiased_base: Floats, options: MeasureOptions
) -> Effects:
    f = n - 1
    j = small_sample_factor(f) if options.correct else np.ones_like(f)
    g = j * d
    if options.vtype == "LS2":
        return g, j**2 * (base + d**2 / (2 * n))
    if options.vtype == "UB":
        return g, unbiased_base + unbiased_extra(f, g)
    return g, base + g**2 / (2 * n)


def change_in_own_deviations(columns: Columns, options: MeasureOptions) -> Effects:
    """Mean change in standard deviations of the changes (Gibbons 1993)."""
    n = columns["n"]
    d = _difference(columns) / np.sqrt(_change_variance(columns))
    return _standardised(d, n, 1 / n, 1 / n, options)


def change_in_first_deviations(columns: Columns, options: MeasureOptions) -> Effects:
    """Mean change in standard deviations before (Becker 1988; UB: Morris 2000)."""
    n, r = columns["n"], columns["r"]
    d = _difference(columns) / columns["sd_before"]
    bases = (2 * (1 - r) / n, 2 * (1 - unbiased_correlation(r, n)) / n)
    return _standardised(d, n, *bases, options)


def heteroscedastic_change(columns: Columns, options: MeasureOptions) -> Effects:
    """Mean change in standard deviations before, unequal spreads (Bonett 2008)."""
    f, before = columns["n"] - 1, columns["sd_before"]
    g = (small_sample_factor(f) if options.correct else 1.0) * _difference(columns) / before
    return g, _change_variance(columns) / (before**2 * f) + g**2 / (2 * f)


def _pooled_change(columns: Columns, options: MeasureOptions) -> tuple[Floats, Floats]:
    square = (columns["sd_after"] ** 2 + columns["sd_before"] ** 2) / 2
    degrees = 2 * (columns["n"] - 1) / (1 + columns["r"] ** 2)
    j = small_sample_factor(degrees) if options.correct else 1.0
    return j * _difference(columns) / np.sqrt(square), square


def change_in_pooled_deviations(columns: Columns, options: MeasureOptions) -> Effects:
    """Mean change in pooled standard deviations (Cousineau 2020)."""
    n, r = columns["n"], columns["r"]
    g, _ = _pooled_change(columns, options)
    return g, 2 * (1 - r) / n + g**2 * (1 + r**2) / (4 * n)


def _fourth_powers(columns: Columns) -> Floats:
    after, before = columns["sd_after"] ** 2, columns["sd_before"] ** 2
    return after**2 + before**2 + 2 * columns["r"] ** 2 * after * before


def heteroscedastic_pooled_change(columns: Columns, options: MeasureOptions) -> Effects:
    """Mean change in pooled standard deviations, unequal spreads (Bonett 2008)."""
    g, square = _pooled_change(columns, options)
    spread = _change_variance(columns) / square + g**2 * _fourth_powers(columns) / (8 * square**2)
    return g, spread / (columns["n"] - 1)


def superiority_after(columns: Columns, _: MeasureOptions) -> Effects:
    """Probability that a value after exceeds one before (McGraw and Wong 1992)."""
    from scipy.special import ndtr

    total = columns["sd_after"] ** 2 + columns["sd_before"] ** 2
    delta = _difference(columns) / np.sqrt(total)
    spread = _change_variance(columns) / total
    spread = spread + delta**2 * _fourth_powers(columns) / (2 * total**2)
    return ndtr(delta), np.exp(-(delta**2)) / (2 * math.pi) * spread / (columns["n"] - 1)


def log_ratio_of_means(columns: Columns, options: MeasureOptions) -> Effects:
    """Log ratio of the means after and before (Lajeunesse 2011, 2015)."""
    n, r = columns["n"], columns["r"]
    cv1 = columns["sd_after"] / columns["mean_after"]
    cv2 = columns["sd_before"] / columns["mean_before"]
    yi = np.log(columns["mean_after"] / columns["mean_before"])
    if options.correct:
        yi = yi + (cv1**2 - cv2**2) / (2 * n)
    return yi, (cv1**2 + cv2**2 - 2 * r * cv1 * cv2) / n


def log_variability_ratio(columns: Columns, _: MeasureOptions) -> Effects:
    """Log ratio of the standard deviations after and before (Senior 2020)."""
    yi = np.log(columns["sd_after"] / columns["sd_before"])
    return yi, (1 - columns["r"] ** 2) / (columns["n"] - 1)


def log_cv_ratio(columns: Columns, options: MeasureOptions) -> Effects:
    """Log ratio of the coefficients of variation after and before (Senior 2020)."""
    spreads, spread_variance = log_variability_ratio(columns, options)
    means, mean_variance = log_ratio_of_means(columns, options)
    return spreads - means, spread_variance + mean_variance


def mean(columns: Columns, options: MeasureOptions) -> Effects:
    """Mean of one group."""
    s, n = columns["sd"], columns["n"]
    if options.vtype == "HO":
        return columns["mean"], float(((n - 1) @ s**2) / (n - 1).sum()) / n
    return columns["mean"], s**2 / n


def standardised_mean(columns: Columns, options: MeasureOptions) -> Effects:
    """Mean of one group in its standard deviations (Hedges 1981)."""
    n = columns["n"]
    g = columns["mean"] / columns["sd"]
    if options.correct:
        g = small_sample_factor(n - 1) * g
    return g, 1 / n + g**2 / (2 * n)


def log_mean(columns: Columns, _: MeasureOptions) -> Effects:
    """Logarithm of a mean."""
    x = columns["mean"]
    return np.log(x), columns["sd"] ** 2 / (columns["n"] * x**2)


def log_deviation(columns: Columns, _: MeasureOptions) -> Effects:
    """Logarithm of a standard deviation (Nakagawa 2015)."""
    f = columns["n"] - 1
    return np.log(columns["sd"]) + 1 / (2 * f), 1 / (2 * f)


def log_variation(columns: Columns, options: MeasureOptions) -> Effects:
    """Logarithm of a coefficient of variation (Nakagawa 2015)."""
    spread, spread_variance = log_deviation(columns, options)
    level, level_variance = log_mean(columns, options)
    return spread - level, spread_variance + level_variance


COMPUTE: Final[dict[str, Compute]] = {
    "MC": mean_change,
    "SMCC": change_in_own_deviations,
    "SMCR": change_in_first_deviations,
    "SMCRH": heteroscedastic_change,
    "SMCRP": change_in_pooled_deviations,
    "SMCRPH": heteroscedastic_pooled_change,
    "CLESCN": superiority_after,
    "AUCCN": superiority_after,
    "ROMC": log_ratio_of_means,
    "VRC": log_variability_ratio,
    "CVRC": log_cv_ratio,
    "MN": mean,
    "SMN": standardised_mean,
    "MNLN": log_mean,
    "SDLN": log_deviation,
    "CVLN": log_variation,
}
