"""Bayesian random effects by quadrature: the normal-normal hierarchical model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trialpool.pooling.bayes.catalogue import (
    DEFAULT_PRIORS,
    ChosenPrior,
    PriorChoice,
    check_prior,
)
from trialpool.pooling.bayes.posterior import (
    CREDIBLE_INTERVALS,
    Answer,
    answer,
    distance,
    moments,
    moved,
)
from trialpool.pooling.bayes.priors import check_mean_prior
from trialpool.pooling.bayes.results import BayesianPool, Posterior
from trialpool.pooling.bayes.tau_posterior import Model, find_range, on_nodes
from trialpool.pooling.given import Effects, take
from trialpool.pooling.numeric.normal_mixtures import Mixtures
from trialpool.pooling.options import MEASURE_SCALES, Floats, check_effects, check_level, choose
from trialpool.pooling.univariate.inverse_variance import random_effects
from trialpool.pooling.univariate.results import Diagnostics, PooledEffect

_FIRST_NODES = 64
_MOST_NODES = 2**15
# Of the width of an interval: ten times finer than what is promised.
_CONVERGED = 1e-9
# And what centred effects lose by rounding, in units of the largest.
_ROUNDING = 1e-14


def bayesian_random_effects(
    yi: Effects,
    vi: npt.ArrayLike | None = None,
    *,
    prior: PriorChoice | None = None,
    scale: float | None = None,
    mean_prior: tuple[float, float] | None = None,
    interval: str = "equal-tailed",
    level: float = 0.95,
    measure: str | None = None,
    at: npt.ArrayLike = (),
) -> BayesianPool:
    """Pool trials by the Bayesian normal-normal hierarchical model.

    yi ~ N(theta_i, vi), theta_i ~ N(mu, tau²). Given tau everything is normal and
    in closed form; tau is integrated out by quadrature, so the result is
    deterministic, and twice as many nodes move nothing beyond 1e-8 of an
    interval's width.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale (log for ratios).
    prior : str, (str, parameters) or TauPrior
        Of tau (Röver 2020; Friede et al. 2017): a name of the catalogue of published
        priors ("bartos2023-hr", docs/explanation/pooling.md); a family with its parameters,
        "inverse-gamma:2.42:0.3" or ("inverse-gamma", (2.42, 0.3)): half-normal:SCALE,
        half-cauchy:SCALE, half-t:DF:SCALE, exponential:RATE, inverse-gamma:SHAPE:SCALE,
        log-normal:MEAN:SD and log-t:DF:MEAN:SD (of log tau), uniform:SCALE; or
        half-normal, half-cauchy, uniform with `scale`. "uniform" is proper: it ends
        at `scale`. An unbounded one has no posterior below three trials. By default that of
        the measure: "bartos2023-hr" of HR, "turner2015-composite-pharm" of OR and RR,
        "half-normal:0.118" of RD; "half-normal" of others, and where `scale` is given.
    scale : float, optional
        In units of the effect, of a prior that is named without; by default 0.5, which is
        wide for log ratios. What it means on another scale only the caller can say.
    mean_prior : (float, float), optional
        Mean and standard deviation of a normal prior of mu; without it the
        improper uniform one, which has a proper posterior from one trial on.
    interval : {"equal-tailed", "shortest"}
        Equal-tailed limits are the same before and after exp. "shortest" holds
        for the analysis scale alone; for tau it may begin at 0.
    level : float
        Of all intervals.
    measure : str, optional
        Of bare numbers, by default "generic". Decides what `scale` of the result
        says, and the prior where none is named.
    at : array-like of shape (n,), optional
        Values on the analysis scale of which `below_at` of the result says how probable a
        smaller mean effect is.

    Returns
    -------
    BayesianPool

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed. Also where the trials
        differ by so many scales of the prior that doubles cannot hold the answer.

    Notes
    -----
    With w = 1/(vi + tau²), m = Σwy/Σw and s² = 1/Σw, the posterior density of tau is
    prior(tau)·√s²·Π√w·exp(-½Σw(y - m)²) up to a constant, and given tau

    - mu is N(m, s²), the effect of a new trial N(m, s² + tau²),
    - theta_i is N(b·yi + (1 - b)·m, b·vi + (1 - b)²·s²) with b = tau²/(vi + tau²)

    (Röver 2020). A normal prior of mu enters like a trial without tau². Quantiles
    invert the mixture's distribution function. Posterior moments that do not
    exist are None: with the half-Cauchy prior the mean of mu for one trial, its
    standard deviation and that of tau for one or two. The log-t prior, which leaves
    one only by powers of log tau, has the mean from three trials on, the standard
    deviation from four.

    References
    ----------
    Röver C. Bayesian random-effects meta-analysis using the bayesmeta R package.
    J Stat Softw 2020;93(6). Friede T, Röver C, Wandel S, Neuenschwander B.
    Meta-analysis of few small studies in orphan diseases. Res Synth Methods 2017;8:79.
    """
    typed = take(yi, vi, measure)
    y, v, present = check_effects(typed.yi, typed.vi, ndim=1)
    measure = choose("measure", typed.measure, MEASURE_SCALES)
    if prior is None:
        prior = DEFAULT_PRIORS.get(measure, "half-normal") if scale is None else "half-normal"
    chosen = check_prior(prior, scale)
    of_mean = check_mean_prior(mean_prior)
    kind = choose("interval", interval, CREDIBLE_INTERVALS)
    level = check_level(level)
    asked = _check_at(at)
    assert present.all()

    if of_mean is not None:
        _check_mean_prior_range(of_mean, y, v)
    exponent = round(math.log2(math.sqrt(float(v.min()))))
    # Any centre will do; the median stays close to the trials however many agree.
    centre = float(np.median(y))
    model = Model(
        y=np.ldexp(y - centre, -exponent),
        v=np.ldexp(v, -2 * exponent),
        prior=chosen.prior.scaled(math.ldexp(1.0, -exponent)),
        mean=0.0 if of_mean is None else math.ldexp(of_mean[0] - centre, -exponent),
        precision=0.0 if of_mean is None else math.ldexp(of_mean[1], -exponent) ** -2,
    )
    found = _converge(model, kind, level)
    if found is None:
        raise ValueError(
            f"yi differ by up to {float(np.ptp(y)):g} and the {chosen.words} is too narrow for "
            "them: they contradict each other beyond what can be computed to eight digits; "
            "allowed: a wider prior"
        )
    frame = Frame(y, v, chosen, of_mean, kind, level, measure, asked)
    return _result(found, frame, model, centre, exponent).of(typed.about)


def _check_at(at: npt.ArrayLike) -> Floats:
    values = np.asarray(at, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(f"at={at!r} is not a list of finite numbers on the analysis scale")
    return values


def _check_mean_prior_range(of_mean: tuple[float, float], y: Floats, v: Floats) -> None:
    """Refuse a prior of the mean whose precision leaves the range of a double."""
    mean, sd = of_mean
    smallest = math.sqrt(float(v.min()))
    if sd < 1e-30 * smallest or float(np.abs(y - mean).max()) > 1e30 * min(sd, smallest):
        raise ValueError(
            f"mean_prior={of_mean!r} is too far from the trials or too narrow; allowed: a "
            "standard deviation of at least 1e-30 standard errors, and a mean within 1e30 of "
            "the smaller of both from every effect"
        )


@dataclass(frozen=True)
class Frame:
    """What was asked: data and options, already checked."""

    y: Floats
    v: Floats
    prior: ChosenPrior
    mean_prior: tuple[float, float] | None
    interval: str
    level: float
    measure: str
    at: Floats


def _converge(model: Model, kind: str, level: float) -> Answer | None:
    """Double the nodes until no number of the answer moves."""
    found = find_range(model, moments(model).highest)
    if found is None:
        return None
    rounding = _ROUNDING * float(np.abs(model.y).max())
    count = _FIRST_NODES
    nodes, before = on_nodes(model, found, count), None
    while count < _MOST_NODES:
        count *= 2
        last, nodes = nodes, on_nodes(model, found, count)
        # Quantiles cost most of the time: not before the moments stand.
        if moved(last, nodes, model, level, rounding) > _CONVERGED:
            before = None
            continue
        before = before or answer(model, last, kind, level)
        after = answer(model, nodes, kind, level)
        if distance(before, after, rounding) <= _CONVERGED:
            return after
        before = after
    raise ValueError(
        f"yi and vi with prior={model.prior.family!r}: the posterior of tau cannot be integrated "
        f"with {_MOST_NODES} nodes; look for an effect or a variance that is far from the others"
    )


def _result(
    found: Answer, frame: Frame, model: Model, centre: float, exponent: int
) -> BayesianPool:
    """Bring an answer to the caller's scale."""

    def posterior(row: Floats, shift: float) -> Posterior:
        median, lower, upper, mean, sd = (float(x) for x in np.ldexp(row, exponent))
        return Posterior(
            median=shift + median,
            mean=None if math.isnan(mean) else shift + mean,
            sd=None if math.isnan(sd) else sd,
            lower=shift + lower,
            upper=shift + upper,
        )

    mean, prediction, *shrunken = (posterior(row, centre) for row in found.effects)
    tau = posterior(found.tau, 0.0)
    zero = np.full(2, math.ldexp(-centre, -exponent))
    below = found.mixtures.cdf(zero)
    above = Mixtures(found.mixtures.p, -found.mixtures.mean, found.mixtures.sd).cdf(-zero)
    # One column of the mixtures, the mean's, for each value that was asked for.
    of_mean = Mixtures(found.mixtures.p, found.mixtures.mean[:, :1], found.mixtures.sd[:, :1])
    below_at = of_mean.cdf(np.ldexp(frame.at - centre, -exponent))
    crossed = _cochran(frame.y, frame.v)
    typical = _typical_variance(model.v)
    i2 = [None if typical is None else _i2(float(t), typical) for t in found.tau[:3]]
    h2 = [None if typical is None else float(t * t) / typical + 1.0 for t in found.tau[:3]]
    return BayesianPool(
        k=frame.y.size,
        measure=frame.measure,
        scale=MEASURE_SCALES[frame.measure],
        estimate=mean.median,
        se=mean.sd,
        ci_lower=mean.lower,
        ci_upper=mean.upper,
        p_value=None,
        tau2=tau.median**2,
        tau2_se=None,
        tau2_ci_lower=tau.lower**2,
        tau2_ci_upper=tau.upper**2,
        i2=i2[0],
        i2_q=crossed.i2_q,
        h2=h2[0],
        q=crossed.q,
        q_df=crossed.q_df,
        q_p_value=crossed.q_p_value,
        pi_lower=prediction.lower,
        pi_upper=prediction.upper,
        tau2_method="posterior",
        ci_method=frame.interval,
        weights=tuple(found.weights.tolist()),
        level=frame.level,
        pi_method="posterior",
        df=None,
        diagnostics=Diagnostics(
            converged=True, at_boundary=False, multimodal=False, notes=_notes(mean, prediction)
        ),
        i2_ci_lower=i2[1],
        i2_ci_upper=i2[2],
        h2_ci_lower=h2[1],
        h2_ci_upper=h2[2],
        tau2_ci_method=frame.interval,
        estimate_is="posterior median",
        prior=frame.prior.name,
        prior_scale=frame.prior.scale,
        prior_family=frame.prior.prior.family,
        prior_parameters=frame.prior.prior.parameters,
        mean_prior=frame.mean_prior,
        mean=mean,
        tau=tau,
        prediction=prediction,
        probability_below=float(below[0]),
        probability_above=float(above[0]),
        prediction_below=float(below[1]),
        prediction_above=float(above[1]),
        below_at=tuple(below_at.tolist()),
        log_marginal_likelihood=_log_marginal_likelihood(found, model, exponent),
        shrunken=tuple(shrunken),
        nodes=found.nodes.x.size,
    )


