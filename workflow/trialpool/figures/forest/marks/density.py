"""The distribution behind a prediction interval: where the effect of a new trial is expected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.records.pools import BayesPool, Pool
from trialpool.records.trials import SelectedTrial

Curve = tuple[tuple[float, float], ...]

_POINTS: Final = 161
# Beyond either limit, in widths of the interval: what is left out is below 1 in 200 of the top.
_BEYOND: Final = 0.55
# Degrees of freedom by method, from the number of trials (Veroniki 2019; Higgins 2009).
_LOST: Final[Mapping[str, float]] = {"t": 1.0, "hts": 2.0}


def predictive_density(pool: Pool, trials: Sequence[SelectedTrial]) -> Curve:
    """Return the predictive density on a grid around its interval.

    The t (or normal) distribution whose central interval the record's limits are; for a
    Bayesian pool the posterior predictive, N(m, s² + τ²) averaged over the posterior of τ
    (Röver 2020, Journal of Statistical Software 93(6)).

    Parameters
    ----------
    pool : Pool
        One that has a prediction interval.
    trials : sequence of SelectedTrial
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
    lower, upper = _limits(pool)
    if lower == upper:
        return ((lower, 1.0),)
    beyond = _BEYOND * (upper - lower)
    grid = np.linspace(lower - beyond, upper + beyond, _POINTS)
    heights = _heights(pool, trials, grid)
    heights = heights / heights.max()
    return tuple(zip(grid.tolist(), heights.tolist(), strict=True))


def _limits(pool: Pool) -> tuple[float, float]:
    if pool.pi_lower is None or pool.pi_upper is None:
        raise ValueError("pi_style: a pool without prediction interval has no distribution to draw")
    return pool.pi_lower, pool.pi_upper


def _heights(
    pool: Pool, trials: Sequence[SelectedTrial], grid: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    method = pool.pi_method
    if isinstance(pool, BayesPool):
        from trialpool.pooling.bayes.predictive import predictive_pdf

        return predictive_pdf(
            [trial.estimate for trial in trials],
            [trial.se**2 for trial in trials],
            grid,
            prior=pool.prior,
            scale=pool.prior_scale,
            mean_prior=pool.mean_prior,
        )
    if method not in (*_LOST, "normal"):
        raise ValueError(
            f"pi_style: the prediction interval by {method!r} has no distribution to draw; "
            "allowed: bar, line or polygon, or an interval by t, hts or normal"
        )
    lower, upper = _limits(pool)
    middle, half = (lower + upper) / 2, (upper - lower) / 2
    tail = 0.5 + pool.level / 2
    if method == "normal":
        from scipy.special import ndtri

        z = (grid - middle) * float(ndtri(tail)) / half
        return np.asarray(np.exp(-0.5 * z * z))
    from scipy.special import stdtrit

    df = pool.k - _LOST[method]
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
