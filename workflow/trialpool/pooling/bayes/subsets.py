"""The normal-normal model without each trial in turn, and of the first trials, at once.

On the nodes of one rule for tau, what a set of trials needs are four sums. Those without a trial
are those of all less a term, those of the first n follow one from the other: the time is that
of nodes × trials, not of trials².
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling.bayes.catalogue import PriorChoice, check_prior
from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.bayes.tau_posterior import Model, Range, scan, too_rounded
from trialpool.pooling.numeric.normal_mixtures import Mixtures
from trialpool.pooling.options import Bools, Floats, check_effects, check_level

# Sets that share a range of tau and their nodes.
_SETS: Final = 2**10
_FIRST_NODES: Final = 64
_MOST_NODES: Final = 2**11
# Of the width of an interval, as of a single fit.
_CONVERGED: Final = 1e-9
_MOST_STEPS: Final = 40
_LAST_STEP: Final = 1e-8
# Σw that must be left when a trial goes: two digits lost of sixteen.
_LEFT: Final = 1e-2
# In units of the smallest standard error: a tau below it is judged by this size.
_SMALL_TAU: Final = 1e-3
# Probability of a node that adds nothing.
_NOTHING: Final = 1e-25


@dataclass(frozen=True)
class BayesianSubsets:
    """Posteriors of sets of trials, on the analysis scale.

    Attributes
    ----------
    known : ndarray of bool of shape (n,)
        False for a set that has to be fitted on its own, whose numbers are NaN: one trial makes
        up nearly all of a sum, or trials contradict each other beyond what doubles can hold.
    estimate, ci_lower, ci_upper : ndarray of shape (n,)
        Posterior median and equal-tailed limits of the mean; NaN where no limits were asked for.
    tau2 : ndarray of shape (n,)
        Square of the posterior median of tau; NaN likewise.
    below_at : ndarray of shape (n, m)
        Probabilities that the mean is below each of the values that were asked about.
    """

    known: Bools
    estimate: Floats
    ci_lower: Floats
    ci_upper: Floats
    tau2: Floats
    below_at: Floats


def bayesian_without_each(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    *,
    prior: PriorChoice,
    level: float = 0.95,
    at: npt.ArrayLike = (),
    limits: bool = True,
) -> BayesianSubsets:
    """Fit `bayesian_random_effects` without each trial in turn, in time linear in the trials.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances on the analysis scale, two trials or more.
    prior, level, at
        As in `bayesian_random_effects`; the prior of the mean is the uniform one.
    limits : bool
        Whether estimates and limits are needed, or probabilities at `at` alone.

    Returns
    -------
    BayesianSubsets
        In the order of the input, within 1e-8 of an interval's width of single fits.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    At one tau, with w = 1/(vi + tau²), S = Σw, m the mean and r = yi - m: without trial i the
    mean moves by -w r/(S - w), and Σw r² has w r² S/(S - w) less (Cook and Weisberg 1982,
    Residuals and Influence in Regression, chapter 2).
    """
    k = np.size(yi)
    starts = range(0, k, _SETS)
    return _fit(
        yi, vi, prior, level, at, limits,
        lambda model: (_Without(model, i, min(i + _SETS, k)) for i in starts),
    )  # fmt: skip


def bayesian_of_first(
    yi: npt.ArrayLike, vi: npt.ArrayLike, *, prior: PriorChoice, level: float = 0.95
) -> BayesianSubsets:
    """Fit `bayesian_random_effects` to the first trial, the first two, and so on.

    Parameters
    ----------
    yi, vi, prior, level
        As in `bayesian_without_each`, in the order in which trials enter.

    Returns
    -------
    BayesianSubsets
        Of the first 1, 2, … k trials, within 1e-8 of an interval's width of single fits.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    return _fit(yi, vi, prior, level, (), True, _growing)


