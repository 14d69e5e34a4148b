"""The likelihood of effects that depend on each other within clusters.

The covariance of the effects is block diagonal: a block V_i of sampling
(co)variances per cluster, plus variance components s_j G_j with G_j = a_j 11' + b_j I
inside each cluster. Blocks of one size are worked on together; no matrix is
larger than a cluster, so the cost is linear in the number of clusters.

Write S for the covariance, W = S⁻¹, A = (X'WX)⁻¹ and P = W - WXAX'W. Then

    l = -½ [log|S| + log|X'WX| + y'Py],
    dl/ds_j = -½ [tr(PG_j) - y'PG_jPy],
    d²l/ds_i ds_j = ½ tr(PG_iPG_j) - y'PG_iPG_jPy

(Harville 1977, Journal of the American Statistical Association 72:320); for ML
without log|X'WX| and with W in the place of P in the traces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.linalg import lapack

from trialpool.pooling.options import Floats, Ints

_MAX_STEPS = 200
_STEP = 1e-9
_GRID_ONE = 41
_GRID_TWO = 12
_SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Batch:
    """Clusters of one size m: y (g, m), x (g, m, p), v (g, m, m), rows (g, m)."""

    y: Floats
    x: Floats
    v: Floats
    rows: Ints


@dataclass(frozen=True)
class Structure:
    """All clusters, and the variance components as pairs (a, b)."""

    batches: tuple[Batch, ...]
    components: tuple[tuple[float, float], ...]
    k: int
    p: int
    restricted: bool


@dataclass(frozen=True)
class Solution:
    """The generalised least squares fit at given variance components.

    Attributes
    ----------
    log_likelihood : float
        Up to a constant.
    coefficients : ndarray of shape (p,)
    covariance : ndarray of shape (p, p)
        A, model-based.
    squares : float
        r'Wr.
    gradient, hessian, information : ndarray of shape (q,), (q, q), (q, q)
        Empty where not asked for.
    """

    log_likelihood: float
    coefficients: Floats
    covariance: Floats
    squares: float
    gradient: Floats
    hessian: Floats
    information: Floats


def build(
    y: Floats,
    v: Floats,
    pairs: Sequence[tuple[int, int, float]],
    x: Floats,
    clusters: Sequence[Ints],
    components: tuple[tuple[float, float], ...],
    *,
    restricted: bool,
) -> Structure:
    """Arrange effects by cluster, clusters by size."""
    place = np.empty((y.size, 2), dtype=np.int64)
    sizes: dict[int, list[int]] = {}
    for number, rows in enumerate(clusters):
        place[rows, 0], place[rows, 1] = number, np.arange(rows.size)
        sizes.setdefault(rows.size, []).append(number)
    blocks = [np.diag(v[rows]) for rows in clusters]
    for i, j, covariance in pairs:
        block, a, b = blocks[place[i, 0]], place[i, 1], place[j, 1]
        block[a, b] = block[b, a] = covariance
    batches = []
    for size in sorted(sizes):
        rows = np.array([clusters[number] for number in sizes[size]])
        batches.append(
            Batch(y[rows], x[rows], np.array([blocks[number] for number in sizes[size]]), rows)
        )
    return Structure(tuple(batches), components, y.size, x.shape[1], restricted)


def covariance_of(batch: Batch, components: Sequence[tuple[float, float]], s: Floats) -> Floats:
    """S of the clusters of a batch, shape (g, m, m)."""
    whole = batch.v.copy()
    diagonal = np.arange(batch.v.shape[1])
    for (a, b), value in zip(components, s.tolist(), strict=True):
        whole += a * value
        whole[:, diagonal, diagonal] += b * value
    return whole


def solve(structure: Structure, s: Floats, *, derivatives: bool = False) -> Solution:
    """Fit the coefficients at given variance components, with the derivatives if asked for."""
    p, components = structure.p, structure.components
    gram, cross, log_det = np.zeros((p, p)), np.zeros(p), 0.0
    inverses = []
    for batch in structure.batches:
        whole = covariance_of(batch, components, s)
        root = np.linalg.cholesky(whole)
        log_det += 2.0 * float(np.log(np.diagonal(root, axis1=1, axis2=2)).sum())
        w = np.linalg.inv(whole)
        w = 0.5 * (w + w.transpose(0, 2, 1))
        wx = w @ batch.x
        gram += crossed(batch.x, wx)
        cross += wx.reshape(-1, p).T @ batch.y.ravel()
        inverses.append((batch, w, wx))
    covariance, sign_det = _inverse(gram)
    coefficients = covariance @ cross
    squares = 0.0
    turned = []
    for batch, w, _ in inverses:
        r = batch.y - batch.x @ coefficients
        u = np.einsum("gmn,gn->gm", w, r)
        squares += float((u * r).sum())
        turned.append(u)
    twice = log_det + squares + (sign_det if structure.restricted else 0.0)
    empty = np.zeros(0)
    if not derivatives:
        return Solution(-0.5 * twice, coefficients, covariance, squares, empty, empty, empty)
    first, second, information = _derivatives(structure, inverses, turned, covariance)
    return Solution(-0.5 * twice, coefficients, covariance, squares, first, second, information)


def crossed(first: Floats, second: Floats) -> Floats:
    """Sum over clusters of first'second, each (g, m, p): one product of matrices."""
    p = first.shape[2]
    return np.asarray(first.reshape(-1, p).T @ second.reshape(-1, p))


