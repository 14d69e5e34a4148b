"""Effects of two groups' counts, formulas in `trialpool.measures.two_by_two`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from trialpool.effects.measures.options import (
    Compute,
    Effects,
    Floats,
    MeasureOptions,
    fisher_z,
    mean_of,
    times,
)
from trialpool.effects.measures.tetrachoric import tetrachoric

_COLUMNS: Final = ("events_experimental", "n_experimental", "events_control", "n_control")
_LOGISTIC: Final = math.sqrt(3.0) / math.pi
Cells = tuple[Floats, Floats, Floats, Floats]


def cells(columns: dict[str, Floats]) -> Cells:
    """Give a, b, c, d: events and others of the experimental, then of the control group."""
    a, n1, c, n2 = (columns[name] for name in _COLUMNS)
    return a, n1 - a, c, n2 - c


def filled(table: Cells, options: MeasureOptions) -> Cells:
    """Add to cells as the options say."""
    added = options.addition(np.any([cell == 0 for cell in table], axis=0))
    a, b, c, d = table
    return a + added, b + added, c + added, d + added


def _inverses(table: Cells) -> Floats:
    a, b, c, d = table
    return 1 / a + 1 / b + 1 / c + 1 / d


def _mean_risks(table: Cells) -> tuple[float, float]:
    a, b, c, d = table
    return mean_of(a / (a + b), a + b), mean_of(c / (c + d), c + d)


def log_odds_ratio(table: Cells, options: MeasureOptions) -> Effects:
    """Log odds ratio (Woolf 1955)."""
    a, b, c, d = table
    yi = np.log(a * d / (b * c))
    if options.vtype != "AV":
        return yi, _inverses(table)
    p1, p2 = _mean_risks(table)
    return yi, 1 / (p1 * (1 - p1) * (a + b)) + 1 / (p2 * (1 - p2) * (c + d))


def log_risk_ratio(table: Cells, options: MeasureOptions) -> Effects:
    """Log risk ratio (Katz 1978)."""
    a, b, c, d = table
    n1, n2 = a + b, c + d
    yi = np.log(a * n2 / (c * n1))
    if options.vtype != "AV":
        return yi, 1 / a - 1 / n1 + 1 / c - 1 / n2
    p1, p2 = _mean_risks(table)
    return yi, (1 - p1) / (p1 * n1) + (1 - p2) / (p2 * n2)


def risk_difference(table: Cells, options: MeasureOptions) -> Effects:
    """Risk difference (Cochrane Handbook 6.5, 10.4)."""
    a, b, c, d = table
    n1, n2 = a + b, c + d
    yi = a / n1 - c / n2
    if options.vtype == "AV":
        p1, p2 = _mean_risks(table)
        return yi, p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
    less = 1.0 if options.vtype == "UB" else 0.0
    return yi, a * b / n1**2 / (n1 - less) + c * d / n2**2 / (n2 - less)


def arcsine_difference(table: Cells, _: MeasureOptions) -> Effects:
    """Difference of arcsines of root risks (Rücker 2009); empty cells need nothing."""
    a, b, c, d = table
    n1, n2 = a + b, c + d
    return np.arcsin(np.sqrt(a / n1)) - np.arcsin(np.sqrt(c / n2)), 1 / (4 * n1) + 1 / (4 * n2)


def peto_log_odds_ratio(table: Cells, _: MeasureOptions) -> Effects:
    """Peto's one-step log odds ratio (Yusuf 1985)."""
    a, b, c, d = table
    n1, m1 = a + b, a + c
    n = n1 + c + d
    variance = n1 * (c + d) * m1 * (b + d) / (n**2 * (n - 1))
    return (a - n1 * m1 / n) / variance, 1 / variance


