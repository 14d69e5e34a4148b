"""The (restricted) likelihood of tau²: its maximum, and the profile interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from trialpool.pooling.numeric.roots import solve, solve_one
from trialpool.pooling.numeric.scalars import functions_of
from trialpool.pooling.numeric.single_sums import AnyOne
from trialpool.pooling.numeric.tails import chi2_quantile
from trialpool.pooling.numeric.tau2_blocks import (
    AnyBlocks,
    AnySet,
    Blocks,
    Tau2Fit,
    only_arrays,
    smallest_variance,
    take,
    total,
)
from trialpool.pooling.options import Bools, Floats, Ints, Value

# Grid of the scan for local maxima, in log(tau² + smallest variance). The
# likelihood is analytic in a strip of half-width pi on that scale, so it has no
# features much narrower than 1; the tests compare with a far denser grid.
_GRID_STEP = 0.3
_GRID_MAX = 400
_STEPS = np.arange(_GRID_MAX + 1, dtype=np.float64)
# Numbers in one temporary array of a scan.
_GRID_NUMBERS = 2**17
# Doublings of log(tau² + smallest variance) beyond the grid on the way to the
# upper profile limit: far more than any confidence level in doubles needs.
_MAX_STRETCHES = 10
# A start is rounded to this part of its cell, so that sums which differ by
# rounding lead to the same one.
START_PARTS = 1024.0


@dataclass(frozen=True)
class Scan:
    """Where the score falls through 0, for n sets.

    Attributes
    ----------
    owner : ndarray of shape (p,)
        The set that a crossing belongs to.
    lower, upper, start : ndarray of shape (p,)
        Values of tau² around it, and a good guess.
    at_zero : ndarray of bool of shape (n,)
        Whether tau² = 0 is a local maximum.
    unit : ndarray of shape (n,)
        Smallest variance.
    """

    owner: Ints
    lower: Floats
    upper: Floats
    start: Floats
    at_zero: Bools
    unit: Floats


def score(each: list[Value], *, restricted: bool) -> tuple[Value, Value]:
    """Differentiate the (restricted) log-likelihood by tau², twice.

    Parameters
    ----------
    each : list of Moments
        Of every block at one tau².
    restricted : bool
        REML if true, ML otherwise.

    Returns
    -------
    first, second : ndarray of the shape of tau²

    Notes
    -----
    Per block 2l' = Σw²r² - tr(P) for REML, with Σw in place of the trace for ML;
    the mean moves by -Σw²r/Σw. Harville 1977, Journal of the American
    Statistical Association 72:320.
    """
    firsts, seconds = [], []
    for m in each:
        trace, squares = (m.trace_p, m.trace_pp) if restricted else (m.s1, m.s2)
        firsts.append(0.5 * (m.a2 - trace))
        seconds.append(0.5 * squares - m.a3 + m.b2 * m.b2 / m.s1)
    return total(firsts), total(seconds)


def _straightened(each: list[Value], *, restricted: bool) -> tuple[Value, Value]:
    """Score, and the derivative of score/b² times b², with b = Σw²/Σw.

    b falls like 1/(v + tau²). For equal variances score/b² is a straight line,
    so Newton on it is there in one step, and elsewhere soon.
    """
    first, second = score(each, restricted=restricted)
    weight = total([m.s2 for m in each]) / total([m.s1 for m in each])
    return first, second + 2.0 * first * weight


def _on_grid(blocks: Blocks, grid: Floats, *, restricted: bool) -> tuple[Floats, Floats]:
    """Score on a grid of shape (n, m), to rounding the one of `score`, and b of `_straightened`."""

    def work(part: Floats) -> Floats:
        halves, weights = [], []
        for block in blocks:
            s1, trace, squares = block.scan_sums(part)
            halves.append(0.5 * (squares - (trace if restricted else s1)))
            weights.append(s1 - trace)
        return np.stack([total(halves), total(weights)])

    found = _by_parts(work, blocks, grid)
    return found[0], found[1]


def _by_parts(function: Callable[[Floats], Any], blocks: Blocks, grid: Floats) -> Floats:
    """Work on so many columns of a grid at a time that memory stays bounded."""
    rows = max(block.v.size for block in blocks)
    size = max(1, _GRID_NUMBERS // rows)
    parts = [function(grid[:, j : j + size]) for j in range(0, grid.shape[1], size)]
    return np.asarray(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1))


def log_likelihood(blocks: Blocks, tau2: Floats, *, restricted: bool) -> Floats:
    """(Restricted) log-likelihood up to a constant that does not depend on tau².

    special.xlogy runs a scalar loop, for the reason of `Sets.log_excess`.
    """
    parts = []
    for block in blocks:
        m = block.moments(tau2)
        twice = -block.log_excess(tau2) - m.a1
        if restricted:
            twice = twice - special.xlogy(1.0, m.s1)
        parts.append(0.5 * twice)
    return np.asarray(total(parts), dtype=np.float64)


def likelihood_grid(blocks: Blocks) -> tuple[Floats, Floats]:
    """Grid of tau² that holds every local maximum, shape (n, m), and smallest variance.

    The restricted score is negative once tau² + min v > range²/2 in every block,
    because Σw²r² <= max(w) range² Σ_{i<j} w_i w_j / Σw and
    Σw - Σw²/Σw = 2 Σ_{i<j} w_i w_j / Σw; the ML score is smaller still. Sets
    that need fewer points than the batch repeat their last one.
    """
    unit = smallest_variance(blocks)
    top = np.zeros_like(unit)
    for block in blocks:
        spread = block.y.max(axis=0) - block.y.min(axis=0)
        top = np.maximum(top, 0.5 * spread * spread)
    length = special.log1p(top / unit)
    points = np.clip(np.ceil(length / _GRID_STEP), 1.0, _GRID_MAX)
    j = np.arange(int(points.max()) + 1, dtype=np.float64)
    fraction = np.minimum(j / points[:, None], 1.0)
    return unit[:, None] * special.expm1(fraction * length[:, None]), unit


def start_in_cell(
    ends: Floats | list[float], scores: Floats | list[float], weights: Floats | list[float]
) -> tuple[Value, Value]:
    """Where the straight line through score/b² at both ends of a cell crosses 0.

    Parameters
    ----------
    ends, scores, weights : ndarray of shape (2, p), or list of two floats
        tau², score and b of `_straightened`, left and right.

    Returns
    -------
    start : ndarray of shape (p,), or float
        Rounded to a part of the cell.
    part : ndarray of shape (p,), or float
        The same in parts of the cell before rounding.
    """
    xp = functions_of(ends[0])
    (lower, upper), (left, right), (b_left, b_right) = ends, scores, weights
    rise, fall = left * b_right * b_right, -right * b_left * b_left
    both = rise + fall
    part = xp.where(both > 0.0, rise / xp.where(both > 0.0, both, 1.0), 0.5)
    part = START_PARTS * xp.minimum(xp.maximum(part, 0.0), 1.0)
    return lower + (upper - lower) * (xp.rint(part) / START_PARTS), part


def scan(blocks: Blocks, *, restricted: bool) -> Scan:
    """Look for local maxima of the (restricted) likelihood over tau² >= 0."""
    grid, unit = likelihood_grid(blocks)
    values, weights = _on_grid(blocks, grid, restricted=restricted)
    falling = (values[:, :-1] > 0.0) & (values[:, 1:] <= 0.0)
    # The score at the top is negative in exact arithmetic; rounding must not lose the root.
    falling[:, -1] |= values[:, -1] > 0.0
    owner, cell = np.nonzero(falling)
    at = np.stack([cell, cell + 1])
    ends = grid[owner, at]
    start, _ = start_in_cell(ends, values[owner, at], weights[owner, at])
    return Scan(owner, ends[0], ends[1], start, values[:, 0] <= 0.0, unit)


def maximum_likelihood(blocks: AnyBlocks, *, restricted: bool) -> Tau2Fit:
    """Highest maximum of the (restricted) likelihood over tau² >= 0.

    Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30:261,
    for the estimators; the scan for all local maxima is this module's own.
    """
    if isinstance(blocks[0], AnyOne):
        return _one_maximum(blocks[0], restricted=restricted)
    many = only_arrays(blocks)
    found = scan(many, restricted=restricted)
    owner = found.owner

    def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
        own = take(many, owner[index])
        return _straightened([block.moments(t) for block in own], restricted=restricted)

    root, fine = solve(evaluate, found.lower, found.upper, found.start, found.unit[owner])
    n = found.at_zero.size
    maxima = np.bincount(owner, minlength=n) + found.at_zero
    tau2 = np.zeros(n)
    converged = np.ones(n, dtype=np.bool_)
    single = maxima[owner] == 1
    tau2[owner[single]], converged[owner[single]] = root[single], fine[single]
    # Several local maxima are rare: compare their likelihoods one by one. At a
    # tie the smallest tau² stays.
    for i in np.flatnonzero(maxima > 1):
        mine = np.flatnonzero(owner == i)
        candidates = np.concatenate([np.zeros(int(found.at_zero[i])), root[mine]])
        copies = take(many, np.full(candidates.size, i))
        best = int(np.argmax(log_likelihood(copies, candidates, restricted=restricted)))
        tau2[i], converged[i] = candidates[best], fine[mine].all()
    return Tau2Fit(tau2, converged, tau2 == 0.0, maxima > 1)


def _one_maximum(one: AnyOne, *, restricted: bool) -> Tau2Fit:
    """Do for one set in floats what `maximum_likelihood` does in arrays."""
    unit, width = one.unit, one.width
    length = float(special.log1p(0.5 * width * width / unit))
    points = min(max(math.ceil(length / _GRID_STEP), 1), _GRID_MAX)
    grid = unit * special.expm1(_STEPS[: points + 1] / points * length)
    scores, weights = _on_grid((one.arrays,), grid[None, :], restricted=restricted)
    values = scores[0].tolist()
    positive = [x > 0.0 for x in values]
    # As in `scan`: a positive score at the top is rounding, the root is below.
    positive[-1] = False
    cells = [i for i in range(points) if positive[i] and not positive[i + 1]]
    if len(cells) + (not positive[0]) > 1:
        fit = maximum_likelihood((one.arrays,), restricted=restricted)
        flags = (fit.tau2, fit.converged, fit.at_boundary, fit.multimodal)
        return Tau2Fit(*(x[0].item() for x in flags))
    if not cells:
        return Tau2Fit(0.0, True, True, False)
    ends = slice(cells[0], cells[0] + 2)
    bracket = grid[ends].tolist()
    start, _ = start_in_cell(bracket, values[ends], weights[0, ends].tolist())

    def evaluate(t: float) -> tuple[float, float]:
        return _straightened([one.moments(t)], restricted=restricted)

    tau2, converged = solve_one(evaluate, bracket[0], bracket[1], start, unit)
    return Tau2Fit(tau2, converged, tau2 == 0.0, False)


def reml(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """Restricted maximum likelihood."""
    return maximum_likelihood(blocks, restricted=True)


def ml(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """Maximum likelihood."""
    return maximum_likelihood(blocks, restricted=False)


def reml_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """√(2/tr(P²)), from the expected information of the restricted likelihood."""
    return functions_of(df).sqrt(2.0 / fitted.trace_pp)


def ml_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """√(2/Σw²), from the expected information of the likelihood."""
    return functions_of(df).sqrt(2.0 / fitted.s2)


def profile_interval(
    blocks: Blocks, tau2: Floats, level: float, *, restricted: bool
) -> tuple[Floats, Floats]:
    """Profile likelihood interval of tau².

    All tau² >= 0 whose log-likelihood is within half the chi-square quantile
    (1 degree of freedom) of the maximum: Hardy and Thompson 1996, Statistics in
    Medicine 15:619; with the restricted likelihood Viechtbauer 2007, Statistics
    in Medicine 26:37. Where several maxima make that set fall apart, the limits
    are its smallest and its largest member.

    Parameters
    ----------
    blocks : tuple of Sets
    tau2 : ndarray of shape (n,)
        The maximum.
    level : float
    restricted : bool

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        On the scale of `blocks`.
    """
    drop = 0.5 * float(chi2_quantile(np.ones(1), 1.0 - level)[0])
    cut = log_likelihood(blocks, tau2, restricted=restricted) - drop
    grid, unit = likelihood_grid(blocks)
    wide = tuple(block.spread() for block in blocks)
    values = _by_parts(lambda t: log_likelihood(wide, t, restricted=restricted), blocks, grid)
    inside = values >= cut[:, None]
    rows, last = np.arange(tau2.size), grid.shape[1] - 1

    # The estimate itself is always inside, the grid may step over it.
    first_in = np.where(inside.any(axis=1), inside.argmax(axis=1), last)
    lower_in = np.where(inside.any(axis=1), np.minimum(grid[rows, first_in], tau2), tau2)
    below = np.where(grid < lower_in[:, None], grid, 0.0).max(axis=1)
    last_in = np.where(inside.any(axis=1), last - inside[:, ::-1].argmax(axis=1), 0)
    upper_in = np.where(inside.any(axis=1), np.maximum(grid[rows, last_in], tau2), tau2)
    above = np.where(grid > upper_in[:, None], grid, np.inf).min(axis=1)

    open_end = np.flatnonzero(np.isinf(above))
    for stretch in range(_MAX_STRETCHES):
        if not open_end.size:
            break
        # Beyond the grid the likelihood only falls.
        reach = (upper_in[open_end] + unit[open_end]) * np.exp2(2.0**stretch)
        high = log_likelihood(take(blocks, open_end), reach, restricted=restricted)
        outside = high < cut[open_end]
        above[open_end[outside]] = reach[outside]
        open_end = open_end[~outside]

    def crossing(which: Ints, inner: Floats, outer: Floats, sign: float) -> Floats:
        def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
            own = take(blocks, which[index])
            first, _ = score([block.moments(t) for block in own], restricted=restricted)
            gap = log_likelihood(own, t, restricted=restricted) - cut[which[index]]
            return sign * gap, sign * first

        low, high = (inner, outer) if sign > 0 else (outer, inner)
        root, _ = solve(evaluate, low, high, 0.5 * (low + high), unit[which])
        return root

    lower, upper = np.zeros_like(tau2), above.copy()
    zero_out: Bools = ~inside[:, 0]
    some = np.flatnonzero(zero_out)
    lower[some] = crossing(some, lower_in[some], below[some], -1.0)
    closed = np.flatnonzero(np.isfinite(above))
    upper[closed] = crossing(closed, upper_in[closed], above[closed], 1.0)
    return lower, upper
