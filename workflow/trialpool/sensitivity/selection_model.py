"""Step-function selection model: results are seen with a chance that depends on p."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling import random_effects
from trialpool.pooling.doubt import Doubt
from trialpool.pooling.fit_doubts import of_selection
from trialpool.pooling.given import Effects, take
from trialpool.pooling.numeric.tails import chi2_p, two_sided_p, two_sided_quantile
from trialpool.pooling.options import Floats, Ints, check_effects, check_level, choose
from trialpool.pooling.plain_values import Doubted, Plain
from trialpool.sensitivity.step_likelihood import Data, Point, climb, hessian_at

ALTERNATIVES: Final = ("auto", "greater", "less")
DEFAULT_STEPS: Final = (0.025,)
# Farther than so many ranges of the effects the likelihood only creeps upwards.
_REACH: Final = 3.0
# Maxima this close in log-likelihood share a 95 % likelihood interval.
_NEAR: Final = 1.92


@dataclass(frozen=True, repr=False)
class SelectionModel(Doubted, Plain):
    """A fitted selection model. None: does not exist.

    Attributes
    ----------
    alternative : {"greater", "less"}
        Side of the effects whose small p-values are taken to be seen more often.
    steps : tuple of float
        Upper ends of the intervals of the one-sided p-value, the last one is 1.
    counts : tuple of int
        Trials in each interval.
    k : int
    estimate, se, ci_lower, ci_upper, p_value : float or None
        Mean effect of all trials, seen and unseen; analysis scale, Wald.
    tau2, tau2_se : float or None
        `tau2_se` is None where tau² is 0.
    weights, weights_se : tuple of float or None
        Chance to be seen relative to the first interval, whose weight is 1.
    log_likelihood, log_likelihood_unselected : float or None
        Of this model and of the one in which all weights are 1.
    lrt, lrt_df, lrt_p_value
        Likelihood ratio test that all weights are 1.
    unselected_estimate : float or None
        Mean of the model without selection (ML).
    multimodal : bool
        Whether the likelihood has another maximum elsewhere within 1.92 of the highest.
    note : str
        Empty, or why there is no result.
    """

    alternative: str
    steps: tuple[float, ...]
    counts: tuple[int, ...]
    k: int
    estimate: float | None
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    p_value: float | None
    tau2: float | None
    tau2_se: float | None
    weights: tuple[float, ...] | None
    weights_se: tuple[float | None, ...] | None
    log_likelihood: float | None
    log_likelihood_unselected: float | None
    lrt: float | None
    lrt_df: int
    lrt_p_value: float | None
    unselected_estimate: float | None
    level: float
    multimodal: bool = False
    note: str = ""

    def doubts(self) -> Iterator[Doubt]:
        """See `Doubted`."""
        return of_selection(self.weights, self.multimodal)


def selection_model(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    *,
    steps: Sequence[float] = DEFAULT_STEPS,
    alternative: str = "auto",
    level: float = 0.95,
) -> SelectionModel:
    """Fit a random-effects model in which the chance to be seen steps with the p-value.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale.
    steps : sequence of float
        Where the chance changes, as one-sided p-values in (0, 1), rising.
    alternative : {"auto", "greater", "less"}
        Side on which the p-values are taken; "auto" is the side of the
        mean without selection.
    level : float
        Of the interval.

    Returns
    -------
    SelectionModel
        With a `note` and no numbers where an interval of p-values holds no
        trial (its weight is then not identified), for fewer trials than
        parameters, and where the likelihood has no maximum in reach.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    The density of an effect is w(p) φ(y; μ, v + τ²)/A with A the integral of the
    numerator, maximised over μ, τ² >= 0 and the weights. Hedges 1992, Statistical
    Science 7:246; Vevea and Hedges 1995, Psychometrika 60:419. Standard errors
    are from the observed information.
    """
    given = take(yi, vi)
    return _selection_model(given.yi, given.vi, steps, alternative, level).of(given.about)


def _selection_model(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    steps: Sequence[float],
    alternative: str,
    level: float,
) -> SelectionModel:
    y, v, _ = check_effects(yi, vi, ndim=1)
    choose("alternative", alternative, ALTERNATIVES)
    level = check_level(level)
    cuts = _check_steps(steps)
    unselected = random_effects(y, v, tau2="ML", ci="wald", pi="normal")
    if alternative == "auto":
        alternative = "less" if unselected.estimate < 0.0 else "greater"
    sign = 1.0 if alternative == "greater" else -1.0
    data = _data(sign * y, v, cuts)
    counts = tuple(int(n) for n in data.counts)
    ends = (*cuts, 1.0)

    def absent(note: str) -> SelectionModel:
        missing: dict[str, Any] = dict.fromkeys(
            ("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2", "tau2_se", "weights")
        )
        return SelectionModel(
            alternative=alternative,
            steps=ends,
            counts=counts,
            k=y.size,
            **missing,
            weights_se=None,
            log_likelihood=None,
            log_likelihood_unselected=None,
            lrt=None,
            lrt_df=len(cuts),
            lrt_p_value=None,
            unselected_estimate=None,
            level=level,
            note=note,
        )

    if y.size < 2 + len(cuts):
        return absent(f"{y.size} trials are too few for {2 + len(cuts)} parameters")
    if 0 in counts:
        at = counts.index(0)
        low = 0.0 if at == 0 else ends[at - 1]
        return absent(f"no trial has a one-sided p-value in ({low:g}, {ends[at]:g}]")
    base = _normal_log_likelihood(y, v, unselected.estimate, unselected.tau2)
    best, others = _highest(data, sign * unselected.estimate, unselected.tau2)
    if best is None:
        return absent("the likelihood has no maximum in reach of the data")
    errors = _standard_errors(data, best)
    if errors is None:
        return absent("the likelihood is flat at its maximum: the parameters are not identified")
    se = float(errors[0])
    z = float(two_sided_quantile(level, np.array([np.nan]))[0])
    lrt = max(0.0, 2.0 * (best.value - base))
    estimate = sign * best.mu
    return SelectionModel(
        alternative=alternative,
        steps=ends,
        counts=counts,
        k=y.size,
        estimate=estimate,
        se=se,
        ci_lower=estimate - z * se,
        ci_upper=estimate + z * se,
        p_value=float(two_sided_p(np.array([estimate / se]), np.array([np.nan]))[0]),
        tau2=best.tau2,
        tau2_se=float(errors[1]) if best.tau2 > 0.0 else None,
        weights=(1.0, *np.exp(best.theta).tolist()),
        weights_se=(None, *errors[2:].tolist()),
        log_likelihood=best.value,
        log_likelihood_unselected=base,
        lrt=lrt,
        lrt_df=len(cuts),
        lrt_p_value=float(chi2_p(np.array(lrt), np.array(float(len(cuts))))),
        unselected_estimate=unselected.estimate,
        level=level,
        multimodal=others,
    )


def _check_steps(steps: Sequence[float]) -> tuple[float, ...]:
    cuts = tuple(float(x) for x in steps)
    if not cuts or any(not 0.0 < x < 1.0 for x in cuts) or list(cuts) != sorted(set(cuts)):
        raise ValueError(f"steps={list(steps)!r}; allowed: rising numbers strictly between 0 and 1")
    return cuts


def _data(y: Floats, v: Floats, cuts: tuple[float, ...]) -> Data:
    p = special.ndtr(-y / np.sqrt(v))
    interval: Ints = np.searchsorted(np.array(cuts), p, side="left").astype(np.int64)
    counts = np.bincount(interval, minlength=len(cuts) + 1).astype(np.float64)
    bounds = -special.ndtri(np.array(cuts))[None, :] * np.sqrt(v)[:, None]
    return Data(y, v, bounds, counts)


def _normal_log_likelihood(y: Floats, v: Floats, mu: float, tau2: float) -> float:
    s2 = v + tau2
    return float(-0.5 * (np.log(2.0 * np.pi * s2) + (y - mu) ** 2 / s2).sum())


def _highest(data: Data, mean: float, tau2: float) -> tuple[Point | None, bool]:
    """Climb from many starts; the highest maximum, and whether another comes near it."""
    y, v = data.y, data.v
    spread = float(y.max() - y.min()) or float(np.sqrt(v.max()))
    middles = [mean, float(np.median(y)), mean - 0.3 * spread, mean - 0.7 * spread, 0.0]
    variances = [0.0, tau2, 0.02 * spread**2, 0.3 * spread**2]
    weights = [0.0, -1.5, 1.5]
    m = data.counts.size - 1
    starts = [
        Point(mu, t, np.full(m, w) * np.arange(1, m + 1) / m, -np.inf)
        for mu in middles
        for t in variances
        for w in weights
    ]
    reach = _REACH * spread
    found = [
        point
        for point in climb(data, starts)
        if y.min() - reach <= point.mu <= y.max() + reach and point.tau2 <= (10.0 * spread) ** 2
    ]
    if not found:
        return None, False
    best = max(found, key=lambda point: point.value)
    near = [
        point
        for point in found
        if best.value - point.value < _NEAR and abs(point.mu - best.mu) > 1e-3 * spread
    ]
    return best, bool(near)


def _standard_errors(data: Data, best: Point) -> Floats | None:
    """Give standard errors of mu, tau² and the weights; tau² is held where it is 0."""
    information = -hessian_at(data, best)
    free = np.ones(information.shape[0], dtype=np.bool_)
    free[1] = best.tau2 > 0.0
    own = information[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diag(own)))
    if not np.all(scale > 0.0):
        return None
    values = np.linalg.eigvalsh(own / np.outer(scale, scale))
    if values[0] <= 1e-10:
        return None
    errors = np.zeros(information.shape[0])
    errors[free] = np.sqrt(np.diag(np.linalg.inv(own)))
    # From log weights to weights: the gradient is 0 at the maximum.
    errors[2:] *= np.exp(best.theta)
    return errors
