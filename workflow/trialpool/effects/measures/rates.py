"""Effects of person-time, and of one group's proportion or rate."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from trialpool.effects.measures.options import Compute, Effects, Floats, MeasureOptions, mean_of

Columns = dict[str, Floats]


def _two_rates(columns: Columns, options: MeasureOptions) -> tuple[Floats, Floats, Floats, Floats]:
    x1, x2 = columns["events_experimental"], columns["events_control"]
    added = options.addition((x1 == 0) | (x2 == 0))
    return x1 + added, columns["time_experimental"], x2 + added, columns["time_control"]


def log_rate_ratio(columns: Columns, options: MeasureOptions) -> Effects:
    """Log incidence rate ratio (Rothman 2008)."""
    x1, t1, x2, t2 = _two_rates(columns, options)
    return np.log(x1 * t2 / (x2 * t1)), 1 / x1 + 1 / x2


def rate_difference(columns: Columns, options: MeasureOptions) -> Effects:
    """Incidence rate difference (Rothman 2008)."""
    x1, t1, x2, t2 = _two_rates(columns, options)
    return x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2


def root_rate_difference(columns: Columns, _: MeasureOptions) -> Effects:
    """Difference of root incidence rates (Bartlett 1936); empty cells need nothing."""
    x1, x2 = columns["events_experimental"], columns["events_control"]
    t1, t2 = columns["time_experimental"], columns["time_control"]
    return np.sqrt(x1 / t1) - np.sqrt(x2 / t2), 1 / (4 * t1) + 1 / (4 * t2)


def _filled_share(columns: Columns, options: MeasureOptions) -> tuple[Floats, Floats]:
    x, n = columns["events"], columns["n"]
    added = options.addition((x == 0) | (x == n))
    return x + added, n + 2 * added


def proportion(columns: Columns, options: MeasureOptions) -> Effects:
    """Proportion, untransformed."""
    x, n = _filled_share(columns, options)
    p = x / n
    if options.vtype == "AV":
        mean = mean_of(p, n)
        return p, mean * (1 - mean) / n
    return p, p * (1 - p) / (n - (1.0 if options.vtype == "UB" else 0.0))


def log_proportion(columns: Columns, options: MeasureOptions) -> Effects:
    """Logarithm of a proportion (Katz 1978)."""
    x, n = _filled_share(columns, options)
    if options.vtype == "AV":
        mean = mean_of(x / n, n)
        return np.log(x / n), (1 - mean) / (mean * n)
    return np.log(x / n), 1 / x - 1 / n


def logit(columns: Columns, options: MeasureOptions) -> Effects:
    """Logit of a proportion (Stijnen 2010)."""
    x, n = _filled_share(columns, options)
    if options.vtype == "AV":
        mean = mean_of(x / n, n)
        return np.log(x / (n - x)), 1 / (mean * (1 - mean) * n)
    return np.log(x / (n - x)), 1 / x + 1 / (n - x)


def probit(columns: Columns, options: MeasureOptions) -> Effects:
    """Probit of a proportion, its variance by the delta method."""
    from scipy.special import ndtri

    x, n = _filled_share(columns, options)
    p = x / n
    z = ndtri(p)
    return z, 2 * math.pi * p * (1 - p) * np.exp(z**2) / n


def arcsine(columns: Columns, _: MeasureOptions) -> Effects:
    """Arcsine of the root of a proportion (Anscombe 1948)."""
    x, n = columns["events"], columns["n"]
    return np.arcsin(np.sqrt(x / n)), 1 / (4 * n)


def double_arcsine(columns: Columns, _: MeasureOptions) -> Effects:
    """Freeman and Tukey's double arcsine (1950), half the sum of the two angles."""
    x, n = columns["events"], columns["n"]
    angles = np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))
    return angles / 2, 1 / (4 * n + 2)


def _filled_rate(columns: Columns, options: MeasureOptions) -> tuple[Floats, Floats]:
    x = columns["events"]
    return x + options.addition(x == 0), columns["time"]


def rate(columns: Columns, options: MeasureOptions) -> Effects:
    """Incidence rate (Rothman 2008)."""
    x, t = _filled_rate(columns, options)
    return x / t, x / t**2


def log_rate(columns: Columns, options: MeasureOptions) -> Effects:
    """Logarithm of an incidence rate (Rothman 2008)."""
    x, t = _filled_rate(columns, options)
    return np.log(x / t), 1 / x


def root_rate(columns: Columns, _: MeasureOptions) -> Effects:
    """Root of an incidence rate (Bartlett 1936)."""
    x, t = columns["events"], columns["time"]
    return np.sqrt(x / t), 1 / (4 * t)


def double_root_rate(columns: Columns, _: MeasureOptions) -> Effects:
    """Freeman and Tukey's double root of a rate (1950), half the sum of the two roots."""
    x, t = columns["events"], columns["time"]
    return (np.sqrt(x / t) + np.sqrt((x + 1) / t)) / 2, 1 / (4 * t)


COMPUTE: Final[dict[str, Compute]] = {
    "IRR": log_rate_ratio,
    "IRD": rate_difference,
    "IRSD": root_rate_difference,
    "PR": proportion,
    "PLN": log_proportion,
    "PLO": logit,
    "PRZ": probit,
    "PAS": arcsine,
    "PFT": double_arcsine,
    "IR": rate,
    "IRLN": log_rate,
    "IRS": root_rate,
    "IRFT": double_root_rate,
}