def _inverse(gram: Floats) -> tuple[Floats, float]:
    """Inverse and log determinant of a positive definite matrix, from one factor of it."""
    try:
        root = np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        # Positive definite but for rounding.
        inverse = np.linalg.inv(gram)
        return np.asarray(0.5 * (inverse + inverse.T)), float(np.linalg.slogdet(gram)[1])
    half = np.tril(lapack.dpotri(root, lower=1)[0])
    whole: Floats = half + np.tril(half, -1).T
    return whole, 2.0 * float(np.log(np.diagonal(root)).sum())


def _derivatives(
    structure: Structure,
    inverses: Sequence[tuple[Batch, Floats, Floats]],
    turned: Sequence[Floats],
    covariance: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Gradient, hessian and expected information of the components."""
    q, p = len(structure.components), structure.p
    trace, squares = np.zeros(q), np.zeros(q)
    pairs, cross_pairs = np.zeros((q, q)), np.zeros((q, q, p, p))
    single, moved, quadratic = np.zeros((q, p, p)), np.zeros((q, p)), np.zeros((q, q))
    for (_, w, wx), u in zip(inverses, turned, strict=True):
        # G_j applied to W, WX and u = Py.
        gw = [a * w.sum(axis=1, keepdims=True) + b * w for a, b in structure.components]
        gx = [a * wx.sum(axis=1, keepdims=True) + b * wx for a, b in structure.components]
        gu = [a * u.sum(axis=1, keepdims=True) + b * u for a, b in structure.components]
        for j in range(q):
            trace[j] += float(np.trace(gw[j], axis1=1, axis2=2).sum())
            squares[j] += float((u * gu[j]).sum())
            single[j] += crossed(wx, gx[j])
            moved[j] += wx.reshape(-1, p).T @ gu[j].ravel()
            wgu = np.einsum("gmn,gn->gm", w, gu[j])
            wgx = w @ gx[j]
            for i in range(q):
                pairs[i, j] += float((gw[i] * gw[j].transpose(0, 2, 1)).sum())
                quadratic[i, j] += float((gu[i] * wgu).sum())
                cross_pairs[i, j] += crossed(gx[i], wgx)
    quadratic -= moved @ covariance @ moved.T
    if structure.restricted:
        for j in range(q):
            trace[j] -= float((covariance * single[j]).sum())
            for i in range(q):
                both = covariance @ single[i] @ covariance @ single[j]
                pairs[i, j] += float(np.trace(both)) - 2.0 * float(
                    (covariance * cross_pairs[i, j]).sum()
                )
    information = 0.25 * (pairs + pairs.T)
    return -0.5 * (trace - squares), information - 0.5 * (quadratic + quadratic.T), information


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is highest.

    Attributes
    ----------
    components : ndarray of shape (q,)
    solution : Solution
    converged, multimodal : bool
    """

    components: Floats
    solution: Solution
    converged: bool
    multimodal: bool


def refine(
    structure: Structure, start: Floats, unit: float, fixed: Sequence[int] = ()
) -> tuple[Floats, Solution, bool]:
    """Climb to a maximum over components of at least 0, some of them fixed.

    Newton steps on the components off their bound, by the expected information
    where the surface is not concave, halved until the likelihood rises.
    """
    s = start.copy()
    held = np.zeros(s.size, dtype=np.bool_)
    held[list(fixed)] = True
    here = solve(structure, s, derivatives=True)
    for _ in range(_MAX_STEPS):
        free = ~held & ((s > 0.0) | (here.gradient > 0.0))
        if not free.any():
            return s, here, True
        g = here.gradient[free]
        curve = -here.hessian[np.ix_(free, free)]
        if (np.linalg.eigvalsh(curve) <= 0.0).any():
            curve = here.information[np.ix_(free, free)]
        step = np.zeros_like(s)
        step[free] = np.linalg.solve(curve, g)
        size = 1.0
        for _ in range(60):
            following = np.maximum(s + size * step, 0.0)
            there = solve(structure, following, derivatives=True)
            slack = 1e-13 * max(1.0, abs(here.log_likelihood))
            if there.log_likelihood >= here.log_likelihood - slack:
                break
            size *= 0.5
        done = bool((np.abs(following - s) <= _STEP * (following + unit)).all())
        s, here = following, there
        if done:
            return s, here, True
    return s, here, False


def maximise(structure: Structure, unit: float, top: float) -> Maximum:
    """Find the highest maximum: a grid of starts, then a climb from each of its peaks.

    Parameters
    ----------
    unit : float
        Smallest sampling variance.
    top : float
        A variance that no component is likely to exceed; a climb may go beyond it.
    """
    q = len(structure.components)
    if q == 0:
        return Maximum(np.zeros(0), solve(structure, np.zeros(0)), True, False)
    least = _SMALLEST_SHARE * unit
    points = _GRID_ONE if q == 1 else _GRID_TWO
    axis = np.concatenate([[0.0], np.geomspace(least, max(top, 10.0 * unit), points - 1)])
    shape = (points,) * q
    values = np.full(shape, -np.inf)
    for place in product(range(points), repeat=q):
        values[place] = solve(structure, axis[list(place)]).log_likelihood
    found: list[tuple[Floats, Solution, bool]] = []
    for place in _peaks(values):
        s, solution, fine = refine(structure, axis[list(place)], unit)
        if not any((np.abs(s - t) <= 1e-6 * (s + t + unit)).all() for t, _, _ in found):
            found.append((s, solution, fine))
    best = max(range(len(found)), key=lambda i: found[i][1].log_likelihood)
    s, solution, fine = found[best]
    return Maximum(s, solution, fine, len(found) > 1)


def _peaks(values: Floats) -> Iterator[tuple[int, ...]]:
    """Places of a grid that none of their neighbours exceeds."""
    offsets = [step for step in product((-1, 0, 1), repeat=values.ndim) if any(step)]
    for place in product(*(range(n) for n in values.shape)):
        near = [tuple(i + d for i, d in zip(place, step, strict=True)) for step in offsets]
        inside = [n for n in near if all(0 <= i < m for i, m in zip(n, values.shape, strict=True))]
        if all(values[place] >= values[n] for n in inside):
            yield place


def profile(
    structure: Structure, maximum: Maximum, j: int, unit: float, drop: float
) -> tuple[float, float | None]:
    """Limits of one component where the profile likelihood falls by `drop`.

    Returns
    -------
    lower : float
        0 where the likelihood at 0 is within `drop`.
    upper : float or None
        None where it does not fall that far.
    """
    best = float(maximum.components[j])
    goal = maximum.solution.log_likelihood - drop

    def height(value: float) -> float:
        start = maximum.components.copy()
        start[j] = value
        return refine(structure, start, unit, fixed=(j,))[1].log_likelihood - goal

    lower = 0.0
    if best > 0.0 and height(0.0) < 0.0:
        lower = _crossing(height, best, 0.0, unit)
    far = 2.0 * (best + unit)
    for _ in range(60):
        if height(far) < 0.0:
            return lower, _crossing(height, best, far, unit)
        far *= 2.0
    return lower, None


def _crossing(
    height: Callable[[float], float], inside: float, outside: float, unit: float
) -> float:
    """Root between a value where `height` is positive and one where it is negative."""

    def at(z: float) -> float:
        return float(height(max(float(np.expm1(z)) * unit, 0.0)))

    a, b = float(np.log1p(inside / unit)), float(np.log1p(outside / unit))
    fa, fb = at(a), at(b)
    # Regula falsi with the Illinois rule: halving an end that stays.
    for _ in range(100):
        c = b - fb * (b - a) / (fb - fa)
        fc = at(c)
        if (fc > 0.0) == (fb > 0.0):
            fa *= 0.5
        else:
            a, fa = b, fb
        b, fb = c, fc
        if abs(b - a) <= 1e-12 * (1.0 + abs(b)) or abs(fc) <= 1e-11:
            break
    return max(float(np.expm1(b)) * unit, 0.0)
