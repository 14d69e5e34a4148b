"""The (restricted) likelihood of tau²: its maximum, and the profile interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from trialpool.pooling.blocks import Blocks, Tau2Fit, smallest_variance, take, total
from trialpool.pooling.options import Bools, Floats, Ints
from trialpool.pooling.roots import solve
from trialpool.pooling.sets import Moments, column_sum, scan_sums
from trialpool.pooling.tails import chi2_quantile

# Grid of the scan for local maxima, in log(tau² + smallest variance). The
# likelihood is analytic in a strip of half-width pi on that scale, so it has no
# features much narrower than 1; the tests compare with a far denser grid.
_GRID_STEP = 0.3
_GRID_MAX = 400
# Numbers in one temporary array of a scan.
_GRID_NUMBERS = 2**20
# Doublings of log(tau² + smallest variance) beyond the grid on the way to the
# upper profile limit: far more than any confidence level in doubles needs.
_MAX_STRETCHES = 10


def score(blocks: Blocks, tau2: Floats, *, restricted: bool) -> tuple[Floats, Floats]:
    """Differentiate the (restricted) log-likelihood by tau², twice.

    Parameters
    ----------
    tau2 : ndarray of shape (n,) or (n, m)
    restricted : bool
        REML if true, ML otherwise.

    Returns
    -------
    first, second : ndarray of the shape of `tau2`

    Notes
    -----
    Per block 2l' = Σw²r² - tr(P) for REML, with Σw in place of the trace for ML;
    the mean moves by -Σw²r/Σw. Harville 1977, Journal of the American
    Statistical Association 72:320.
    """
    firsts, seconds = [], []
    for block in blocks:
        m = Moments(block, tau2)
        trace, squares = (m.trace_p, m.trace_pp) if restricted else (m.s1, m.s2)
        firsts.append(0.5 * (m.a2 - trace))
        seconds.append(0.5 * squares - m.a3 + m.b2 * m.b2 / m.s1)
    return total(firsts), total(seconds)


def _slope_on(blocks: Blocks, grid: Floats, *, restricted: bool) -> Floats:
    """First derivative on a grid of shape (n, m), to rounding the one of `score`."""

    def slope(part: Floats) -> Floats:
        halves = []
        for block in blocks:
            s1, trace, squares = scan_sums(block.spread(), part)
            halves.append(0.5 * (squares - (trace if restricted else s1)))
        return total(halves)

    return _by_parts(slope, blocks, grid)


def _by_parts(function: Callable[[Floats], Floats], blocks: Blocks, grid: Floats) -> Floats:
    """Work on so many columns of a grid at a time that memory stays bounded."""
    rows = max(block.v.size for block in blocks)
    size = max(1, _GRID_NUMBERS // rows)
    parts = [function(grid[:, j : j + size]) for j in range(0, grid.shape[1], size)]
    return np.concatenate(parts, axis=1)


def log_likelihood(blocks: Blocks, tau2: Floats, *, restricted: bool) -> Floats:
    """(Restricted) log-likelihood up to a constant that does not depend on tau².

    special.log1p and xlogy run scalar loops; np.log may round differently by
    position in the array, which could decide a near tie by the batch.
    """
    parts = []
    for block in blocks:
        m = Moments(block, tau2)
        twice = -column_sum(special.log1p(tau2 / block.v)) - m.a1
        if restricted:
            twice = twice - special.xlogy(1.0, m.s1)
        parts.append(0.5 * twice)
    return total(parts)


def _grid(blocks: Blocks) -> tuple[Floats, Floats]:
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


def maximum_likelihood(blocks: Blocks, *, restricted: bool) -> Tau2Fit:
    """Highest maximum of the (restricted) likelihood over tau² >= 0.

    Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30:261,
    for the estimators; the scan for all local maxima is this module's own.
    """
    grid, unit = _grid(blocks)
    values = _slope_on(blocks, grid, restricted=restricted)
    falling = (values[:, :-1] > 0.0) & (values[:, 1:] <= 0.0)
    # The score at the top is negative in exact arithmetic; rounding must not lose the root.
    falling[:, -1] |= values[:, -1] > 0.0
    at_zero = values[:, 0] <= 0.0
    owner, cell = np.nonzero(falling)
    lower, upper = grid[owner, cell], grid[owner, cell + 1]
    left, right = values[owner, cell], values[owner, cell + 1]
    start = np.clip(
        lower + (upper - lower) * left / np.where(left > right, left - right, 1.0), lower, upper
    )

    def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
        return score(take(blocks, owner[index]), t, restricted=restricted)

    root, fine = solve(evaluate, lower, upper, start, unit[owner])

    maxima = falling.sum(axis=1) + at_zero
    tau2 = np.zeros_like(unit)
    converged = np.ones(unit.shape, dtype=np.bool_)
    single = maxima[owner] == 1
    tau2[owner[single]], converged[owner[single]] = root[single], fine[single]
    # Several local maxima are rare: compare their likelihoods one by one. At a
    # tie the smallest tau² stays.
    for i in np.flatnonzero(maxima > 1):
        mine = np.flatnonzero(owner == i)
        candidates = np.concatenate([np.zeros(int(at_zero[i])), root[mine]])
        known = np.concatenate([np.ones(int(at_zero[i]), dtype=np.bool_), fine[mine]])
        copies = take(blocks, np.full(candidates.size, i))
        best = int(np.argmax(log_likelihood(copies, candidates, restricted=restricted)))
        tau2[i], converged[i] = candidates[best], known.all()
    return Tau2Fit(tau2, converged, tau2 == 0.0, maxima > 1)


def reml(blocks: Blocks, df: Floats) -> Tau2Fit:
    """Restricted maximum likelihood."""
    return maximum_likelihood(blocks, restricted=True)


def ml(blocks: Blocks, df: Floats) -> Tau2Fit:
    """Maximum likelihood."""
    return maximum_likelihood(blocks, restricted=False)


def reml_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """√(2/tr(P²)), from the expected information of the restricted likelihood."""
    return np.sqrt(2.0 / total([Moments(block, tau2).trace_pp for block in blocks]))


def ml_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """√(2/Σw²), from the expected information of the likelihood."""
    return np.sqrt(2.0 / total([Moments(block, tau2).s2 for block in blocks]))


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
    grid, unit = _grid(blocks)
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
            first, _ = score(own, t, restricted=restricted)
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
