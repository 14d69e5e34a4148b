"""The posterior predictive density of a new trial's effect."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from trialpool.pooling.bayes.catalogue import PriorChoice, check_prior
from trialpool.pooling.bayes.priors import check_mean_prior
from trialpool.pooling.bayes.tau_posterior import Model, find_range, on_nodes
from trialpool.pooling.options import Floats, check_effects

# A curve that is drawn needs three digits; this gives more than ten.
_NODES = 512
_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)


def predictive_pdf(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    at: npt.ArrayLike,
    *,
    prior: PriorChoice = "half-normal",
    scale: float | None = None,
    mean_prior: tuple[float, float] | None = None,
) -> Floats:
    """Evaluate the density of the effect of a new trial under `bayesian_random_effects`.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale.
    at : array-like of shape (n,)
        Where, on the same scale.
    prior, scale, mean_prior
        As in `bayesian_random_effects`.

    Returns
    -------
    ndarray of shape (n,)
        Per unit of the analysis scale.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Given tau the effect is N(m, s² + tau²), averaged over the posterior of tau (Röver 2020,
    J Stat Softw 93(6)).
    """
    y, v, _ = check_effects(yi, vi, ndim=1)
    chosen = check_prior(prior, scale)
    of_mean = check_mean_prior(mean_prior)
    grid = np.atleast_1d(np.asarray(at, dtype=np.float64))
    centre = float(np.median(y))
    model = Model(
        y=y - centre,
        v=v,
        prior=chosen.prior,
        mean=0.0 if of_mean is None else of_mean[0] - centre,
        precision=0.0 if of_mean is None else of_mean[1] ** -2,
    )
    found = find_range(model, moment=0)
    if found is None:
        raise ValueError(
            f"yi differ by up to {float(np.ptp(y)):g} and the {chosen.words} is too narrow for "
            "them: they contradict each other; allowed: a wider prior"
        )
    nodes = on_nodes(model, found, _NODES)
    sd = np.sqrt(nodes.variance + nodes.tau**2)
    z = (grid - centre - nodes.mean[:, None]) / sd[:, None]
    return np.asarray(nodes.p @ (np.exp(-0.5 * z * z - _LOG_ROOT_2PI) / sd[:, None]))
