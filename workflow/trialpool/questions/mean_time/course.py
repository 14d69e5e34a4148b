"""How an effect runs over time: pooled curves, hazard ratios by interval, early against late.

The record's `curves` (docs/reference/result-record.md). Curves are known at landmarks: from
tables with survival and its standard error, or from individual data reconstructed from curves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace
from scipy.special import ndtr, ndtri

from trialpool.pooling import random_effects
from trialpool.questions.mean_time.curve_measures import not_proportional
from trialpool.questions.mean_time.pooled_curve import pool_conditional
from trialpool.questions.shared.synthesis.members import MAIN_CI
from trialpool.questions.shared.synthesis.primary_model import SINGLE
from trialpool.records.base import record_from
from trialpool.records.groups import ENOUGH_FOR_TAU
from trialpool.records.mean_time import (
    Course,
    CurveArms,
    NotProportional,
    PeriodRatio,
    PooledRatio,
    PooledSurvival,
    RatioModels,
    RatioPool,
    ShortCurve,
    TrialLeftOut,
    TrialRatio,
)
from trialpool.records.settings import Pooling
from trialpool.records.trials import Arm, Curve, LandmarkArm, SelectedTrial
from trialpool.survival.landmarks import (
    Increment,
    LogRatio,
    averaged,
    hazard_ratio,
    increments,
    merged,
)

_SIDES: Final = ("experimental", "control")
_SHARED: Final = "two comparisons of one trial share an arm: their curves are not pooled"
_NO_EVENT: Final = "no event in an arm"


@dataclass(frozen=True)
class TrialCourse:
    """One trial's curves cut at its landmarks; `cox` holds ratios where individual data are."""

    trial_id: str
    label: str
    curve: Curve
    arms: Mapping[str, tuple[Increment, ...]]
    cox: Mapping[float, LogRatio]

    @property
    def ends(self) -> tuple[float, ...]:
        """Landmarks that both arms reach."""
        return tuple(
            a.end for a, _ in zip(*(self.arms[side] for side in _SIDES), strict=False)
        )  # fmt: skip

    def ratio(self, start: float, end: float) -> LogRatio | None:
        """Log hazard ratio after `start` and up to `end`, both landmarks.

        From individual data the Cox models of the intervals, averaged; else the ratio of the
        increments of the cumulative hazard.
        """
        inside = [e for e in self.ends if start < e <= end]
        if self.curve.individual:
            return averaged([self.cox[e] for e in inside if e in self.cox])
        parts = [
            merged([part for part in self.arms[side] if start < part.end <= end])
            for side in _SIDES
        ]  # fmt: skip
        return hazard_ratio(parts[0], parts[1])


def courses(
    trials: Sequence[SelectedTrial], short: Sequence[ShortCurve], pooling: Pooling
) -> tuple[Course, ...]:
    """Say how the effect runs over time in each group.

    Parameters
    ----------
    trials : sequence of SelectedTrial
        Those whose curves have landmarks enter.
    short : sequence of ShortCurve
        Trials whose curves end before the horizon: in no pool of the question, and shown.
    pooling : Pooling

    Returns
    -------
    tuple of Course
        One per group that has curves, then those of `short`.
    """
    found = []
    for pooled, rows in ((True, trials), (False, short)):
        groups: dict[str, list[TrialCourse]] = {}
        for trial in rows:
            if trial.curve is not None and trial.curve.landmarks:
                groups.setdefault(trial.group, []).append(_trial_course(trial, trial.curve))
        found += [_course(label, own, pooling, pooled) for label, own in groups.items()]
    return tuple(found)


def _trial_course(trial: SelectedTrial | ShortCurve, curve: Curve) -> TrialCourse:
    marks = curve.landmarks

    def arm(patients: int | None, own: Arm, found: Sequence[LandmarkArm]) -> tuple[Increment, ...]:
        return increments(
            patients or own.n or 1,
            [mark.months for mark in marks],
            [mark.survival for mark in found],
            [mark.se for mark in found],
            [mark.exposed for mark in found],
        )

    arms = {
        "experimental": arm(
            curve.patients.experimental, trial.experimental, [m.experimental for m in marks]
        ),
        "control": arm(curve.patients.control, trial.control, [m.control for m in marks]),
    }
    cox = {
        mark.months: LogRatio(mark.log_hr, mark.log_hr_se)
        for mark in marks
        if mark.log_hr is not None and mark.log_hr_se
    }
    return TrialCourse(trial.trial_id, trial.label, curve, arms, cox)


def _course(label: str, members: Sequence[TrialCourse], pooling: Pooling, pooled: bool) -> Course:
    shared = len({member.trial_id for member in members}) < len(members)
    course = Course(
        group=label,
        k=len(members),
        data="individual" if all(m.curve.individual for m in members) else "landmarks",
        trials=tuple(member.label for member in members),
        note=_SHARED if shared else "",
        arms=CurveArms(),
        whole=None,
        intervals=(),
        early=None,
        late=None,
        change=None,
        not_proportional=tuple(
            NotProportional(trial=m.label, p_value=p_value)
            for m in members
            if (p_value := not_proportional(m.curve)) is not None
        ),
        pooled=pooled,
    )
    if shared:
        return course
    ends = sorted({end for member in members for end in member.ends})
    together = min(member.ends[-1] for member in members)
    split = max((end for end in ends if end <= together / 2), default=None)
    reach = {
        (start, end): [m for m in members if end in m.ends and (start == 0.0 or start in m.ends)]
        for start, end in zip([0.0, *ends], ends, strict=False)
    }
    course = replace(
        course,
        arms=CurveArms(**{side: _pooled_arm(members, side, pooling) for side in _SIDES}),
        whole=_pool(members, _whole, pooling, "HR"),
        intervals=tuple(_period(own, *cut, pooling) for cut, own in reach.items() if own),
    )
    # All trials must know the survival at the split.
    if split is None or any(split not in member.ends for member in members):
        return course
    return replace(
        course,
        early=_period(members, 0.0, split, pooling),
        late=_period(members, split, together, pooling),
        change=_pool(members, _change(split, together), pooling, "RHR"),
    )