@dataclass(frozen=True)
class _Sets:
    """Sets of the trials of a model; `first` and `last` number them."""

    model: Model
    first: int
    last: int

    @property
    def y(self) -> Floats:
        """Effects of all trials, shape (k,)."""
        return self.model.y

    @property
    def v(self) -> Floats:
        """Sampling variances of all trials, shape (k,)."""
        return self.model.v

    @property
    def prior(self) -> TauPrior:
        """Of tau."""
        return self.model.prior

    @property
    @abstractmethod
    def tail_power(self) -> float:
        """Power r with posterior density of tau ∝ tau^-r far out, of the smallest set."""

    @abstractmethod
    def sums(self, tau: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Σ log(v + tau²), Σw, mean and Σw(y - mean)² of each set, shape (n, m)."""

    def dominated(self, tau: float) -> Bools:
        """Tell the sets whose sums lost their digits from this tau on, shape (m,)."""
        return np.zeros(self.last - self.first, dtype=np.bool_)

    def at(self, tau: Floats, log_tau: Floats) -> tuple[Floats, Floats, Floats]:
        """As of `Model`, each of shape (n, m)."""
        log_total, s1, mean, q = self.sums(tau)
        log_density = -0.5 * (log_total + np.log(s1) + q)
        return log_density + self.prior.log_kernel(tau, log_tau)[:, None], mean, 1.0 / s1


class _Without(_Sets):
    """All trials but one."""

    def dominated(self, tau: float) -> Bools:
        """As of the base: weights are the more alike the larger tau is."""
        w = 1.0 / (self.v + tau * tau)
        return np.asarray(w.sum() - w < _LEFT * w.sum())[self.first : self.last]

    @property
    def tail_power(self) -> float:
        """As of the base."""
        return self.model.tail_power - 1.0

    def sums(self, tau: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """As of the base; where too little is left they are wrong (`dominated`)."""
        log_total, s1, mean, q = (x[:, None] for x in self.model.sums(tau))
        own = self.v[self.first : self.last] + (tau * tau)[:, None]
        w, r = 1.0 / own, self.y[self.first : self.last] - mean
        rest = np.maximum(s1 - w, _LEFT * s1)
        part = w * r / rest
        return log_total - np.log(own), rest, mean - part, q - part * r * s1


class _First(_Sets):
    """The first trials, from `first` + 1 to `last` of them."""

    @property
    def tail_power(self) -> float:
        """As of the base."""
        return self.prior.tail_power + self.first

    def sums(self, tau: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """As of the base: each trial moves the mean of those before it."""
        start = slice(0, max(self.first, 1))
        before = Model(self.y[start], self.v[start], self.prior, 0.0, 0.0)
        log_total, s1, mean, q = (x[:, None] for x in before.sums(tau))
        new = slice(start.stop, self.last)
        own = self.v[new] + (tau * tau)[:, None]
        w = 1.0 / own
        sums = np.cumsum(np.hstack([s1, w]), axis=1)
        means = np.cumsum(np.hstack([s1 * mean, w * self.y[new]]), axis=1) / sums
        added = w * np.square(self.y[new] - means[:, :-1]) * sums[:, :-1] / sums[:, 1:]
        logs = np.cumsum(np.hstack([log_total, np.log(own)]), axis=1)
        squares = np.cumsum(np.hstack([q, added]), axis=1)
        # Of the first block the trial that it starts with is a set; of others the set before.
        skip = self.first - start.stop + 1
        return logs[:, skip:], sums[:, skip:], means[:, skip:], squares[:, skip:]


def _growing(model: Model) -> Iterator[_Sets]:
    """Blocks of sets, each at most twice as large as the one before: their posteriors are alike."""
    first = 0
    while first < model.y.size:
        last = min(max(2 * first, first + 1), first + _SETS, model.y.size)
        yield _First(model, first, last)
        first = last


def _fit(
    yi: npt.ArrayLike,
    vi: npt.ArrayLike,
    prior: PriorChoice,
    level: float,
    at: npt.ArrayLike,
    limits: bool,
    blocks: Callable[[Model], Iterator[_Sets]],
) -> BayesianSubsets:
    y, v, _ = check_effects(yi, vi, ndim=1)
    level = check_level(level)
    centre = float(np.median(y))
    exponent = round(math.log2(math.sqrt(float(v.min()))))
    scaled = check_prior(prior).prior.scaled(math.ldexp(1.0, -exponent))
    model = Model(np.ldexp(y - centre, -exponent), np.ldexp(v, -2 * exponent), scaled, 0.0, 0.0)
    asked = np.ldexp(np.asarray(at, dtype=np.float64) - centre, -exponent)
    found = np.vstack([_answers(sets, asked, level, limits) for sets in blocks(model)])
    middle = np.ldexp(found[:, :4], exponent)
    return BayesianSubsets(
        known=np.isfinite(found[:, -1]),
        estimate=middle[:, 0] + centre,
        ci_lower=middle[:, 1] + centre,
        ci_upper=middle[:, 2] + centre,
        tau2=np.square(middle[:, 3]),
        below_at=found[:, 4:],
    )


def _answers(sets: _Sets, at: Floats, level: float, limits: bool) -> Floats:
    """Median, limits, tau and probabilities of each set: NaN where they are not known."""
    found, log_density = scan(sets, 0)
    lost = too_rounded(log_density, sets.y.size)
    lost |= sets.dominated(float(found.path.tau(np.array([found.low]))[0][0]))
    count, before = _FIRST_NODES, np.full((lost.size, 4 + at.size), np.inf)
    while True:
        after = _on_nodes(sets, found, count, at, level, limits)
        away = np.abs(after - before)
        away[:, :3] /= (after[:, 2] - after[:, 1])[:, None]
        away[:, 3] /= np.maximum(after[:, 3], _SMALL_TAU)
        moved = np.nan_to_num(away, nan=0.0, posinf=np.inf).max(axis=1)
        open_ = moved > _CONVERGED
        if not np.any(open_ & ~lost) or count == _MOST_NODES:
            break
        count, before = 2 * count, after
    after[lost | open_] = np.nan
    return after


def _on_nodes(
    sets: _Sets, found: Range, count: int, at: Floats, level: float, limits: bool
) -> Floats:
    """Evaluate all sets on `count` + 1 nodes; columns as of `_answers`."""
    x = np.linspace(found.low, found.high, count + 1)
    tau, log_tau, log_slope = found.path.tau(x)
    log_density, mean, variance = sets.at(tau, log_tau)
    height = log_density + log_slope[:, None]
    p = np.exp(height - height.max(axis=0))
    p /= p.sum(axis=0)
    # Nodes that matter in no set cost as much as others.
    used = (p > _NOTHING).any(axis=1)
    of_mean = Mixtures(p[used], mean[used], np.sqrt(variance[used]))
    values = np.full((p.shape[1], 4 + at.size), np.nan)
    for column, value in enumerate(at, 4):
        values[:, column] = of_mean.cdf(np.full(p.shape[1], value))
    if limits:
        values[:, :3] = np.stack(of_mean.middle(level), axis=1)
        values[:, 3] = found.path.tau(_median(x, p))[0]
    return values


def _median(x: Floats, p: Floats) -> Floats:
    """Median of the variable of the rule in each set, as `Nodes.quantile` finds it."""
    step = x[1] - x[0]
    share = np.cumsum(p, axis=0) - 0.5 * p
    after = np.clip((share < 0.5).sum(axis=0), 1, x.size - 1)
    each = np.arange(p.shape[1])
    low, high = share[after - 1, each], share[after, each]
    place = x[after - 1] + step * (0.5 - low) / np.maximum(high - low, _NOTHING)
    for _ in range(_MOST_STEPS):
        away = (place - x[:, None]) / step
        si, _ = special.sici(np.pi * away)
        missing = np.einsum("nm,nm->m", 0.5 + si / np.pi, p) - 0.5
        density = np.einsum("nm,nm->m", np.sinc(away), p) / step
        moved = np.clip(missing / np.where(density > 0.0, density, np.inf), -step, step)
        place = np.clip(place - moved, x[0], x[-1])
        if np.all(np.abs(moved) <= _LAST_STEP * step):
            break
    return np.asarray(place)
