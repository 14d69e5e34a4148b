"""Proportions of single arms: effect sizes, exact intervals, binomial-normal model.

The double arcsine is turned back by sin², never with a mean of the trials'
sizes: see `proportion_effects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.counts.glmm import DEFAULT_POINTS, check_points, of_fit
from trialpool.pooling.counts.likelihoods import binomial_single
from trialpool.pooling.counts.mixed import fit_mixed
from trialpool.pooling.counts.results import CountTest, PooledCounts, chi_square, no_test, summarise
from trialpool.pooling.counts.tables import ZERO_CELLS, LeftOut, check_arm
from trialpool.pooling.options import Bools, Floats, Ints, check_level, choose

PROPORTION_MEASURES: Final = ("PLO", "PFT")
# "treatment-arm" shares between two arms: there is one.
PROPORTION_ZERO_CELLS: Final = tuple(rule for rule in ZERO_CELLS if rule != "treatment-arm")


@dataclass(frozen=True, eq=False)
class ProportionEffects:
    """Transformed proportions with sampling variances, both of shape (k,).

    `rows` are positions in the input, `corrected` marks those that the zero-cell
    rule added to, and `left_out` says which have no effect under it.
    """

    yi: Floats
    vi: Floats
    rows: Ints
    corrected: Bools
    left_out: tuple[LeftOut, ...]
    measure: str
    zero_cells: str


def proportion_effects(
    events: object,
    n: object,
    *,
    measure: str = "PLO",
    zero_cells: str = "affected",
    add: float = 0.5,
) -> ProportionEffects:
    """Transform proportions of single arms.

    Parameters
    ----------
    events, n : array-like of shape (k,)
        Patients with the event, and all patients.
    measure : {"PLO", "PFT"}
        "PLO": logit x/(n − x), variance 1/x + 1/(n − x).
        "PFT": Freeman and Tukey's double arcsine
        ½(asin √(x/(n + 1)) + asin √((x + 1)/(n + 1))), variance 1/(4n + 2).
    zero_cells : {"affected", "all-if-any", "all", "none"}
        For PLO, where `add` goes to events and non-events; PFT needs nothing.
    add : float

    Returns
    -------
    ProportionEffects

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where none is left.

    Notes
    -----
    Freeman and Tukey 1950, Ann Math Stat 21:607. Its inverse (Miller 1978, Am Stat
    32:138) needs an n, and a pooled value has none: the harmonic mean of the
    trials' n gave 0 for proportions of some per thousand where sizes differ
    (Schwarzer et al. 2019, Res Synth Methods 10:476), and 1/variance of the pooled
    mean (Barendregt 2013) does the same once tau² is large. sin² is Miller's
    inverse for a large n. It exists for every value, rises with it, stays within 0
    and 1 and sees no trial's size. What it gives away is bounded: the proportion
    of one trial moves towards ½ by at most 1/(2n): `largest_shift`.
    """
    choose("measure", measure, PROPORTION_MEASURES)
    choose("zero_cells", zero_cells, PROPORTION_ZERO_CELLS)
    if not 0.0 < add <= 1.0:
        raise ValueError(f"add={add!r}; allowed: above 0 and at most 1")
    x, size = check_arm(events, n, "events", "n")
    if measure == "PFT":
        yi = 0.5 * (np.arcsin(np.sqrt(x / (size + 1))) + np.arcsin(np.sqrt((x + 1) / (size + 1))))
        vi = 1 / (4 * size + 2)
        none = np.zeros(x.shape, dtype=np.bool_)
        return ProportionEffects(yi, vi, np.arange(x.size), none, (), measure, "none")
    zero = (x == 0) | (x == size)
    where: Bools = {
        "affected": zero,
        "all-if-any": np.full(zero.shape, bool(zero.any())),
        "all": np.ones(zero.shape, dtype=np.bool_),
        "none": np.zeros(zero.shape, dtype=np.bool_),
    }[zero_cells]
    plus = np.where(where, add, 0.0)
    with np.errstate(divide="ignore"):
        yi = np.log((x + plus) / (size - x + plus))
        vi = 1 / (x + plus) + 1 / (size - x + plus)
    exists = np.isfinite(yi)
    reason = "events of none or all of the patients, and nothing is added: the logit is infinite"
    left_out = tuple(LeftOut(row, reason) for row in np.flatnonzero(~exists).tolist())
    if not exists.any():
        raise ValueError(f"no trial is left of {x.size}: {reason}; allowed: another zero_cells")
    rows = np.flatnonzero(exists)
    return ProportionEffects(
        yi[exists], vi[exists], rows, where[exists], left_out, measure, zero_cells
    )


def largest_shift(n: int) -> float:
    """By how much sin² moves the proportion of a trial of n patients at most; see above."""
    return 0.5 / n


def exact_interval(events: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of a proportion by inverting two binomial tests (Clopper and Pearson 1934).

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed.
    """
    level = check_level(level)
    check_arm([events], [n], "events", "n")
    tail = 0.5 * (1.0 - level)
    lower = 0.0 if events == 0 else float(special.betaincinv(events, n - events + 1, tail))
    upper = 1.0 if events == n else float(special.betaincinv(events + 1, n - events, 1.0 - tail))
    return lower, upper


