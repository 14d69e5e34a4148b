"""Mantel-Haenszel pooling of odds ratios, risk ratios and risk differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from trialpool.pooling.counts.results import CountTest, PooledCounts, chi_square, no_test, summarise
from trialpool.pooling.counts.tables import (
    COUNT_MEASURES,
    Tables,
    check_tables,
    correct,
    raw_effects,
    rest,
    uninformative,
)
from trialpool.pooling.options import Floats, check_level, choose
from trialpool.pooling.univariate.results import Diagnostics

Pooled = tuple[float, float, Floats]


def _odds_ratio(t: Tables) -> Pooled:
    n = t.total
    r, s = t.a * t.d / n, t.b * t.c / n
    p, q = (t.a + t.d) / n, (t.b + t.c) / n
    big_r, big_s = float(r.sum()), float(s.sum())
    _need(big_r, big_s, "odds ratio")
    variance = (
        float((p * r).sum()) / (2 * big_r**2)
        + float((p * s + q * r).sum()) / (2 * big_r * big_s)
        + float((q * s).sum()) / (2 * big_s**2)
    )
    return math.log(big_r / big_s), variance, s


def _risk_ratio(t: Tables) -> Pooled:
    n = t.total
    r, s = t.a * t.n2 / n, t.c * t.n1 / n
    big_r, big_s = float(r.sum()), float(s.sum())
    _need(big_r, big_s, "risk ratio")
    part = (t.n1 * t.n2 * (t.a + t.c) / n - t.a * t.c) / n
    return math.log(big_r / big_s), float(part.sum()) / (big_r * big_s), s


def _risk_difference(t: Tables) -> Pooled:
    n = t.total
    w = t.n1 * t.n2 / n
    weight = float(w.sum())
    estimate = float(((t.a * t.n2 - t.c * t.n1) / n).sum()) / weight
    p = (t.n1**2 * t.c - t.n2**2 * t.a + t.n1 * t.n2 * (t.n2 - t.n1) / 2) / n**2
    q = (t.a * t.d + t.c * t.b) / n / 2
    return estimate, (estimate * float(p.sum()) + float(q.sum())) / weight**2, w


_METHODS: Final[dict[str, Callable[[Tables], Pooled]]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
}


def _need(numerator: float, denominator: float, name: str) -> None:
    if numerator > 0 and denominator > 0:
        return
    which = "0" if numerator == 0 else "infinite"
    raise ValueError(
        f"the Mantel-Haenszel {name} is {which}: over all trials one product of cells is 0; "
        "allowed: events and non-events on both sides, another zero_cells, or measure='RD'"
    )


def mantel_haenszel(
    events_experimental: object,
    n_experimental: object,
    events_control: object,
    n_control: object,
    *,
    measure: str = "OR",
    zero_cells: str = "none",
    level: float = 0.95,
) -> PooledCounts:
    """Pool two-by-two tables under a common effect by Mantel and Haenszel's weights.

    Parameters
    ----------
    events_experimental, n_experimental, events_control, n_control : array-like of shape (k,)
        Patients with the event and all patients of the two arms.
    measure : {"OR", "RR", "RD"}
    zero_cells : {"none", "affected", "all-if-any", "all", "treatment-arm"}
        What is added before pooling; by default nothing, because the estimate
        needs nothing unless a product of cells is 0 over all trials.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    PooledCounts
        `estimate` on the analysis scale. `q` is Cochran's Q about the estimate
        from effect sizes with + 0.5 in trials with a zero cell. `weights` are those
        of the trials' own ratios (differences) in their mean, None where a trial's
        own ratio is infinite. `tests` has
        "cochran-mantel-haenszel" (with continuity correction),
        "breslow-day" and "tarone" (OR alone).

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where the pooled ratio
        would be 0 or infinite.

    Notes
    -----
    Estimate: Mantel and Haenszel 1959, J Natl Cancer Inst 22:719. Variance of
    the log OR: Robins, Breslow and Greenland 1986, Biometrics 42:311; of the log
    RR: Greenland and Robins 1985, Biometrics 41:55; of the RD: Sato, Greenland
    and Robins 1989, Biometrics 45:1323. Heterogeneity: Breslow and Day 1980;
    Tarone 1985, Biometrika 72:91. Trials without events in both arms say nothing
    about a ratio, those with only events nothing about an odds ratio, and are
    left out; they do count in a risk difference.
    """
    choose("measure", measure, COUNT_MEASURES)
    level = check_level(level)
    raw = check_tables(events_experimental, n_experimental, events_control, n_control)
    left_out = [] if measure == "RD" else uninformative(raw, measure)
    if measure == "RR":
        # Where every patient has the event the ratio of risks is 1, and takes part.
        left_out = [x for x in left_out if raw.without_events[x.row]]
    rows = rest(raw.a.size, left_out)
    if not rows.size:
        raise ValueError(
            f"no trial is left of {raw.a.size}: {left_out[0].reason}; allowed: trials with events"
        )
    counts = raw.take(rows)
    tables, _ = correct(counts, zero_cells)
    estimate, variance, weights = _METHODS[measure](tables)
    if not variance > 0:
        raise ValueError(
            "the variance of the pooled risk difference is 0: no trial has both events and "
            "non-events; allowed: trials with events, or another zero_cells"
        )
    tests = {"cochran-mantel-haenszel": cochran_mantel_haenszel(counts)}
    if measure == "OR":
        tests |= breslow_day(tables, estimate)
    return summarise(
        estimate=estimate,
        se=math.sqrt(variance),
        level=level,
        measure=measure,
        rows=tuple(rows.tolist()),
        q=_q_about(counts, measure, estimate),
        weights=_shares(weights),
        diagnostics=Diagnostics(True, False, False),
        method="mh",
        model=None,
        tests=tests,
        left_out=tuple(left_out),
        zero_cells=zero_cells,
    )


def _shares(weights: Floats) -> tuple[float, ...] | None:
    """Weights of the trials' own effects in the pool, None where there are none.

    A trial whose product of cells is 0 has an infinite ratio of weight 0, and moves the pool.
    """
    return tuple((weights / weights.sum()).tolist()) if (weights > 0.0).all() else None


def _q_about(counts: Tables, measure: str, estimate: float) -> CountTest:
    """Σ (y − estimate)²/v, with + 0.5 in trials with a zero cell."""
    if measure != "RD":
        silent = {x.row for x in uninformative(counts, measure)}
        counts = counts.take(np.array([i for i in range(counts.a.size) if i not in silent], int))
    yi, vi = raw_effects(correct(counts, "affected")[0], measure)
    return chi_square(float((np.square(yi - estimate) / vi).sum()), yi.size - 1)


def hypergeometric_moments(t: Tables) -> tuple[Floats, Floats]:
    """Mean and variance of a given the margins, under no effect."""
    n, m1, m2 = t.total, t.a + t.c, t.b + t.d
    return t.n1 * m1 / n, (t.n1 / n) * (t.n2 / n) * m1 * (m2 / (n - 1))


def cochran_mantel_haenszel(t: Tables, *, correction: float = 0.5) -> CountTest:
    """Test of no effect in any trial, with a continuity correction.

    (max(0, |Σ(a − E)| − correction))² / ΣV on one degree of freedom (Mantel and
    Haenszel 1959).
    """
    expected, variance = hypergeometric_moments(t)
    total = float(variance.sum())
    if not total > 0:
        return no_test(1, "no trial has both events and non-events")
    distance = max(0.0, abs(float((t.a - expected).sum())) - correction)
    return chi_square(distance**2 / total, 1)


def breslow_day(t: Tables, log_or: float) -> dict[str, CountTest]:
    """Test whether odds ratios differ between trials, and the same with Tarone's correction.

    Parameters
    ----------
    t : Tables
    log_or : float
        The common log OR, by Mantel and Haenszel.

    Notes
    -----
    a is compared with its expectation e given the margins, the root of
    e(n2 − m1 + e) = OR·(m1 − e)(n1 − e), with variance
    1/(1/e + 1/(m1 − e) + 1/(n1 − e) + 1/(n2 − m1 + e)).
    """
    n1, n2, m1 = t.n1, t.n2, t.a + t.c
    expected = _fitted(n1, n2, m1, math.exp(log_or))
    with np.errstate(divide="ignore"):
        variance = 1 / (
            1 / expected + 1 / (m1 - expected) + 1 / (n1 - expected) + 1 / (n2 - m1 + expected)
        )
    df = m1.size - 1
    if df < 1 or not (variance > 0).all():
        note = "one trial does not differ from others" if df < 1 else "an expected count is 0"
        return {"breslow-day": no_test(df, note), "tarone": no_test(df, note)}
    difference = t.a - expected
    value = float((np.square(difference) / variance).sum())
    tarone = value - float(difference.sum()) ** 2 / float(variance.sum())
    return {"breslow-day": chi_square(value, df), "tarone": chi_square(max(tarone, 0.0), df)}


def _fitted(n1: Floats, n2: Floats, m1: Floats, ratio: float) -> Floats:
    """Give the expected a with the margins of each trial and a common odds ratio."""
    # (1 − OR) e² + (n2 − m1 + OR (n1 + m1)) e − OR n1 m1 = 0; the root inside the margins,
    # in the form that does not cancel as OR goes to 1.
    linear = n2 - m1 + ratio * (n1 + m1)
    constant = ratio * n1 * m1
    root = np.sqrt(np.maximum(linear * linear + 4 * (1 - ratio) * constant, 0.0))
    return 2 * constant / (linear + root)
