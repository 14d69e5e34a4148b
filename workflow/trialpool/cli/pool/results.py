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
    groups: Subgroups | None
    leave_one_out: Refits | None
    cumulative: Refits | None
    influence: Influence | None
    small_study: SmallStudyTests | None
    gosh: GoshSummary | None
    bayes: BayesianPool | None
    moderated: Moderated | None

    def entered_with(self, trial: int) -> str:
        """Cell of the column of `--cumulative` with which a trial entered."""
        return self.table.rows[self.effects.rows[trial]][self.request.cumulative or ""]


@dataclass(frozen=True)
class CountedTrial:
    """Counts of a trial that was pooled: events and n of each arm."""

    label: str
    counts: tuple[int, ...]


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
