"""The likelihood of two correlated effects per trial, one of which may be missing.

The effects of trial i are normal around the pair of means with covariance S_i + G: S_i from the
printed standard errors and an assumed correlation within trials, G between trials and
unstructured (van Houwelingen, Arends and Stijnen 2002, Stat Med 21:589; Jackson, Riley and White
2011, Stat Med 30:2481). G = L L' with L lower triangular, so that it is never indefinite and a
correlation of 1 is an inner point of the search.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize

from trialpool.pooling.options import Bools, Floats

_Objective = Callable[[Floats], tuple[float, Floats]]
_STARTS: Final = (-0.7, 0.2, 0.8)  # correlations between trials to set out from
_GRADIENT: Final = 1e-9
_NEWTON_STEPS: Final = 20
# A step of central differences of a gradient that is exact to about 1e-15.
_STEP: Final = 1e-5


@dataclass(frozen=True)
class Pairs:
    """What the trials say.

    Attributes
    ----------
    y : ndarray of shape (k, 2)
        Effects on the analysis scale (log HR, log OR); 0 where missing.
    known : ndarray of bool, shape (k, 2)
    v1, v2, v12 : ndarray of shape (k,)
        Sampling variances and covariance; 0 where missing.
    restricted : bool
        REML instead of ML.
    """

    y: Floats
    known: Bools
    v1: Floats
    v2: Floats
    v12: Floats
    restricted: bool


@dataclass(frozen=True)
class Point:
    """The likelihood at one G.

    Attributes
    ----------
    value : float
        Log-likelihood with its constant; restricted under REML.
    means : ndarray of shape (2,)
    covariance : ndarray of shape (2, 2)
        Of the means, G taken as known.
    score : ndarray of shape (2, 2)
        S with d value = tr(S dG) / 2.
    """

    value: float
    means: Floats
    covariance: Floats
    score: Floats


def at(pairs: Pairs, g: Floats) -> Point:
    """Evaluate the likelihood at a covariance between trials of shape (2, 2)."""
    w11, w12, w22, log_dets = precisions(pairs, g)
    y1, y2 = pairs.y.T
    h = np.array([[w11.sum(), w12.sum()], [w12.sum(), w22.sum()]])
    inverse = np.linalg.inv(h)
    u1 = float(w11 @ y1 + w12 @ y2)
    u2 = float(w12 @ y1 + w22 @ y2)
    means = inverse @ np.array([u1, u2])
    # Where an effect is missing all its precisions are 0, whatever stands as residual.
    r1, r2 = y1 - means[0], y2 - means[1]
    e1, e2 = w11 * r1 + w12 * r2, w12 * r1 + w22 * r2
    value = -0.5 * (log_dets + float(e1 @ r1 + e2 @ r2))
    n = int(pairs.known.sum())
    score = np.array(
        [
            [float(e1 @ e1 - w11.sum()), float(e1 @ e2 - w12.sum())],
            [float(e1 @ e2 - w12.sum()), float(e2 @ e2 - w22.sum())],
        ]
    )
    if pairs.restricted:
        counts = pairs.known.sum(axis=0)
        value += 0.5 * float(np.log(counts).sum()) - 0.5 * math.log(np.linalg.det(h))
        score += _restriction(inverse, w11, w12, w22)
        n -= 2
    value -= 0.5 * n * math.log(2.0 * math.pi)
    return Point(value, means, inverse, score)


def precisions(pairs: Pairs, g: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Return the elements of the inverses of S_i + G, and the sum of their log-determinants.

    Over what is known: the elements of a missing effect are 0.
    """
    first, second = pairs.known.T
    a, c = pairs.v1 + g[0, 0], pairs.v2 + g[1, 1]
    b = np.where(first & second, pairs.v12 + g[0, 1], 0.0)
    a, c = np.where(first, a, 1.0), np.where(second, c, 1.0)
    det = a * c - b * b
    return (
        np.where(first, c / det, 0.0),
        -b / det,
        np.where(second, a / det, 0.0),
        float(np.log(det).sum()),
    )


def _restriction(inverse: Floats, w11: Floats, w12: Floats, w22: Floats) -> Floats:
    """Return the sum over trials of W H⁻¹ W, what REML adds to the score."""
    (p, q), (_, s) = inverse
    return np.array(
        [
            [
                float((p * w11 * w11 + 2.0 * q * w11 * w12 + s * w12 * w12).sum()),
                float((p * w11 * w12 + q * (w11 * w22 + w12 * w12) + s * w12 * w22).sum()),
            ],
            [
                float((p * w11 * w12 + q * (w11 * w22 + w12 * w12) + s * w12 * w22).sum()),
                float((p * w12 * w12 + 2.0 * q * w12 * w22 + s * w22 * w22).sum()),
            ],
        ]
    )


