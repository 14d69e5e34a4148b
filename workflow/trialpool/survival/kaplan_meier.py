"""Kaplan-Meier curves, restricted mean survival time and survival at a landmark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool.survival.arrays import Floats, check_horizon, check_times

# Times this near, as a share of the axis, are one: what is left of the arithmetic of an axis.
_SAME_TIME: Final = 1e-9


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan-Meier curve at its event times.

    Attributes
    ----------
    time : ndarray of shape (m,)
        Distinct times with at least one event, ascending, in the caller's unit.
    at_risk, events : ndarray of shape (m,)
        Patients at risk just before, and events at, each time.
    survival : ndarray of shape (m,)
        Estimated probability of survival just after each time.
    n : int
        Patients at the start.
    last : float
        Longest follow-up, event or not.
    all_times : ndarray of shape (n,)
        Every patient's time, ascending, for numbers at risk.
    """

    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    n: int
    last: float
    all_times: Floats

    def at(self, times: npt.ArrayLike) -> Floats:
        """Survival probability at given times (right-continuous)."""
        index = np.searchsorted(self.time, np.asarray(times, dtype=np.float64), side="right")
        return np.asarray(np.concatenate([[1.0], self.survival])[index], dtype=np.float64)

    def distance(self, times: npt.ArrayLike, survival: npt.ArrayLike) -> tuple[float, float]:
        """Root mean square and largest distance of points to the drawn curve, along survival.

        Where the curve falls, points on its upright piece are at no distance.
        """
        t, s = (np.asarray(values, dtype=np.float64) for values in (times, survival))
        nearby = _SAME_TIME * float(t.max())
        lower, upper = self.at(t + nearby), self.at(t - nearby)
        off = np.maximum(np.maximum(lower - s, s - upper), 0.0)
        return float(np.sqrt(np.mean(off * off))), float(off.max())

    def number_at_risk(self, times: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Patients still followed just before given times, as a risk table prints them."""
        before = np.searchsorted(self.all_times, np.asarray(times, dtype=np.float64), side="left")
        return np.asarray(self.n - before, dtype=np.int64)

    def conditional(self, start: float, end: float) -> tuple[float, float] | None:
        """Patients exposed between two times and the share that survives; None if not known.

        Exposed are those at risk after `start` less half of those censored up to `end`.
        """
        if end > self.last:
            return None
        at_start, left = (
            int(self.number_at_risk([np.nextafter(moment, np.inf) if moment else 0.0])[0])
            for moment in (start, end)
        )
        before, after = self.at([start, end])
        if at_start == 0 or before == 0.0:
            return None
        inside = (self.time > start) & (self.time <= end)
        censored = at_start - left - float(self.events[inside].sum())
        return max(at_start - 0.5 * censored, 0.5), float(after / before)

    @property
    def known_until(self) -> float:
        """End of what is known: the longest follow-up, or never where nobody survives it."""
        gone = self.survival.size > 0 and self.survival[-1] == 0.0
        return math.inf if gone else self.last

    @property
    def median(self) -> float | None:
        """First time at which survival is below one half; None if it never is.

        Where it is one half over an interval, the middle of it (Brookmeyer and
        Crowley 1982, Biometrics 38:29).
        """
        # 1e-12: 0.5 computed as a product of fractions may come out a rounding off.
        reached = np.flatnonzero(self.survival <= 0.5 + 1e-12)
        if not reached.size:
            return None
        first = int(reached[0])
        if self.survival[first] < 0.5 - 1e-12:
            return float(self.time[first])
        following = self.time[first + 1] if first + 1 < self.time.size else self.last
        return 0.5 * float(self.time[first] + following)


@dataclass(frozen=True)
class TimeEstimate:
    """An estimate at a horizon.

    Attributes
    ----------
    estimate, se : float
        In the unit of time for a mean, as a probability for survival.
    horizon : float
    """

    estimate: float
    se: float
    horizon: float


def kaplan_meier(time: npt.ArrayLike, event: npt.ArrayLike) -> SurvivalCurve:
    """Estimate a survival curve (Kaplan and Meier 1958), by lifelines.

    Parameters
    ----------
    time, event : array-like of shape (n,)
        Follow-up and whether it ended with the event (1) or was censored (0).

    Returns
    -------
    SurvivalCurve

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    from lifelines.utils import survival_table_from_events

    t, e = check_times(time, event)
    table = survival_table_from_events(t, e)
    table = table[table["observed"] > 0]
    at_risk = table["at_risk"].to_numpy(dtype=np.float64)
    events = table["observed"].to_numpy(dtype=np.float64)
    return SurvivalCurve(
        time=table.index.to_numpy(dtype=np.float64),
        at_risk=at_risk,
        events=events,
        survival=np.cumprod(1.0 - events / at_risk),
        n=int(t.size),
        last=float(t.max()),
        all_times=np.sort(t),
    )


def restricted_mean(curve: SurvivalCurve, horizon: float) -> TimeEstimate:
    """Restricted mean survival time: the area under the curve up to a horizon.

    Parameters
    ----------
    curve : SurvivalCurve
    horizon : float
        At most the longest follow-up; beyond it the curve is not known, unless it is 0.

    Returns
    -------
    TimeEstimate
        With the variance Σ (∫ from t_i to the horizon of S)² d_i / (n_i (n_i − d_i)):
        Klein and Moeschberger 2003, Survival Analysis, 4.5; Royston and Parmar
        2013, BMC Med Res Methodol 13:152. An event of the last patient at risk ends
        the curve and adds nothing.

    Raises
    ------
    ValueError
        If the horizon lies beyond what is known.
    """
    end = check_horizon(horizon, curve.known_until)
    inside = curve.time <= end
    steps = np.concatenate([[0.0], curve.time[inside], [end]])
    area = np.concatenate([[1.0], curve.survival[inside]]) * np.diff(steps)
    rest = np.cumsum(area[::-1])[::-1][1:]
    n, d = curve.at_risk[inside], curve.events[inside]
    left = np.where(n > d, n - d, 1.0)
    terms = np.where(n > d, rest * rest * d / (n * left), 0.0)
    return TimeEstimate(float(area.sum()), math.sqrt(float(terms.sum())), end)


def survival_at(curve: SurvivalCurve, horizon: float) -> TimeEstimate:
    """Survival at a landmark, with Greenwood's standard error.

    Raises
    ------
    ValueError
        If the landmark lies beyond what is known.
    """
    end = check_horizon(horizon, curve.known_until)
    inside = curve.time <= end
    n, d = curve.at_risk[inside], curve.events[inside]
    estimate = float(curve.at([end])[0])
    left = np.where(n > d, n - d, 1.0)
    terms = np.where(n > d, d / (n * left), 0.0)
    return TimeEstimate(estimate, estimate * math.sqrt(float(terms.sum())), end)


def difference(experimental: TimeEstimate, control: TimeEstimate) -> TimeEstimate:
    """Experimental minus control; the arms are independent, so variances add.

    Raises
    ------
    ValueError
        If the two have different horizons.
    """
    if experimental.horizon != control.horizon:
        raise ValueError(
            f"horizons {experimental.horizon:g} and {control.horizon:g} differ; "
            "allowed: one horizon for both arms"
        )
    return TimeEstimate(
        experimental.estimate - control.estimate,
        math.hypot(experimental.se, control.se),
        experimental.horizon,
    )
