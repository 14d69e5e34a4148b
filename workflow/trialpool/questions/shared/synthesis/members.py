"""Trials of a pool, and what the numerical core takes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

import numpy.typing as npt

from trialpool.pooling import PooledEffect, random_effects
from trialpool.records.questions import VariantTrial
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial

# A trial of the main analysis, or what a re-analysis knows of one.
Member = SelectedTrial | VariantTrial
M = TypeVar("M", bound=Member)

# The interval where the Bayesian model is not primary, and of what stands beside it.
MAIN_CI: Final = "hk-adhoc"


# From this ratio on the follow-up of two trials of a pool is told to be of different length.
MUCH_LONGER: Final = 2.0


def mixes_interim(members: Iterable[SelectedTrial]) -> bool:
    """Whether interim analyses stand beside later ones."""
    return len({trial.maturity == "interim" for trial in members}) > 1


def follow_up_range(members: Iterable[SelectedTrial]) -> tuple[float, float] | None:
    """Return the shortest and the longest median follow-up in months where they differ much.

    That is where the longest is at least twice the shortest (`MUCH_LONGER`); a trial whose report
    prints none says nothing. None where they do not differ much.
    """
    known = [trial.follow_up_months for trial in members if trial.follow_up_months]
    if not known or max(known) < MUCH_LONGER * min(known):
        return None
    return min(known), max(known)


def by_group(trials: Iterable[M]) -> dict[str, list[M]]:
    """Part trials by the label of their group, in the order in which labels come."""
    groups: dict[str, list[M]] = {}
    for trial in trials:
        groups.setdefault(trial.group, []).append(trial)
    return groups


def independent_groups(trials: Iterable[M]) -> dict[str, list[M]]:
    """Keep the groups in which every trial stands once.

    Re-analyses that know no covariance would take two comparisons of one trial
    for two trials.
    """
    return {
        label: members
        for label, members in by_group(trials).items()
        if len({trial.trial_id for trial in members}) == len(members)
    }


def effects_of(members: Sequence[Member]) -> tuple[list[float], list[float]]:
    """Return estimates and their sampling variances, on the analysis scale."""
    return [trial.estimate for trial in members], [trial.se**2 for trial in members]


def pool_effects(
    effects: npt.ArrayLike,
    variances: npt.ArrayLike,
    measure: str,
    pooling: Pooling,
    *,
    tau2: str | None = None,
    ci: str = MAIN_CI,
) -> PooledEffect:
    """Pool effects of which no two share patients, with a question's settings."""
    return random_effects(
        effects,
        variances,
        tau2=pooling.tau2 if tau2 is None else tau2,
        ci=ci,
        pi=pooling.pi,
        level=pooling.level,
        measure=measure,
    )