def maximise(pairs: Pairs) -> tuple[Floats, bool]:
    """Return the likeliest G, of shape (2, 2), and whether the search for it converged."""
    unit = np.array([_unit(pairs, 0), _unit(pairs, 1)])

    def factor(theta: Floats) -> Floats:
        return np.array([[theta[0] * unit[0], 0.0], [theta[1] * unit[1], theta[2] * unit[1]]])

    def negative(theta: Floats) -> tuple[float, Floats]:
        root = factor(theta)
        point = at(pairs, root @ root.T)
        slope = point.score @ root
        return -point.value, -np.array(
            [slope[0, 0] * unit[0], slope[1, 0] * unit[1], slope[1, 1] * unit[1]]
        )

    best: tuple[float, Floats] | None = None
    for rho in _STARTS:
        start = np.array([1.0, rho, math.sqrt(1.0 - rho * rho)])
        found = optimize.minimize(negative, start, jac=True, method="BFGS", options={"gtol": 1e-7})
        if best is None or found.fun < best[0] - 1e-12:
            best = (float(found.fun), found.x)
    assert best is not None
    theta, converged = _refine(negative, best[1])
    root = factor(theta)
    return root @ root.T, converged


def _unit(pairs: Pairs, which: int) -> float:
    """Return a typical spread of an endpoint's effects, to search in units of it."""
    known = pairs.known[:, which]
    variances = (pairs.v1, pairs.v2)[which][known]
    spread = float(np.var(pairs.y[known, which], ddof=1)) - float(variances.mean())
    return math.sqrt(max(spread, 0.1 * float(variances.mean())))


def _refine(negative: _Objective, theta: Floats) -> tuple[Floats, bool]:
    """Take Newton steps on the gradient until it vanishes."""
    value, gradient = negative(theta)
    for _ in range(_NEWTON_STEPS):
        if float(np.abs(gradient).max()) < _GRADIENT:
            return theta, True
        columns = []
        for j in range(theta.size):
            step = np.zeros(theta.size)
            step[j] = _STEP
            columns.append((negative(theta + step)[1] - negative(theta - step)[1]) / (2 * _STEP))
        hessian = np.array(columns)
        hessian = (hessian + hessian.T) / 2.0
        move = -np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]
        trial, slope = negative(theta + move)
        if not trial <= value + 1e-10:
            break
        theta, value, gradient = theta + move, trial, slope
    return theta, bool(np.abs(gradient).max() < 1e-6)


def profile(pairs: Pairs, rho: float, start: Floats) -> float:
    """Return the largest log-likelihood at a correlation between trials, from a pair of tau."""

    def negative(logs: Floats) -> tuple[float, Floats]:
        s, t = np.exp(logs)
        point = at(pairs, np.array([[s * s, rho * s * t], [rho * s * t, t * t]]))
        both = point.score[0, 1] * rho * s * t
        return -point.value, -np.array(
            [point.score[0, 0] * s * s + both, point.score[1, 1] * t * t + both]
        )

    found = optimize.minimize(negative, np.log(start), jac=True, method="BFGS")
    return -float(found.fun)


def information(pairs: Pairs, g: Floats) -> Floats | None:
    """Return the covariance of the estimated (G11, G12, G22); None where it does not exist.

    The inverse of the observed information, by central differences of the score.
    """
    units = np.array([g[0, 0], math.sqrt(g[0, 0] * g[1, 1]), g[1, 1]])
    if not (units > 0).all():
        return None

    def slope(parts: Floats) -> Floats:
        score = at(pairs, np.array([[parts[0], parts[1]], [parts[1], parts[2]]])).score
        return np.array([score[0, 0] / 2.0, score[0, 1], score[1, 1] / 2.0])

    centre = np.array([g[0, 0], g[0, 1], g[1, 1]])
    columns = []
    for j, unit in enumerate(units):
        step = np.zeros(3)
        step[j] = _STEP * unit
        columns.append((slope(centre + step) - slope(centre - step)) / (2.0 * _STEP * unit))
    hessian = np.array(columns)
    negative = -(hessian + hessian.T) / 2.0
    if not (np.linalg.eigvalsh(negative) > 0).all():
        return None
    return np.linalg.inv(negative)
