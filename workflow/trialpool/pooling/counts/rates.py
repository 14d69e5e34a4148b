"""Rates of events per time at risk: Mantel-Haenszel and mixed models, no effect size per trial.

Cells of a trial: x1 events in the time t1 of the experimental arm, x2 in t2 of the control
arm; T = t1 + t2. The unit of time cancels in ratios and stays in differences and rates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.counts.glmm import DEFAULT_POINTS, GLMM_MODELS, check_points, of_fit
from trialpool.pooling.counts.likelihoods import (
    Likelihood,
    binomial_of_totals,
    poisson_arms,
    poisson_single,
)
from trialpool.pooling.counts.mixed import fit_mixed
from trialpool.pooling.counts.results import CountTest, PooledCounts, chi_square, no_test, summarise
from trialpool.pooling.counts.tables import LeftOut, rest
from trialpool.pooling.options import Floats, Ints, as_floats, check_level, choose
from trialpool.pooling.univariate.results import Diagnostics

RATE_MEASURES: Final = ("IRR", "IRD")
_MOST_EVENTS: Final = 1e12


@dataclass(frozen=True, eq=False)
class Rates:
    """Events and time at risk of both arms, float arrays of shape (k,)."""

    x1: Floats
    t1: Floats
    x2: Floats
    t2: Floats

    def take(self, index: Ints) -> Rates:
        """Return some of the trials."""
        return Rates(self.x1[index], self.t1[index], self.x2[index], self.t2[index])


def check_rate_arm(
    events: object, time: object, name_events: str, name_time: str
) -> tuple[Floats, Floats]:
    """Check events and time at risk of one arm of each trial.

    Raises
    ------
    ValueError
        Naming the argument, the position, the value and what is allowed.
    """
    x, t = as_floats(name_events, events, 1), as_floats(name_time, time, 1)
    if x.shape != t.shape:
        raise ValueError(
            f"{name_events} has length {x.size} and {name_time} {t.size}; they must be equal"
        )
    whole = (x == np.floor(x)) & (x >= 0.0) & (x <= _MOST_EVENTS)
    if not whole.all():
        at = int(np.argmin(whole))
        raise ValueError(f"{name_events}[{at}]={x[at]!s}; allowed: whole numbers from 0")
    fine = np.isfinite(t) & (t > 0.0)
    if not fine.all():
        at = int(np.argmin(fine))
        raise ValueError(f"{name_time}[{at}]={t[at]!s}; allowed: finite numbers above 0")
    return x, t


def check_rates(
    events_experimental: object, time_experimental: object, events_control: object,
    time_control: object,
) -> Rates:  # fmt: skip
    """Check events and times of both arms; raises as `check_rate_arm`."""
    x1, t1 = check_rate_arm(
        events_experimental, time_experimental, "events_experimental", "time_experimental"
    )
    x2, t2 = check_rate_arm(events_control, time_control, "events_control", "time_control")
    if x1.shape != x2.shape:
        raise ValueError(
            f"events_experimental has length {x1.size} and events_control {x2.size}; "
            "they must be equal"
        )
    return Rates(x1, t1, x2, t2)


def _informative(r: Rates) -> tuple[Ints, list[LeftOut]]:
    """Positions of the trials with events, and what leaves the others out of a ratio."""
    reason = "no events in both arms: the trial says nothing about a ratio of rates"
    silent = [LeftOut(row, reason) for row in np.flatnonzero(r.x1 + r.x2 == 0).tolist()]
    rows = rest(r.x1.size, silent)
    if not rows.size:
        raise ValueError(
            f"no trial is left of {r.x1.size}: {reason}; allowed: trials with events, or "
            "measure='IRD'"
        )
    return rows, silent


def mantel_haenszel_rates(
    events_experimental: object,
    time_experimental: object,
    events_control: object,
    time_control: object,
    *,
    measure: str = "IRR",
    level: float = 0.95,
) -> PooledCounts:
    """Pool rates of two arms under a common effect by Mantel and Haenszel's weights.

    Parameters
    ----------
    events_experimental, time_experimental, events_control, time_control : array-like, shape (k,)
        Events and time at risk of the two arms, the time in one unit.
    measure : {"IRR", "IRD"}
        Ratio of rates (the estimate is its logarithm) or difference of rates per unit of time.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    PooledCounts
        `tests` has "cochran-mantel-haenszel" (with continuity correction). `q` is Cochran's Q
        about the estimate from effect sizes, with + 0.5 events in both arms of a trial in
        which one has none.

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where the ratio would be 0 or
        infinite.

    Notes
    -----
    IRR = Σ(x1 t2/T)/Σ(x2 t1/T), Var log IRR = Σ((x1 + x2) t1 t2/T²)/(Σ(x1 t2/T) Σ(x2 t1/T));
    IRD = Σ((x1 t2 - x2 t1)/T)/Σ(t1 t2/T), Var IRD = Σ((t1 t2/T)²(x1/t1² + x2/t2²))/(Σ t1 t2/T)²:
    Greenland and Robins 1985, Biometrics 41:55; Rothman, Greenland and Lash, Modern
    Epidemiology, 3rd ed., ch. 15. Trials without events in both arms say nothing about a
    ratio and are left out; they do count in a difference.
    """
    choose("measure", measure, RATE_MEASURES)
    level = check_level(level)
    raw = check_rates(events_experimental, time_experimental, events_control, time_control)
    rows, left_out = _informative(raw) if measure == "IRR" else (np.arange(raw.x1.size), [])
    used = raw.take(rows)
    estimate, variance, weights = (_ratio if measure == "IRR" else _difference)(used)
    return summarise(
        estimate=estimate,
        se=math.sqrt(variance),
        level=level,
        measure=measure,
        rows=tuple(rows.tolist()),
        q=_q_about(used, measure, estimate),
        weights=tuple((weights / weights.sum()).tolist()),
        diagnostics=Diagnostics(True, False, False),
        method="mh",
        model=None,
        tests={"cochran-mantel-haenszel": _mantel_haenszel_test(used)},
        left_out=tuple(left_out),
    )


def _ratio(r: Rates) -> tuple[float, float, Floats]:
    total = r.t1 + r.t2
    above, below = r.x1 * r.t2 / total, r.x2 * r.t1 / total
    big, small = float(above.sum()), float(below.sum())
    if not big > 0 or not small > 0:
        raise ValueError(
            f"the Mantel-Haenszel ratio of rates is {'0' if big == 0 else 'infinite'}: no trial "
            "has an event in one of the arms; allowed: events on both sides, or measure='IRD'"
        )
    part = (r.x1 + r.x2) * r.t1 * r.t2 / np.square(total)
    return math.log(big / small), float(part.sum()) / (big * small), below


def _difference(r: Rates) -> tuple[float, float, Floats]:
    total = r.t1 + r.t2
    weights = r.t1 * r.t2 / total
    whole = float(weights.sum())
    estimate = float(((r.x1 * r.t2 - r.x2 * r.t1) / total).sum()) / whole
    part = np.square(weights) * (r.x1 / np.square(r.t1) + r.x2 / np.square(r.t2))
    variance = float(part.sum()) / whole**2
    if not variance > 0:
        raise ValueError(
            "the variance of the pooled difference of rates is 0: no trial has an event; allowed: "
            "trials with events"
        )
    return estimate, variance, weights


def _rate_effects(r: Rates, measure: str) -> tuple[Floats, Floats]:
    """Effects and variances, with + 0.5 events in both arms of a trial in which one has none."""
    plus = np.where((r.x1 == 0) | (r.x2 == 0), 0.5, 0.0)
    x1, x2 = r.x1 + plus, r.x2 + plus
    if measure == "IRR":
        return np.log(x1 * r.t2 / (x2 * r.t1)), 1 / x1 + 1 / x2
    return x1 / r.t1 - x2 / r.t2, x1 / np.square(r.t1) + x2 / np.square(r.t2)


def rate_effect(events: float, time: float, *control: float, measure: str) -> tuple[float, float]:
    """Effect and variance of one trial on the analysis scale, for its row in a table.

    Parameters
    ----------
    events, time : float
    *control : float
        Events and time of the control arm; none of a single arm.
    measure : {"IRR", "IRD", "IRLN"}
    """
    if measure == "IRLN":
        x = events or 0.5
        return math.log(x / time), 1 / x
    yi, vi = _rate_effects(Rates(*(np.array([x]) for x in (events, time, *control))), measure)
    return float(yi[0]), float(vi[0])


def _q_about(r: Rates, measure: str, estimate: float) -> CountTest:
    yi, vi = _rate_effects(r, measure)
    return chi_square(float((np.square(yi - estimate) / vi).sum()), yi.size - 1)


def _mantel_haenszel_test(r: Rates, *, correction: float = 0.5) -> CountTest:
    """Test of no effect in any trial, x1 being binomial given x1 + x2."""
    total, events = r.t1 + r.t2, r.x1 + r.x2
    variance = float((events * r.t1 * r.t2 / np.square(total)).sum())
    if not variance > 0:
        return no_test(1, "no trial has an event")
    distance = abs(float((r.x1 - events * r.t1 / total).sum()))
    return chi_square(max(0.0, distance - correction) ** 2 / variance, 1)


def rate_ratio_glmm(
    events_experimental: object,
    time_experimental: object,
    events_control: object,
    time_control: object,
    *,
    model: str = "unconditional",
    quadrature_points: int = DEFAULT_POINTS,
    pi: str = "t",
    level: float = 0.95,
) -> PooledCounts:
    """Pool ratios of rates by a mixed model, by maximum likelihood.

    Parameters
    ----------
    events_experimental, time_experimental, events_control, time_control : array-like, shape (k,)
        Events and time at risk of the two arms, the time in one unit.
    model : {"unconditional", "conditional"}
        "unconditional": Poisson counts, an intercept of each trial, the random effect halved
        between the arms. "conditional": events of the experimental arm given all events of
        the trial, which is binomial.
    quadrature_points : int
        1 to 100.
    pi : {"t", "hts", "normal"}
        Prediction interval.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    PooledCounts
        Log ratio of rates with Wald interval; `tests` has "likelihood-ratio" and "wald"
        (trials' own ratios against a common one), `q` is the first of them.

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where no finite ratio is most likely.

    Notes
    -----
    Stijnen, Hamza and Özdemir 2010, Stat Med 29:3046. Both models have the same common
    effect, because a trial's intercept drops out of the Poisson likelihood given its total.
    """
    choose("model", model, GLMM_MODELS)
    level = check_level(level)
    points = check_points(quadrature_points)
    raw = check_rates(events_experimental, time_experimental, events_control, time_control)
    rows, left_out = _informative(raw)
    used = raw.take(rows)
    for events, which in ((used.x1, "0"), (used.x2, "infinity")):
        if not events.sum() > 0:
            raise ValueError(
                f"the likelihood is highest as the ratio of rates goes to {which}: one arm has no "
                "event in any trial; allowed: events on both sides, or measure='IRD' with "
                "mantel_haenszel_rates"
            )
    likelihood: Likelihood
    if model == "conditional":
        binomial = binomial_of_totals(used.x1, used.t1, used.x2, used.t2)
        likelihood, constant, start = binomial, binomial.constant, np.zeros(rows.size)
        highest = special.xlogy(used.x1, used.x1 / (used.x1 + used.x2))
        highest = highest + special.xlogy(used.x2, used.x2 / (used.x1 + used.x2))
    else:
        poisson = poisson_arms(used.x1, used.t1, used.x2, used.t2)
        likelihood, constant = poisson, poisson.constant
        start = np.log((used.x1 + used.x2) / (used.t1 + used.t2))
        highest = special.xlogy(used.x1, used.x1) + special.xlogy(used.x2, used.x2)
        highest = highest - used.x1 - used.x2
    fit = fit_mixed(likelihood, points=points, start=start)
    most = float((constant + highest).sum())
    ratio = chi_square(max(0.0, 2 * (most - fit.common[2])), rows.size - 1)
    return summarise(
        estimate=fit.mean,
        se=fit.se,
        level=level,
        measure="IRR",
        rows=tuple(rows.tolist()),
        q=ratio,
        tests={"likelihood-ratio": ratio, "wald": _wald_of_ratios(used)},
        model=model,
        left_out=tuple(left_out),
        **of_fit(fit, points, pi),
    )


def _wald_of_ratios(r: Rates) -> CountTest:
    """Cochran's Q of the log ratios of rates."""
    df = r.x1.size - 1
    if ((r.x1 == 0) | (r.x2 == 0)).any():
        return no_test(df, "a trial's own ratio of rates is 0 or infinite")
    yi, vi = _rate_effects(r, "IRR")
    return _cochran(yi, 1 / vi)


def _cochran(yi: Floats, information: Floats) -> CountTest:
    mean = float((information * yi).sum() / information.sum())
    return chi_square(float((information * np.square(yi - mean)).sum()), yi.size - 1)


def rate_glmm(
    events: object,
    time: object,
    *,
    quadrature_points: int = DEFAULT_POINTS,
    pi: str = "t",
    level: float = 0.95,
) -> PooledCounts:
    """Pool rates of single arms by the Poisson-normal model: log rate of a trial = mean + u.

    Parameters
    ----------
    events, time : array-like of shape (k,)
        Events and time at risk, the time in one unit.
    quadrature_points : int
        1 to 100.
    pi : {"t", "hts", "normal"}
        Prediction interval.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    PooledCounts
        Mean log rate by maximum likelihood with Wald interval. No trial is left out and
        nothing is added. `p_value` is None: nothing is compared.

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where no trial has an event.

    Notes
    -----
    Stijnen, Hamza and Özdemir 2010, Stat Med 29:3046.
    """
    level = check_level(level)
    points = check_points(quadrature_points)
    x, t = check_rate_arm(events, time, "events", "time")
    if not x.sum() > 0:
        raise ValueError(
            "events: no trial has an event, and the logarithm of a rate is infinite; allowed: an "
            "event in some trial"
        )
    likelihood = poisson_single(x, t)
    fit = fit_mixed(likelihood, points=points, start=np.zeros(x.size))
    highest = float((likelihood.constant + special.xlogy(x, x) - x).sum())
    df = x.size - 1
    ratio = chi_square(max(0.0, 2 * (highest - fit.common[2])), df)
    wald = no_test(df, "a trial's own rate is 0")
    if (x > 0).all():
        wald = _cochran(np.log(x / t), x)
    return summarise(
        estimate=fit.mean,
        se=fit.se,
        level=level,
        measure="IRLN",
        rows=tuple(range(x.size)),
        q=ratio,
        tests={"likelihood-ratio": ratio, "wald": wald},
        model="poisson-normal",
        left_out=(),
        **of_fit(fit, points, pi),
    )
