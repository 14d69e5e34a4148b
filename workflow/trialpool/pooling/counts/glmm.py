"""Odds ratios by generalised linear mixed models: no effect size per trial, no correction."""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any, Final

import numpy as np

from trialpool.pooling.counts.likelihoods import (
    Hypergeometric,
    Likelihood,
    binomial_arms,
    hypergeometric,
)
from trialpool.pooling.counts.mixed import LARGEST_TAU, MixedFit, fit_mixed
from trialpool.pooling.counts.results import CountTest, PooledCounts, chi_square, no_test, summarise
from trialpool.pooling.counts.tables import Tables, check_tables, raw_effects, rest, uninformative
from trialpool.pooling.options import Floats, check_level, choose
from trialpool.pooling.univariate.results import Diagnostics

GLMM_MODELS: Final = ("unconditional", "conditional")
DEFAULT_POINTS: Final = 25
_MOST_POINTS: Final = 100


def odds_ratio_glmm(
    events_experimental: object,
    n_experimental: object,
    events_control: object,
    n_control: object,
    *,
    model: str = "unconditional",
    quadrature_points: int = DEFAULT_POINTS,
    pi: str = "t",
    level: float = 0.95,
) -> PooledCounts:
    """Pool odds ratios of two-by-two tables by a mixed model, by maximum likelihood.

    Parameters
    ----------
    events_experimental, n_experimental, events_control, n_control : array-like of shape (k,)
        Patients with the event and all patients of the two arms.
    model : {"unconditional", "conditional"}
        "unconditional": binomial counts, an intercept of each trial, the random
        effect halved between the arms. "conditional": events of the experimental
        arm given the margins (non-central hypergeometric), which has no
        intercepts to estimate.
    quadrature_points : int
        1 to 100.
    pi : {"t", "hts", "normal"}
        Prediction interval.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    PooledCounts
        Log OR with Wald interval; `tests` has "likelihood-ratio" and "wald"
        (trials' own odds ratios against a common one), `q` is the first of them.

    Raises
    ------
    ValueError
        Naming argument, value and what is allowed; also where no finite odds
        ratio is most likely.

    Notes
    -----
    Turner et al. 2000, Stat Med 19:3417; Stijnen, Hamza and Özdemir 2010, Stat
    Med 29:3046; Jackson et al. 2018, Stat Med 37:1059 (models 4 and 7). The Wald
    test does not exist where a trial's own odds ratio is 0 or infinite. The
    interval rests on normality and is too narrow with few trials.
    """
    choose("model", model, GLMM_MODELS)
    level = check_level(level)
    points = check_points(quadrature_points)
    tables = check_tables(events_experimental, n_experimental, events_control, n_control)
    left_out = uninformative(tables, "OR")
    rows = rest(tables.a.size, left_out)
    if not rows.size:
        raise ValueError(
            f"no trial is left of {tables.a.size}: {left_out[0].reason}; allowed: trials with "
            "events"
        )
    used = tables.take(rows)
    _need_finite(used)
    likelihood, start = _likelihood(used, model)
    fit = fit_mixed(likelihood, points=points, start=start)
    tests = _heterogeneity(used, likelihood, fit)
    return summarise(
        estimate=fit.mean,
        se=fit.se,
        level=level,
        measure="OR",
        rows=tuple(rows.tolist()),
        q=tests["likelihood-ratio"],
        tests=tests,
        model=model,
        left_out=tuple(left_out),
        **of_fit(fit, points, pi),
    )


def of_fit(fit: MixedFit, points: int, pi: str) -> dict[str, Any]:
    """Give the parts of a result that every mixed model has."""
    notes = []
    if not fit.converged:
        notes.append(
            f"tau is at least {LARGEST_TAU:g}: trials contradict each other beyond what the "
            "model can estimate"
        )
    if fit.multimodal:
        notes.append("the likelihood has several local maxima; the highest is taken")
    return {
        "tau2": fit.tau**2,
        "tau2_se": None if fit.tau_se is None else 2 * fit.tau * fit.tau_se,
        "tau2_method": "ML",
        "pi": pi,
        "weights": None,
        "diagnostics": Diagnostics(fit.converged, fit.tau == 0, fit.multimodal, tuple(notes)),
        "method": "glmm",
        "log_likelihood": fit.log_likelihood,
        "quadrature_points": points,
    }


