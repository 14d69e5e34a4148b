"""A question on surrogacy as it is asked, with its selection, and what it gives."""

from __future__ import annotations

import msgspec

from trialpool.records.groups import GroupBase
from trialpool.records.pools import ModelsBesideEachOther, Pool
from trialpool.records.questions import Question
from trialpool.records.results import Result
from trialpool.records.settings import Asked, ComparativeFilters, EarlyEndpoint, PooledFilters
from trialpool.records.surrogacy.associations import (
    Association,
    ForetoldEffect,
    Line,
    Verdict,
    WithinTrial,
    WithoutTrial,
)
from trialpool.records.trials import SelectedTrial, WeighedTrial


class SurrogacyAsked(Asked, frozen=True, kw_only=True, tag="surrogacy"):
    """A question on surrogacy as it is asked; its own endpoints are the final ones."""

    filters: ComparativeFilters
    early: EarlyEndpoint
    within_trial: WithinTrial


class SurrogacyQuestion(Question, frozen=True, kw_only=True, tag="surrogacy"):
    """A question on surrogacy with its selection.

    `early_trials` are the early effects, one for each trial of the selection, in its order.
    """

    filters: ComparativeFilters
    early: EarlyEndpoint
    within_trial: WithinTrial
    early_trials: tuple[SelectedTrial, ...]


class SurrogacySettings(PooledFilters, frozen=True, kw_only=True):
    """A question's filters, and how its model was fitted."""

    populations: tuple[str, ...]
    contrasts: tuple[str, ...]
    multiarm: str
    choose: dict[str, tuple[tuple[str, str], ...]]
    joint_analyses: tuple[str, ...]
    early: EarlyEndpoint
    within_trial: WithinTrial


class EarlyEffect(SelectedTrial, frozen=True, kw_only=True):
    """The early effect of a pair, with its own interval."""

    ci_lower: float
    ci_upper: float


class SurrogacyTrial(WeighedTrial, frozen=True, kw_only=True):
    """A pair: the final effect, and beside it the early one of the same arms."""

    ci_lower: float
    ci_upper: float
    early: EarlyEffect


class CorrelationModels(ModelsBesideEachOther, frozen=True, kw_only=True):
    """R² under each correlation within trials that is assumed."""

    none: Pool | None = msgspec.field(default=None, name="correlation-0")
    low: Pool | None = msgspec.field(default=None, name="correlation-0.3")
    middle: Pool | None = msgspec.field(default=None, name="correlation-0.5")
    high: Pool | None = msgspec.field(default=None, name="correlation-0.7")
    highest: Pool | None = msgspec.field(default=None, name="correlation-0.9")


class SurrogacyGroup(GroupBase, frozen=True, kw_only=True):
    """All pairs; its estimate is R² with its interval, its τ² that of final effects on the line."""

    models: CorrelationModels
    margin: None


class SurrogacyResult(Result, frozen=True, kw_only=True, tag="surrogacy"):
    """What a question on surrogacy gives.

    Attributes
    ----------
    null_value : float
        No effect on the final endpoint.
    early : EarlyEndpoint
    within_trial : WithinTrial
        Of the main analysis.
    associations : tuple of Association
        One for each correlation within trials, that of the main analysis among them; empty
        with fewer than three pairs.
    line : tuple of ForetoldEffect
        The main analysis over the range of early effects, for figures.
    regressions : tuple of Line
    without_one : tuple of WithoutTrial
        The main analysis without each pair.
    verdict : str
        "strong", "weak", "not-settled", or empty with fewer than ten pairs.
    sentence : str
    """

    null_value: float
    settings: SurrogacySettings
    trials: tuple[SurrogacyTrial, ...]
    groups: tuple[SurrogacyGroup, ...]
    overall: None
    early: EarlyEndpoint
    within_trial: WithinTrial
    associations: tuple[Association, ...]
    line: tuple[ForetoldEffect, ...]
    regressions: tuple[Line, ...]
    without_one: tuple[WithoutTrial, ...]
    verdict: Verdict
    sentence: str

    @property
    def main(self) -> Association | None:
        """The association under the correlation of the main analysis."""
        wanted = self.within_trial.correlation
        return next((one for one in self.associations if one.correlation == wanted), None)


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = SurrogacyAsked, SurrogacyQuestion, SurrogacyResult
