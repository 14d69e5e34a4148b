"""How probable the review's own groups are under each prior of tau: marginal likelihoods."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy.optimize import brentq, minimize_scalar

from few_trials.shipped import ShippedGroup
from trialpool import bayesian_random_effects
from trialpool.pooling.bayes.catalogue import check_prior
from trialpool.pooling.bayes.priors import narrower_and_wider

CANDIDATES = (
    "bartos2023-hr",
    "turner2015-composite-pharm",
    "bartos2023-or",
    "bartos2023-or-breast",
    "bartos2023-rr-breast",
    "turner2015-any",
    "half-normal:0.1",
    "half-normal:0.17",
    "half-normal:0.25",
    "half-normal:0.5",
    "half-normal:1",
    "half-t:4:0.3",
    "half-cauchy:0.2",
    "half-cauchy:0.5",
    "exponential:5",
    "uniform:2",
)
# Half of the chi-square quantile of 95 % with one degree of freedom.
_DROP = 1.920729
# Scales that are searched, on the log scale of ratios.
_LEAST, _MOST = 0.005, 3.0


@dataclass(frozen=True)
class Compared:
    """Priors of tau on the groups of one measure.

    Attributes
    ----------
    groups, trials : int
    primary : str
        Name of the measure's prior.
    totals : dict of str to float
        Sum over the groups of the log marginal likelihood, by prior, highest first.
    names : dict of str to str
        Of the priors that are the primary one with tau halved and doubled.
    scale, lower, upper : float
        The half-normal scale under which the groups are most probable, and its 95 % profile
        interval; lower is 0 and upper infinite where the groups do not bound it.
    """

    groups: int
    trials: int
    primary: str
    totals: dict[str, float]
    names: dict[str, str]
    scale: float
    lower: float
    upper: float


def total(groups: Sequence[ShippedGroup], prior: str) -> float:
    """Sum the log marginal likelihood of groups under a prior of tau."""
    return math.fsum(
        bayesian_random_effects(group.yi, group.vi, prior=prior).log_marginal_likelihood
        for group in groups
    )


def fitted_scale(log_likelihood: Callable[[float], float]) -> tuple[float, float, float]:
    """Return the scale of highest likelihood and its 95 % profile interval."""
    ends = (math.log(_LEAST), math.log(_MOST))
    best = minimize_scalar(
        lambda x: -log_likelihood(math.exp(x)),
        bounds=ends,
        method="bounded",
        options={"xatol": 1e-5},
    )

    def above(x: float) -> float:
        return log_likelihood(math.exp(x)) + float(best.fun) + _DROP

    low, high = (above(end) for end in ends)
    lower = 0.0 if low > 0.0 else math.exp(brentq(above, ends[0], best.x, xtol=1e-5))
    upper = math.inf if high > 0.0 else math.exp(brentq(above, best.x, ends[1], xtol=1e-5))
    return math.exp(best.x), lower, upper


def compare(groups: Sequence[ShippedGroup], primary: dict[str, str]) -> dict[str, Compared]:
    """Compare the candidates, and the primary prior with half and twice its tau, by measure."""
    found = {}
    for measure, name in primary.items():
        own = [group for group in groups if group.measure == measure]
        again = [one.text for one in narrower_and_wider(check_prior(name).prior)]
        totals = {prior: total(own, prior) for prior in dict.fromkeys((*CANDIDATES, *again))}
        scale = fitted_scale(lambda x, own=own: total(own, f"half-normal:{x!r}"))
        found[measure] = Compared(
            len(own),
            sum(group.yi.size for group in own),
            name,
            dict(sorted(totals.items(), key=lambda pair: -pair[1])),
            dict(zip(again, (f"{name}, τ × ½", f"{name}, τ × 2"), strict=True)),
            *scale,
        )
    return found
