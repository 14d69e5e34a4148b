"""The Bayesian model for many sets of trials at once, on one set of quadrature nodes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.bayes.tau_posterior import Path
from trialpool.pooling.options import Floats

# Below this of its top (natural log) a density adds nothing that shows.
_NEGLIGIBLE = 30.0
_STEP = 0.09
_HALVINGS = 30
_CHUNK_NUMBERS = 2**20


@dataclass(frozen=True)
class Posteriors:
    """The mean effect of n sets: mixtures of normals over the nodes of tau.

    Attributes
    ----------
    p, mean, sd : ndarray of shape (n, nodes)
    """

    p: Floats
    mean: Floats
    sd: Floats

    def below(self, at: float) -> Floats:
        """Posterior probability of a mean below `at`, shape (n,)."""
        return np.asarray((self.p * special.ndtr((at - self.mean) / self.sd)).sum(axis=1))

    def quantile(self, tail: float) -> Floats:
        """Values with probability `tail` below them, shape (n,), by bisection."""
        of_nodes = self.mean + self.sd * special.ndtri(tail)
        low, high = of_nodes.min(axis=1), of_nodes.max(axis=1)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            cdf = (self.p * special.ndtr((middle[:, None] - self.mean) / self.sd)).sum(axis=1)
            low, high = np.where(cdf < tail, middle, low), np.where(cdf < tail, high, middle)
        return np.asarray(0.5 * (low + high))


def nodes(prior: TauPrior, v: Floats) -> tuple[Floats, Floats]:
    """Nodes of tau for sets with the variances v, and the logarithm of prior times weight.

    Those of `trialpool.bayesian_random_effects` on a grid that serves all sets.
    """
    path = Path(min(math.sqrt(float(v.min())), prior.flat_below), prior.upper)
    tau, log_tau, log_slope = path.tau(np.arange(-6.0, 40.0, _STEP))
    log_weight = prior.log_kernel(tau, log_tau) + log_slope
    # The likelihood of k trials falls at least like that of k equal ones.
    k = v.shape[1]
    bound = log_weight - 0.5 * (k - 1) * np.log1p(np.square(tau) / float(v.max()))
    kept = bound > bound.max() - _NEGLIGIBLE
    return tau[kept], log_weight[kept]


def posteriors(y: Floats, v: Floats, prior: TauPrior) -> Iterator[tuple[slice, Posteriors]]:
    """Give the posteriors of sets of shape (n, k) in chunks that bound the memory."""
    tau, log_weight = nodes(prior, v)
    size = max(1, _CHUNK_NUMBERS // (tau.size * y.shape[1]))
    for first in range(0, len(y), size):
        part = slice(first, first + size)
        yield part, _chunk(y[part], v[part], tau, log_weight)


def _chunk(y: Floats, v: Floats, tau: Floats, log_weight: Floats) -> Posteriors:
    total = v[:, None, :] + np.square(tau)[None, :, None]
    w = 1.0 / total
    s1 = w.sum(axis=2)
    mean = (w * y[:, None, :]).sum(axis=2) / s1
    q = (w * np.square(y[:, None, :] - mean[:, :, None])).sum(axis=2)
    height = log_weight - 0.5 * (np.log(total).sum(axis=2) + np.log(s1) + q)
    p = np.exp(height - height.max(axis=1, keepdims=True))
    return Posteriors(p / p.sum(axis=1, keepdims=True), mean, 1.0 / np.sqrt(s1))


def draw_tau(prior: TauPrior, rng: np.random.Generator, n: int) -> Floats:
    """Draw from a prior of tau by inverting its distribution function on a fine grid."""
    # Tails of inverse gamma and half-t end far out: ten times the natural log of a double.
    log_tau = math.log(prior.flat_below) + np.linspace(-25.0, 45.0, 20_001)
    if math.isfinite(prior.upper):
        log_tau = log_tau[log_tau <= math.log(prior.upper)]
    height = prior.log_kernel(np.exp(log_tau), log_tau) + log_tau
    cdf = np.cumsum(np.exp(height - height.max()))
    return np.exp(np.interp(rng.random(n) * cdf[-1], cdf, log_tau))
