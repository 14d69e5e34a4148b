"""Results of the Bayesian model: one object for one set of trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trialpool.pooling.bayes.catalogue import prior_words
from trialpool.pooling.options import Scale
from trialpool.pooling.plain_values import Doubted, Plain
from trialpool.pooling.univariate.results import Diagnostics


@dataclass(frozen=True)
class Posterior(Plain):
    """Posterior of one quantity on the analysis scale. None means "does not exist".

    Attributes
    ----------
    median : float
    mean, sd : float or None
        None where the tail of the posterior is so heavy that it has none.
    lower, upper : float
        Limits by the interval asked for, at the level of the pool.
    """

    median: float
    mean: float | None
    sd: float | None
    lower: float
    upper: float


@dataclass(frozen=True, repr=False)
class BayesianPool(Doubted, Plain):
    """A pooled effect of the normal-normal hierarchical model, on the analysis scale.

    The keys that `PooledEffect` has as well stand first and mean the same, so
    that tables and figures need not know which model they show.

    Attributes
    ----------
    k : int
    measure : str
    scale : {"log", "identity"}
    estimate : float
        Posterior median of the mean effect. The median and equal-tailed limits
        are the same before and after exp, and exist under every prior.
    se : float or None
        Posterior standard deviation of the mean effect.
    ci_lower, ci_upper : float
        Credible interval of the mean effect.
    p_value : None
        A posterior has probabilities instead: `probability_below`, `probability_above`.
    tau2, tau2_ci_lower, tau2_ci_upper : float
        Squares of the posterior median of tau and of its limits.
    tau2_se : None
    i2, h2, i2_ci_lower, i2_ci_upper, h2_ci_lower, h2_ci_upper : float or None
        From `tau2` and its limits and the typical sampling variance, as in
        `PooledEffect`; None for one trial.
    i2_q, q, q_df, q_p_value
        Cochran's test, which knows no prior.
    pi_lower, pi_upper : float
        Predictive interval: the effect in a new trial.
    tau2_method, ci_method, pi_method : str
        "posterior", "equal-tailed" or "shortest", "posterior".
    weights : tuple of float
        Posterior means of w/Σw: `mean.mean` is the sum of weights times effects
        (Röver and Friede 2021). With a normal prior of the mean they add up to
        less than 1; the rest is the prior's.
    level : float
    df : None
    diagnostics : Diagnostics
    tau2_ci_method : str
    estimate_is : str
        "posterior median".
    prior : str
        Of tau: half-normal, half-cauchy or uniform; a name of the catalogue; or
        another family with its parameters, as `bayesian_random_effects` reads it.
    prior_scale : float or None
        Scale or upper bound of the first three; None where `prior` says all.
    prior_family : str
    prior_parameters : dict of float
        By name, of tau (not of tau²), in units of the effect. Both follow from `prior`
        and `prior_scale`, so that they are not written.
    mean_prior : tuple of float or None
        Mean and standard deviation of a normal prior of the mean; None: uniform.
    mean, tau, prediction : Posterior
    probability_below, probability_above : float
        Posterior probability that the mean effect is below, above 0.
    prediction_below, prediction_above : float
        The same for the effect in a new trial.
    below_at : tuple of float
        Posterior probability that the mean effect is below each of the values that the
        caller asked for; not written.
    log_marginal_likelihood : float
        Logarithm of the density of the trials under the model, mean and tau integrated out:
        differences of it compare priors of tau. A uniform prior of the mean has density 1. Not
        written.
    shrunken : tuple of Posterior
        The true effect of each trial, in the order of the input.
    nodes : int
        Nodes of the quadrature that gave these numbers.
    """

    unwritten: ClassVar = (
        "prior_family",
        "prior_parameters",
        "below_at",
        "log_marginal_likelihood",
    )

    k: int
    measure: str
    scale: Scale
    estimate: float
    se: float | None
    ci_lower: float
    ci_upper: float
    p_value: None
    tau2: float
    tau2_se: None
    tau2_ci_lower: float
    tau2_ci_upper: float
    i2: float | None
    i2_q: float | None
    h2: float | None
    q: float
    q_df: int
    q_p_value: float | None
    pi_lower: float
    pi_upper: float
    tau2_method: str
    ci_method: str
    weights: tuple[float, ...]
    level: float
    pi_method: str
    df: None
    diagnostics: Diagnostics
    i2_ci_lower: float | None
    i2_ci_upper: float | None
    h2_ci_lower: float | None
    h2_ci_upper: float | None
    tau2_ci_method: str
    estimate_is: str
    prior: str
    prior_scale: float | None
    prior_family: str
    prior_parameters: dict[str, float]
    mean_prior: tuple[float, float] | None
    mean: Posterior
    tau: Posterior
    prediction: Posterior
    probability_below: float
    probability_above: float
    prediction_below: float
    prediction_above: float
    below_at: tuple[float, ...]
    log_marginal_likelihood: float
    shrunken: tuple[Posterior, ...]
    nodes: int

    @property
    def prior_words(self) -> str:
        """Say which prior of tau it is: `half-normal prior of τ with scale 0.5`."""
        return prior_words(self.prior, self.prior_family, self.prior_parameters)