def exact_rate_interval(events: int, time: float, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of a Poisson rate per unit of time by inverting two tests (Garwood 1936).

    Parameters
    ----------
    events : int
    time : float
        Person-time, above 0.
    level : float
    """
    tail = 0.5 * (1.0 - check_level(level))
    lower = 0.0 if events == 0 else float(special.gammaincinv(events, tail))
    return lower / time, float(special.gammaincinv(events + 1, 1.0 - tail)) / time


def proportion_glmm(
    events: object,
    n: object,
    *,
    quadrature_points: int = DEFAULT_POINTS,
    pi: str = "t",
    level: float = 0.95,
) -> PooledCounts:
    """Pool proportions by the binomial-normal model: logit pᵢ = mean + uᵢ.

    Parameters
    ----------
    events, n : array-like of shape (k,)
        Patients with the event, and all patients.
    quadrature_points : int
        1 to 100.
    pi : {"t", "hts", "normal"}
        Prediction interval.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    PooledCounts
        On the logit scale, by maximum likelihood: the mean of logits, whose
        back-transform is the median proportion, with Wald interval. No trial is
        left out and nothing is added. `p_value` is None: nothing is compared.

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where no arm, or every
        patient of every arm, has the event.

    Notes
    -----
    Hamza, van Houwelingen and Stijnen 2008, J Clin Epidemiol 61:41; Stijnen,
    Hamza and Özdemir 2010, Stat Med 29:3046.
    """
    level = check_level(level)
    points = check_points(quadrature_points)
    x, size = check_arm(events, n, "events", "n")
    for total, which in ((x.sum(), "no"), ((size - x).sum(), "every")):
        if total == 0:
            raise ValueError(
                f"events: {which} patient of any trial has the event, and a logit is infinite; "
                "allowed: an event and a non-event in some trial, or measure='PFT'"
            )
    likelihood = binomial_single(x, size)
    fit = fit_mixed(likelihood, points=points, start=np.zeros(x.size))
    highest = float(likelihood.constant.sum()) + float(
        special.xlogy(x, x / size).sum() + special.xlogy(size - x, 1 - x / size).sum()
    )
    df = x.size - 1
    ratio = chi_square(max(0.0, 2 * (highest - fit.common[2])), df)
    return summarise(
        estimate=fit.mean,
        se=fit.se,
        level=level,
        measure="PLO",
        rows=tuple(range(x.size)),
        q=ratio,
        tests={"likelihood-ratio": ratio, "wald": _wald(x, size)},
        model="binomial-normal",
        left_out=(),
        **of_fit(fit, points, pi),
    )


def _wald(x: Floats, n: Floats) -> CountTest:
    """Cochran's Q of the logits."""
    if ((x == 0) | (x == n)).any():
        return no_test(x.size - 1, "a trial's own proportion is 0 or 1")
    yi, information = np.log(x / (n - x)), x * (n - x) / n
    mean = float((information * yi).sum() / information.sum())
    return chi_square(float((information * np.square(yi - mean)).sum()), x.size - 1)
