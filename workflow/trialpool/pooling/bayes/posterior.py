"""The numbers of a posterior on one set of quadrature nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.bayes.tau_posterior import Model, Nodes
from trialpool.pooling.numeric.normal_mixtures import Mixtures
from trialpool.pooling.options import Floats

CREDIBLE_INTERVALS: Final = ("equal-tailed", "shortest")

# Halvings of the search for the shortest interval of tau, and points before it.
_SCAN = 17
_HALVINGS = 48
# For the logarithm of a limit of tau that is 0.
_SMALLEST = 1e-300
# A moment whose integrand falls with a smaller power of tau cannot be summed.
_BARELY = 0.2
# Mixtures evaluated at once.
_CHUNK_NUMBERS = 2**20


@dataclass(frozen=True)
class Answer:
    """The posterior on one set of nodes, in the units of the calculation.

    Rows of `effects` are the mean, the prediction and the trials; its columns
    the median, lower and upper limit, mean and standard deviation. `tau` has the
    same columns.
    """

    nodes: Nodes
    mixtures: Mixtures
    weights: Floats
    effects: Floats
    tau: Floats


def distance(before: Answer, after: Answer, rounding: float) -> float:
    """Return the largest difference of two answers, in widths of the intervals."""
    worst = 0.0
    for old, new in ((before.effects, after.effects), (before.tau[None], after.tau[None])):
        width = (new[:, 2] - new[:, 1])[:, None]
        # Moments of heavy tails are judged by their own size.
        size = np.maximum(width, np.abs(new) * np.array([0.0, 0.0, 0.0, 1.0, 1.0]))
        away = np.maximum(np.abs(old - new) - rounding, 0.0) / size
        # NaN marks the moments that do not exist.
        worst = max(worst, float(np.nanmax(away)))
    return worst


def moved(before: Nodes, after: Nodes, model: Model, level: float, rounding: float) -> float:
    """Return the least that `distance` can be, from what needs no quantiles.

    A limit is at most √(2/(1 - level)) standard deviations from the mean (Cantelli).
    """
    exist = moments(model)
    worst = 0.0
    first, second = exist.first or exist.of_mean, exist.second or exist.of_mean
    (old, new) = (_first_two(nodes) for nodes in (before, after))
    for i, known in enumerate((first and second, exist.second, exist.second)):
        if known:
            width = 2.0 * math.sqrt(2.0 / (1.0 - level)) * new[1, i]
            size = np.maximum(width, np.abs(new[:, i]))
            away = np.maximum(np.abs(old[:, i] - new[:, i]) - rounding, 0.0) / size
            worst = max(worst, float(away.max()))
    return worst


def _first_two(nodes: Nodes) -> Floats:
    """Means and standard deviations of the mean effect, a new trial and tau, shape (2, 3)."""
    p, m, s2, tau = nodes.p, nodes.mean, nodes.variance, nodes.tau
    mean, of_tau = float(p @ m), float(p @ tau)
    between = float(p @ (s2 + np.square(m - mean)))
    spread = [between, between + float(p @ (tau * tau)), float(p @ np.square(tau - of_tau))]
    return np.array([[mean, mean, of_tau], np.sqrt(spread)])


@dataclass(frozen=True)
class Moments:
    """Which posterior moments exist; those that end beyond any double count as missing."""

    first: bool
    second: bool
    of_mean: bool

    @property
    def highest(self) -> int:
        """Order of the highest moment of tau."""
        return self.first + self.second


def moments(model: Model) -> Moments:
    """Say which posterior moments exist."""
    power = model.tail_power
    return Moments(power > 2.0 + _BARELY, power > 3.0 + _BARELY, model.precision > 0.0)


def answer(model: Model, nodes: Nodes, kind: str, level: float) -> Answer:
    """Summarise the posterior of the mean, a new trial, each trial and tau."""
    used = nodes.p > 0.0
    p, tau, m, s2 = nodes.p[used], nodes.tau[used], nodes.mean[used], nodes.variance[used]
    tau2 = tau * tau
    of_mean = Mixtures(p, np.stack([m, m], axis=1), np.sqrt(np.stack([s2, s2 + tau2], axis=1)))
    blocks: list[Floats] = []
    weights = np.empty(model.y.size)
    size = max(1, _CHUNK_NUMBERS // p.size)
    for i in range(0, model.y.size, size):
        y, v = model.y[i : i + size], model.v[i : i + size]
        total = v + tau2[:, None]
        away, kept = v / total, tau2[:, None] / total
        weights[i : i + size] = p @ (s2[:, None] / total)
        mean, sd = kept * y + away * m[:, None], np.sqrt(kept * v + away * away * s2[:, None])
        if not blocks:
            mean, sd = np.hstack([of_mean.mean, mean]), np.hstack([of_mean.sd, sd])
        blocks.append(_columns(Mixtures(p, mean, sd), kind, level))
    effects, of_tau = np.concatenate(blocks), _tau_columns(nodes, kind, level, model)
    exist = moments(model)
    first, second = exist.first or exist.of_mean, exist.second or exist.of_mean
    effects[0, 3:][[not first, not second]] = np.nan
    for row in (effects[1], of_tau):
        row[3:][[not exist.first, not exist.second]] = np.nan
    return Answer(nodes, of_mean, weights, effects, of_tau)


def _columns(mixtures: Mixtures, kind: str, level: float) -> Floats:
    count = mixtures.mean.shape[1]
    if kind == "shortest":
        median = mixtures.lower_quantile(np.full(count, 0.5))
        lower, upper = mixtures.shortest(level)
    else:
        median, lower, upper = mixtures.middle(level)
    mean, sd = mixtures.moments()
    return np.stack([median, lower, upper, mean, sd], axis=1)


def _tau_columns(nodes: Nodes, kind: str, level: float, model: Model) -> Floats:
    """Median, limits, mean and standard deviation of tau."""
    outside = 1.0 - level
    below = _shortest_tail(nodes, level, model) if kind == "shortest" else 0.5 * outside
    x = nodes.quantile(np.array([0.5, below, below + level]))
    median, lower, upper = nodes.path.tau(x)[0]
    if below == 0.0:
        lower = 0.0
    mean = float(nodes.p @ nodes.tau)
    sd = math.sqrt(float(nodes.p @ np.square(nodes.tau - mean)))
    return np.array([median, lower, upper, mean, sd])


def _shortest_tail(nodes: Nodes, level: float, model: Model) -> float:
    """Probability below the shortest interval of tau that holds `level`."""
    outside = 1.0 - level
    grid: Floats = outside * np.arange(_SCAN + 1, dtype=np.float64) / (_SCAN + 1.0)

    def limits(below: Floats) -> tuple[Floats, Floats]:
        both = nodes.path.tau(nodes.quantile(np.concatenate([below, below + level])))[0]
        return np.where(below > 0.0, both[: below.size], 0.0), both[below.size :]

    low, high = limits(grid)
    best = int(np.argmin(high - low))
    step = outside / (_SCAN + 1.0)
    left, right = max(grid[best] - step, 0.0), grid[best] + step
    for _ in range(_HALVINGS):
        middle = 0.5 * (left + right)
        low, high = limits(np.array([middle]))
        ends = np.concatenate([low, high])
        density, _, _ = model.at(ends, np.log(np.maximum(ends, _SMALLEST)))
        # While the upper limit is the denser one, moving mass below shortens.
        left, right = (middle, right) if density[1] > density[0] else (left, middle)
    return float(left)
