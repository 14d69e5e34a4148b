"""Questions on one estimate per study: means, rates or correlations, which compare nothing."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.groups import Group
from trialpool.records.questions import Question
from trialpool.records.results import Result
from trialpool.records.settings import Asked, OutcomeFilters, PooledFilters, SingleArm
from trialpool.records.trials import Trial


class SingleGroupAsked(Asked, frozen=True, kw_only=True, tag="single_group"):
    """A question on one estimate per study as it is asked."""

    filters: OutcomeFilters
    single_arm: SingleArm


class SingleGroupQuestion(Question, frozen=True, kw_only=True, tag="single_group"):
    """A question on one estimate per study with its selection."""

    filters: OutcomeFilters
    single_arm: SingleArm


class SingleGroupSettings(PooledFilters, frozen=True, kw_only=True):
    """A question's filters, and how it was pooled."""

    populations: tuple[str, ...]
    timepoints: tuple[str, ...]
    values: tuple[str, ...]
    variables: tuple[str, ...]
    units: dict[str, float]
    per: int
    single_arm: SingleArm
    tau2_ci_method: str
    primary: str
    tau_prior: str | None


class Shown(Record, frozen=True, kw_only=True):
    """An estimate turned back to what is printed; `scale` names that: "correlation".

    `pi_lower` and `pi_upper` limit the prediction interval of a pool, None where there is none.
    """

    scale: str
    estimate: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None = None
    pi_upper: float | None = None


class SingleGroup(Group, frozen=True, kw_only=True):
    """A group of studies with its pool on the analysis scale, and as it is printed."""

    shown: Shown


class SingleGroupResult(Result, frozen=True, kw_only=True, tag="single_group"):
    """What such a question gives: nothing is compared, no groups are pooled together."""

    settings: SingleGroupSettings
    trials: tuple[Trial, ...]
    groups: tuple[SingleGroup, ...]
    overall: None


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = SingleGroupAsked, SingleGroupQuestion, SingleGroupResult
