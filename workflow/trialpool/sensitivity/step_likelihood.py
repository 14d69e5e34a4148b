"""Likelihood of the step-function selection model, with both derivatives, and its ascent.

Trials may be seen with a chance δ_j where the one-sided p-value falls into
interval j; δ_1 = 1 and θ_j = log δ_j. With s² = v + τ² and u_ij = (c_ij - μ)/s_i
for the bound c_ij of effect i between the intervals j and j + 1,

    log L = Σ_j n_j θ_j + Σ_i [log φ(y_i; μ, s_i²) - log A_i],
    A_i = δ_1 + Σ_j (δ_{j+1} - δ_j) Φ(u_ij).

Intervals run from large effects (small p) to small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling.options import Floats

_MAX_STEPS = 200
_HALVINGS = 40
_GAIN = 1e-13
_STILL = 1e-9
# Steps towards the bound end a little above it: so small a share of a variance is none.
_ZERO = 1e-10
_ROOT_2PI = float(np.sqrt(2.0 * np.pi))


@dataclass(frozen=True)
class Data:
    """Effects, variances, bounds of the intervals (k, m - 1) and trials in each (m,)."""

    y: Floats
    v: Floats
    bounds: Floats
    counts: Floats


@dataclass(frozen=True)
class Point:
    """A place on the likelihood: mu, tau², log weights after the first, and its height."""

    mu: float
    tau2: float
    theta: Floats
    value: float


def _value(data: Data, x: Floats) -> Floats:
    """Log-likelihood of starts x of shape (n, 2 + m - 1): mu, tau², theta."""
    s2 = data.v + x[:, 1:2]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        a = _chance(data, x, s2)[0]
        normal = -0.5 * (np.log(2.0 * np.pi * s2) + (data.y - x[:, :1]) ** 2 / s2)
        out = (normal - np.log(a)).sum(axis=1) + x[:, 2:] @ data.counts[1:]
    return np.where(np.isfinite(out), out, -np.inf)


def _chance(data: Data, x: Floats, s2: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """A_i of shape (n, k); u of shape (n, k, m - 1); steps of the weights and weights."""
    delta = np.exp(np.concatenate([np.zeros((x.shape[0], 1)), x[:, 2:]], axis=1))
    step = np.diff(delta, axis=1)
    u = (data.bounds[None] - x[:, 0, None, None]) / np.sqrt(s2)[:, :, None]
    a = _weighted(delta, u)
    return a, u, step, delta


def _weighted(delta: Floats, u: Floats) -> Floats:
    """Σ_j δ_j times the chance of interval j: a sum of positive terms."""
    lower = special.ndtr(-u[:, :, 0])
    total = delta[:, :1] * lower
    m = delta.shape[1]
    for j in range(1, m):
        top = u[:, :, j - 1]
        part = special.ndtr(top) if j == m - 1 else special.ndtr(top) - special.ndtr(u[:, :, j])
        total = total + delta[:, j : j + 1] * part
    return np.asarray(total)


def _derivatives(data: Data, x: Floats) -> tuple[Floats, Floats]:
    """Gradient (n, p) and Hessian (n, p, p) in mu, tau² and theta."""
    n, p = x.shape
    s2 = data.v + x[:, 1:2]
    s = np.sqrt(s2)
    a, u, step, delta = _chance(data, x, s2)
    phi = np.exp(-0.5 * u * u) / _ROOT_2PI
    d = step[:, None, :]
    r = data.y - x[:, :1]

    first = np.empty((n, p, data.y.size))
    first[:, 0] = -(d * phi).sum(axis=2) / s
    first[:, 1] = -(d * phi * u).sum(axis=2) / (2.0 * s2)
    second = np.zeros((n, p, p, data.y.size))
    second[:, 0, 0] = -(d * u * phi).sum(axis=2) / s2
    second[:, 0, 1] = (d * phi * (1.0 - u * u)).sum(axis=2) / (2.0 * s2 * s)
    second[:, 1, 1] = (d * phi * u * (3.0 - u * u)).sum(axis=2) / (4.0 * s2 * s2)
    for j in range(1, p - 1):
        # Weight δ_{j+1}: its interval lies between the bounds j and j + 1.
        w = delta[:, j : j + 1]
        top, top_phi = u[:, :, j - 1], phi[:, :, j - 1]
        part, slope, bend = special.ndtr(top), -top_phi / s, -top_phi * top / (2.0 * s2)
        if j < p - 2:
            low, low_phi = u[:, :, j], phi[:, :, j]
            part = part - special.ndtr(low)
            slope, bend = slope + low_phi / s, bend + low_phi * low / (2.0 * s2)
        first[:, 1 + j] = w * part
        second[:, 1 + j, 1 + j] = w * part
        second[:, 0, 1 + j] = w * slope
        second[:, 1, 1 + j] = w * bend
    ratio = first / a[:, None, :]
    gradient = -ratio.sum(axis=2)
    gradient[:, 0] += (r / s2).sum(axis=1)
    gradient[:, 1] += 0.5 * (r * r / s2**2 - 1.0 / s2).sum(axis=1)
    gradient[:, 2:] += data.counts[1:]
    upper = -(second / a[:, None, None, :]).sum(axis=3)
    hessian = np.triu(upper) + np.swapaxes(np.triu(upper, 1), 1, 2)
    hessian += np.einsum("nik,njk->nij", ratio, ratio)
    hessian[:, 0, 0] -= (1.0 / s2).sum(axis=1)
    cross = (r / s2**2).sum(axis=1)
    hessian[:, 0, 1] -= cross
    hessian[:, 1, 0] -= cross
    hessian[:, 1, 1] += (0.5 / s2**2 - r * r / s2**3).sum(axis=1)
    return gradient, hessian


def hessian_at(data: Data, point: Point) -> Floats:
    """Second derivatives of the log-likelihood in mu, tau² and the log weights."""
    x = np.concatenate([[point.mu, point.tau2], point.theta])[None, :]
    return np.asarray(_derivatives(data, x)[1][0])


def climb(data: Data, starts: Sequence[Point]) -> list[Point]:
    """Ascend from many starts at once; those that settle on a maximum.

    Newton steps with the absolute values of the eigenvalues of the scaled
    Hessian, so that every step goes uphill, halved until it gains; tau² stops
    at 0 and leaves it only where the slope points upwards.
    """
    x = np.array([[s.mu, s.tau2, *s.theta] for s in starts])
    value = _value(data, x)
    settled = np.zeros(len(starts), dtype=np.bool_)
    active = np.flatnonzero(np.isfinite(value))
    for _ in range(_MAX_STEPS):
        if not active.size:
            break
        gradient, hessian = _derivatives(data, x[active])
        fine = np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
        active, gradient, hessian = active[fine], gradient[fine], hessian[fine]
        if not active.size:
            break
        held = (x[active, 1] <= 0.0) & (gradient[:, 1] <= 0.0)
        move = _newton(gradient, hessian, held)
        promised = np.einsum("ni,ni->n", gradient, move)
        still = promised <= _GAIN * (1.0 + np.abs(value[active]))
        following, height = _backtrack(data, x[active], value[active], move)
        gained = height > value[active]
        done = still | ~gained
        settled[active[done]] = (promised <= _STILL)[done]
        # Where the gain is below rounding a last step still brings digits of the place.
        last = done & (promised <= _STILL)
        x[active[last]] += move[last]
        gained &= ~done
        x[active[gained]], value[active[gained]] = following[gained], height[gained]
        active = active[gained]
    x[:, 1] = np.where(x[:, 1] > _ZERO * data.v.min(), x[:, 1], 0.0)
    value = _value(data, x)
    return [
        Point(float(x[i, 0]), float(x[i, 1]), x[i, 2:].copy(), float(value[i]))
        for i in np.flatnonzero(settled)
    ]


def _newton(gradient: Floats, hessian: Floats, held: npt.NDArray[np.bool_]) -> Floats:
    """Solve |H| d = g on the scale on which the diagonal of H is 1; held tau² stays."""
    h = -hessian.copy()
    g = gradient.copy()
    g[held, 1] = 0.0
    h[held, 1, :] = 0.0
    h[held, :, 1] = 0.0
    h[held, 1, 1] = 1.0
    size = np.sqrt(np.abs(np.einsum("nii->ni", h)))
    size = np.where(size > 0.0, size, 1.0)
    values, vectors = np.linalg.eigh(h / (size[:, :, None] * size[:, None, :]))
    values = np.maximum(np.abs(values), 1e-8)
    turned = np.einsum("nji,nj->ni", vectors, g / size) / values
    return np.asarray(np.einsum("nij,nj->ni", vectors, turned) / size)


def _backtrack(data: Data, x: Floats, value: Floats, move: Floats) -> tuple[Floats, Floats]:
    """Take the longest of the steps 1, 1/2, 1/4 … that gains."""
    best, height = x.copy(), value.copy()
    open_ = np.arange(x.shape[0])
    fraction = 1.0
    for _ in range(_HALVINGS):
        trial = x[open_] + fraction * move[open_]
        trial[:, 1] = np.maximum(trial[:, 1], 0.0)
        found = _value(data, trial)
        better = found > value[open_]
        best[open_[better]], height[open_[better]] = trial[better], found[better]
        open_ = open_[~better]
        if not open_.size:
            break
        fraction *= 0.5
    return best, height
