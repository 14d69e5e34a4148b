"""Questions on single arms: proportions, which compare nothing. Logit scale."""

from __future__ import annotations

import msgspec

from trialpool.records.groups import GroupBase
from trialpool.records.pools import (
    BayesPool,
    CountPool,
    CountTest,
    Interval,
    ModelsBesideEachOther,
    Pool,
)
from trialpool.records.questions import Question
from trialpool.records.results import Result
from trialpool.records.settings import Asked, PooledFilters, SingleArm
from trialpool.records.trials import WeighedTrial


class ProportionAsked(Asked, frozen=True, kw_only=True, tag="proportion"):
    """A question on single arms as it is asked."""

    single_arm: SingleArm


class ProportionQuestion(Question, frozen=True, kw_only=True, tag="proportion"):
    """A question on single arms with its selection."""

    single_arm: SingleArm


class ProportionSettings(PooledFilters, frozen=True, kw_only=True):
    """A question's filters, and how it was pooled."""

    single_arm: SingleArm
    primary_from_k: int


class ProportionTrial(WeighedTrial, frozen=True, kw_only=True):
    """One arm: logit and exact interval as logits (None where infinite), and as proportions."""

    proportion: Interval


class ProportionModels(ModelsBesideEachOther, frozen=True, kw_only=True):
    """The models of a group, each a pool with its own measure and scale; none for one arm."""

    bayes: BayesPool | None = None
    glmm: CountPool | None = None
    logit: Pool | None = None
    freeman_tukey: Pool | None = msgspec.field(default=None, name="freeman-tukey")


class ProportionGroup(GroupBase, frozen=True, kw_only=True):
    """A group with the Bayesian pool of its logits; of one trial that of the mixed model."""

    n: int
    events: int
    models: ProportionModels
    method: str = ""
    model: str | None = None
    tests: dict[str, CountTest] = {}
    zero_cells: str = ""
    log_likelihood: float | None = None
    quadrature_points: int | None = None


class ProportionResult(Result, frozen=True, kw_only=True, tag="proportion"):
    """What a question on single arms gives: nothing is compared, no groups are pooled together."""

    single_arm: bool
    null_value: None
    settings: ProportionSettings
    trials: tuple[ProportionTrial, ...]
    groups: tuple[ProportionGroup, ...]
    overall: None


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = ProportionAsked, ProportionQuestion, ProportionResult
