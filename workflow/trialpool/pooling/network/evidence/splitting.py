"""Node splitting of all comparisons of a network at once.

A split gives the trials that compare two treatments an effect of their own: the model of
consistency with one more column z. In trials that hold both treatments the effect of the one is
higher by half of its coefficient and that of the other lower by half of it, so that no arm of a
trial with several arms is preferred (Dias et al. 2010, Statistics in Medicine 29:932; Tu 2016,
Epidemiology 27:838). The coefficient is the difference between direct and indirect evidence; tau²
is estimated anew in every split.

The columns z of all splits share one model y ~ X with covariance S + tau²G. With G = LL' it
becomes L⁻¹SL⁻ᵀ + tau²I = V + tau²I. Let K be an orthonormal basis of what is orthogonal to L⁻¹X
and K'VK = Q diag(λ) Q'; write ~ for the coordinates of Q'K'. Then, with c the contrast that is
split and g = X(X'X)⁻¹c,

    z'Pz = Σ z̃²/(λ + tau²),   z'Py = Σ z̃ỹ/(λ + tau²),
    c'(X'WX)⁻¹c = g'Vg + tau² g'g - Σ ũ²/(λ + tau²),   ũ = Q'K'Vg,

and so on: after one decomposition a split at any tau² costs as much as a sum over contrasts. The
split's residual likelihood is that of the network + ½(z'Py)²/z'Pz - ½ log z'Pz (without the last
term for ML), its estimate z'Py/z'Pz with variance 1/z'Pz.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.network.graph import Pair
from trialpool.pooling.network.inconsistency import (
    ONE_PATH,
    EvidenceSplit,
    node_split,
    split_test,
)
from trialpool.pooling.network.independent import independent
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.options import Floats

# Less of a column than this outside the others is rounding: nothing else connects the two.
_DEPENDENT: Final = 1e-9
_STARTS: Final = 41
_SMALLEST_SHARE: Final = 1e-3
_MOST_STEPS: Final = 100
_STEP: Final = 1e-12
# Of the likelihood, that a fit of its own takes per split, weighed against one decomposition.
_EVALUATIONS: Final = 100


@dataclass(frozen=True, eq=False)
class _Turned:
    """A network and its splits in coordinates that do not depend on each other.

    Attributes
    ----------
    roots : ndarray of shape (d,)
        λ, the variances at tau² = 0.
    variances : ndarray of shape (k,)
        Eigenvalues of V, for the full likelihood.
    y : ndarray of shape (d,)
    z, u : ndarray of shape (s, d)
    g : ndarray of shape (s, 4)
        g'Vg, g'g, g'y and g'z of every split.
    """

    roots: Floats
    variances: Floats
    y: Floats
    z: Floats
    u: Floats
    g: Floats


def node_splits(
    studies: Sequence[StudyEffects],
    pairs: Sequence[Pair],
    columns: dict[str, int],
    estimates: Sequence[tuple[float, float]],
    method: str | float,
) -> tuple[EvidenceSplit, ...]:
    """Split every pair of treatments that trials compare.

    Parameters
    ----------
    studies : sequence of StudyEffects
    pairs : sequence of (str, str)
    columns : dict of str to int
        Columns of the model matrix, without the reference.
    estimates : sequence of (float, float)
        Network estimate of the first treatment of each pair against the second, and its
        standard error.
    method : {"REML", "ML", "DL"} or float
        Estimator of tau², or tau² itself.
    """
    if not pairs:
        return ()
    k, p = sum(len(study.treatments) - 1 for study in studies), len(columns)
    if (k - p) ** 3 > _EVALUATIONS * len(pairs) * k * p**2:
        # Few treatments and many trials: cubic in contrasts is dearer than a model per split.
        return tuple(
            node_split(studies, a, b, columns, own, method)
            for (a, b), own in zip(pairs, estimates, strict=True)
        )
    turned, free, spread, unit = _turn(studies, pairs, columns)
    tau2 = _tau2(turned, free, method, spread, unit)
    found = []
    for s, ((a, b), own) in enumerate(zip(pairs, estimates, strict=True)):
        trials = sum({a, b} <= set(study.treatments) for study in studies)
        if not free[s]:
            found.append(EvidenceSplit(a, b, trials, None, *own, *(None,) * 9, ONE_PATH))
            continue
        t = float(tau2[s])
        w = 1.0 / (turned.roots + t)
        z, u, y = turned.z[s], turned.u[s], turned.y
        shift = float((w * z * y).sum() / (w * z * z).sum())
        shift_variance = 1.0 / float((w * z * z).sum())
        gvg, gg, gy, gz = turned.g[s].tolist()
        # Of the network at this tau², and how it moves with the shift.
        variance = gvg + t * gg - float((w * u * u).sum())
        estimate = gy - float((w * u * y).sum())
        slope = gz - float((w * u * z).sum())
        indirect, direct = estimate - slope * shift, estimate + (1.0 - slope) * shift
        indirect_se = float(np.sqrt(variance + slope**2 * shift_variance))
        direct_se = float(np.sqrt(variance + (1.0 - slope) ** 2 * shift_variance))
        test = split_test(shift, shift_variance)
        sides = (direct, direct_se, indirect, indirect_se)
        found.append(EvidenceSplit(a, b, trials, None, *own, *sides, *test, t))
    return tuple(found)


def _turn(
    studies: Sequence[StudyEffects], pairs: Sequence[Pair], columns: dict[str, int]
) -> tuple[_Turned, np.ndarray, float, float]:
    """Turn contrasts, model matrix and shifts; say which splits exist, and where tau² may lie."""
    p, s = len(columns), len(pairs)
    turned = independent(studies, columns)
    y, x, v = turned.y, turned.x, turned.v
    z_parts = []
    for study, turn in zip(studies, turned.turns, strict=True):
        at = {name: i for i, name in enumerate(study.treatments)}
        shifts = np.zeros((len(at), s))
        for number, (a, b) in enumerate(pairs):
            if a in at and b in at:
                shifts[at[a], number], shifts[at[b], number] = 0.5, -0.5
        z_parts.append(turn @ (shifts[1:] - shifts[0]))
    z = np.concatenate(z_parts)
    unit = min(float(np.diag(study.contrast_covariance).min()) for study in studies)
    k = y.size
    basis, triangle = np.linalg.qr(x, mode="complete")
    own, rest = basis[:, :p], basis[:, p:]
    eigen, vectors = np.linalg.eigh(rest.T @ (v[:, None] * rest))
    into = (rest @ vectors).T
    contrast = np.zeros((p, s))
    for number, (a, b) in enumerate(pairs):
        for name, sign in ((a, 1.0), (b, -1.0)):
            if name in columns:
                contrast[columns[name], number] = sign
    g = own @ np.linalg.solve(triangle[:p].T, contrast)
    outside = into @ z
    free = np.linalg.norm(outside, axis=0) > _DEPENDENT * np.linalg.norm(z, axis=0)
    turned_y = into @ y
    spread = 4.0 * float(turned_y @ turned_y) / max(1, k - p - 1)
    of_g = np.stack([(v[:, None] * g * g).sum(0), (g * g).sum(0), y @ g, (g * z).sum(0)], axis=1)
    whole = _Turned(eigen, v, turned_y, outside.T, (into @ (v[:, None] * g)).T, of_g)
    return whole, free, spread, unit


def _tau2(
    turned: _Turned, free: np.ndarray, method: str | float, spread: float, unit: float
) -> Floats:
    """tau² of every split, shape (s,)."""
    s, d = turned.z.shape
    if not isinstance(method, str):
        return np.full(s, float(method))
    if d < 2 or not free.any():
        return np.zeros(s)
    if method == "DL":
        w = 1.0 / turned.roots
        zpz = np.where(free, (w * turned.z**2).sum(1), 1.0)
        q = (w * turned.y**2).sum() - (w * turned.z * turned.y).sum(1) ** 2 / zpz
        trace = w.sum() - (w**2 * turned.z**2).sum(1) / zpz
        return np.asarray(np.maximum(0.0, (q - (d - 1)) / trace))
    start = np.geomspace(_SMALLEST_SHARE * unit, max(spread, 10.0 * unit), _STARTS - 1)
    axis = np.concatenate([[0.0], start])
    own = np.flatnonzero(free)
    heights = np.stack([_likelihood(turned, own, np.full(own.size, t), method)[0] for t in axis])
    best = np.full(own.size, -np.inf)
    found = np.zeros(own.size)
    higher = np.full((1, own.size), -np.inf)
    around = np.concatenate([higher, heights, higher])
    peak = (heights >= around[:-2]) & (heights >= around[2:])
    for place in np.flatnonzero(peak.any(axis=1)):
        which = np.flatnonzero(peak[place])
        t, height = _climb(turned, own[which], np.full(which.size, axis[place]), unit, method)
        better = height > best[which]
        best[which] = np.where(better, height, best[which])
        found[which] = np.where(better, t, found[which])
    tau2 = np.zeros(s)
    tau2[own] = found
    return tau2


def _likelihood(
    turned: _Turned, own: np.ndarray, t: Floats, method: str
) -> tuple[Floats, Floats, Floats, Floats]:
    """Log likelihood of splits at a tau² each, its two derivatives, the expected information."""
    w = 1.0 / (turned.roots + t[:, None])
    z, y = turned.z[own], turned.y
    a, b, c = z * z, z * y, y * y
    # Of P with the powers of w; the split's own P is P - Pzz'P/z'Pz.
    w2 = w * w
    powers = (w, w2, w2 * w)
    a1, a2, a3 = (np.einsum("sd,sd->s", power, a) for power in powers)
    b1, b2, b3 = (np.einsum("sd,sd->s", power, b) for power in powers)
    c1, c2, c3 = (power @ c for power in powers)
    shift = b1 / a1
    q = c1 - b1 * shift
    # r = Py - Pz shift: squares of r, and r'P r with the split's own P.
    rr = c2 - 2.0 * shift * b2 + shift**2 * a2
    zr = b2 - shift * a2
    rpr = c3 - 2.0 * shift * b3 + shift**2 * a3 - zr**2 / a1
    if method == "REML":
        log_det = -np.log(w).sum(1) + np.log(a1)
        first = w.sum(1) - a2 / a1
        second = w2.sum(1) - 2.0 * a3 / a1 + (a2 / a1) ** 2
    else:
        full = turned.variances + t[:, None]
        log_det = np.log(full).sum(1)
        first, second = (1.0 / full).sum(1), (1.0 / full**2).sum(1)
    information = 0.5 * second
    return -0.5 * (log_det + q), -0.5 * (first - rr), information - rpr, information


def _climb(
    turned: _Turned, own: np.ndarray, start: Floats, unit: float, method: str
) -> tuple[Floats, Floats]:
    """Climb to a maximum at tau² of at least 0 from a start each, as in `likelihood.refine`."""
    t, height = start.copy(), np.full(start.shape, -np.inf)
    active = np.arange(own.size)
    here = _likelihood(turned, own, t, method)
    for _ in range(_MOST_STEPS):
        now, (level, slope, curve, information) = t[active], here
        step = slope / np.where(curve < 0.0, -curve, information)
        step = np.where((now <= 0.0) & (slope <= 0.0), 0.0, step)
        size = np.ones_like(now)
        for _ in range(60):
            following = np.maximum(now + size * step, 0.0)
            there = _likelihood(turned, own[active], following, method)
            lower = there[0] < level - 1e-13 * np.maximum(1.0, np.abs(level))
            if not lower.any():
                break
            size = np.where(lower, 0.5 * size, size)
        t[active], height[active] = following, there[0]
        moving = np.abs(following - now) > _STEP * (following + unit)
        if not moving.any():
            break
        active, here = active[moving], tuple(part[moving] for part in there)  # type: ignore[assignment]
    return t, height
