"""Peto's one-step odds ratio."""

from __future__ import annotations

import math

import numpy as np

from trialpool.pooling.counts.mantel_haenszel import hypergeometric_moments
from trialpool.pooling.counts.results import PooledCounts, chi_square, summarise
from trialpool.pooling.counts.tables import check_tables, rest, uninformative
from trialpool.pooling.fit_doubts import unequal_arms
from trialpool.pooling.options import check_level
from trialpool.pooling.univariate.results import Diagnostics


def peto(
    events_experimental: object,
    n_experimental: object,
    events_control: object,
    n_control: object,
    *,
    level: float = 0.95,
) -> PooledCounts:
    """Pool odds ratios by Peto's method: Σ(O − E)/ΣV.

    Parameters
    ----------
    events_experimental, n_experimental, events_control, n_control : array-like of shape (k,)
        Patients with the event and all patients of the two arms.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    PooledCounts
        `estimate` is a log OR; zero cells need no correction. Trials without
        events, or with only events, in both arms hold no information and are
        left out.

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where no trial is left.

    Notes
    -----
    E = n1 m1/N and V = n1 n2 m1 m2/(N²(N − 1)) of the hypergeometric
    distribution; Q = Σ(O − E)²/V − (Σ(O − E))²/ΣV (Yusuf et al. 1985, Prog
    Cardiovasc Dis 27:335). The one step is short of the maximum where the effect
    is large or the arms are of unequal size: Greenland and Salvan 1990, Stat Med
    9:247.
    """
    level = check_level(level)
    tables = check_tables(events_experimental, n_experimental, events_control, n_control)
    left_out = uninformative(tables, "OR")
    rows = rest(tables.a.size, left_out)
    if not rows.size:
        raise ValueError(
            f"no trial is left of {tables.a.size}: {left_out[0].reason}; allowed: trials with "
            "events"
        )
    used = tables.take(rows)
    expected, variance = hypergeometric_moments(used)
    difference, total = used.a - expected, float(variance.sum())
    estimate = float(difference.sum()) / total
    q = float((variance * np.square(difference / variance - estimate)).sum())
    return summarise(
        estimate=estimate,
        se=1 / math.sqrt(total),
        level=level,
        measure="OR",
        rows=tuple(rows.tolist()),
        q=chi_square(q, rows.size - 1),
        weights=tuple((variance / total).tolist()),
        diagnostics=Diagnostics(True, False, False),
        method="peto",
        model=None,
        tests={},
        left_out=tuple(left_out),
        unbalanced=unequal_arms(used.n1, used.n2),
    )
