"""Hazard ratio of two arms, and whether one number does it justice."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.survival.arrays import Bools, Floats, check_arm, check_times

_POLISHING = 2
# Beyond e^20 a hazard ratio is infinite for all that data can say.
_FAR = 20.0


class NotEstimableError(ValueError):
    """The data are sound and have no finite hazard ratio; the message says why."""


@dataclass(frozen=True)
class HazardComparison:
    """A Cox model with the arm as its only covariate.

    Attributes
    ----------
    log_hr, se : float
        Experimental against control, natural logarithm; Efron's ties.
    ph_statistic, ph_p_value : float
        Score test of proportional hazards on one degree of freedom.
    n_experimental, n_control, events_experimental, events_control : int
    """

    log_hr: float
    se: float
    ph_statistic: float
    ph_p_value: float
    n_experimental: int
    n_control: int
    events_experimental: int
    events_control: int


@dataclass(frozen=True)
class IntervalHazardRatio:
    """Hazard ratio among those still followed, after `start` and up to `end`."""

    start: float
    end: float
    log_hr: float | None
    se: float | None
    events_experimental: int
    events_control: int


def compare_hazards(
    time: npt.ArrayLike, event: npt.ArrayLike, experimental: npt.ArrayLike
) -> HazardComparison:
    """Fit a Cox model by lifelines and test proportional hazards.

    Parameters
    ----------
    time, event, experimental : array-like of shape (n,)
        Follow-up; 1 for an event; 1 for the experimental arm.

    Returns
    -------
    HazardComparison

    Raises
    ------
    NotEstimableError
        Where an arm has no event while the other is followed: the log hazard ratio is infinite.
    ValueError
        Naming the argument and what is allowed.
    """
    t, e = check_times(time, event)
    arm = check_arm(experimental, t.size)
    ours, theirs = int(e[arm].sum()), int(e[~arm].sum())
    if not ours or not theirs:
        where = (
            "neither arm has an event"
            if not ours and not theirs
            else (f"the {'control' if ours else 'experimental'} arm has no event")
        )
        raise NotEstimableError(f"{where}, so that it cannot be estimated")
    if not _is_finite(t, e, arm):
        raise NotEstimableError(
            "no patient of one arm has the event while the other arm is still followed, so that "
            "it cannot be estimated"
        )
    log_hr, se = _cox(t, e, arm)
    statistic = _proportionality(t, e, arm, log_hr)
    return HazardComparison(
        log_hr=log_hr,
        se=se,
        ph_statistic=statistic,
        ph_p_value=float(special.chdtrc(1.0, statistic)),
        n_experimental=int(arm.sum()),
        n_control=int((~arm).sum()),
        events_experimental=ours,
        events_control=theirs,
    )


def interval_hazard_ratios(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    experimental: npt.ArrayLike,
    cuts: Sequence[float],
) -> tuple[IntervalHazardRatio, ...]:
    """Hazard ratios within intervals of time, for hazards that are not proportional.

    Parameters
    ----------
    time, event, experimental : array-like of shape (n,)
    cuts : sequence of float
        Ends of the intervals inside the follow-up, ascending.

    Returns
    -------
    tuple of IntervalHazardRatio
        None where an arm has no event in the interval while the other is followed.

    Raises
    ------
    ValueError
        If the cuts do not ascend above 0.
    """
    t, e = check_times(time, event)
    arm = check_arm(experimental, t.size)
    edges = [0.0, *map(float, cuts), float("inf")]
    if any(not a < b for a, b in itertools.pairwise(edges)):
        raise ValueError(f"cuts={list(cuts)!r}; allowed: ascending numbers above 0")
    found = []
    for start, end in itertools.pairwise(edges):
        inside = t > start if start else t >= 0.0
        if not inside.any():
            break
        # Leaving the interval censors; those who left before are not in it.
        e_in = e[inside] & (t[inside] <= end)
        t_in, arm_in = np.minimum(t[inside], end) - start, arm[inside]
        ours, theirs = int(e_in[arm_in].sum()), int(e_in[~arm_in].sum())
        estimable = _is_finite(t_in, e_in, arm_in)
        log_hr, se = _cox(t_in, e_in, arm_in) if estimable else (None, None)
        found.append(IntervalHazardRatio(start, end, log_hr, se, ours, theirs))
    return tuple(found)


def _is_finite(time: Floats, event: Bools, arm: Bools) -> bool:
    """Whether each arm has an event while the other arm is at risk; else the ratio is 0 or ∞."""
    until = [time[own].max() if own.any() else -1.0 for own in (arm, ~arm)]
    both = event & (time <= min(until))
    return bool(both[arm].any() and both[~arm].any())


def _cox(time: Floats, event: Bools, arm: Bools) -> tuple[float, float]:
    import warnings

    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    frame = pd.DataFrame({"time": time, "event": event, "arm": arm.astype(np.float64)})
    try:
        with warnings.catch_warnings():
            # A handful of events in an interval: the maximum is there, and is checked below.
            warnings.simplefilter("ignore")
            log_hr = float(CoxPHFitter().fit(frame, "time", "event").params_["arm"])
    except ConvergenceError:
        # Where lifelines' steps run away: the score falls with the log ratio.
        from scipy.optimize import brentq

        log_hr = brentq(lambda at: _score_terms(time, event, arm, at).score.sum(), -_FAR, _FAR)
    # lifelines stops a millionth short of the maximum; Newton steps from there go the rest.
    for _ in range(_POLISHING):
        terms = _score_terms(time, event, arm, log_hr)
        log_hr += float(terms.score.sum() / terms.variance.sum())
    return log_hr, float(1.0 / np.sqrt(_score_terms(time, event, arm, log_hr).variance.sum()))


def _proportionality(time: Floats, event: Bools, arm: Bools, log_hr: float) -> float:
    """Score statistic for a slope of the log hazard ratio in 1 − S(t−) of both arms together.

    The model is log HR(t) = b + c·g(t). With b at its maximum and c = 0 the score
    of c is Σ g (x − mean x) over the events, and its variance is what the
    information about b leaves of Σ g² var x: Grambsch and Therneau 1994,
    Biometrika 81:515; Therneau and Grambsch 2000, Modeling Survival Data, 6.2.
    Ties by Efron.
    """
    terms = _score_terms(time, event, arm, log_hr)
    g = 1.0 - terms.survival_before
    slope = float((g * terms.score).sum())
    information = float((g * g * terms.variance).sum())
    left = information - float((g * terms.variance).sum()) ** 2 / float(terms.variance.sum())
    # Events at one time only: nothing can change with time.
    return slope * slope / left if left > 1e-12 * information else 0.0


@dataclass(frozen=True)
class _Terms:
    """Contributions of each event time to the partial likelihood; arrays of shape (m,)."""

    score: Floats
    variance: Floats
    survival_before: Floats


def _score_terms(time: Floats, event: Bools, arm: Bools, log_hr: float) -> _Terms:
    """First derivative and information of Efron's partial likelihood, event time by event time."""
    risk = np.exp(log_hr * arm)
    score, variance, before = [], [], []
    survival = 1.0
    for moment in np.unique(time[event]):
        at_risk = time >= moment
        dying = (time == moment) & event
        d = int(dying.sum())
        whole, ours = risk[at_risk].sum(), risk[at_risk & arm].sum()
        whole_d, ours_d = risk[dying].sum(), risk[dying & arm].sum()
        share = np.arange(d) / d
        mean = (ours - share * ours_d) / (whole - share * whole_d)
        score.append(float((dying & arm).sum() - mean.sum()))
        variance.append(float((mean * (1.0 - mean)).sum()))
        before.append(survival)
        survival *= 1.0 - d / int(at_risk.sum())
    return _Terms(np.array(score), np.array(variance), np.array(before))
