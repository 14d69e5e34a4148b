"""Questions on restricted mean survival time: differences in months, and curves over time."""

from __future__ import annotations

import msgspec

from trialpool.records.base import Record
from trialpool.records.groups import Group
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeAsked, ComparativeSettings, VariantAsked
from trialpool.records.trials import Arm, Curve, Trial


class MeanTimeAsked(ComparativeAsked, frozen=True, kw_only=True, tag="mean_time"):
    """A question on curves as it is asked.

    Attributes
    ----------
    horizon_months : float or None
        Of all groups; None: of each group the largest that the curves of all its trials reach.
    other_analyses : bool
        Whether curves enter that are not the printed analysis.
    ratio_prior : str
        Prior of tau of log hazard ratios, from which that of mean times follows.
    """

    horizon_months: int | float | None = None
    other_analyses: bool = False
    ratio_prior: str = "bartos2023-hr"
    variants: tuple[VariantAsked[MeanTimeAsked], ...] = ()


class ShortCurve(Record, frozen=True, kw_only=True):
    """A trial whose curves end before the horizon, at the longest that they reach."""

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    group: str
    endpoint: str
    experimental: Arm
    control: Arm
    curve: Curve


class MeanTimeQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="mean_time"):
    """A question on curves with its selection; `horizon_months` is None where groups differ."""

    horizon_months: int | float | None
    ratio_prior: str = "bartos2023-hr"
    short_curves: tuple[ShortCurve, ...]


class MeanTimeSettings(ComparativeSettings, frozen=True, kw_only=True):
    """Settings of the pool; `horizon_months` is None where each group has its own."""

    horizon_months: int | float | None


class MeanTimeGroup(Group, frozen=True, kw_only=True):
    """A group of differences in mean time.

    Attributes
    ----------
    horizon_months : float
    tau_prior : str or None
        Prior of tau in months; None where no control curve is known at landmarks.
    tau_prior_factor : float or None
        By which tau of log hazard ratios is multiplied to become tau in months.
    """

    horizon_months: int | float
    tau_prior: str | None = None
    tau_prior_factor: float | None = None


class MeanTimeTrial(Trial, frozen=True, kw_only=True):
    """A difference in restricted mean survival time, with its curve."""

    curve: Curve


class PooledSurvival(Record, frozen=True, kw_only=True):
    """Pooled survival of one arm at a landmark, as a probability (Combescure 2014)."""

    months: float
    survival: float
    ci_lower: float
    ci_upper: float
    tau2: float
    k: int


class CurveArms(Record, frozen=True, kw_only=True):
    """Pooled survival of both arms; empty where two comparisons share an arm."""

    experimental: tuple[PooledSurvival, ...] = ()
    control: tuple[PooledSurvival, ...] = ()


class RatioPool(Record, frozen=True, kw_only=True):
    """A pool of log hazard ratios of one model."""

    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    p_value: float | None
    tau2: float


class RatioModels(Record, frozen=True, kw_only=True):
    """Both models; none for one trial."""

    common_effect: RatioPool | None = msgspec.field(default=None, name="common-effect")
    hk_adhoc: RatioPool | None = msgspec.field(default=None, name="hk-adhoc")

    def named(self) -> dict[str, RatioPool]:
        """Return the models that there are, by name."""
        found = {"common-effect": self.common_effect, "hk-adhoc": self.hk_adhoc}
        return {name: pool for name, pool in found.items() if pool is not None}


class TrialRatio(Record, frozen=True, kw_only=True):
    """A trial's log hazard ratio."""

    trial: str
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float


class TrialLeftOut(Record, frozen=True, kw_only=True):
    """A trial without a ratio, and why."""

    trial: str
    reason: str


class PooledRatio(Record, frozen=True, kw_only=True):
    """A hazard ratio (log scale) by the rule of groups; None where no trial has events."""

    measure: str
    scale: str
    k: int
    estimate: float | None
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    p_value: float | None
    tau2: float | None
    primary_model: str | None
    models: RatioModels
    trials: tuple[TrialRatio, ...]
    left_out: tuple[TrialLeftOut, ...]


class PeriodRatio(PooledRatio, frozen=True, kw_only=True):
    """The hazard ratio of an interval, in months."""

    start: float
    end: float


class NotProportional(Record, frozen=True, kw_only=True):
    """A trial whose test of proportional hazards fails."""

    trial: str
    p_value: float


class Course(Record, frozen=True, kw_only=True):
    """How the effect of a group runs over time.

    Attributes
    ----------
    group : str
    k : int
        Trials with curves.
    data : {"landmarks", "individual"}
    trials : tuple of str
    note : str
        Why nothing is pooled, else empty.
    arms : CurveArms
    whole : PooledRatio or None
    intervals : tuple of PeriodRatio
    early, late, change
        Up to and from the last landmark within half of what all trials reach, and late over
        early within each trial (measure "RHR"); None where no landmark lies within half.
    not_proportional : tuple of NotProportional
    pooled : bool
        False for trials whose curves end before the horizon.
    """

    group: str
    k: int
    data: str
    trials: tuple[str, ...]
    note: str
    arms: CurveArms
    whole: PooledRatio | None
    intervals: tuple[PeriodRatio, ...]
    early: PeriodRatio | None
    late: PeriodRatio | None
    change: PooledRatio | None
    not_proportional: tuple[NotProportional, ...]
    pooled: bool


class MeanTimeResult(ComparativeResult, frozen=True, kw_only=True, tag="mean_time"):
    """What a question on curves gives; `curves` is empty where no trial has landmarks."""

    settings: MeanTimeSettings
    trials: tuple[MeanTimeTrial, ...]
    groups: tuple[MeanTimeGroup, ...]
    curves: tuple[Course, ...] = ()


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = MeanTimeAsked, MeanTimeQuestion, MeanTimeResult
