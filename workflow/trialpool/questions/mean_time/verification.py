"""What a result on curves hands over to be computed twice."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.questions.shared import verified
from trialpool.records.mean_time import Course, MeanTimeResult, MeanTimeTrial, PooledRatio
from trialpool.verification.pools import Analysis, Contents, TrialCurves


def contents(result: MeanTimeResult) -> Contents:
    """Add hazard ratios by period, and the curves of trials; pooled curves have no engine."""
    pools, left = [], []
    for course in result.curves:
        label = course.group + ("" if course.pooled else " (curves that end early)")
        pools += [
            verified.pool_of(result, f"{label}: {name}", ratio.trials, ratio.models.named())
            for name, ratio in _ratios(course)
        ]
        if course.pooled and course.arms.experimental and course.k > 1:
            reason = "curves pooled by survival conditional on the interval before"
            left.append(Analysis(result.id, course.group, "pooled curves", course.k, reason))
    curves = [_curves(result.id, trial) for trial in result.trials if trial.curve.landmarks]
    return verified.contents(result, pools, curves, left)


def _ratios(course: Course) -> Iterator[tuple[str, PooledRatio]]:
    """Hazard ratios of a group's curves, each with the stretch of time it is of."""
    if course.whole is not None:
        yield "hazard ratio, whole follow-up", course.whole
    for period in course.intervals:
        yield f"hazard ratio, {period.start:g} to {period.end:g} months", period
    for name, part in (
        ("early", course.early),
        ("late", course.late),
        ("late over early", course.change),
    ):
        if part is not None:
            yield f"hazard ratio, {name}", part


def _curves(question: str, trial: MeanTimeTrial) -> TrialCurves:
    marks = trial.curve.landmarks
    arms = [(mark.experimental, mark.control) for mark in marks]
    ids = (trial.experimental.arm_id, trial.control.arm_id)
    return TrialCurves(
        question=question,
        group=trial.group,
        label=trial.label,
        keys=tuple((trial.trial_id, arm_id, trial.endpoint) for arm_id in ids),
        individual=trial.curve.individual,
        months=tuple(mark.months for mark in marks),
        survival=tuple(tuple(arm.survival for arm in side) for side in zip(*arms, strict=True)),
        se=tuple(tuple(arm.se for arm in side) for side in zip(*arms, strict=True)),
        log_hr=trial.curve.log_hr,
        log_hr_se=trial.curve.log_hr_se,
    )