def _whole(member: TrialCourse) -> LogRatio | None:
    """Log hazard ratio of the Cox model over the whole follow-up of the curves."""
    curve = member.curve
    if curve.log_hr is None or not curve.log_hr_se:
        return None
    return LogRatio(curve.log_hr, curve.log_hr_se)


def _change(split: float, end: float) -> Callable[[TrialCourse], LogRatio | None]:
    """Late minus early log hazard ratio of a trial: the two are uncorrelated."""

    def of(member: TrialCourse) -> LogRatio | None:
        early, late = member.ratio(0.0, split), member.ratio(split, end)
        if early is None or late is None:
            return None
        return LogRatio(late.estimate - early.estimate, math.hypot(late.se, early.se))

    return of


def _period(
    members: Sequence[TrialCourse], start: float, end: float, pooling: Pooling
) -> PeriodRatio:
    pool = _pool(members, lambda member: member.ratio(start, end), pooling, "HR")
    return record_from(pool, PeriodRatio, start=start, end=end)


def _pool(
    members: Sequence[TrialCourse],
    ratio_of: Callable[[TrialCourse], LogRatio | None],
    pooling: Pooling,
    measure: str,
) -> PooledRatio:
    """Pool one ratio per trial by the rule that the question's groups follow."""
    z = float(ndtri(0.5 + pooling.level / 2))
    found = [(member.label, ratio_of(member)) for member in members]
    trials = tuple(
        TrialRatio(
            trial=label,
            estimate=ratio.estimate,
            se=ratio.se,
            ci_lower=ratio.estimate - z * ratio.se,
            ci_upper=ratio.estimate + z * ratio.se,
        )
        for label, ratio in found
        if ratio is not None
    )
    nothing = PooledRatio(
        measure=measure,
        scale="log",
        k=len(trials),
        estimate=None,
        se=None,
        ci_lower=None,
        ci_upper=None,
        p_value=None,
        tau2=None,
        primary_model=None,
        models=RatioModels(),
        trials=trials,
        left_out=tuple(
            TrialLeftOut(trial=label, reason=_NO_EVENT) for label, ratio in found if ratio is None
        ),
    )
    if not trials:
        return nothing
    if len(trials) == 1:
        (only,) = trials
        return replace(
            nothing,
            estimate=only.estimate,
            se=only.se,
            ci_lower=only.ci_lower,
            ci_upper=only.ci_upper,
            p_value=2.0 * float(ndtr(-abs(only.estimate) / only.se)),
            primary_model=SINGLE,
        )
    y, v = [trial.estimate for trial in trials], [trial.se**2 for trial in trials]
    common, random = (
        record_from(
            random_effects(y, v, tau2=tau2, ci=ci, level=pooling.level, measure=measure),
            RatioPool,
        )
        for tau2, ci in (("CE", "wald"), (pooling.tau2, "hk-adhoc"))
    )
    return replace(
        nothing,
        estimate=random.estimate,
        se=random.se,
        ci_lower=random.ci_lower,
        ci_upper=random.ci_upper,
        p_value=random.p_value,
        tau2=random.tau2,
        primary_model=MAIN_CI if len(trials) >= ENOUGH_FOR_TAU else None,
        models=RatioModels(common_effect=common, hk_adhoc=random),
    )


def _pooled_arm(
    members: Sequence[TrialCourse], side: str, pooling: Pooling
) -> tuple[PooledSurvival, ...]:
    """Pool one arm's curve at every landmark (Combescure 2014); both arms from the same trials."""
    ends = sorted({end for member in members for end in member.ends})
    starts = dict(zip(ends, [0.0, *ends], strict=False))
    table: list[list[Increment | None]] = []
    for end in ends:
        row: list[Increment | None] = []
        for member in members:
            parts = {part.end: part for part in member.arms[side] if part.end in member.ends}
            part = parts.get(end)
            row.append(part if part is not None and part.start == starts[end] else None)
        if not any(row):
            break
        table.append(row)
    nan = math.nan
    pooled = pool_conditional(
        ends[: len(table)],
        [[nan if part is None else part.survival for part in row] for row in table],
        [[nan if part is None else part.exposed for part in row] for row in table],
        level=pooling.level,
    )
    return tuple(
        PooledSurvival(
            months=float(pooled.time[i]),
            survival=float(pooled.survival[i]),
            ci_lower=float(pooled.ci_lower[i]),
            ci_upper=float(pooled.ci_upper[i]),
            tau2=float(pooled.tau2[i]),
            k=int(pooled.k[i]),
        )
        for i in range(len(table))
    )
