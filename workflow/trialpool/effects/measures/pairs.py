"""Effects of pairs, of genotypes and of areas, formulas in `trialpool.measures.two_by_two`."""

from __future__ import annotations

from typing import Final

import numpy as np

from trialpool.effects.measures.options import Compute, Effects, Floats, MeasureOptions
from trialpool.effects.measures.two_by_two import Cells, filled, marginal_odds_ratio

_PAIRS: Final = ("both", "only_first", "only_second", "neither")
_GENOTYPES: Final = ("homozygous_dominant", "heterozygous", "homozygous_recessive")


def _cells(columns: dict[str, Floats], options: MeasureOptions) -> Cells:
    a, b, c, d = (columns[name] for name in _PAIRS)
    return filled((a, b, c, d), options)


def risk_difference(columns: dict[str, Floats], options: MeasureOptions) -> Effects:
    """Difference of the two risks of pairs (May and Johnson 1997)."""
    a, b, c, d = _cells(columns, options)
    n = a + b + c + d
    yi = (b - c) / n
    return yi, ((b + c) / n - yi**2) / n


def log_risk_ratio(columns: dict[str, Floats], options: MeasureOptions) -> Effects:
    """Log ratio of the two risks of pairs (Nam and Blackwelder 2002)."""
    a, b, c, _ = _cells(columns, options)
    return np.log((a + b) / (a + c)), (b + c) / ((a + b) * (a + c))


def log_marginal_odds_ratio(columns: dict[str, Floats], options: MeasureOptions) -> Effects:
    """Log odds ratio of the two margins of pairs (Becker and Balagtas 1993)."""
    a, b, c, d = _cells(columns, options)
    n = a + b + c + d
    p1, p2 = (a + b) / n, (a + c) / n
    r = (a / n - p1 * p2) / np.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
    return marginal_odds_ratio((a + b, c + d, a + c, b + d), columns.get("r", r))


def log_conditional_odds_ratio(columns: dict[str, Floats], options: MeasureOptions) -> Effects:
    """Log odds ratio of discordant pairs (Curtin 2002)."""
    _, b, c, _ = _cells(columns, options)
    return np.log(b / c), 1 / b + 1 / c


def peto_conditional_odds_ratio(columns: dict[str, Floats], options: MeasureOptions) -> Effects:
    """Log odds ratio of discordant pairs by Peto's one step (Curtin 2002)."""
    _, b, c, _ = _cells(columns, options)
    return 2 * (b - c) / (b + c), 4 / (b + c)


def log_relative_excess(columns: dict[str, Floats], _: MeasureOptions) -> Effects:
    """Log relative excess heterozygosity (Ziegler 2011); nothing is added to an empty cell."""
    a, b, c = (columns[name] for name in _GENOTYPES)
    return np.log(b / (2 * np.sqrt(a * c))), 1 / b + 1 / (4 * a) + 1 / (4 * c)


def area(columns: dict[str, Floats], options: MeasureOptions) -> Effects:
    """Area under a ROC curve, or probability of superiority.

    LS and LS2 are the variances of Newcombe 2006 and of Hanley and McNeil 1982 with
    (n₁ − 1)(n₂ − 1) in the place of n₁n₂, MAX is the largest that A allows with n − 1 for n: so
    in metafor. H0 is that of the Mann-Whitney statistic under no effect.
    """
    x, n1, n2 = columns["auc"], columns["n_cases"], columns["n_controls"]
    if options.vtype == "H0":
        return x, (n1 + n2 + 1) / (12 * n1 * n2)
    if options.vtype == "MAX":
        return x, x * (1 - x) / (np.minimum(n1, n2) - 1)
    degrees = (n1 - 1) * (n2 - 1)
    if options.vtype == "LS2":
        first, second = x / (2 - x), 2 * x**2 / (1 + x)
        spread = (n1 - 1) * (first - x**2) + (n2 - 1) * (second - x**2)
        return x, (x * (1 - x) + spread) / degrees
    half = (n1 + n2) / 2 - 1
    return x, x * (1 - x) * (1 + half * (1 - x) / (2 - x) + half * x / (1 + x)) / degrees


COMPUTE: Final[dict[str, Compute]] = {
    "MPRD": risk_difference,
    "MPRR": log_risk_ratio,
    "MPOR": lambda columns, options: log_marginal_odds_ratio(
        {name: column for name, column in columns.items() if name != "r"}, options
    ),
    "MPORM": log_marginal_odds_ratio,
    "MPORC": log_conditional_odds_ratio,
    "MPPETO": peto_conditional_odds_ratio,
    "REH": log_relative_excess,
    "AUC": area,
    "CLES": area,
}
