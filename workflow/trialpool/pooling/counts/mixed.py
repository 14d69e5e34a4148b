"""Maximum likelihood of a model with one normal random effect per trial.

Trial i has linear predictors intercept_i + fixed·mean + random·tau·z with z
standard normal. Its likelihood is the integral over z by adaptive Gauss-Hermite
quadrature: nodes are centred at the mode of the integrand and scaled by its
curvature (Liu and Pierce 1994, Biometrika 81:624; Pinheiro and Bates 1995, J
Comput Graph Stat 4:12). Derivatives are expectations over z at the same nodes
(Louis 1982, J R Stat Soc B 44:226). An intercept touches its own trial alone, so
the information matrix is an arrow, and cost is linear in the number of trials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.counts.likelihoods import Likelihood
from trialpool.pooling.options import Floats

_STEP: Final = 1e-11
# On the grid only the height counts, which is flat around the maximum.
_COARSE: Final = 1e-3
_CLOSE: Final = 1e-2
_MAX_STEPS: Final = 60
# A point of the grid this far below the highest ends the scan.
_HOPELESS: Final = 50.0
# A standard deviation of log odds beyond which odds of trials are e¹⁰ apart.
LARGEST_TAU: Final = 10.0
_GRID: Final = (0.0, *(0.02 * (LARGEST_TAU / 0.02) ** (j / 17) for j in range(18)))


@dataclass(frozen=True, eq=False)
class State:
    """Log likelihood with derivatives in (mean, tau), intercepts eliminated."""

    value: float
    score: Floats
    hessian: Floats
    # Of the full problem, for a Newton step: intercepts' score and curvature and cross terms.
    own_score: Floats
    own_curvature: Floats
    cross: Floats
    raw_score: Floats


@dataclass(frozen=True, eq=False)
class MixedFit:
    """Result of `fit_mixed`.

    Attributes
    ----------
    mean, se, tau : float
        `se` from the observed information of mean and tau together.
    tau_se : float or None
        None at tau = 0.
    log_likelihood : float
    converged, multimodal : bool
    common : tuple of float
        Mean, standard error and log likelihood with tau = 0.
    """

    mean: float
    se: float
    tau: float
    tau_se: float | None
    log_likelihood: float
    converged: bool
    multimodal: bool
    common: tuple[float, float, float]


@lru_cache(maxsize=32)
def _nodes(points: int) -> tuple[Floats, Floats]:
    """Nodes of the Gauss-Hermite rule, and the logarithms of weight·exp(node²)."""
    nodes, weights = np.polynomial.hermite.hermgauss(points)
    return nodes, np.log(weights) + nodes**2


class Model:
    """A likelihood with a number of quadrature points."""

    def __init__(self, likelihood: Likelihood, points: int) -> None:
        self.likelihood = likelihood
        self.points = points
        self.fixed = likelihood.fixed[None, :, None]
        self.random = likelihood.random[None, :, None]
        # Modes of the last evaluation, where the next search begins.
        self.last = np.zeros((likelihood.k, 1))

    def predictor(self, mean: float, tau: float, own: Floats, z: Floats) -> Floats:
        """Linear predictors of shape (k, J, q) at z of shape (k, q)."""
        return own[:, None, None] + self.fixed * mean + self.random * tau * z[:, None, :]

    def modes(self, mean: float, tau: float, own: Floats) -> tuple[Floats, Floats]:
        """Mode and scale of each trial's integrand; the logarithm is strictly concave."""
        k = self.likelihood.k
        if tau == 0.0:
            return np.zeros((k, 1)), np.ones((k, 1))
        z = self.last
        low, high = np.full((k, 1), -np.inf), np.full((k, 1), np.inf)
        curvature = np.ones((k, 1))
        for _ in range(_MAX_STEPS):
            _, first, second = self.likelihood.evaluate(self.predictor(mean, tau, own, z))
            slope = tau * (self.random * first).sum(axis=1) - z
            curvature = 1.0 - tau**2 * (self.random**2 * second).sum(axis=1)
            low, high = np.where(slope > 0, z, low), np.where(slope > 0, high, z)
            following = z + slope / curvature
            # A step out of the bracket is replaced by its middle.
            outside = (following <= low) | (following >= high)
            bounded = np.isfinite(low) & np.isfinite(high)
            middle = 0.5 * (np.where(bounded, low, 0.0) + np.where(bounded, high, 0.0))
            following = np.where(outside & bounded & (slope != 0), middle, following)
            done = np.abs(following - z).max() <= 1e-9
            z = following
            if done:
                break
        self.last = z
        return z, 1.0 / np.sqrt(curvature)

    def state(self, mean: float, tau: float, own: Floats) -> State:
        """Evaluate everything at one point."""
        nodes, log_weights = _nodes(self.points)
        mode, scale = self.modes(mean, tau, own)
        z = mode + math.sqrt(2.0) * scale * nodes[None, :]
        value, first, second = self.likelihood.evaluate(self.predictor(mean, tau, own, z))
        log_part = value - 0.5 * z**2 + log_weights[None, :]
        total = special.logsumexp(log_part, axis=1)
        weight = np.exp(log_part - total[:, None])
        each = total + np.log(scale[:, 0]) - 0.5 * math.log(math.pi)
        # Coefficients of the three parameters (own, mean, tau) in every predictor.
        ones = np.ones((1, first.shape[1], 1))
        parts = (ones, self.fixed, self.random * z[:, None, :])
        scores = [(part * first).sum(axis=1) for part in parts]
        expected = np.array([(weight * s).sum(axis=1) for s in scores])
        hessian = np.empty((3, 3, value.shape[0]))
        for i in range(3):
            for j in range(i, 3):
                inside = (parts[i] * parts[j] * second).sum(axis=1) + scores[i] * scores[j]
                hessian[i, j] = (weight * inside).sum(axis=1) - expected[i] * expected[j]
                hessian[j, i] = hessian[i, j]
        score, full = expected[1:].sum(axis=1), hessian[1:, 1:].sum(axis=2)
        raw_score = score.copy()
        if self.likelihood.nuisance:
            cross, curvature = hessian[0, 1:], hessian[0, 0]
            score = score - (cross * (expected[0] / curvature)).sum(axis=1)
            full = full - (cross[:, None, :] * cross[None, :, :] / curvature).sum(axis=2)
        return State(
            float(each.sum()), score, full, expected[0], hessian[0, 0], hessian[0, 1:], raw_score
        )

    def maximise_at(
        self, tau: float, mean: float, own: Floats, tolerance: float
    ) -> tuple[float, Floats, State]:
        """Maximise over mean and intercepts with tau given: a concave problem."""
        state = self.state(mean, tau, own)
        for _ in range(_MAX_STEPS):
            to_mean = -float(state.score[0]) / float(state.hessian[0, 0])
            to_own = np.zeros_like(own)
            if self.likelihood.nuisance:
                to_own = -(state.own_score + state.cross[0] * to_mean) / state.own_curvature
            size = max(abs(to_mean), float(np.abs(to_own).max()))
            # Log odds of trials do not change by more than this in one step.
            factor = min(1.0, 3.0 / size) if size > 0 else 1.0
            following = self.state(mean + factor * to_mean, tau, own + factor * to_own)
            # Close to the maximum Newton's step is right, and its gain below rounding.
            while size > _CLOSE and factor > _CLOSE and following.value < state.value:
                factor /= 2
                following = self.state(mean + factor * to_mean, tau, own + factor * to_own)
            mean, own, state = mean + factor * to_mean, own + factor * to_own, following
            if factor * size <= tolerance * (1 + abs(mean)):
                break
        return mean, own, state


