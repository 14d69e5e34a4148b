"""What the arms of a trial say given their linear predictors: log likelihood and derivatives.

The random effect is integrated out in `mixed`, which needs of each trial only
these functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from trialpool.pooling.options import Floats


class Likelihood(Protocol):
    """k trials with J linear predictors each.

    Attributes
    ----------
    fixed, random : ndarray of shape (J,)
        What the mean and the random effect are multiplied with in each predictor.
    nuisance : bool
        Whether each trial has an intercept of its own.
    """

    @property
    def fixed(self) -> Floats:
        """Multiplies the mean."""
        ...

    @property
    def random(self) -> Floats:
        """Multiplies the random effect."""
        ...

    @property
    def nuisance(self) -> bool:
        """Whether trials have intercepts."""
        ...

    @property
    def k(self) -> int:
        """Number of trials."""
        ...

    def evaluate(self, eta: Floats) -> tuple[Floats, Floats, Floats]:
        """Give value (k, q), first and second derivative (k, J, q) at `eta` (k, J, q)."""
        ...


@dataclass(frozen=True, eq=False)
class Binomial:
    """Binomial counts with logit link; `events`, `n` and `offset` (log odds) of shape (k, J)."""

    events: Floats
    n: Floats
    fixed: Floats
    random: Floats
    nuisance: bool
    offset: Floats | float = 0.0

    @property
    def k(self) -> int:
        """Number of trials."""
        return int(self.events.shape[0])

    @property
    def constant(self) -> Floats:
        """Log binomial coefficients of each trial."""
        x, n = self.events, self.n
        log = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
        return np.asarray(log.sum(axis=1))

    def evaluate(self, eta: Floats) -> tuple[Floats, Floats, Floats]:
        """See `Likelihood`."""
        x, n = self.events[:, :, None], self.n[:, :, None]
        if isinstance(self.offset, np.ndarray):
            eta = eta + self.offset[:, :, None]
        p = special.expit(eta)
        value = (x * eta - n * np.logaddexp(0.0, eta)).sum(axis=1) + self.constant[:, None]
        return value, x - n * p, -n * p * (1 - p)


@dataclass(frozen=True, eq=False)
class Poisson:
    """Poisson counts with log link; `events` and `time` at risk of shape (k, J)."""

    events: Floats
    time: Floats
    fixed: Floats
    random: Floats
    nuisance: bool

    @property
    def k(self) -> int:
        """Number of trials."""
        return int(self.events.shape[0])

    @property
    def constant(self) -> Floats:
        """Minus the log factorials of each trial."""
        return np.asarray(-special.gammaln(self.events + 1).sum(axis=1))

    def evaluate(self, eta: Floats) -> tuple[Floats, Floats, Floats]:
        """See `Likelihood`."""
        x = self.events[:, :, None]
        log_mean = eta + np.log(self.time)[:, :, None]
        # Nobody expects so many events; exp stays finite on the way to the maximum.
        mean = np.exp(np.minimum(log_mean, 300.0))
        value = (x * log_mean - mean).sum(axis=1) + self.constant[:, None]
        return value, x - mean, -mean


@dataclass(frozen=True, eq=False)
class Hypergeometric:
    """Events of the experimental arm given both margins: non-central hypergeometric.

    The linear predictor is the log odds ratio. `support[i]` are the numbers of
    events that trial i's margins allow, `coefficients[i]` the logarithms of
    C(n1, x)·C(n2, m1 − x).
    """

    events: Floats
    support: tuple[Floats, ...]
    coefficients: tuple[Floats, ...]
    fixed: Floats
    random: Floats
    nuisance: bool = False

    @property
    def k(self) -> int:
        """Number of trials."""
        return int(self.events.size)

    def evaluate(self, eta: Floats) -> tuple[Floats, Floats, Floats]:
        """See `Likelihood`."""
        k, _, q = eta.shape
        value, first, second = np.empty((k, q)), np.empty((k, 1, q)), np.empty((k, 1, q))
        for i, (x, log) in enumerate(zip(self.support, self.coefficients, strict=True)):
            # Centred on the observed count: no digits are lost in the variance.
            offset = (x - self.events[i])[:, None]
            exponent = log[:, None] + offset * eta[i]
            top = exponent.max(axis=0)
            part = np.exp(exponent - top)
            total = part.sum(axis=0)
            part /= total
            mean = (part * offset).sum(axis=0)
            at = int(self.events[i] - x[0])
            value[i] = log[at] - top - np.log(total)
            first[i, 0] = -mean
            second[i, 0] = -(part * np.square(offset - mean)).sum(axis=0)
        return value, first, second


def binomial_arms(a: Floats, n1: Floats, c: Floats, n2: Floats) -> Binomial:
    """Two arms with an intercept of each trial; the random effect is halved between them.

    Logit of the experimental arm: intercept + mean + u/2, of the control arm:
    intercept − u/2 (Turner et al. 2000; model 4 of Jackson et al. 2018).
    """
    return Binomial(
        np.stack([a, c], axis=1),
        np.stack([n1, n2], axis=1),
        np.array([1.0, 0.0]),
        np.array([0.5, -0.5]),
        nuisance=True,
    )


def binomial_single(events: Floats, n: Floats) -> Binomial:
    """One arm per trial: logit = mean + u."""
    one = np.ones(1)
    return Binomial(events[:, None], n[:, None], one, one, nuisance=False)


def poisson_arms(x1: Floats, t1: Floats, x2: Floats, t2: Floats) -> Poisson:
    """Two arms with an intercept of each trial; the random effect is halved between them."""
    return Poisson(
        np.stack([x1, x2], axis=1),
        np.stack([t1, t2], axis=1),
        np.array([1.0, 0.0]),
        np.array([0.5, -0.5]),
        nuisance=True,
    )


def poisson_single(events: Floats, time: Floats) -> Poisson:
    """One arm per trial: log rate = mean + u."""
    one = np.ones(1)
    return Poisson(events[:, None], time[:, None], one, one, nuisance=False)


def binomial_of_totals(x1: Floats, t1: Floats, x2: Floats, t2: Floats) -> Binomial:
    """Events of the experimental arm given all of a trial: log odds = log(t1/t2) + mean + u."""
    one = np.ones(1)
    total = (x1 + x2)[:, None]
    return Binomial(x1[:, None], total, one, one, nuisance=False, offset=np.log(t1 / t2)[:, None])


def hypergeometric(a: Floats, n1: Floats, c: Floats, n2: Floats) -> Hypergeometric:
    """Events of the experimental arm given the margins: log OR = mean + u."""
    support, coefficients = [], []
    for x1, size1, x2, size2 in zip(a, n1, c, n2, strict=True):
        m1 = x1 + x2
        x = np.arange(max(0.0, m1 - size2), min(size1, m1) + 1)
        log = (
            -special.gammaln(x + 1)
            - special.gammaln(size1 - x + 1)
            - special.gammaln(m1 - x + 1)
            - special.gammaln(size2 - m1 + x + 1)
        )
        support.append(x)
        coefficients.append(log - log.max())
    one = np.ones(1)
    return Hypergeometric(a, tuple(support), tuple(coefficients), one, one)
