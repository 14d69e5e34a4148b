"""Questions on who benefits: the effect in one level of a marker against that in another."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from trialpool.records.base import Record
from trialpool.records.pools import Effect, Pool
from trialpool.records.questions import ComparativeQuestion, VariantTrial
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeAsked, ComparativeSettings
from trialpool.records.trials import Level, SelectedLevel, Trial

Compare = Literal["pairs", "trend", "levels"]

# Flag of a trial; ICEMAN asks for what other flags say of it.
NOT_PRESPECIFIED: Final = "not noted whether the subgroups were prespecified"


class MarkerLevels(Record, frozen=True, kw_only=True):
    """Levels of a marker: two sides, or scores of a trend, or levels beside a reference."""

    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    scores: dict[str, int | float] = {}
    levels: tuple[str, ...] = ()
    overlapping: tuple[str, ...] = ()


class SideLabels(Record, frozen=True, kw_only=True):
    """How a reader is told of the two sides."""

    positive: str
    negative: str


class Interaction(Record, frozen=True, kw_only=True):
    """What is compared.

    Attributes
    ----------
    compare : {"pairs", "trend", "levels"}
    biomarkers : dict of str to MarkerLevels
    step : str
        Of a trend: what a step of 1 in the scores is, in words.
    labels : SideLabels
    exhaustive : dict of str to str
        Marker to why its two sides hold every patient of a trial.
    prespecified : dict of str to str
        Trial to where it is said.
    """

    compare: Compare = "pairs"
    biomarkers: dict[str, MarkerLevels]
    step: str = ""
    labels: SideLabels
    exhaustive: dict[str, str] = {}
    prespecified: dict[str, str] = {}


class LevelAlone(SelectedLevel, frozen=True, kw_only=True):
    """The effect in one level of a trial that reports no other, in a group that has that level."""

    trial_id: str
    label: str
    group: str


class InteractionAsked(ComparativeAsked, frozen=True, kw_only=True, tag="interaction"):
    """A question on an interaction as it is asked."""

    interaction: Interaction


class InteractionQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="interaction"):
    """A question on an interaction with its selection.

    Attributes
    ----------
    one_level : tuple of LevelAlone
        Effects of trials that report one level only.
    subtracted : tuple of VariantTrial
        Differences one level of which is derived from the whole trial.
    """

    interaction: Interaction
    one_level: tuple[LevelAlone, ...]
    subtracted: tuple[VariantTrial, ...]


class InteractionSettings(ComparativeSettings, frozen=True, kw_only=True):
    """Settings of the pool, with the levels."""

    interaction: Interaction


class InteractionTrial(Trial, frozen=True, kw_only=True):
    """A trial's difference between levels, positive minus negative, or its slope.

    `p_value` tests that there is none (Wald, two-sided). Levels of a trend stand from the
    highest score down.
    """

    levels: tuple[Level, ...]
    p_value: float


class FloatingLevel(Record, frozen=True, kw_only=True):
    """The effect in one level that agrees with the pooled interaction (Godolphin 2023)."""

    level: str
    k: int
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float


class Floating(Record, frozen=True, kw_only=True):
    """Effects in both levels under one model."""

    interaction: float
    tau2: float
    k: int
    negative: FloatingLevel
    positive: FloatingLevel


class FloatingModels(Record, frozen=True, kw_only=True):
    """Floating effects by model; none of a trend."""

    single_trial: Floating | None = msgspec.field(default=None, name="single-trial")
    common_effect: Floating | None = msgspec.field(default=None, name="common-effect")
    hk_adhoc: Floating | None = msgspec.field(default=None, name="hk-adhoc")

    def named(self) -> dict[str, Floating]:
        """Return the models that there are, by their names in the file."""
        found = {
            "single-trial": self.single_trial,
            "common-effect": self.common_effect,
            "hk-adhoc": self.hk_adhoc,
        }
        return {name: effects for name, effects in found.items() if effects is not None}


class Naive(Record, frozen=True, kw_only=True):
    """Pools per level, whose difference mixes trials: what of it lies between trials."""

    positive: Pool
    negative: Pool
    apparent: float
    within: float
    between: float
    share: float | None


class LevelAloneShown(LevelAlone, frozen=True, kw_only=True):
    """A level that stands alone, with its interval."""

    ci_lower: float
    ci_upper: float


class IcemanItem(Record, frozen=True, kw_only=True):
    """What the data answer to an item of ICEMAN (Schandelmaier et al. 2020)."""

    item: str
    answer: str
    p_value: float | None = None


class ByLevel(Record, frozen=True, kw_only=True):
    """What a group says besides its pooled interaction; `naive` is None for one trial."""

    group: str
    floating: FloatingModels
    naive: Naive | None
    one_level: tuple[LevelAloneShown, ...]
    iceman: tuple[IcemanItem, ...]


class JointLevel(Record, frozen=True, kw_only=True):
    """A level's difference from the reference (None for itself) and its effect."""

    level: str
    k: int
    difference: Effect | None
    effect: Effect


class AnyDifference(Record, frozen=True, kw_only=True):
    """Test that the effect is the same in all levels; `df2` is None for "chi2"."""

    statistic: str
    value: float
    df1: int
    df2: float | None
    p_value: float


class JointModel(Record, frozen=True, kw_only=True):
    """All levels under one model."""

    tau2: float
    levels: tuple[JointLevel, ...]
    test: AnyDifference


class JointModels(Record, frozen=True, kw_only=True):
    """The models of several levels."""

    single_trial: JointModel | None = msgspec.field(default=None, name="single-trial")
    common_effect: JointModel | None = msgspec.field(default=None, name="common-effect")
    hk_adhoc: JointModel | None = msgspec.field(default=None, name="hk-adhoc")


class Joint(Record, frozen=True, kw_only=True):
    """All levels of a marker in one model, per mechanism and kind of comparison."""

    group: str
    marker: str
    reference: str
    k: int
    models: JointModels


class InteractionResult(ComparativeResult, frozen=True, kw_only=True, tag="interaction"):
    """What a question on an interaction gives.

    Attributes
    ----------
    by_level : tuple of ByLevel
        One per group.
    joint : tuple of Joint
        With `compare` "levels".
    """

    settings: InteractionSettings
    trials: tuple[InteractionTrial, ...]
    interaction: Interaction
    by_level: tuple[ByLevel, ...]
    joint: tuple[Joint, ...] = ()


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = InteractionAsked, InteractionQuestion, InteractionResult
