"""Effects by level that agree with the within-trial interactions (floating subgroups).

Godolphin, White, Tierney and Fisher 2023, Research Synthesis Methods 14:68: interactions
are estimated within trials first; then every trial, also one of a single level, says where
the effects lie, given the differences between them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trialpool.pooling.dependent.interactions import level_rows
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import Floats
from trialpool.pooling.regression.meta_regression import meta_regression
from trialpool.pooling.univariate.inverse_variance import random_effects


@dataclass(frozen=True)
class WithinTrial:
    """Differences of levels from a reference level, pooled within trials.

    Attributes
    ----------
    levels : tuple of str
        The reference first.
    trials : int
        Trials of two levels or more.
    estimates : tuple of float
        One per level, 0 for the reference.
    covariance : ndarray of shape (levels, levels)
        Row and column of the reference are 0.
    tau2 : float
        Between-trial variance of a difference between any two levels; two
        differences from one level have half of it in common.
    df : float or None
        Degrees of freedom of the intervals; None for the normal.
    """

    levels: tuple[str, ...]
    trials: int
    estimates: tuple[float, ...]
    covariance: Floats
    tau2: float
    df: float | None


@dataclass(frozen=True)
class FloatingEffect:
    """Effect of one level, on the analysis scale; `k` trials report the level."""

    level: str
    k: int
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True)
class FloatingSubgroups:
    """Effects by level whose differences are the pooled within-trial ones.

    Attributes
    ----------
    effects : tuple of FloatingEffect
        In the order of the levels.
    k : int
        Trials that contribute, those of one level too.
    tau2 : float
        Between-trial variance of the trials' effects, given the interactions.
    df : float or None
        Degrees of freedom of the intervals; None for the normal.
    """

    effects: tuple[FloatingEffect, ...]
    k: int
    tau2: float
    df: float | None


def within_trial_levels(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    trial: Sequence[Hashable],
    level: Sequence[str],
    levels: Sequence[str],
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
) -> WithinTrial:
    """Pool the differences of each level from a reference level within trials.

    Parameters
    ----------
    yi, vi : array-like of shape (n,)
        Effects and sampling variances on the analysis scale, one per trial and level.
    trial, level : sequence of length n
    levels : sequence of str
        The reference level first. Not every trial needs every level.
    tau2 : str
        As in `meta_regression`; "CE" for one common interaction.
    ci : {"wald", "hk", "hk-adhoc"}

    Returns
    -------
    WithinTrial

    Raises
    ------
    ValueError
        If a level is not linked to the reference by trials of two levels, or an
        argument is not allowed.

    Notes
    -----
    A regression with one intercept per trial, one coefficient per level and one
    variance tau²/2 per effect. The intercepts take up everything that trials
    differ in, so the coefficients are the generalised least squares pool of the
    within-trial differences with the covariance of their shared level (and, for
    two levels, `random_effects` of the differences).
    """
    y, v = level_rows(yi, vi, trial, level, levels)
    rows_of: dict[Hashable, list[int]] = {}
    for row, one in enumerate(trial):
        rows_of.setdefault(one, []).append(row)
    several = [rows for rows in rows_of.values() if len(rows) > 1]
    _check_linked([[level[row] for row in rows] for rows in several], levels)
    rows = [row for ours in several for row in ours]
    at = np.repeat(np.arange(len(several)), [len(ours) for ours in several])
    blocks = (at[:, None] == np.arange(len(several))).astype(float)
    dummies = np.array([[float(level[row] == name) for name in levels[1:]] for row in rows])
    x = np.hstack([blocks, dummies])
    free = len(rows) - x.shape[1]
    covariance: Floats
    if free > 0:
        fit = meta_regression(
            y[rows], v[rows], x, names=_names(x), intercept=False, tau2=tau2, ci=ci
        )
        estimates = [c.estimate for c in fit.coefficients[len(several) :]]
        covariance = fit.covariance
        found = 2.0 * fit.tau2
        df = fit.coefficients[0].df
    else:
        # As many coefficients as effects: one trial, nothing says how much trials differ.
        inverse = np.linalg.inv(x.T @ (x / v[rows][:, None]))
        covariance = np.asarray(inverse, dtype=np.float64)
        estimates = (covariance @ (x.T @ (y[rows] / v[rows])))[len(several) :].tolist()
        found, df = 0.0, None
    whole = np.zeros((len(levels), len(levels)))
    whole[1:, 1:] = covariance[len(several) :, len(several) :]
    return WithinTrial(tuple(levels), len(several), (0.0, *estimates), whole, found, df)


def _names(x: Floats) -> list[str]:
    return [f"column {position + 1}" for position in range(x.shape[1])]


def _check_linked(trials: Sequence[Sequence[str]], levels: Sequence[str]) -> None:
    """Require that every level is tied to the reference by trials of two levels or more."""
    linked = {levels[0]}
    for _ in levels:
        for names in trials:
            if linked & set(names):
                linked |= set(names)
    if missing := [name for name in levels if name not in linked]:
        raise ValueError(
            f"no trial links {', '.join(missing)} to {levels[0]}; allowed: levels that trials of "
            "two levels or more connect"
        )


def floating_subgroups(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    trial: Sequence[Hashable],
    level: Sequence[str],
    within: WithinTrial,
    *,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    interval_level: float = 0.95,
) -> FloatingSubgroups:
    """Place the effects of all levels, given their differences.

    Parameters
    ----------
    yi, vi, trial, level
        As in `within_trial_levels`; trials of one level contribute here.
    within : WithinTrial
        The pooled differences, which this step does not change.
    tau2 : str
        Estimator of the between-trial variance of the trials' effects, or "CE".
    ci : {"wald", "hk", "hk-adhoc"}
    interval_level : float

    Returns
    -------
    FloatingSubgroups

    Notes
    -----
    With w = 1/vi, trial i says zᵢ = Σw(y - γ)/Σw over its levels, with variance 1/Σw:
    the weighted mean of its levels, which is uncorrelated with the differences
    between them. z is pooled with weights a; the effect of level j is Σaz + γⱼ and its
    variance that of Σaz given γ, plus (eⱼ - c)'V(eⱼ - c), where c holds the weighted share
    of each level and V is the covariance of γ. Two levels differ by γ exactly.
    """
    y, v = level_rows(yi, vi, trial, level, within.levels)
    gamma = np.array(within.estimates)
    place = np.array([within.levels.index(name) for name in level])
    trials = list(dict.fromkeys(trial))
    belongs = np.array([[float(one == other) for other in trial] for one in trials])
    precision = belongs @ (1.0 / v)
    shares = np.zeros((len(trials), gamma.size))
    np.add.at(
        shares,
        (np.array([trials.index(one) for one in trial]), place),
        1.0 / v,
    )
    shares /= precision[:, None]
    z = (belongs @ ((y - gamma[place]) / v)) / precision
    pooled = random_effects(z, 1.0 / precision, tau2=tau2, ci=ci, pi="t", level=interval_level)
    mixed = np.array(pooled.weights) @ shares
    known = [df for df in (pooled.df, within.df) if df is not None]
    df = min(known) if known else None
    quantile = float(
        two_sided_quantile(interval_level, np.array([np.nan if df is None else df]))[0]
    )
    effects = []
    for position, name in enumerate(within.levels):
        away = -mixed
        away[position] += 1.0
        se = float(np.sqrt(pooled.se**2 + away @ within.covariance @ away))
        estimate = pooled.estimate + float(gamma[position])
        effects.append(
            FloatingEffect(
                level=name,
                k=int((place == position).sum()),
                estimate=estimate,
                se=se,
                ci_lower=estimate - quantile * se,
                ci_upper=estimate + quantile * se,
            )
        )
    return FloatingSubgroups(tuple(effects), len(trials), pooled.tau2, df)
