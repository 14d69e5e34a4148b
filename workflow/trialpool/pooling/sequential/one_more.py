"""What one more trial would make of a verdict, if it came from where the others came from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling.bayes.catalogue import PriorChoice, check_prior
from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.bayes.tau_posterior import Model, Nodes, Range, find_range, on_nodes
from trialpool.pooling.options import Floats, check_effects, choose
from trialpool.pooling.plain_values import Plain, Shown
from trialpool.pooling.verdict import WORDS, Words, verdict_word

BENEFIT: Final = ("lower", "higher")
# Results of the new trial that are tried, within so many standard deviations of what is expected.
_TRIED: Final = 401
_REACH: Final = 5.0
# Of the quadrature over tau: the probabilities of words need four digits, and have eight.
_NODES: Final = 192


@dataclass(frozen=True, repr=False)
class OneMore(Shown, Plain):
    """Words of the verdict after one more trial.

    Attributes
    ----------
    se : float
        Standard error that the new trial is given, on the analysis scale.
    now : str
        The word without it.
    words : dict of str to float
        Probability of each word with it; they add up to 1.
    changes : float
        Probability of another word than `now`.
    """

    se: float
    now: str
    words: dict[str, float]
    changes: float


def one_more_trial(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    prior: PriorChoice,
    benefit: str = "lower",
    null_band: tuple[float, float] | None = None,
    se: float | None = None,
) -> OneMore:
    """Expect the verdict after one more trial of the posterior prediction.

    Its true effect follows the posterior predictive distribution, its estimate is normal around
    that; the pool is fitted again with each of 401 estimates, weighted by how likely they are
    (preposterior analysis; Sutton et al. 2007, Stat Med 26:2479). All fits share the nodes of tau.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale.
    prior : str, (str, parameters) or TauPrior
        Of tau, as in `bayesian_random_effects`.
    benefit : {"lower", "higher"}
        Side of 0 that is a benefit.
    null_band : (float, float), optional
        On the analysis scale.
    se : float, optional
        Of the new trial; by default the median of those at hand.

    Raises
    ------
    ValueError
        As `bayesian_random_effects`; a standard error that is not positive.
    """
    choose("benefit", benefit, BENEFIT)
    y, v, _ = check_effects(yi, vi, ndim=1)
    if se is None:
        se = math.sqrt(float(np.median(v)))
    if not se > 0:
        raise ValueError(f"se={se!r} must be positive")
    chosen = check_prior(prior).prior
    centre = float(np.median(y))
    nodes = _nodes(Model(y - centre, v, chosen, 0.0, 0.0))
    # Given tau the estimate of the new trial is N(m, s² + tau² + se²).
    sd = np.sqrt(nodes.variance + nodes.tau**2 + se * se)
    middle = float(nodes.p @ nodes.mean)
    spread = math.sqrt(float(nodes.p @ (sd * sd + (nodes.mean - middle) ** 2)))
    tried = middle + spread * np.linspace(-_REACH, _REACH, _TRIED)
    z = (tried - nodes.mean[:, None]) / sd[:, None]
    likely = nodes.p @ (np.exp(-0.5 * z * z) / sd[:, None])
    likely /= likely.sum()
    limits = (0.0, *(() if null_band is None else null_band))

    def words(below: Floats) -> Words:
        p_benefit: Floats = below[0] if benefit == "lower" else 1.0 - below[0]
        inside: Floats = np.zeros_like(p_benefit) if null_band is None else below[2] - below[1]
        return verdict_word(p_benefit, inside)

    at = np.array(limits) - centre
    after = words(_below(at, y - centre, v, tried, se * se, chosen))
    found = {str(word): float(likely[after == word].sum()) for word in WORDS}
    now = str(words(_normal_below(at[:, None], nodes.mean, nodes.variance) @ nodes.p))
    return OneMore(se=se, now=now, words=found, changes=1.0 - found[now])


def _nodes(model: Model) -> Nodes:
    return on_nodes(model, _range(model), _NODES)


def _range(model: Model) -> Range:
    """Find where the posterior of tau is."""
    # The second moment is what the variance of the prediction needs.
    found = find_range(model, moment=2) if model.tail_power > 3.0 else find_range(model, moment=0)
    if found is None:
        raise ValueError(
            f"yi differ by up to {float(np.ptp(model.y)):g} and the prior is too narrow for them: "
            "they contradict each other; allowed: a wider prior"
        )
    return found


def _below(at: Floats, y: Floats, v: Floats, tried: Floats, new: float, prior: TauPrior) -> Floats:
    """Probability that the mean is below some values, once a trial with each estimate is added.

    Parameters
    ----------
    at : ndarray of shape (n,)
    y, v : ndarray of shape (k,)
    tried : ndarray of shape (m,)
        Estimates of the new trial.
    new : float
        Its variance.
    prior : TauPrior

    Returns
    -------
    ndarray of shape (n, m)
    """
    with_new = np.append(v, new)
    # tau is largest where the new trial is farthest from the others.
    ends = [
        _range(Model(np.append(y, one), with_new, prior, 0.0, 0.0))
        for one in (tried[0], tried[tried.size // 2], tried[-1])
    ]
    x = np.linspace(min(end.low for end in ends), max(end.high for end in ends), _NODES + 1)
    tau, log_tau, log_slope = ends[0].path.tau(x)
    own, added = 1.0 / (v + (tau * tau)[:, None]), 1.0 / (new + tau * tau)
    total = own.sum(axis=1) + added
    # Squares around the mean of the others: q = q of these + the new one's distance from it.
    before = own.sum(axis=1)
    mean = (own @ y) / before
    q = (own * (y - mean[:, None]) ** 2).sum(axis=1)[:, None]
    q = q + (before * added / total)[:, None] * (tried - mean[:, None]) ** 2
    log_density = -0.5 * (np.log(total) - np.log(own).sum(axis=1) - np.log(added))
    height = (log_density + prior.log_kernel(tau, log_tau) + log_slope)[:, None] - 0.5 * q
    p = np.exp(height - height.max(axis=0))
    p /= p.sum(axis=0)
    means = (before * mean)[:, None] / total[:, None] + (added / total)[:, None] * tried
    return np.array(
        [(p * _normal_below(one, means, 1.0 / total[:, None])).sum(axis=0) for one in at]
    )


def _normal_below(at: Floats, mean: Floats, variance: Floats) -> Floats:
    return np.asarray(special.ndtr((at - mean) / np.sqrt(variance)))