def check_points(value: object) -> int:
    """Return the number of quadrature points as an int."""
    if (
        isinstance(value, bool)
        or not isinstance(value, Integral)
        or not 1 <= int(value) <= _MOST_POINTS
    ):
        raise ValueError(f"quadrature_points={value!r}; allowed: 1 to {_MOST_POINTS}")
    return int(value)


def _likelihood(t: Tables, model: str) -> tuple[Likelihood, Floats]:
    if model == "conditional":
        return hypergeometric(t.a, t.n1, t.c, t.n2), np.zeros(t.a.size)
    start = np.log((t.a + t.c + 0.5) / (t.b + t.d + 0.5))
    return binomial_arms(t.a, t.n1, t.c, t.n2), start


def _need_finite(t: Tables) -> None:
    """Refuse data whose likelihood grows as the odds ratio goes to 0 or infinity."""
    least, most = np.maximum(0, t.a - t.d), np.minimum(t.n1, t.a + t.c)
    for bound, which in ((least, "0"), (most, "infinity")):
        if (t.a == bound).all():
            raise ValueError(
                f"the likelihood is highest as the odds ratio goes to {which}: every trial is as "
                "far on that side as its margins allow; allowed: a trial that is not, or "
                "measure='RD' with mantel_haenszel"
            )


def _heterogeneity(t: Tables, likelihood: Likelihood, fit: MixedFit) -> dict[str, CountTest]:
    """Trials' own odds ratios against a common one."""
    df = t.a.size - 1
    if isinstance(likelihood, Hypergeometric):
        own, information, highest = _conditional_estimates(t, likelihood)
    else:
        own, variance = raw_effects(t, "OR")
        with np.errstate(divide="ignore"):
            information = 1 / variance
        # The saturated model fits each arm's own proportion.
        from scipy import special

        highest = float(likelihood.constant.sum()) + float(  # type: ignore[attr-defined]
            sum(
                special.xlogy(x, x / n).sum()
                for x, n in ((t.a, t.n1), (t.b, t.n1), (t.c, t.n2), (t.d, t.n2))
            )
        )
    ratio = chi_square(max(0.0, 2 * (highest - fit.common[2])), df)
    if not np.isfinite(own).all():
        wald = no_test(df, "a trial's own odds ratio is 0 or infinite")
    else:
        mean = float((information * own).sum() / information.sum())
        wald = chi_square(float((information * np.square(own - mean)).sum()), df)
    return {"likelihood-ratio": ratio, "wald": wald}


def _conditional_estimates(t: Tables, likelihood: Hypergeometric) -> tuple[Floats, Floats, float]:
    """Most likely log OR of each trial given its margins, information, and the sum of maxima."""
    at_bound = np.array(
        [a in (x[0], x[-1]) for a, x in zip(likelihood.events, likelihood.support, strict=True)]
    )
    with np.errstate(divide="ignore"):
        psi = np.where(at_bound, 0.0, np.nan_to_num(raw_effects(t, "OR")[0], posinf=0, neginf=0))
    low, high = np.full(psi.shape, -math.inf), np.full(psi.shape, math.inf)
    for _ in range(200):
        value, first, second = likelihood.evaluate(psi[:, None, None])
        slope, curvature = first[:, 0, 0], second[:, 0, 0]
        low, high = np.where(slope > 0, psi, low), np.where(slope > 0, high, psi)
        with np.errstate(divide="ignore", invalid="ignore"):
            following = psi - slope / curvature
        both = np.isfinite(low) & np.isfinite(high)
        middle = 0.5 * (np.where(both, low, 0.0) + np.where(both, high, 0.0))
        following = np.where(
            both & (slope != 0) & ~((following > low) & (following < high)), middle, following
        )
        following = np.where(at_bound, psi, following)
        moved = float(np.abs(following - psi).max())
        psi = following
        if moved <= 1e-12:
            break
    value, _, second = likelihood.evaluate(psi[:, None, None])
    # At the end of its support a trial's likelihood goes to 1.
    highest = float(np.where(at_bound, 0.0, value[:, 0]).sum())
    return np.where(at_bound, math.inf, psi), -second[:, 0, 0], highest
