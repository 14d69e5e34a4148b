"""The distribution behind a prediction interval: where the effect of a new trial is expected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Record = Mapping[str, Any]
Curve = tuple[tuple[float, float], ...]

_POINTS: Final = 161
# Beyond either limit, in widths of the interval: what is left out is below 1 in 200 of the top.
_BEYOND: Final = 0.55
# Degrees of freedom by method, from the number of trials (Veroniki 2019; Higgins 2009).
_LOST: Final[Mapping[str, float]] = {"t": 1.0, "hts": 2.0}


def predictive_density(pool: Record, trials: Sequence[Record]) -> Curve:
    """Return the predictive density on a grid around its interval.

    The t (or normal) distribution whose central interval the record's limits are; for a
    Bayesian pool the posterior predictive, N(m, s² + τ²) averaged over the posterior of τ
    (Röver 2020, Journal of Statistical Software 93(6)).

    Parameters
    ----------
    pool : mapping
        With `pi_lower, pi_upper, pi_method, level, k`; a Bayesian one with `prior,
        prior_scale` and perhaps `mean_prior`.
    trials : sequence of mapping
        Trials of the pool; a Bayesian one is integrated again from their `estimate, se`.

    Returns
    -------
    tuple of (float, float)
        Value on the analysis scale and height, the highest being 1; one point where the
        limits are equal.

    Raises
    ------
    ValueError
        If the method of the interval has no distribution (the bootstrap).
    """
    lower, upper = float(pool["pi_lower"]), float(pool["pi_upper"])
    if lower == upper:
        return ((lower, 1.0),)
    beyond = _BEYOND * (upper - lower)
    grid = np.linspace(lower - beyond, upper + beyond, _POINTS)
    heights = _heights(pool, trials, grid)
    heights = heights / heights.max()
    return tuple(zip(grid.tolist(), heights.tolist(), strict=True))


def _heights(
    pool: Record, trials: Sequence[Record], grid: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    method = pool.get("pi_method")
    if method == "posterior":
        from trialpool.pooling.bayes.predictive import predictive_pdf

        return predictive_pdf(
            [trial["estimate"] for trial in trials],
            [trial["se"] ** 2 for trial in trials],
            grid,
            prior=pool["prior"],
            scale=pool["prior_scale"],
            mean_prior=pool.get("mean_prior"),
        )
    if method not in (*_LOST, "normal"):
        raise ValueError(
            f"pi_style: the prediction interval by {method!r} has no distribution to draw; "
            "allowed: bar, line or polygon, or an interval by t, hts or normal"
        )
    lower, upper = float(pool["pi_lower"]), float(pool["pi_upper"])
    middle, half = (lower + upper) / 2, (upper - lower) / 2
    tail = 0.5 + float(pool["level"]) / 2
    if method == "normal":
        from scipy.special import ndtri

        z = (grid - middle) * float(ndtri(tail)) / half
        return np.asarray(np.exp(-0.5 * z * z))
    from scipy.special import stdtrit

    df = float(pool["k"]) - _LOST[method]
    z = (grid - middle) * float(stdtrit(df, tail)) / half
    return np.asarray(np.exp(-0.5 * (df + 1.0) * np.log1p(z * z / df)))


def at(curve: Curve, value: float) -> float:
    """Height of a curve at a value, 0 outside its grid."""
    values, heights = zip(*curve, strict=True)
    return float(np.interp(value, values, heights, left=0.0, right=0.0))


def widest(curve: Curve, height: float) -> tuple[float, float]:
    """Return where a curve with one peak first and last exceeds a height below 1."""
    above = [index for index, (_, h) in enumerate(curve) if h > height]
    first, last = above[0], above[-1]
    return _crossing(curve, first - 1, first, height), _crossing(curve, last + 1, last, height)


def _crossing(curve: Curve, outside: int, inside: int, height: float) -> float:
    if not 0 <= outside < len(curve):
        return curve[inside][0]
    (x0, h0), (x1, h1) = curve[outside], curve[inside]
    return x0 + (x1 - x0) * (height - h0) / (h1 - h0) if not math.isclose(h0, h1) else x1
