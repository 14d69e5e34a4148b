"""Absolute effects: what a pool's relative effect means at a stated risk without the treatment."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.pools import Interval


class ControlRisk(Record, frozen=True, kw_only=True):
    """What is known of the outcome in one control arm.

    Attributes
    ----------
    trial_id, label, arm : str
        The trial, and its arm in words.
    risk : float
        Probability of the outcome; of the event by the landmark where there is one.
    ci_lower, ci_upper : float or None
        As printed, None where they are not.
    basis : {"printed rate", "curve", "exponential", "counts"}
        "exponential": the curve with constant hazard through the printed median.
    row_id, source : str
        The raw row, and its report or the article of the figure.
    """

    trial_id: str
    label: str
    arm: str
    risk: float
    ci_lower: float | None = None
    ci_upper: float | None = None
    basis: str
    row_id: str
    source: str


class PrintedMedians(Record, frozen=True, kw_only=True):
    """Median times as a report prints them: text ("NR": not reached), empty where not printed."""

    label: str
    experimental: str
    control: str
    unit: str


class Baseline(Record, frozen=True, kw_only=True):
    """What is known beside the effect of one trial of the selection.

    Attributes
    ----------
    row_ids : tuple of str
        Those of the trial in the selection.
    risk : ControlRisk or None
        Of its control arm at the landmark.
    medians : PrintedMedians or None
    control_median : float or None
        Months; None where it is not printed or not reached.
    """

    row_ids: tuple[str, ...]
    risk: ControlRisk | None = None
    medians: PrintedMedians | None = None
    control_median: float | None = None


class Baselines(Record, frozen=True, kw_only=True):
    """Control risks of a question on times to an event.

    Attributes
    ----------
    landmark_months : float
    named : ControlRisk or None
        The risk that the review names for all comparisons; else that of each group's own trials.
    trials : tuple of Baseline
    """

    landmark_months: float
    named: ControlRisk | None
    trials: tuple[Baseline, ...]


class NumberNeeded(Record, frozen=True, kw_only=True):
    """Number needed to treat, rounded up; None: infinite. `to`: one more to "benefit" or "harm"."""

    value: int | None
    to: str


class NumberNeededInterval(Record, frozen=True, kw_only=True):
    """A number needed to treat, from the best to the worst end of its interval.

    `through_infinity`: the interval holds no difference; it runs from one to benefit through
    infinity to one to harm.
    """

    estimate: NumberNeeded
    best: NumberNeeded
    worst: NumberNeeded
    through_infinity: bool


class MedianGain(Record, frozen=True, kw_only=True):
    """Difference in median time, in months.

    `control` is the median without the treatment, `assumption` what the difference rests on
    ("exponential assumed": hazards that do not change).
    """

    control: float
    difference: Interval
    assumption: str


class AbsoluteEffect(Record, frozen=True, kw_only=True):
    """A group's effect in absolute terms.

    Attributes
    ----------
    landmark_months : float or None
        None for counts, which have no time.
    control_risk : float
        Probability of the outcome without the treatment; of the event by the landmark.
    control_risk_ci_lower, control_risk_ci_upper : float or None
        Where they are carried through; None where the risk is taken as fixed.
    control_risk_source : str
        In words.
    control_risks : tuple of ControlRisk
        What it comes from.
    treatment_risk : Interval
    per_1000 : Interval
        Difference in 1,000 patients, treatment less control.
    number_needed : NumberNeededInterval
    median_gain : MedianGain or None
    assumptions : tuple of str
        What the risks rest on: "control risk taken as fixed", "exponential assumed".
    """

    landmark_months: float | None
    control_risk: float
    control_risk_ci_lower: float | None
    control_risk_ci_upper: float | None
    control_risk_source: str
    control_risks: tuple[ControlRisk, ...]
    treatment_risk: Interval
    per_1000: Interval
    number_needed: NumberNeededInterval
    median_gain: MedianGain | None
    assumptions: tuple[str, ...]
