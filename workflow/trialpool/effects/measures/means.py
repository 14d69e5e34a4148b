"""Effects of two groups' means and deviations, formulas in `trialpool.measures.means`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Groups:
    """Means, standard deviations and sizes of two groups, each of shape (k,)."""

    x1: Floats
    s1: Floats
    n1: Floats
    x2: Floats
    s2: Floats
    n2: Floats

    @property
    def degrees(self) -> Floats:
        """Degrees of freedom of the pooled standard deviation."""
        return self.n1 + self.n2 - 2

    @property
    def pooled_variance(self) -> Floats:
        """Variance within groups."""
        return ((self.n1 - 1) * self.s1**2 + (self.n2 - 1) * self.s2**2) / self.degrees

    @property
    def cohen_d(self) -> Floats:
        """Difference in pooled standard deviations, not corrected for bias."""
        return (self.x1 - self.x2) / np.sqrt(self.pooled_variance)

    @property
    def d_variance(self) -> Floats:
        """Variance of `cohen_d`, for large samples."""
        return 1 / self.n1 + 1 / self.n2 + self.cohen_d**2 / (2 * (self.n1 + self.n2))


def _groups(columns: dict[str, Floats]) -> Groups:
    return Groups(
        *(
            columns[f"{what}_{arm}"]
            for arm in ("experimental", "control")
            for what in ("mean", "sd", "n")
        )
    )


def small_sample_factor(degrees: Floats) -> Floats:
    """Give J(m), the exact factor that takes the bias from a standardised mean (Hedges 1981).

    Parameters
    ----------
    degrees : ndarray of shape (k,)
        Degrees of freedom m of the standard deviation.
    """
    from scipy.special import gammaln

    half = degrees / 2
    factor: Floats = np.exp(gammaln(half) - gammaln(half - 0.5)) / np.sqrt(half)
    return factor


def unbiased_extra(degrees: Floats, g: Floats) -> Floats:
    """Give what an unbiased variance of g adds to that of the difference (Hedges 1983).

    (1 − (m − 2)/(m J²)) g², with m degrees of freedom.
    """
    extra: Floats = (1 - (degrees - 2) / (degrees * small_sample_factor(degrees) ** 2)) * g**2
    return extra


def mean_difference(x: Groups, options: MeasureOptions) -> Effects:
    """Mean difference."""
    yi = x.x1 - x.x2
    if options.vtype == "HO":
        return yi, x.pooled_variance * (1 / x.n1 + 1 / x.n2)
    return yi, x.s1**2 / x.n1 + x.s2**2 / x.n2


def standardised_difference(x: Groups, options: MeasureOptions) -> Effects:
    """Mean difference in pooled standard deviations (Hedges 1981)."""
    m, n = x.degrees, x.n1 + x.n2
    j = small_sample_factor(m) if options.correct else np.ones_like(m)
    g, base = j * x.cohen_d, 1 / x.n1 + 1 / x.n2
    if options.vtype == "LS2":
        return g, j**2 * x.d_variance
    if options.vtype == "UB":
        return g, base + unbiased_extra(m, g)
    if options.vtype == "H0":
        return g, base * j**2 * m / (m - 2)
    of = np.full_like(g, mean_of(g, n)) if options.vtype == "AV" else g
    return g, base + of**2 / (2 * n)


def heteroscedastic_difference(x: Groups, options: MeasureOptions) -> Effects:
    """Mean difference in root mean variances (Bonett 2008, 2009)."""
    square = (x.s1**2 + x.s2**2) / 2
    j = small_sample_factor(x.degrees) if options.correct else 1.0
    g = j * (x.x1 - x.x2) / np.sqrt(square)
    first = 0.0 if options.vtype in ("LS2", "LS3") else 1.0
    second = 0.0 if options.vtype == "LS2" else 1.0
    means = (x.s1**2 / (x.n1 - first) + x.s2**2 / (x.n2 - first)) / square
    spreads = (x.s1**4 / (x.n1 - second) + x.s2**4 / (x.n2 - second)) / (8 * square**2)
    return g, means + g**2 * spreads


def glass_delta(x: Groups, options: MeasureOptions) -> Effects:
    """Mean difference in standard deviations of the control group (Glass 1976)."""
    f2 = x.n2 - 1
    g = (small_sample_factor(f2) if options.correct else 1.0) * (x.x1 - x.x2) / x.s2
    base = 1 / x.n1 + 1 / x.n2
    if options.vtype == "UB":
        return g, base + unbiased_extra(f2, g)
    return g, base + g**2 / (2 * x.n2)


def heteroscedastic_glass_delta(x: Groups, options: MeasureOptions) -> Effects:
    """Glass's delta with a variance that allows unequal spreads (Bonett 2009)."""
    g, _ = glass_delta(x, options)
    return g, x.s1**2 / x.s2**2 / (x.n1 - 1) + 1 / (x.n2 - 1) + g**2 / (2 * (x.n2 - 1))


