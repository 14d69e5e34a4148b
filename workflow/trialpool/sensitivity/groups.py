"""Pools by group and the test of differences between them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling import (
    PooledEffect,
    SubgroupDifference,
    at_tau2,
    random_effects_many,
    subgroup_difference,
)
from trialpool.pooling.given import Effects, take
from trialpool.pooling.options import check_effects
from trialpool.pooling.plain_values import Shown
from trialpool.pooling.univariate.settings import DEFAULT_SEED

_TESTS: Final = {"common": "hk-f", "separate": "q"}


@dataclass(frozen=True, eq=False, repr=False)
class Subgroups(Shown):
    """Pools of groups of trials.

    Attributes
    ----------
    labels : tuple
        Groups in order of first appearance.
    members : tuple of tuple of int
        Positions of each group's trials in the input.
    pools : tuple of PooledEffect
        Each group with its own tau².
    pools_common : tuple of PooledEffect or None
        Each group at the tau² that the groups share; None where the test takes
        separate ones, or where there is nothing to estimate a common one from.
    difference : SubgroupDifference
        The test; its p-value compares trials, not patients.
    """

    labels: tuple[Hashable, ...]
    members: tuple[tuple[int, ...], ...]
    pools: tuple[PooledEffect, ...]
    pools_common: tuple[PooledEffect, ...] | None
    difference: SubgroupDifference


def subgroups(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    groups: Iterable[Hashable] | None = None,
    *,
    by: str | Iterable[Hashable] | None = None,
    tau2_assumption: str = "common",
    test: str | None = None,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    pi: str = "t",
    level: float = 0.95,
    measure: str | None = None,
    seed: int = DEFAULT_SEED,
) -> Subgroups:
    """Pool groups of trials and test whether their means differ.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    groups : iterable of hashable, length k
        Group of each trial.
    by : str or iterable of hashable
        The same by name: a column of typed effects, or the groups.
    tau2_assumption : {"common", "separate"}
        Of the test; see `subgroup_difference`. "common" also gives `pools_common`.
    test : {"hk-f", "q"}, optional
        By default the F test of Knapp and Hartung (2003) with a common tau²,
        the chi-square test of Q (Borenstein and Higgins 2013) with separate ones.
    tau2, ci, pi, level, measure, seed
        As in `random_effects`, for every group.

    Returns
    -------
    Subgroups

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    given = take(yi, vi, measure)
    y, v, _ = check_effects(given.yi, given.vi, ndim=1)
    if pi == "bootstrap" and tau2_assumption == "common":
        raise ValueError(
            "pi='bootstrap' draws tau² itself and does not go with tau2_assumption='common', under "
            "which groups share one; allowed: t, hts, normal, or tau2_assumption='separate'"
        )
    asked = groups if by is None else by
    if asked is None or (groups is not None and by is not None):
        raise TypeError("by: give the group of each trial, once; allowed: a column or the groups")
    named = given.values("by", asked) if by is not None else asked
    of_trial = named.tolist() if isinstance(named, np.ndarray) else named
    of_trial = of_trial if isinstance(of_trial, str) else list(of_trial)
    difference = subgroup_difference(
        y,
        v,
        of_trial,
        tau2_assumption=tau2_assumption,
        test=test if test is not None else _TESTS.get(tau2_assumption, "q"),
        tau2=tau2,
    )
    labels = tuple(dict.fromkeys(of_trial))
    number = {label: i for i, label in enumerate(labels)}
    member = np.array([number[label] for label in of_trial]) == np.arange(len(labels))[:, None]
    pools = random_effects_many(
        np.where(member, y, np.nan),
        np.where(member, v, np.nan),
        tau2=tau2,
        ci=ci,
        pi=pi,
        level=level,
        measure=given.measure,
        seed=seed,
    )
    common = None
    if isinstance(difference.tau2, float):
        common = tuple(
            at_tau2(
                y[own],
                v[own],
                difference.tau2,
                ci=ci,
                pi=pi,
                level=level,
                measure=given.measure,
            )
            for own in member
        )
    return Subgroups(
        labels=labels,
        members=tuple(tuple(np.flatnonzero(own).tolist()) for own in member),
        pools=tuple(pools[i] for i in range(len(labels))),
        pools_common=common,
        difference=difference,
    ).of(given.about)
