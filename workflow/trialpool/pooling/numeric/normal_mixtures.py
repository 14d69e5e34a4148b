"""Finite mixtures of normal distributions: distribution function, quantiles, shortest intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from trialpool.pooling.options import Floats

_MAX_STEPS = 200
_STEP = 1e-14
_LOG_ROOT_2PI = 0.5 * np.log(2.0 * np.pi)
# Shares of the tail below with which the search for a shortest interval begins.
SCAN = (0.5, 0.05, 0.2, 0.35, 0.65, 0.8, 0.95)
_SHORTEST_STEP = 1e-12


@dataclass(frozen=True)
class Mixtures:
    """Several mixtures, most of which share their weights.

    Attributes
    ----------
    p : ndarray of shape (n,) or (n, m)
        Weights of all mixtures, or of each, adding up to 1.
    mean, sd : ndarray of shape (n, m)
        Means and standard deviations of the components of m mixtures.
    """

    p: Floats
    mean: Floats
    sd: Floats

    def cdf(self, q: Floats) -> Floats:
        """Probability below `q` (shape (m,))."""
        return self.average(special.ndtr((q - self.mean) / self.sd))

    def pdf(self, q: Floats) -> Floats:
        """Density at `q` (shape (m,))."""
        z = (q - self.mean) / self.sd
        return self.average(np.exp(-0.5 * z * z - _LOG_ROOT_2PI) / self.sd)

    def average(self, values: Floats) -> Floats:
        """Weighted sums of `values` (shape (n, m)) over the components, shape (m,)."""
        if self.p.ndim == 1:
            return np.asarray(self.p @ values)
        return np.asarray(np.einsum("nm,nm->m", self.p, values))

    def moments(self) -> tuple[Floats, Floats]:
        """Return means and standard deviations, each of shape (m,)."""
        mean = self.average(self.mean)
        away = self.mean - mean
        return mean, np.sqrt(self.average(self.sd * self.sd + away * away))

    def lower_quantile(self, tail: Floats, start: Floats | None = None) -> Floats:
        """Value with probability `tail` (shape (m,)) below it; `start` is a value near it."""
        return _invert(self, tail, start)

    def upper_quantile(self, tail: Floats, start: Floats | None = None) -> Floats:
        """Value with probability `tail` above it; keeps the digits of a small tail."""
        mirrored = Mixtures(self.p, -self.mean, self.sd)
        return -_invert(mirrored, tail, None if start is None else -start)

    def middle(self, level: float) -> tuple[Floats, Floats, Floats]:
        """Return medians, and the limits with as much outside on either side of `level`."""
        count = self.mean.shape[1]
        three = Mixtures(
            self.p if self.p.ndim == 1 else np.hstack([self.p] * 3),
            np.hstack([self.mean, self.mean, -self.mean]),
            np.hstack([self.sd] * 3),
        )
        outside = 0.5 * (1.0 - level)
        found = _invert(three, np.repeat([0.5, outside, outside], count), None)
        return found[:count], found[count : 2 * count], -found[2 * count :]

    def shortest(self, level: float) -> tuple[Floats, Floats]:
        """Return the limits of the shortest interval that holds `level`.

        A few tails below are tried, then Newton steps lead from the best to where
        both limits have one density.
        """
        outside = 1.0 - level
        count = self.mean.shape[1]
        low, high = np.full(count, -np.inf), np.full(count, np.inf)
        for share in SCAN:
            tail = np.full(count, outside * share)
            a, b = self.lower_quantile(tail), self.upper_quantile(outside - tail)
            shorter = b - a < high - low
            low, high = np.where(shorter, a, low), np.where(shorter, b, high)
        return self._shorten(low, high, outside)

    def _shorten(self, low: Floats, high: Floats, outside: float) -> tuple[Floats, Floats]:
        """Solve P(outside) = outside and f(low) = f(high) by damped Newton steps."""
        mirrored = Mixtures(self.p, -self.mean, self.sd)
        for _ in range(_MAX_STEPS):
            width = high - low
            missing = self.cdf(low) + mirrored.cdf(-high) - outside
            at_low, at_high = self.pdf(low), self.pdf(high)
            rise, fall = self._slope(low), self._slope(high)
            # Of the pair (missing, at_low - at_high) with respect to (low, high).
            determinant = -at_low * fall + at_high * rise
            usable = determinant > 0.0
            safe = np.where(usable, determinant, 1.0)
            gap = at_low - at_high
            step_low = np.where(usable, (fall * missing - at_high * gap) / safe, 0.0)
            step_high = np.where(usable, (rise * missing - at_low * gap) / safe, 0.0)
            limit = 0.1 * width
            low = low + np.clip(step_low, -limit, limit)
            high = high + np.clip(step_high, -limit, limit)
            if np.all(np.abs(step_low) + np.abs(step_high) <= _SHORTEST_STEP * width):
                break
        return low, high

    def _slope(self, q: Floats) -> Floats:
        """Return the derivative of the density at `q`."""
        z = (q - self.mean) / self.sd
        return -self.average(z * np.exp(-0.5 * z * z - _LOG_ROOT_2PI) / self.sd**2)


def _invert(mixtures: Mixtures, tail: Floats, start: Floats | None = None) -> Floats:
    """Solve cdf(q) = tail by Newton steps on the normal-score scale inside a bracket.

    On that scale a mixture's distribution function is nearly a straight line.
    A quantile of a mixture lies between those of its components.
    """
    target = special.ndtri(tail)
    of_components = mixtures.mean + mixtures.sd * target
    low, high = of_components.min(axis=0), of_components.max(axis=0)
    middle_component = (np.cumsum(mixtures.p, axis=0) < 0.5).sum(axis=0)
    if start is None:
        q = of_components[np.minimum(middle_component, len(mixtures.p) - 1), np.arange(target.size)]
    else:
        q = np.clip(start, low, high)
    found: Floats = q.copy()
    # Only what is still open is evaluated, in the order of `active`.
    active = np.arange(q.size)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(_MAX_STEPS):
            cdf, pdf = mixtures.cdf(q), mixtures.pdf(q)
            score = special.ndtri(cdf)
            below = cdf < tail
            low, high = np.where(below, q, low), np.where(below, high, q)
            slope = pdf * np.exp(0.5 * score * score + _LOG_ROOT_2PI)
            newton = q - (score - target) / slope
            good = (newton >= low) & (newton <= high)
            following = np.where(good, newton, 0.5 * (low + high))
            moved = np.abs(following - q)
            spread = np.maximum(np.abs(following), 1.0 / np.where(pdf > 0.0, pdf, np.inf))
            done = (moved <= _STEP * spread) | (high - low <= _STEP * np.abs(following))
            done |= cdf == tail
            found[active] = q = following
            if done.any():
                left = ~done
                active, q, low, high = active[left], q[left], low[left], high[left]
                tail, target = tail[left], target[left]
                p = mixtures.p if mixtures.p.ndim == 1 else mixtures.p[:, left]
                mixtures = Mixtures(p, mixtures.mean[:, left], mixtures.sd[:, left])
            if not active.size:
                break
    return found
