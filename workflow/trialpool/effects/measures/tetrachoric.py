"""The tetrachoric correlation of a two by two table."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from trialpool.effects.measures.options import Effects, Floats

# Gauss-Legendre is exact to the last digits on the smooth arc from 0 to asin ρ.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
_END: Final = 1.0 - 1e-9


def tetrachoric(table: tuple[Floats, Floats, Floats, Floats]) -> Effects:
    """Correlation of two normal variables of which only the sides of two cuts are known.

    Parameters
    ----------
    table : tuple of four ndarray of shape (k,)
        Cells a, b, c, d.

    Returns
    -------
    r, vi : ndarray of shape (k,)
        Solves Φ₂(h, k; r) = a/N at the cuts h, k that the margins give (Pearson 1900,
        Phil Trans R Soc A 195:1; Φ₂ as Plackett's integral over the angle, Kirk 1973,
        Psychometrika 38:259). vi by the delta method on the multinomial cells, as Pearson's.
        NaN where an empty cell leaves no solution inside −1 and 1.
    """
    pairs = [_one(*cells) for cells in zip(*(cell.tolist() for cell in table), strict=True)]
    r, vi = np.array(pairs).reshape(-1, 2).T
    return r, vi


def _one(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    from scipy.optimize import brentq
    from scipy.special import ndtr, ndtri

    n = a + b + c + d
    nothing = (math.nan, math.nan)
    if 0 in (a + b, c + d, a + c, b + d) or (0 in (a, d) or 0 in (b, c)):
        return nothing
    h, k = float(ndtri((c + d) / n)), float(ndtri((b + d) / n))
    apart = float(ndtr(-h) * ndtr(-k))

    def excess(r: float) -> float:
        angle = math.asin(r)
        sine = np.sin(0.5 * angle * (_NODES + 1))
        heights = np.exp(-(h * h - 2 * sine * h * k + k * k) / (2 * (1 - sine**2)))
        return apart + angle * float(_WEIGHTS @ heights) / (4 * math.pi) - a / n

    if excess(-_END) * excess(_END) > 0:
        return nothing
    r = float(brentq(excess, -_END, _END, xtol=1e-15, rtol=1e-14))
    left = 1 - r * r
    density = math.exp(-(h * h - 2 * r * h * k + k * k) / (2 * left)) / (
        2 * math.pi * math.sqrt(left)
    )
    row, column = ndtr((r * h - k) / math.sqrt(left)), ndtr((r * k - h) / math.sqrt(left))
    slopes = np.array([1 - row - column, -row, -column, 0.0])
    shares = np.array([a, b, c, d]) / n
    spread = slopes**2 @ shares - (slopes @ shares) ** 2
    return r, float(spread / (n * density**2))