def log_ratio_of_means(x: Groups, options: MeasureOptions) -> Effects:
    """Log ratio of means (Hedges 1999), its bias corrected to second order (Lajeunesse 2015)."""
    first, second = x.s1**2 / (x.n1 * x.x1**2), x.s2**2 / (x.n2 * x.x2**2)
    yi = np.log(x.x1 / x.x2) + (0.5 * (first - second) if options.correct else 0.0)
    if options.vtype == "HO":
        return yi, x.pooled_variance * (1 / (x.n1 * x.x1**2) + 1 / (x.n2 * x.x2**2))
    if options.vtype in ("AV", "AVHO"):
        cv1, cv2 = x.s1 / x.x1, x.s2 / x.x2
        mean1, mean2 = mean_of(cv1, x.n1), mean_of(cv2, x.n2)
        if options.vtype == "AVHO":
            both = np.concatenate((cv1, cv2))
            mean1 = mean2 = mean_of(both, np.concatenate((x.n1, x.n2)))
        return yi, mean1**2 / x.n1 + mean2**2 / x.n2
    more = 0.5 * (first**2 + second**2) if options.vtype == "LS2" else 0.0
    return yi, first + second + more


def log_variability_ratio(x: Groups, options: MeasureOptions) -> Effects:
    """Log ratio of standard deviations (Nakagawa 2015; LS2: Senior 2020)."""
    f1, f2 = x.n1 - 1, x.n2 - 1
    yi = np.log(x.s1 / x.s2) + 1 / (2 * f1) - 1 / (2 * f2)
    if options.vtype == "LS2":
        return yi, 0.5 * (x.n1 / f1**2 + x.n2 / f2**2)
    return yi, 1 / (2 * f1) + 1 / (2 * f2)


def log_cv_ratio(x: Groups, options: MeasureOptions) -> Effects:
    """Log ratio of coefficients of variation (Nakagawa 2015; Senior 2020)."""
    spreads, spread_variance = log_variability_ratio(x, options)
    means, mean_variance = log_ratio_of_means(x, options)
    if not options.correct:
        spreads = np.log(x.s1 / x.s2)
    return spreads - means, spread_variance + mean_variance


def point_biserial(x: Groups, options: MeasureOptions) -> Effects:
    """Correlation of group and outcome (Tate 1954); ST: groups of fixed size, CS: drawn."""
    d, n = x.cohen_d, x.n1 + x.n2
    h = x.degrees / x.n1 + x.degrees / x.n2
    r = d / np.sqrt(d**2 + h)
    if options.vtype == "CS":
        shares = x.n1 * x.n2 / n**2
        return r, (1 - r**2) ** 2 * (1 - 1.5 * r**2 + r**2 / (4 * shares)) / n
    return r, h**2 * x.d_variance / (d**2 + h) ** 3


def biserial(x: Groups, _: MeasureOptions) -> Effects:
    """Correlation with the normal variable that was cut into two groups (Soper 1914)."""
    from scipy.special import ndtri

    n = x.n1 + x.n2
    p, q = x.n1 / n, x.n2 / n
    z = ndtri(q)
    f = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    d = x.cohen_d
    b = d / np.sqrt(d**2 + x.degrees / x.n1 + x.degrees / x.n2) * np.sqrt(p * q) / f
    bend = p * q * z**2 / f**2 + (2 * p - 1) * z / f - 2.5
    return b, (b**4 + b**2 * bend + p * q / f**2) / (n - 1)


def superiority(x: Groups, options: MeasureOptions) -> Effects:
    """Probability that a patient of the first group has more (McGraw and Wong 1992)."""
    from scipy.special import ndtr

    if options.vtype == "HO":
        delta = x.cohen_d / math.sqrt(2.0)
        return ndtr(delta), _density_squared(delta) * x.d_variance / 2
    total = x.s1**2 + x.s2**2
    delta = (x.x1 - x.x2) / np.sqrt(total)
    first = 0.0 if options.vtype in ("LS2", "LS3") else 1.0
    second = 0.0 if options.vtype == "LS2" else 1.0
    at = np.zeros_like(delta) if options.vtype == "H0" else delta
    means = (x.s1**2 / (x.n1 - first) + x.s2**2 / (x.n2 - first)) / total
    spreads = (x.s1**4 / (x.n1 - second) + x.s2**4 / (x.n2 - second)) / (2 * total**2)
    return ndtr(delta), _density_squared(at) * (means + at**2 * spreads)


def _density_squared(z: Floats) -> Floats:
    square: Floats = np.exp(-(z**2)) / (2 * math.pi)
    return square


def _log_odds(factor: float) -> Callable[[Groups, MeasureOptions], Effects]:
    return lambda x, _: times(factor, (x.cohen_d, x.d_variance))


_FORMULAS: Final[dict[str, Callable[[Groups, MeasureOptions], Effects]]] = {
    "MD": mean_difference,
    "SMD": standardised_difference,
    "SMDH": heteroscedastic_difference,
    "SMD1": glass_delta,
    "SMD1H": heteroscedastic_glass_delta,
    "ROM": log_ratio_of_means,
    "VR": log_variability_ratio,
    "CVR": log_cv_ratio,
    "RPB": point_biserial,
    "ZPB": lambda x, options: fisher_z(point_biserial(x, options)),
    "RBIS": biserial,
    "ZBIS": lambda x, options: fisher_z(biserial(x, options)),
    "D2OR": _log_odds(math.pi / math.sqrt(3.0)),
    "D2ORL": _log_odds(math.pi / math.sqrt(3.0)),
    "D2ORN": _log_odds(1.65),
    "CLESN": superiority,
    "AUCN": superiority,
}


def _of_columns(formula: Callable[[Groups, MeasureOptions], Effects]) -> Compute:
    return lambda columns, options: formula(_groups(columns), options)


COMPUTE: Final[dict[str, Compute]] = {
    code: _of_columns(formula) for code, formula in _FORMULAS.items()
}