def phi(table: Cells, options: MeasureOptions) -> Effects:
    """Phi coefficient.

    ST: delta method on φ = (p₁ − p₂)√(w₁w₂/(pq)) with fixed shares w of the groups and
    binomial risks; CS: all four cells multinomial.
    """
    a, b, c, d = table
    n1, n2, m1 = a + b, c + d, a + c
    n = n1 + n2
    w1, w2, p = n1 / n, n2 / n, m1 / n
    q, p1, p2 = 1 - p, a / n1, c / n2
    f = (p1 - p2) * np.sqrt(w1 * w2 / (p * q))
    if options.vtype == "CS":
        slant = (w1 - w2) * (p - q) / np.sqrt(w1 * w2 * p * q)
        spread = (w1 - w2) ** 2 / (w1 * w2) + (p - q) ** 2 / (p * q)
        return f, (1 - f**2 + f * (1 + f**2 / 2) * slant - 0.75 * f**2 * spread) / n
    root = np.sqrt(w1 * w2 / (p * q))
    bend = (p1 - p2) * (1 - 2 * p) / (2 * p * q)
    slope1, slope2 = root * (1 - bend * w1), root * (-1 - bend * w2)
    return f, slope1**2 * p1 * (1 - p1) / n1 + slope2**2 * p2 * (1 - p2) / n2


def yule_q(table: Cells, _: MeasureOptions) -> Effects:
    """Yule's Q (Yule 1912; its variance: Bonett and Price 2007)."""
    a, b, c, d = table
    q = (a * d - b * c) / (a * d + b * c)
    return q, (1 - q**2) ** 2 / 4 * _inverses(table)


def yule_y(table: Cells, _: MeasureOptions) -> Effects:
    """Yule's Y (Yule 1912; its variance: Bonett and Price 2007)."""
    a, b, c, d = table
    first, second = np.sqrt(a * d), np.sqrt(b * c)
    y = (first - second) / (first + second)
    return y, (1 - y**2) ** 2 / 16 * _inverses(table)


def probit_difference(table: Cells, _: MeasureOptions) -> Effects:
    """Difference of probits of the risks (Sánchez-Meca 2003), its variance by the delta method."""
    from scipy.special import ndtri

    a, b, c, d = table
    n1, n2 = a + b, c + d
    z1, z2 = ndtri(a / n1), ndtri(c / n2)
    first = 2 * math.pi * a * b * np.exp(z1**2) / n1**3
    return z1 - z2, first + 2 * math.pi * c * d * np.exp(z2**2) / n2**3


def marginal_odds_ratio(table: Cells, r: Floats) -> Effects:
    """Log odds ratio of two margins of the same patients, r the correlation of the outcomes.

    Elbourne 2002, Int J Epidemiol 31:140; Zou 2007, Clin Trials 4:25. Where missing values
    leave the margins unequal, n is their harmonic mean.
    """
    a, b, c, d = table
    n1, n2 = a + b, c + d
    n = 2 / (1 / n1 + 1 / n2)
    spread = np.sqrt(a * b / n1**2 * (c * d / n2**2))
    return np.log(a * d / (b * c)), _inverses(table) - 2 * r / (n * spread)


_Formula = Callable[[Cells, MeasureOptions], Effects]


def _filled(formula: _Formula) -> Compute:
    return lambda columns, options: formula(filled(cells(columns), options), options)


def _raw(formula: _Formula) -> Compute:
    return lambda columns, options: formula(cells(columns), options)


def _scaled(factor: float) -> _Formula:
    return lambda table, options: times(factor, log_odds_ratio(table, options))


COMPUTE: Final[dict[str, Compute]] = {
    "OR": _filled(log_odds_ratio),
    "RR": _filled(log_risk_ratio),
    "RD": _filled(risk_difference),
    "AS": _raw(arcsine_difference),
    "PETO": _filled(peto_log_odds_ratio),
    "PHI": _raw(phi),
    "ZPHI": _raw(lambda table, options: fisher_z(phi(table, options))),
    "YUQ": _filled(yule_q),
    "YUY": _filled(yule_y),
    "RTET": _raw(lambda table, _: tetrachoric(table)),
    "ZTET": _raw(lambda table, _: fisher_z(tetrachoric(table))),
    "PBIT": _filled(probit_difference),
    "OR2D": _filled(_scaled(_LOGISTIC)),
    "OR2DL": _filled(_scaled(_LOGISTIC)),
    "OR2DN": _filled(_scaled(1 / 1.65)),
    "MPORM": lambda columns, options: marginal_odds_ratio(
        filled(cells(columns), options), columns["r"]
    ),
}
