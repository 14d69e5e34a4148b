"""What `trialpool pool` found: the fits as pooling gives them, with what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialpool.cli.pool.moderators import Moderated
from trialpool.cli.pool.request import Request
from trialpool.effects.inputs import Table
from trialpool.effects.typed import EffectSizes, Excluded
from trialpool.pooling import BayesianPool, PooledEffect
from trialpool.pooling.counts import PooledCounts
from trialpool.sensitivity import GoshSummary, Influence, Refits, Subgroups

if TYPE_CHECKING:
    from trialpool.sensitivity.small_study_tests import SmallStudyTests


@dataclass(frozen=True)
class EffectsResult:
    """Effects pooled by inverse variance; None for what was not asked for.

    Attributes
    ----------
    table : Table
    effects : EffectSizes
        What was pooled.
    request : Request
    pool : PooledEffect
        By the model that was asked for: with clusters the multilevel one.
    independent : PooledEffect or None
        The pool that ignores the clusters.
    groups : Subgroups or None
    leave_one_out, influence : Refits or None, Influence or None
        None also where there is one trial only.
    cumulative : Refits or None
    small_study : SmallStudyTests or None
    gosh : GoshSummary or None
    bayes : BayesianPool or None
    moderated : Moderated or None
    """

    table: Table
    effects: EffectSizes
    request: Request
    pool: PooledEffect
    independent: PooledEffect | None
    groups: Subgroups | None
    leave_one_out: Refits | None
    cumulative: Refits | None
    influence: Influence | None
    small_study: SmallStudyTests | None
    gosh: GoshSummary | None
    bayes: BayesianPool | None
    moderated: Moderated | None

    @property
    def entering(self) -> list[tuple[str, str]]:
        """Names of the trials that entered together, and their cell of `--cumulative`."""
        labels, rows = self.effects.labels, self.effects.rows
        column = self.request.cumulative or ""
        return [
            (", ".join(labels[i] for i in together), self.table.rows[rows[together[0]]][column])
            for together in (self.cumulative.entered if self.cumulative is not None else ())
        ]


@dataclass(frozen=True)
class CountedTrial:
    """Counts of a trial that was pooled: events and n, or time at risk, of each arm."""

    label: str
    counts: tuple[int | float, ...]


@dataclass(frozen=True)
class CountGroup:
    """Counts of a group of trials, pooled."""

    label: str
    pool: PooledCounts
    trials: tuple[str, ...]


@dataclass(frozen=True)
class CountsResult:
    """Counts pooled by a model that needs no effect size of each trial.

    Attributes
    ----------
    table : Table
    effects : EffectSizes
    request : Request
    pool : PooledCounts
    columns : tuple of str
        Of the counts.
    trials : tuple of CountedTrial
        What was pooled.
    excluded : tuple of Excluded
    groups : tuple of CountGroup or None
    """

    table: Table
    effects: EffectSizes
    request: Request
    pool: PooledCounts
    columns: tuple[str, ...]
    trials: tuple[CountedTrial, ...]
    excluded: tuple[Excluded, ...]
    groups: tuple[CountGroup, ...] | None
