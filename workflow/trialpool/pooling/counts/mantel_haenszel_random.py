"""Random effects about the Mantel-Haenszel estimate, as Cochrane reviews pool counts."""

from __future__ import annotations

import math

import numpy as np

from trialpool.pooling.counts.mantel_haenszel import mantel_haenszel
from trialpool.pooling.counts.results import PooledCounts, chi_square, summarise
from trialpool.pooling.counts.tables import (
    check_tables,
    correct,
    raw_effects,
    rest,
    uninformative,
)
from trialpool.pooling.univariate.results import Diagnostics


def mantel_haenszel_random(
    events_experimental: object,
    n_experimental: object,
    events_control: object,
    n_control: object,
    *,
    measure: str = "OR",
    zero_cells: str = "none",
    pi: str = "t",
    level: float = 0.95,
) -> PooledCounts:
    """Pool two-by-two tables by DerSimonian and Laird with Q about the Mantel-Haenszel estimate.

    Parameters
    ----------
    events_experimental, n_experimental, events_control, n_control : array-like of shape (k,)
        Patients with the event and all patients of the two arms.
    measure : {"OR", "RR", "RD"}
    zero_cells : {"none", "affected", "all-if-any", "all", "treatment-arm"}
        What is added before the Mantel-Haenszel estimate; "affected" is what RevMan does. The
        effect sizes have + 0.5 in trials with a zero cell always.
    pi : {"t", "hts", "normal"}
        Prediction interval, from three trials.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    PooledCounts
        `estimate`, `se` on the analysis scale (log OR, log RR, RD), `tau2` its square,
        `tau2_method` "DL".

    Raises
    ------
    ValueError
        As `mantel_haenszel`.

    Notes
    -----
    τ² = max(0, (Q − k + 1)/(Σw − Σw²/Σw)), w = 1/v, Q = Σw(y − y_MH)² (Deeks and Higgins 2010,
    Statistical algorithms in Review Manager 5; DerSimonian and Laird 1986, Control Clin Trials
    7:177). DerSimonian and Laird's own Q is about the inverse-variance mean, and never larger.
    """
    counts = (events_experimental, n_experimental, events_control, n_control)
    common = mantel_haenszel(*counts, measure=measure, zero_cells=zero_cells, level=level)
    tables = check_tables(*counts)
    left_out = [] if measure == "RD" else uninformative(tables, measure)
    rows = rest(tables.a.size, left_out)
    if not rows.size:
        reason = left_out[0].reason
        raise ValueError(f"no trial is left: {reason}; allowed: trials with events")
    yi, vi = raw_effects(correct(tables.take(rows), "affected")[0], measure)
    wi = 1.0 / vi
    q = chi_square(float((wi * np.square(yi - common.estimate)).sum()), yi.size - 1)
    spare = float(wi.sum() - np.square(wi).sum() / wi.sum())
    excess = 0.0 if q.value is None else q.value - q.df
    tau2 = max(0.0, excess / spare) if spare > 0 else 0.0
    weights = 1.0 / (vi + tau2)
    total = float(weights.sum())
    return summarise(
        estimate=float((weights * yi).sum()) / total,
        se=1.0 / math.sqrt(total),
        level=level,
        measure=measure,
        rows=tuple(rows.tolist()),
        q=q,
        tau2=tau2,
        tau2_method="DL",
        pi=pi,
        weights=tuple((weights / total).tolist()),
        diagnostics=Diagnostics(True, False, False),
        method="mh",
        model="random",
        tests={},
        left_out=tuple(left_out),
        zero_cells=zero_cells,
    )
