"""Estimators of the between-trial variance tau².

Every estimator works on a tuple of blocks. One block is an ordinary random
effects model. Several blocks are groups with their own means and one common
tau²: the design is block diagonal, so the (restricted) likelihood, Q and the
traces are sums over blocks and stay linear in the number of trials.

To add an estimator, write its function and enter it in `TAU2_METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.options import Bools, Floats, Ints
from trialpool.pooling.roots import solve
from trialpool.pooling.sets import Moments, Sets, column_sum

Blocks = tuple[Sets, ...]

# Grid of the scan for local maxima, in log(tau² + smallest variance). The
# likelihood is analytic in a strip of half-width pi on that scale, so it has no
# features much narrower than 1; the tests compare with a far denser grid.
_GRID_STEP = 0.3
_GRID_MAX = 400


@dataclass(frozen=True)
class Tau2Fit:
    """Estimated tau² of n sets with what is known about the search.

    Attributes
    ----------
    tau2 : ndarray of shape (n,)
    converged, at_boundary, multimodal : ndarray of bool of shape (n,)
        `at_boundary`: the estimate is 0 because of the bound at 0.
        `multimodal`: the (restricted) likelihood has more than one local maximum.
    """

    tau2: Floats
    converged: Bools
    at_boundary: Bools
    multimodal: Bools


@dataclass(frozen=True)
class Tau2Method:
    """An estimator.

    Attributes
    ----------
    fit : callable
        ``fit(blocks, df)`` with residual degrees of freedom of shape (n,), all at least 1.
    standard_error : callable or None
        ``standard_error(blocks, tau2, df)``; None where tau² is not estimated.
    name, reference : str
    """

    fit: Callable[[Blocks, Floats], Tau2Fit]
    standard_error: Callable[[Blocks, Floats, Floats], Floats] | None
    name: str
    reference: str


def _total(parts: list[Floats]) -> Floats:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _take(blocks: Blocks, index: Ints) -> Blocks:
    return tuple(block.take(index) for block in blocks)


def smallest_variance(blocks: Blocks) -> Floats:
    """Smallest variance of each set over all blocks, shape (n,)."""
    least = blocks[0].v.min(axis=0)
    for block in blocks[1:]:
        least = np.minimum(least, block.v.min(axis=0))
    return np.asarray(least, dtype=np.float64)


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
    return _total(firsts), _total(seconds)


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
    return _total(parts)


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


def _maximum_likelihood(blocks: Blocks, *, restricted: bool) -> Tau2Fit:
    grid, unit = _grid(blocks)
    values, _ = score(tuple(block.spread() for block in blocks), grid, restricted=restricted)
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
        return score(_take(blocks, owner[index]), t, restricted=restricted)

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
        copies = _take(blocks, np.full(candidates.size, i))
        best = int(np.argmax(log_likelihood(copies, candidates, restricted=restricted)))
        tau2[i], converged[i] = candidates[best], known.all()
    return Tau2Fit(tau2, converged, tau2 == 0.0, maxima > 1)


def _reml(blocks: Blocks, df: Floats) -> Tau2Fit:
    return _maximum_likelihood(blocks, restricted=True)


def _ml(blocks: Blocks, df: Floats) -> Tau2Fit:
    return _maximum_likelihood(blocks, restricted=False)


def _reml_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    return np.sqrt(2.0 / _total([Moments(block, tau2).trace_pp for block in blocks]))


def _ml_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    return np.sqrt(2.0 / _total([Moments(block, tau2).s2 for block in blocks]))


def _plain(raw: Floats, converged: Bools | None = None) -> Tau2Fit:
    no = np.zeros(raw.shape, dtype=np.bool_)
    tau2 = np.where(raw > 0.0, raw, 0.0)
    return Tau2Fit(tau2, ~no if converged is None else converged, tau2 == 0.0, no)


def _dersimonian_laird(blocks: Blocks, df: Floats) -> Tau2Fit:
    each = [Moments(block, np.zeros_like(df)) for block in blocks]
    return _plain((_total([m.a1 for m in each]) - df) / _total([m.trace_p for m in each]))


def _dersimonian_laird_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """Take the standard error from the exact variance of Q.

    Q = y'Py with P at tau² = 0 and Var(y) = V + tau²I gives
    Var(Q) = 2df + 4 tau² tr(P) + 2 tau⁴ tr(P²), because PVP = P.
    """
    each = [Moments(block, np.zeros_like(df)) for block in blocks]
    trace = _total([m.trace_p for m in each])
    squares = _total([m.trace_pp for m in each])
    variance = 2.0 * df + 4.0 * tau2 * trace + 2.0 * tau2 * tau2 * squares
    return np.sqrt(variance) / trace


def solve_q(blocks: Blocks, owner: Ints, target: Floats) -> tuple[Floats, Floats, Bools]:
    """Solve Q(tau²) = target, for the sets `owner`; 0 where Q(0) is not above the target.

    Parameters
    ----------
    owner, target : ndarray of shape (p,)

    Returns
    -------
    tau2, q_at_zero : ndarray of shape (p,)
    converged : ndarray of bool of shape (p,)

    Notes
    -----
    Q falls in tau² and 1/Q is nearly straight, so Newton runs on target/Q. The
    root is at most Σ(y - c)²/target for any c, because the mean minimises the
    weighted squares and no weight exceeds 1/tau².
    """

    def q_of(chosen: Ints, t: Floats) -> tuple[Floats, Floats]:
        parts = [Moments(block, t) for block in _take(blocks, chosen)]
        return _total([m.a1 for m in parts]), _total([m.a2 for m in parts])

    q_zero, _ = q_of(owner, np.zeros_like(target))
    above = np.flatnonzero(q_zero > target)
    mine, goal = owner[above], target[above]

    def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
        q, slope = q_of(mine[index], t)
        wanted = goal[index]
        return 1.0 - wanted / q, -wanted * slope / (q * q)

    squares = _total([column_sum(block.y * block.y) for block in blocks])
    upper = squares[mine] / goal
    unit = smallest_variance(blocks)[mine]
    root, fine = solve(evaluate, np.zeros_like(goal), upper, np.zeros_like(goal), unit)
    tau2 = np.zeros_like(target)
    converged = np.ones(target.shape, dtype=np.bool_)
    tau2[above], converged[above] = root, fine
    return tau2, q_zero, converged


def _paule_mandel(blocks: Blocks, df: Floats) -> Tau2Fit:
    tau2, _, converged = solve_q(blocks, np.arange(df.size), df)
    return _plain(tau2, converged)


def _paule_mandel_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """Delta method with every weight replaced by their mean.

    Q(tau²) is chi-square at the true tau² and falls with slope tr(P), so the
    standard error is √(2 df)/tr(P). With equal weights tr(P) = Σw df/k, the
    form that metafor reports; it is kept so that the two agree.
    """
    total = _total([Moments(block, tau2).s1 for block in blocks])
    k = df + len(blocks)
    return np.sqrt(2.0 / df) * k / total


def _common_effect(blocks: Blocks, df: Floats) -> Tau2Fit:
    no = np.zeros(df.shape, dtype=np.bool_)
    return Tau2Fit(np.zeros_like(df), ~no, no, no)


TAU2_METHODS: Final[dict[str, Tau2Method]] = {
    "REML": Tau2Method(_reml, _reml_se, "restricted maximum likelihood", "Viechtbauer 2005"),
    "DL": Tau2Method(
        _dersimonian_laird, _dersimonian_laird_se, "DerSimonian-Laird", "DerSimonian and Laird 1986"
    ),
    "PM": Tau2Method(_paule_mandel, _paule_mandel_se, "Paule-Mandel", "Paule and Mandel 1982"),
    "ML": Tau2Method(_ml, _ml_se, "maximum likelihood", "Hardy and Thompson 1996"),
    "CE": Tau2Method(_common_effect, None, "common effect (tau² = 0)", "Hedges and Olkin 1985"),
}
