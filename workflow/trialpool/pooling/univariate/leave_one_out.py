"""Pools without each trial in turn, from one scan of the likelihood for all of them.

A scan for the maxima costs more than all the rest of a fit. Without one trial
the sums over a grid of tau² are those of all trials less one term. Rounded
otherwise than sums of the remaining trials, they still have the same signs and
lead to the same start of the search, unless one of them lies within its
rounding error of changing that; such a set gets a scan of its own. So each
pool is bit for bit the one of `random_effects` on the other trials.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.numeric.batch_sums import Layout, Sets, arrange
from trialpool.pooling.options import Bools, Floats, Ints, check_effects
from trialpool.pooling.univariate.inverse_variance import fit, fit_layout
from trialpool.pooling.univariate.likelihood import (
    START_PARTS,
    Scan,
    likelihood_grid,
    start_in_cell,
)
from trialpool.pooling.univariate.settings import (
    DEFAULT_SAMPLES,
    DEFAULT_SEED,
    Settings,
    check_settings,
)
from trialpool.pooling.univariate.tau2 import LIKELIHOOD_METHODS

# Numbers in one temporary array: few enough for the cache.
_CHUNK_NUMBERS: Final = 2**15
# Fewer trials are not worth the trouble.
_FEWEST: Final = 4
_NAMES: Final = (
    "k",
    "estimate",
    "se",
    "ci_lower",
    "ci_upper",
    "p_value",
    "df",
    "tau2",
    "i2",
    "i2_q",
    "h2",
    "q",
    "q_df",
    "q_p_value",
    "converged",
    "at_boundary",
    "multimodal",
    "narrower",
)
_EPSILON: Final = float(np.finfo(np.float64).eps)


def without_each(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    measure: str = "generic",
) -> dict[str, npt.NDArray[Any]]:
    """Pool without each trial in turn.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale, two trials or more.
    tau2, ci, level, measure
        As in `random_effects`.

    Returns
    -------
    dict of ndarray of shape (k,)
        By the names of `PooledEffects` and `BatchDiagnostics`, in the order of
        the input; without the prediction interval, the standard error of tau²
        and the intervals of tau², I² and H².

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    y, v, _ = check_effects(yi, vi, ndim=1)
    settings = check_settings(
        tau2=tau2,
        ci=ci,
        pi="normal",
        level=level,
        measure=measure,
        tau2_ci="q-profile",
        seed=DEFAULT_SEED,
        bootstrap_samples=DEFAULT_SAMPLES,
    )
    settings = replace(settings, spread_of_tau2=False)
    layout = arrange(y[None, :], v[None, :], np.ones((1, y.size), dtype=np.bool_))
    same = _same_layout(layout.sets)
    found = None
    if settings.tau2 in LIKELIHOOD_METHODS and same.any():
        restricted = LIKELIHOOD_METHODS[settings.tau2]
        found, certain = _scan_without_each(layout.sets, restricted=restricted)
        same &= certain
    easy, hard = np.flatnonzero(same), np.flatnonzero(~same)
    size = max(16, _CHUNK_NUMBERS // y.size)
    parts = []
    for first in range(0, easy.size, size):
        gone = easy[first : first + size]
        own = None if found is None else _of(found, gone)
        parts.append(fit_layout(_without(layout, gone), settings, found=own)[0])
    if hard.size:
        parts.append(_one_by_one(y, v, hard, settings))
    order = np.argsort(np.concatenate([easy, hard]))
    return {name: np.concatenate([part[name] for part in parts])[order] for name in _NAMES}


def _same_layout(sets: Sets) -> Bools:
    """Trials without which centre, scale and grid stay as they are."""
    y, lead = sets.y[:, 0], sets.lead[:, 0]
    same = ~lead & (y > y.min()) & (y < y.max())
    return same if y.size >= _FEWEST else np.zeros_like(same)


def _without(layout: Layout, gone: Ints) -> Layout:
    """Layout of the sets without one trial each."""
    k = layout.sets.y.shape[0]
    row = np.arange(k - 1)[:, None]
    row = row + (row >= gone)
    n = np.zeros(gone.size, dtype=np.int64)
    one = layout.sets
    sets = Sets(one.y[:, 0].take(row), one.v[:, 0].take(row), one.lead[:, 0].take(row))
    return Layout(sets, row.T, n + (k - 1), layout.centre[n], layout.exponent[n])


def _one_by_one(y: Floats, v: Floats, gone: Ints, settings: Settings) -> dict[str, Any]:
    present = gone[:, None] != np.arange(y.size)
    shape = present.shape
    pools = fit(np.broadcast_to(y, shape), np.broadcast_to(v, shape), present, settings)
    return {**vars(pools), **vars(pools.diagnostics)}


def _of(found: Scan, sets: Ints) -> Scan:
    """Part of a scan, its sets numbered anew."""
    position = np.full(found.at_zero.size, -1)
    position[sets] = np.arange(sets.size)
    owner = position[found.owner]
    own = np.flatnonzero(owner >= 0)
    # In order of the sets, as a scan of their own would have them.
    own = own[np.argsort(owner[own], kind="stable")]
    return Scan(
        owner[own],
        found.lower[own],
        found.upper[own],
        found.start[own],
        found.at_zero[sets],
        found.unit[sets],
    )


def _scan_without_each(sets: Sets, *, restricted: bool) -> tuple[Scan, Bools]:
    """Scan the likelihood of all sets of k - 1 trials by taking one term from each sum.

    Returns
    -------
    found : Scan
        Of k sets.
    certain : ndarray of bool of shape (k,)
        Where rounding cannot have changed it.
    """
    grid, unit = likelihood_grid((sets,))
    k = sets.y.shape[0]
    w = 1.0 / (sets.v + grid)
    wy = w * sets.y
    s1, s2 = w.sum(axis=0), (w * w).sum(axis=0)
    mean = wy.sum(axis=0) / s1
    wr = w * (sets.y - mean)
    a2, b2 = (wr * wr).sum(axis=0), (w * wr).sum(axis=0)

    rest = s1 - w
    shift = -wr / rest
    moved = wr - w * shift
    squares = a2 - 2.0 * shift * b2 + shift * shift * s2 - moved * moved
    weights = (s2 - w * w) / rest
    values = 0.5 * (squares - (rest - weights if restricted else rest))

    # Rounding: relative to sums of absolute terms, and through the mean.
    unsure = 8.0 * k * _EPSILON
    of_mean = unsure * np.abs(wy).sum(axis=0) / s1
    error = unsure * (a2 + s1 + np.abs(shift) * np.abs(b2) + shift * shift * s2)
    error += 2.0 * of_mean * (np.abs(b2) + of_mean * s2 + np.abs(shift) * s2)
    certain = (np.abs(values) > error).all(axis=1)

    falling = (values[:, :-1] > 0.0) & (values[:, 1:] <= 0.0)
    certain &= values[:, -1] <= 0.0
    owner, cell = np.nonzero(falling)
    at = np.stack([cell, cell + 1])
    ends, scores, b = grid[0][at], values[owner, at], weights[owner, at]
    start, part = start_in_cell(ends, scores, b)
    both = np.abs(scores[0]) * b[1] * b[1] + np.abs(scores[1]) * b[0] * b[0]
    blur = error[owner, at].max(axis=0) * (b * b).sum(axis=0) / both
    blur += 4.0 * unsure * (1.0 + s1[at].max(axis=0) / b.min(axis=0))
    clear = np.abs(part - np.floor(part) - 0.5) > START_PARTS * blur
    certain[owner[~clear]] = False
    return Scan(owner, ends[0], ends[1], start, values[:, 0] <= 0.0, np.repeat(unit, k)), certain
