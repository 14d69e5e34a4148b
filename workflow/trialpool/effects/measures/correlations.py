"""Effects of correlations, regressions, reliability: formulas in `trialpool.measures.one_group`."""

from __future__ import annotations

from typing import Final

import numpy as np

from trialpool.effects.measures.options import (
    Compute,
    Effects,
    Floats,
    MeasureOptions,
    fisher_z,
    mean_of,
)

Columns = dict[str, Floats]


def unbiased_correlation(r: Floats, n: Floats) -> Floats:
    """Correct a correlation of n patients for its bias (Olkin and Pratt 1958)."""
    from scipy.special import hyp2f1

    unbiased: Floats = r * hyp2f1(0.5, 0.5, (n - 2) / 2, 1 - r**2)
    return unbiased


def correlation(columns: Columns, options: MeasureOptions) -> Effects:
    """Correlation."""
    r, n = columns["r"], columns["n"]
    if options.vtype == "H0a":
        return r, (1 - r**2) / (n - 2)
    if options.vtype == "H0b":
        return r, 1 / n
    at = mean_of(r, n) if options.vtype == "AV" else r
    return r, (1 - at**2) ** 2 / (n - 1)


def corrected_correlation(columns: Columns, options: MeasureOptions) -> Effects:
    """Correlation without bias (Olkin and Pratt 1958); UB: its variance too (Hedges 1989)."""
    from scipy.special import hyp2f1

    r, n = columns["r"], columns["n"]
    u = unbiased_correlation(r, n)
    if options.vtype == "UB":
        left = (n - 3) / (n - 2) * (1 - r**2) * hyp2f1(1.0, 1.0, n / 2, 1 - r**2)
        return u, u**2 - 1 + left
    at = mean_of(u, n) if options.vtype == "AV" else u
    return u, (1 - at**2) ** 2 / (n - 1)


def z_correlation(columns: Columns, _: MeasureOptions) -> Effects:
    """Fisher's z (1921)."""
    return np.arctanh(columns["r"]), 1 / (columns["n"] - 3)


def _degrees(columns: Columns) -> Floats:
    return columns["n"] - columns["predictors"] - 1


def partial_correlation(columns: Columns, options: MeasureOptions) -> Effects:
    """Partial correlation from the test of a coefficient (Aloe and Becker 2012)."""
    t, n = columns["t_value"], columns["n"]
    r = t / np.sqrt(t**2 + _degrees(columns))
    at = mean_of(r, n) if options.vtype == "AV" else r
    return r, (1 - at**2) ** 2 / (n - columns["predictors"])


def z_partial_correlation(columns: Columns, options: MeasureOptions) -> Effects:
    """Fisher's z of a partial correlation (Fisher 1924)."""
    r, _ = partial_correlation(columns, options)
    return np.arctanh(r), 1 / (_degrees(columns) - 1)


def semi_partial_correlation(columns: Columns, _: MeasureOptions) -> Effects:
    """Semi-partial correlation from the test of a coefficient (Aloe and Becker 2012)."""
    whole = columns["r_squared"]
    r = columns["t_value"] * np.sqrt((1 - whole) / _degrees(columns))
    rest = whole - r**2
    return r, (whole**2 - 2 * whole + rest + 1 - rest**2) / columns["n"]


def determination(columns: Columns, options: MeasureOptions) -> Effects:
    """R² with random predictors (Olkin and Finn 1995; Kendall and Stuart 1979)."""
    square, n = columns["r_squared"], columns["n"]
    at = mean_of(square, n) if options.vtype in ("AV", "AV2") else square
    if options.vtype in ("LS2", "AV2"):
        return square, 4 * at * (1 - at) ** 2 * _degrees(columns) ** 2 / ((n**2 - 1) * (n + 3))
    return square, 4 * at * (1 - at) ** 2 / n


def z_determination(columns: Columns, _: MeasureOptions) -> Effects:
    """Fisher's z of the root of R² (Olkin and Finn 1995)."""
    return np.arctanh(np.sqrt(columns["r_squared"])), 1 / columns["n"]


def alpha(columns: Columns, _: MeasureOptions) -> Effects:
    """Cronbach's alpha (Bonett 2010)."""
    a, m, n = columns["alpha"], columns["items"], columns["n"]
    return a, 2 * m * (1 - a) ** 2 / ((m - 1) * (n - 2))


def cube_root_alpha(columns: Columns, _: MeasureOptions) -> Effects:
    """Alpha by the cube root of its complement (Hakstian and Whalen 1976)."""
    a, m, n = columns["alpha"], columns["items"], columns["n"]
    root = np.cbrt(1 - a)
    return 1 - root, 18 * m * (n - 1) * root**2 / ((m - 1) * (9 * n - 11) ** 2)


def log_alpha(columns: Columns, _: MeasureOptions) -> Effects:
    """Alpha by the logarithm of its complement (Bonett 2002)."""
    a, m, n = columns["alpha"], columns["items"], columns["n"]
    return -np.log(1 - a), 2 * m / ((m - 1) * (n - 2))


COMPUTE: Final[dict[str, Compute]] = {
    "COR": correlation,
    "UCOR": corrected_correlation,
    "ZCOR": z_correlation,
    "PCOR": partial_correlation,
    "ZPCOR": z_partial_correlation,
    "SPCOR": semi_partial_correlation,
    "ZSPCOR": lambda columns, options: fisher_z(semi_partial_correlation(columns, options)),
    "R2": determination,
    "ZR2": z_determination,
    "ARAW": alpha,
    "AHW": cube_root_alpha,
    "ABT": log_alpha,
}
