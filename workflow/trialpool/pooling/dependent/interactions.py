"""Treatment effects by level of a marker: within trials, and what lies between them.

An interaction is the difference of the effects of two levels of the same trial: on the
log scale a ratio of ratios. Pooled from such differences alone it holds no comparison
between trials (Fisher et al. 2017, BMJ 356:j573, "deft").
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.options import Floats, check_effects
from trialpool.pooling.univariate.inverse_variance import random_effects
from trialpool.pooling.univariate.results import PooledEffect

# A share is a part of a whole: beyond these it is not shown.
_LEAST_SHARE: Final = 0.0
_MOST_SHARE: Final = 1.0


@dataclass(frozen=True)
class Differences:
    """Within-trial differences between two levels, on the analysis scale.

    Attributes
    ----------
    trials : tuple
        Trials that report both levels, in the order of their first row.
    estimates, variances : tuple of float
        First level minus second, and the sum of the two variances: the levels
        hold different patients.
    one_level : tuple
        Trials that report one of the two only.
    """

    trials: tuple[Hashable, ...]
    estimates: tuple[float, ...]
    variances: tuple[float, ...]
    one_level: tuple[Hashable, ...]


@dataclass(frozen=True)
class NaiveDifference:
    """Levels pooled each for itself, and how much of their difference trials make.

    Attributes
    ----------
    first, second : PooledEffect
        Pools of the two levels over all trials that report them.
    apparent : float
        ``first.estimate - second.estimate``.
    within : float
        The pooled within-trial difference.
    between : float
        ``apparent - within``: it comes from which trials report which level and
        how they are weighted, not from patients of one trial.
    share : float or None
        ``between/apparent``; None unless within and apparent have the same sign
        and within is the smaller, since only then it is a part of a whole.
    """

    first: PooledEffect
    second: PooledEffect
    apparent: float
    within: float
    between: float
    share: float | None


def level_rows(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    trial: Sequence[Hashable],
    level: Sequence[str],
    levels: Sequence[str],
) -> tuple[Floats, Floats]:
    """Check effects by trial and level.

    Parameters
    ----------
    yi, vi : array-like of shape (n,)
        Effects and sampling variances on the analysis scale.
    trial, level : sequence of length n
        Whose they are: one row per trial and level.
    levels : sequence of str
        Levels that exist.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    y, v, _ = check_effects(yi, vi, ndim=1)
    for name, given in (("trial", trial), ("level", level)):
        if len(given) != y.size:
            raise ValueError(
                f"{name} has {len(given)} entries and yi {y.size}; one for each effect"
            )
    if len(set(levels)) != len(levels) or len(levels) < 2:
        raise ValueError(f"levels={list(levels)!r}; allowed: two or more different levels")
    seen: set[tuple[Hashable, str]] = set()
    for one, its_level in zip(trial, level, strict=True):
        if its_level not in levels:
            raise ValueError(f"level {its_level!r} of {one!r}; allowed: {', '.join(levels)}")
        if (one, its_level) in seen:
            raise ValueError(
                f"trial {one!r} has two effects for {its_level!r}; allowed: one, since two "
                "would count its patients twice"
            )
        seen.add((one, its_level))
    return y, v


def within_trial_differences(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    trial: Sequence[Hashable],
    level: Sequence[str],
    levels: tuple[str, str],
) -> Differences:
    """Subtract the second level's effect from the first's within each trial.

    Parameters
    ----------
    yi, vi, trial, level
        As in `level_rows`.
    levels : (str, str)
        First (for example positive) and second (negative).
    """
    y, v = level_rows(yi, vi, trial, level, levels)
    place = {pair: row for row, pair in enumerate(zip(trial, level, strict=True))}
    trials = list(dict.fromkeys(trial))
    both = [t for t in trials if all((t, name) in place for name in levels)]
    first = [place[t, levels[0]] for t in both]
    second = [place[t, levels[1]] for t in both]
    return Differences(
        trials=tuple(both),
        estimates=tuple((y[first] - y[second]).tolist()),
        variances=tuple((v[first] + v[second]).tolist()),
        one_level=tuple(t for t in trials if t not in both),
    )


def naive_difference(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    trial: Sequence[Hashable],
    level: Sequence[str],
    levels: tuple[str, str],
    within: float,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    measure: str = "generic",
    interval_level: float = 0.95,
) -> NaiveDifference:
    """Pool each level over its trials and part the difference of the two pools.

    This is what a subgroup meta-analysis shows: a mixture of the within-trial
    interaction and of differences between trials ("deluded", Fisher et al. 2017).

    Parameters
    ----------
    yi, vi, trial, level, levels
        As in `within_trial_differences`; trials of one level take part.
    within : float
        The pooled within-trial difference.
    tau2, ci, measure
        As in `random_effects`.
    interval_level : float
        Level of the intervals.
    """
    y, v = level_rows(yi, vi, trial, level, levels)
    named = np.asarray(level, dtype=object)
    pools = []
    for name in levels:
        rows = named == name
        if not rows.any():
            raise ValueError(f"level {name!r} has no effect; each of the two needs one")
        pools.append(
            random_effects(
                y[rows], v[rows], tau2=tau2, ci=ci, measure=measure, level=interval_level
            )
        )
    apparent = pools[0].estimate - pools[1].estimate
    between = apparent - within
    share = between / apparent if apparent != 0.0 else math.nan
    is_part = _LEAST_SHARE <= share <= _MOST_SHARE
    return NaiveDifference(
        pools[0], pools[1], apparent, within, between, share if is_part else None
    )
