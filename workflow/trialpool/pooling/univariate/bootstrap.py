"""Prediction interval by the parametric bootstrap of Nagashima, Noma and Furukawa 2019.

Statistical Methods in Medical Research 28:1689. tau² is drawn from its
confidence distribution, one minus the distribution function of Cochran's Q at
the observed Q; each draw gives a mean with its Hartung-Knapp standard error,
and mean + z·tau + t·se is a draw of the effect in a new trial.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from trialpool.pooling.numeric.batch_sums import Layout, Moments, Sets
from trialpool.pooling.numeric.cochran_q import q_cdf
from trialpool.pooling.options import Floats
from trialpool.pooling.univariate.intervals import MIN_TRIALS_FOR_PREDICTION

_CHUNK_NUMBERS = 2**18
# Grid of the confidence distribution in log(tau² + smallest variance).
_STEP = 0.06
_LEAST, _MOST = 48, 4096
_REFINE = 16
# Where the search for the ends of the grid starts and stops: effects and
# variances lie within 1e60 of each other.
_LONGEST, _ROUGH = 200.0, 0.1


def prediction_limits(
    layout: Layout, level: float, seed: int, samples: int
) -> tuple[Floats, Floats]:
    """Bootstrap prediction limits of every set with at least three trials.

    Parameters
    ----------
    layout : Layout
    level : float
    seed : int
        Every set starts from it, so a set does not depend on its batch.
    samples : int

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        On the scale of the layout, around its centre; NaN where there are none.
    """
    limits = np.full((layout.count.size, 2), np.nan)
    for i, k in enumerate(layout.count.tolist()):
        if k >= MIN_TRIALS_FOR_PREDICTION:
            own = Sets(
                layout.sets.y[:k, i : i + 1].copy(),
                layout.sets.v[:k, i : i + 1].copy(),
                layout.sets.lead[:k, i : i + 1].copy(),
            )
            drawn = _new_effects(own, np.random.default_rng(seed), samples)
            limits[i] = np.quantile(drawn, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
    return limits[:, 0], limits[:, 1]


def _new_effects(own: Sets, random: np.random.Generator, samples: int) -> Floats:
    k = own.v.shape[0]
    uniform = random.random(samples)
    z = random.standard_normal(samples)
    t = random.standard_t(k - 1.0, samples)
    tau2 = _draw_tau2(own, uniform)
    drawn = np.empty(samples)
    size = max(256, _CHUNK_NUMBERS // k)
    wide = own.spread()
    for i in range(0, samples, size):
        part = slice(i, i + size)
        m = Moments(wide, tau2[None, part])
        se = np.sqrt(m.a1[0] / (m.s1[0] * (k - 1.0)))
        drawn[part] = m.mean[0] + z[part] * np.sqrt(tau2[part]) + t[part] * se
    return drawn


def _draw_tau2(own: Sets, uniform: Floats) -> Floats:
    """Invert the confidence distribution P(Q > q; tau²) of tau² >= 0.

    The distribution is exact (`q_cdf`) on a grid of tau² and interpolated
    between: cubic on a finer grid, then linear.
    """
    v = own.v[:, 0]
    q = float(Moments(own, np.zeros(1)).a1[0])
    wanted = 1.0 - uniform
    if q == 0.0:
        return np.zeros_like(uniform)
    unit = float(v.min())
    low, high = _where_draws_fall(v, q, unit, np.array([wanted.max(), wanted.min()]))
    cells = int(np.clip(np.ceil((high - low) / _STEP), _LEAST, _MOST))
    position = np.linspace(low, high, cells + 1)
    values = _logit(q_cdf(v, q, unit * np.expm1(position)))
    fine = _cubic(values)
    # np.interp needs rising abscissae; the logit falls in tau².
    falling = np.minimum.accumulate(fine)[::-1]
    place = np.linspace(low, high, fine.size)[::-1]
    drawn = unit * np.expm1(np.interp(_logit(wanted), falling, place))
    # Below the mass at 0 there is nothing to interpolate.
    return np.where(wanted >= float(q_cdf(v, q, np.zeros(1))[0]), 0.0, drawn)


def _where_draws_fall(v: Floats, q: float, unit: float, wanted: Floats) -> tuple[float, float]:
    """Bracket, in log(1 + tau²/unit), where the distribution has two given values."""
    low, high = np.zeros(2), np.full(2, _LONGEST)
    while np.max(high - low) > _ROUGH:
        middle = 0.5 * (low + high)
        above = q_cdf(v, q, unit * np.expm1(middle)) > wanted
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return float(low[0]), float(high[1])


def _logit(p: Floats) -> Floats:
    return np.asarray(special.logit(np.clip(p, 1e-14, 1.0 - 1e-14)), dtype=np.float64)


def _cubic(values: Floats) -> Floats:
    """Refine an even grid by cubics through the four nearest points."""
    n = values.size - 1
    place = np.arange(n * _REFINE + 1) / _REFINE
    first = np.clip(np.floor(place).astype(np.int64) - 1, 0, n - 3)
    s = place - first
    a, b, c, d = (values[first + j] for j in range(4))
    return np.asarray(
        -a * (s - 1) * (s - 2) * (s - 3) / 6
        + b * s * (s - 2) * (s - 3) / 2
        - c * s * (s - 1) * (s - 3) / 2
        + d * s * (s - 1) * (s - 2) / 6
    )
