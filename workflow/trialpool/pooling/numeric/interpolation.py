"""Polynomials through Chebyshev points, in the barycentric form.

Berrut and Trefethen 2004, SIAM Review 46:501. A function that is analytic within the ellipse
around [0, end] that goes through ±πi above and below its middle is met to rounding, with so
many points as `chebyshev_points` takes: Trefethen 2013, Approximation Theory and
Approximation Practice, theorem 8.2. Weighted sums of trials are such functions of
u = log(1 + tau²/unit), unit the smallest variance: the poles of 1/(v + tau²) lie π off the axis.
"""

from __future__ import annotations

import math

import numpy as np

from trialpool.pooling.options import Floats


def chebyshev_points(end: float, rounding: float) -> Floats:
    """Points from 0 to `end` (above 0) whose polynomial errs by about `rounding`, shape (m,)."""
    away = 2.0 * math.pi / end
    count = math.ceil(-math.log(rounding) / math.asinh(away)) + 1
    u = 0.5 * end * (1.0 - np.cos(np.pi * np.arange(count + 1) / count))
    u[0], u[-1] = 0.0, end
    return u


def interpolation_weights(u: Floats, places: Floats) -> Floats:
    """Weights of the values at Chebyshev points `u` in those at `places`, one row each."""
    own = (-1.0) ** np.arange(u.size)
    own[[0, -1]] *= 0.5
    away = places[:, None] - u
    exact = away == 0.0
    with np.errstate(divide="ignore", over="ignore"):
        weights = own / away
    hit = exact.any(axis=1)
    weights[hit] = exact[hit]
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