def _tau_score(state: State) -> float:
    """Slope in tau of the likelihood maximised over all else."""
    return float(state.score[1])


def fit_mixed(likelihood: Likelihood, *, points: int, start: Floats) -> MixedFit:
    """Fit mean and tau by maximum likelihood.

    Parameters
    ----------
    likelihood : Likelihood
    points : int
        Of the quadrature.
    start : ndarray of shape (k,)
        Intercepts to begin with; zeros where there are none.

    Returns
    -------
    MixedFit

    Notes
    -----
    The likelihood, maximised over mean and intercepts, is scanned on a grid of
    tau from 0 to 10, so the result does not depend on a start; around its
    highest point the slope in tau is set to 0 by Newton steps inside a bracket.
    The likelihood is even in tau: at 0 its slope is 0, and 0 is the maximum
    where it is not curved upwards there.
    """
    model = Model(likelihood, points)
    mean, own, state = model.maximise_at(0.0, 0.0, start, _STEP)
    common = (mean, _se_given_tau(state), state.value)
    fits = [(0.0, mean, own, state)]
    for tau in _GRID[1:]:
        mean, own, state = model.maximise_at(tau, mean, own, _COARSE)
        fits.append((tau, mean, own, state))
        if state.value < max(fit[3].value for fit in fits) - _HOPELESS:
            break
    values = np.array([fit[3].value for fit in fits])
    padded = np.concatenate([[-np.inf], values, [-np.inf]])
    peaks = int(((values > padded[:-2] + 1e-9) & (values > padded[2:] + 1e-9)).sum())
    best = int(np.argmax(values))
    if best == 0 and not fits[0][3].hessian[1, 1] > 0:
        return MixedFit(*common[:2], 0.0, None, common[2], True, peaks > 1, common)
    if best == len(_GRID) - 1:
        tau, mean, _, state = fits[best]
        se, tau_se = _standard_errors(state)
        return MixedFit(mean, se, tau, tau_se, state.value, False, peaks > 1, common)
    low, high = _GRID[max(best - 1, 0)], _GRID[best + 1]
    tau, mean, own, _ = fits[max(best, 1)]
    mean, own, state = model.maximise_at(tau, mean, own, _STEP)
    converged = False
    for _ in range(_MAX_STEPS):
        slope = _tau_score(state)
        low, high = (tau, high) if slope > 0 else (low, tau)
        step = -slope / float(_curvature_in_tau(state))
        following = tau + step
        if not low < following < high:
            following = 0.5 * (low + high)
        moved = abs(following - tau)
        tau = following
        mean, own, state = model.maximise_at(tau, mean, own, _STEP)
        if moved <= 1e-10 * (tau + 1e-3):
            converged = True
            break
    se, tau_se = _standard_errors(state)
    return MixedFit(mean, se, tau, tau_se, state.value, converged, peaks > 1, common)


def _curvature_in_tau(state: State) -> float:
    h = state.hessian
    curvature = float(h[1, 1] - h[0, 1] ** 2 / h[0, 0])
    return curvature if curvature < 0 else -math.inf


def _se_given_tau(state: State) -> float:
    return 1 / math.sqrt(-float(state.hessian[0, 0]))


def _standard_errors(state: State) -> tuple[float, float | None]:
    """Of mean and tau, from the inverse of their information."""
    h = -state.hessian
    determinant = float(h[0, 0] * h[1, 1] - h[0, 1] ** 2)
    if not determinant > 0:
        return _se_given_tau(state), None
    return math.sqrt(float(h[1, 1]) / determinant), math.sqrt(float(h[0, 0]) / determinant)
