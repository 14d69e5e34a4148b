"""Pools without each trial in turn.

Few trials are pooled set by set: each pool is bit for bit the one of `random_effects` on the
other trials. Of many, all sets together take the time of some dozens of pools
(`trialpool.pooling.numeric.less_one`), and agree with the others to 1e-10 of a standard error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.numeric.batch_sums import arrange
from trialpool.pooling.numeric.less_one import LessOne
from trialpool.pooling.options import Floats, Ints, check_effects
from trialpool.pooling.univariate.inverse_variance import fit, fit_layout
from trialpool.pooling.univariate.settings import (
    DEFAULT_SAMPLES,
    DEFAULT_SEED,
    Settings,
    check_settings,
)

# From so many trials on all sets go together.
_MANY: Final = 100
# Entries of one (n_sets, k) array.
_MOST_ENTRIES: Final = 2**22
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
    every = np.arange(y.size)
    if y.size < _MANY:
        return _one_by_one(y, v, every, settings)
    one = arrange(y[None, :], v[None, :], np.ones((1, y.size), dtype=np.bool_))
    own = one.sets
    lost = np.zeros(y.size, dtype=np.bool_)
    sets = LessOne(own.y[:, 0], own.v[:, 0], own.lead[:, 0], every, lost)
    set_of = np.zeros_like(every)
    layout = replace(
        one,
        sets=sets,
        count=set_of + (y.size - 1),
        centre=one.centre[set_of],
        exponent=one.exponent[set_of],
    )
    found, _ = fit_layout(layout, settings)
    again = np.flatnonzero(lost)
    if again.size:
        for name, values in _one_by_one(y, v, again, settings).items():
            found[name][again] = values
    return {name: found[name] for name in _NAMES}


def _one_by_one(
    y: Floats, v: Floats, gone: Ints, settings: Settings
) -> dict[str, npt.NDArray[Any]]:
    size = max(1, _MOST_ENTRIES // y.size)
    parts = []
    for first in range(0, gone.size, size):
        present = gone[first : first + size, None] != np.arange(y.size)
        shape = present.shape
        pools = fit(np.broadcast_to(y, shape), np.broadcast_to(v, shape), present, settings)
        parts.append({**vars(pools), **vars(pools.diagnostics)})
    return {name: np.concatenate([part[name] for part in parts]) for name in _NAMES}