def _log_marginal_likelihood(found: Answer, model: Model, exponent: int) -> float:
    """Bring the integral of the likelihood over both priors to the caller's units."""
    dimensions = model.y.size - (0 if model.precision > 0.0 else 1)
    units = dimensions * exponent * math.log(2.0)
    return found.nodes.log_total + model.log_constant - units


def _notes(mean: Posterior, prediction: Posterior) -> tuple[str, ...]:
    missing = [
        words
        for exists, words in (
            (mean.mean, "mean of the mean effect"),
            (mean.sd, "standard deviation of the mean effect"),
            (prediction.sd, "standard deviation of the effect in a new trial"),
        )
        if exists is None
    ]
    if not missing:
        return ()
    return (
        f"the prior's tail is too heavy for so few trials: no posterior {', no '.join(missing)}",
    )


def _cochran(y: Floats, v: Floats) -> PooledEffect:
    return random_effects(y, v, tau2="CE", ci="wald", pi="normal")


def _typical_variance(v: Floats) -> float | None:
    """Higgins and Thompson's typical variance, df/(Σw - Σw²/Σw); None for one trial.

    Sums of the other trials' weights instead of a difference keep all digits
    where one weight outgrows the rest.
    """
    if v.size < 2:
        return None
    w = 1.0 / v
    before = np.concatenate([[0.0], np.cumsum(w)[:-1]])
    after = np.concatenate([np.cumsum(w[::-1])[::-1][1:], [0.0]])
    return float((v.size - 1) * w.sum() / (w @ (before + after)))


def _i2(tau: float, typical: float) -> float:
    return 100.0 * tau * tau / (tau * tau + typical)
