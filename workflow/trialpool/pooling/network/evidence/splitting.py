"""Node splitting of all comparisons of a network at once.

A split gives the trials that compare two treatments an effect of their own: the model of
consistency with one more column z. In trials that hold both treatments the effect of the one is
higher by half of its coefficient and that of the other lower by half of it, so that no arm of a
trial with several arms is preferred (Dias et al. 2010, Statistics in Medicine 29:932; Tu 2016,
Epidemiology 27:838). The coefficient is the difference between direct and indirect evidence; tau²
is estimated anew in every split.

No split is fitted by itself: the models y ~ X + z are updates of y ~ X by one column. In
coordinates that do not depend on each other (`independent`) the covariance is V + tau²I with
diagonal V; with W its inverse, P = W - WX(X'WX)⁻¹X'W and e = z - X(X'WX)⁻¹X'Wz,

    z'Pz = e'We,  z'PPz = e'W²e,  z'Py = e'W(y - Xb),  z'PPy = e'W²(y - Xb),

and the split's residual likelihood is that of the network + ½(z'Py)²/z'Pz - ½ log z'Pz (without
the last term for ML), its estimate z'Py/z'Pz with variance 1/z'Pz. The network estimate of the
pair, c'b, moves with the shift by c'(X'WX)⁻¹X'Wz.

Each of these is a function of tau² alone with its poles at tau² <= -min V: in
u = log(1 + tau²/min V) it is analytic within π of the real axis, so that values at a few dozen
Chebyshev points give it everywhere to rounding (`trialpool.pooling.numeric.interpolation`). A
network is therefore solved some fifty times, however many pairs are split.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from trialpool.pooling.network.graph import Pair
from trialpool.pooling.network.inconsistency import ONE_PATH, EvidenceSplit, split_test
from trialpool.pooling.network.independent import independent
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.numeric.interpolation import chebyshev_points, interpolation_weights
from trialpool.pooling.options import Bools, Floats

# Less of a column than this outside the others is rounding: nothing else connects the two.
_DEPENDENT: Final = 1e-9
# What is left of the error of interpolation.
_ROUNDING: Final = 1e-17
_HALVINGS: Final = 60
_CHUNK_NUMBERS: Final = 2**19


@dataclass(frozen=True, eq=False)
class _Columns:
    """A network and the columns of its splits; two-arm trials of one pair share a row.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
        Coordinates of all trials and their variances.
    row : ndarray of int of shape (k,)
        Row of `x` and `z` of each.
    x : sparse matrix of shape (r, p)
    z : sparse matrix of shape (r, s)
    contrast : ndarray of shape (p, s)
        The first treatment of each pair against the second, in effects against the reference.
    """

    y: Floats
    v: Floats
    row: np.ndarray
    x: Any
    z: Any
    contrast: Floats

    def total(self, values: Floats) -> Floats:
        """Add values of shape (k,) up by row."""
        return np.asarray(np.bincount(self.row, weights=values), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Values:
    """Functions of tau² at some points, each times a power of tau² + min V that keeps it level.

    Attributes
    ----------
    network : ndarray of shape (points, 4)
        y'Py, y'PPy, the log determinant of the likelihood and its derivative.
    split : ndarray of shape (points, s, 7)
        z'Pz, z'PPz, z'Py, z'PPy; variance and value of the pair's estimate, its move.
    """

    network: Floats
    split: Floats


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
    whole = _columns(studies, pairs, columns)
    free = _free(whole)
    own = np.flatnonzero(free)
    # Treatments of a study and of a pair stand in the same order.
    held = Counter(pair for study in studies for pair in combinations(study.treatments, 2))
    sides, tau2 = _solve(whole, own, method)
    found = []
    for s, ((a, b), network) in enumerate(zip(pairs, estimates, strict=True)):
        trials = held[a, b]
        if not free[s]:
            found.append(EvidenceSplit(a, b, trials, None, *network, *(None,) * 9, ONE_PATH))
            continue
        at = int(np.searchsorted(own, s))
        zpz, _, zpy, _, variance, estimate, move = sides[at].tolist()
        shift, shift_variance = zpy / zpz, 1.0 / zpz
        # Of the network at this tau², and how it moves with the shift.
        indirect, direct = estimate - move * shift, estimate + (1.0 - move) * shift
        indirect_se = math.sqrt(variance + move**2 * shift_variance)
        direct_se = math.sqrt(variance + (1.0 - move) ** 2 * shift_variance)
        test = split_test(shift, shift_variance)
        both = (direct, direct_se, indirect, indirect_se)
        found.append(EvidenceSplit(a, b, trials, None, *network, *both, *test, float(tau2[at])))
    return tuple(found)


def _columns(
    studies: Sequence[StudyEffects], pairs: Sequence[Pair], columns: dict[str, int]
) -> _Columns:
    """Turn contrasts, model matrix and shifts into coordinates that do not depend on each other."""
    from scipy import sparse

    turned = independent(studies, columns)
    number = {pair: i for i, pair in enumerate(pairs)}
    rows: dict[tuple[str, ...], int] = {}
    # Of each coordinate its row, and of each row its first coordinate.
    row: list[int] = []
    first: list[int] = []
    shifts: list[tuple[int, int, float]] = []
    for study, turn in zip(studies, turned.turns, strict=True):
        at = len(row)
        if len(study.treatments) == 2 and study.treatments in rows:
            row.append(rows[study.treatments])
            continue
        rows[study.treatments] = len(first)
        for i in range(len(study.treatments) - 1):
            row.append(len(first))
            first.append(at + i)
        arms = len(study.treatments)
        for i, j in combinations(range(arms), 2):
            shift = np.zeros(arms)
            shift[i], shift[j] = 0.5, -0.5
            split = number[study.treatments[i], study.treatments[j]]
            for place, size in enumerate((turn @ (shift[1:] - shift[0])).tolist()):
                shifts.append((len(first) - arms + 1 + place, split, size))
    into, of, sizes = zip(*shifts, strict=True)
    contrast = np.zeros((len(columns), len(pairs)))
    for s, (a, b) in enumerate(pairs):
        for name, sign in ((a, 1.0), (b, -1.0)):
            if name in columns:
                contrast[columns[name], s] = sign
    z = sparse.csc_array((sizes, (into, of)), shape=(len(first), len(pairs)))
    x = sparse.csr_array(turned.x[first])
    return _Columns(turned.y, turned.v, np.array(row), x, z, contrast)


def _free(whole: _Columns) -> Bools:
    """Whether each split exists: its column is no combination of the others."""
    inverse = np.linalg.inv((whole.x.T @ whole.x).toarray())
    found = np.zeros(whole.z.shape[1], dtype=np.bool_)
    for part in _chunks(np.arange(found.size), whole.x.shape[0]):
        z = whole.z[:, part].toarray()
        rest = z
        # Twice: the second time takes out what rounding left of the first.
        for _ in range(2):
            rest = rest - whole.x @ (inverse @ (whole.x.T @ rest))
        found[part] = np.linalg.norm(rest, axis=0) > _DEPENDENT * np.linalg.norm(z, axis=0)
    return found


def _chunks(numbers: np.ndarray, rows: int) -> list[np.ndarray]:
    step = max(1, _CHUNK_NUMBERS // rows)
    return [numbers[start : start + step] for start in range(0, numbers.size, step)]


def _values(whole: _Columns, own: np.ndarray, points: Floats, *, restricted: bool) -> _Values:
    """Solve the network at some tau²; the splits numbered `own`."""
    unit = float(whole.v.min())
    x = whole.x
    network, split = np.empty((points.size, 4)), np.empty((points.size, own.size, 7))
    for number, t in enumerate(points.tolist()):
        level = t + unit
        w = 1.0 / (whole.v + t)
        w1, w2 = whole.total(w), whole.total(w * w)
        gram = (x.T @ (x * w1[:, None])).toarray()
        inverse = np.linalg.inv(gram)
        b = inverse @ (x.T @ whole.total(w * whole.y))
        r = whole.y - (x @ b)[whole.row]
        log_det, trace = -float(np.log(w).sum()), float(w.sum())
        if restricted:
            log_det += float(np.linalg.slogdet(gram)[1])
            trace -= float((inverse * (x.T @ (x * w2[:, None])).toarray()).sum())
        network[number] = (
            level * float((w * r) @ r), level**2 * float((w * w * r) @ r), log_det, level * trace,
        )  # fmt: skip
        wr, w2r = whole.total(w * r), whole.total(w * w * r)
        for start in _chunks(np.arange(own.size), x.shape[0]):
            z = whole.z[:, own[start]]
            coefficients = inverse @ (x.T @ (z * w1[:, None])).toarray()
            e = z.toarray() - x @ coefficients
            c = whole.contrast[:, own[start]]
            squares = e * e
            split[number, start] = np.stack([
                level * (w1 @ squares), level**2 * (w2 @ squares),
                level * (wr @ e), level**2 * (w2r @ e),
                (c * (inverse @ c)).sum(axis=0) / level, b @ c, (c * coefficients).sum(axis=0),
            ], axis=1)  # fmt: skip
    return _Values(network, split)


def _solve(whole: _Columns, own: np.ndarray, method: str | float) -> tuple[Floats, Floats]:
    """Numbers of each split at its tau², as in `_Values.split` but unscaled, and that tau²."""
    unit = float(whole.v.min())
    restricted = method == "REML"
    df = whole.y.size - whole.x.shape[1] - 1
    if not own.size:
        return np.zeros((0, 7)), np.zeros(0)
    if not isinstance(method, str) or df < 1:
        t = float(method) if not isinstance(method, str) else 0.0
        at = _values(whole, own, np.array([t]), restricted=restricted).split[0]
        return _unscaled(at, np.array([t + unit])), np.full(own.size, t)
    if method == "DL":
        common = _values(whole, own, np.zeros(1), restricted=True)
        (q, _, _, trace), of = common.network[0], common.split[0]
        excess = q - of[:, 2] ** 2 / of[:, 0] - df * unit
        tau2 = np.maximum(0.0, excess / (trace - of[:, 1] / of[:, 0]))
        if not tau2.any():
            return _unscaled(common.split[0], np.array([unit])), tau2
        u, values = _over(whole, own, float(tau2.max()), restricted=True)
    else:
        u, values = _beyond_the_maxima(whole, own, restricted=restricted)
        tau2 = unit * np.expm1(_highest(u, values, unit, restricted=restricted))
    places = np.log1p(tau2 / unit)
    at = np.einsum("sn,nsc->sc", interpolation_weights(u, places), values.split)
    return _unscaled(at, tau2 + unit), tau2


def _unscaled(values: Floats, level: Floats) -> Floats:
    one, flat = 1.0 / level, np.ones_like(level)
    return values * np.stack([one, one**2, one, one**2, level, flat, flat], axis=-1)


def _over(
    whole: _Columns, own: np.ndarray, top: float, *, restricted: bool
) -> tuple[Floats, _Values]:
    """Chebyshev points of u between tau² of 0 and `top`, and the functions there."""
    unit = float(whole.v.min())
    end = math.log1p(top / unit)
    u = chebyshev_points(end, _ROUNDING)
    return u, _values(whole, own, unit * np.expm1(u), restricted=restricted)


def _beyond_the_maxima(
    whole: _Columns, own: np.ndarray, *, restricted: bool
) -> tuple[Floats, _Values]:
    """Functions up to a tau² from which the likelihood of every split falls."""
    unit = float(whole.v.min())
    x, df = whole.x, whole.y.size - whole.x.shape[1]
    alike = np.linalg.inv((x.T @ (x * whole.total(np.ones_like(whole.v))[:, None])).toarray())
    rest = whole.y - (x @ (alike @ (x.T @ whole.total(whole.y))))[whole.row]
    top = max(4.0 * float(rest @ rest) / df, 10.0 * unit)
    while True:
        u, values = _over(whole, own, top, restricted=restricted)
        if (
            _slope(top + unit, values.network[-1], values.split[-1], restricted=restricted) <= 0.0
        ).all():
            return u, values
        top *= 16.0


def _highest(u: Floats, values: _Values, unit: float, *, restricted: bool) -> Floats:
    """Place of the highest maximum of each split's likelihood, shape (s,)."""
    levels = unit * np.exp(u)
    slopes = np.stack([
        _slope(level, network, split, restricted=restricted)
        for level, network, split in zip(levels, values.network, values.split, strict=True)
    ])  # fmt: skip
    place, own = np.nonzero((slopes[:-1] > 0.0) & (slopes[1:] <= 0.0))
    functions = values.split[:, own]
    low, high = u[place], u[place + 1]

    def there(at: Floats) -> tuple[Floats, Floats, Floats]:
        weights = interpolation_weights(u, at)
        split = np.einsum("mn,nmc->mc", weights, functions)
        return unit * np.exp(at), weights @ values.network, split

    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        rises = _slope(*there(middle), restricted=restricted) > 0.0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    heights = _height(*there(high), restricted=restricted)
    at_zero = _height(levels[:1], values.network[0], values.split[0], restricted=restricted)
    best, found = np.where(slopes[0] <= 0.0, at_zero, -np.inf), np.zeros(slopes.shape[1])
    for maximum, height, split in zip(high, heights, own, strict=True):
        if height > best[split]:
            best[split], found[split] = height, maximum
    return found


def _slope(level: Any, network: Floats, split: Floats, *, restricted: bool) -> Floats:
    """Return the derivative of the log likelihood by tau², times 2 and the level."""
    zpz, zppz, zpy, zppy = (split[..., i] for i in range(4))
    shift = zpy / zpz
    squares = (network[..., 1] - 2.0 * shift * zppy + shift**2 * zppz) / level
    return np.asarray(squares - network[..., 3] + (zppz / zpz if restricted else 0.0))


def _height(level: Any, network: Floats, split: Floats, *, restricted: bool) -> Floats:
    """Return the log likelihood, times 2, but for a constant."""
    zpz, zpy = split[..., 0], split[..., 2]
    log_det = network[..., 2] + (np.log(zpz / level) if restricted else 0.0)
    return np.asarray((zpy * zpy / zpz - network[..., 0]) / level - log_det)
