"""The posterior of tau in the normal-normal model, on nodes of a quadrature rule.

The mean is integrated out in closed form; what is left is one dimension.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.options import Bools, Floats

# Numbers in one temporary array.
_CHUNK_NUMBERS = 2**18
# A density this far below its top (natural log) adds nothing to a double.
_NEGLIGIBLE = 46.0
_SCAN_STEP = 0.25
_FEWEST_SCANNED = 32
_MOST_ZOOMS = 60
_MOST_HALVINGS = 60
# Of the distance of the nodes: the square of it is below what a double holds.
_LAST_STEP = 1e-8
# The square of a tau above it overflows.
_LARGEST_LOG_TAU = 340.0
# Rounding of the log density above this spoils the eighth digit.
_MOST_ROUNDING = 1e-9


class TauModel(Protocol):
    """A model whose parameters but tau are integrated out in closed form."""

    @property
    def y(self) -> Floats:
        """Effects, shape (k,)."""

    @property
    def v(self) -> Floats:
        """Sampling variances, shape (k,)."""

    @property
    def prior(self) -> TauPrior:
        """Of tau."""

    @property
    def tail_power(self) -> float:
        """Power r with posterior density of tau ∝ tau^-r far out."""

    def at(self, tau: Floats, log_tau: Floats) -> tuple[Floats, Floats, Floats]:
        """Log density of tau up to a constant; mean and variance of effects given tau."""


@dataclass(frozen=True)
class Model:
    """Data and priors in the units of the calculation (smallest variance near 1).

    Attributes
    ----------
    y, v : ndarray of shape (k,)
        Effects less their centre, and sampling variances.
    prior : TauPrior
    mean, precision : float
        Of the normal prior of the mean; precision 0 for the uniform one.
    """

    y: Floats
    v: Floats
    prior: TauPrior
    mean: float
    precision: float

    @property
    def tail_power(self) -> float:
        """Power r with posterior density of tau ∝ tau^-r far out."""
        return self.prior.tail_power + self.y.size - (0 if self.precision > 0.0 else 1)

    @property
    def log_constant(self) -> float:
        """What the logarithm of the marginal likelihood has beyond the integral of `at`.

        With the uniform prior of the mean, whose density is 1, one dimension of k is integrated
        out; a normal one is a density of its own.
        """
        proper = self.precision > 0.0
        dimensions = self.y.size - (0 if proper else 1)
        of_mean = 0.5 * math.log(self.precision) if proper else 0.0
        return self.prior.log_constant + of_mean - 0.5 * dimensions * math.log(2.0 * math.pi)

    def at(self, tau: Floats, log_tau: Floats) -> tuple[Floats, Floats, Floats]:
        """Log marginal likelihood times prior, and mean and variance of the mean, given tau.

        Parameters
        ----------
        tau, log_tau : ndarray of shape (n,)
            The logarithm keeps what is below the smallest double.

        Returns
        -------
        log_density, mean, variance : ndarray of shape (n,)
            The density with respect to tau, up to a constant.
        """
        log_total, s1, mean, q = self.sums(tau)
        log_density = -0.5 * (log_total + np.log(s1) + q)
        return log_density + self.prior.log_kernel(tau, log_tau), mean, 1.0 / s1

    def sums(self, tau: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Σ log(v + tau²), Σw, mean and Σw(y - mean)² at each tau, shape (n,).

        With w = 1/(v + tau²); a normal prior of the mean enters like a trial without tau².
        """
        size = max(1, _CHUNK_NUMBERS // self.y.size)
        parts = [self._sums(tau[i : i + size]) for i in range(0, tau.size, size)]
        log_total, s1, mean, q = (np.concatenate(part) for part in zip(*parts, strict=True))
        return log_total, s1, mean, q

    def _sums(self, tau: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        total = self.v + (tau * tau)[:, None]
        w = 1.0 / total
        s1 = w.sum(axis=1) + self.precision
        mean = (w @ self.y + self.precision * self.mean) / s1
        r = self.y - mean[:, None]
        q = (w * r * r).sum(axis=1) + self.precision * (self.mean - mean) ** 2
        return np.log(total).sum(axis=1), s1, mean, q


@dataclass(frozen=True)
class Path:
    """A change of variable x → tau after which a sum over equal steps converges fast.

    log t = x - exp(-x) goes to 0 doubly exponentially, so that nothing is wasted
    where the density is flat; where tau has an upper bound U, t = exp(… + exp(x - L))
    and tau = U t/(U + t) do the same at that end (Takahasi and Mori 1974).

    Attributes
    ----------
    floor : float
        Below this value of tau the density is flat.
    upper : float
        Upper bound of tau, or infinity.
    """

    floor: float
    upper: float

    def tau(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Return tau, its logarithm, and the logarithm of dtau/dx at `x`."""
        down = np.exp(-x)
        if math.isinf(self.upper):
            log_tau = math.log(self.floor) + x - down
            return np.exp(log_tau), log_tau, log_tau + np.log1p(down)
        # Logit of tau/U.
        up = np.exp(x - math.log(self.upper / self.floor))
        logit = x - down + up - math.log(self.upper / self.floor)
        log_tau = math.log(self.upper) - np.logaddexp(0.0, -logit)
        log_slope = log_tau - np.logaddexp(0.0, logit) + np.log1p(down + up)
        return np.exp(log_tau), log_tau, log_slope


@dataclass(frozen=True)
class Nodes:
    """The posterior of tau on nodes.

    Attributes
    ----------
    x, tau, p : ndarray of shape (n,)
        Nodes in the variable of the rule, tau there, and the probability of each.
    mean, variance : ndarray of shape (n,)
        Of the mean effect, given tau.
    log_total : float
        Logarithm of the integral of what `Model.at` gives.
    step : float
        Distance of the nodes in x.
    path : Path
        From x to tau.
    """

    x: Floats
    tau: Floats
    p: Floats
    mean: Floats
    variance: Floats
    log_total: float
    step: float
    path: Path

    def cdf(self, x: Floats) -> Floats:
        """Posterior probability that the variable is below `x` (shape (m,)).

        The integral of the sinc interpolant (Haber 1993), as exact as the rule itself.
        """
        si, _ = special.sici(np.pi * (x[:, None] - self.x) / self.step)
        return np.asarray((0.5 + si / np.pi) @ self.p)

    def _pdf(self, x: Floats) -> Floats:
        """Density of the variable at `x` (shape (m,)): the sinc interpolant itself."""
        return np.asarray(np.sinc((x[:, None] - self.x) / self.step) @ self.p / self.step)

    def quantile(self, tail: Floats) -> Floats:
        """Values of x with probability `tail` (shape (m,)) below them.

        Newton steps from what the sums of the nodes say; halvings of a bracket where they leave it.
        """
        low = np.full(tail.shape, self.x[0])
        high = np.full(tail.shape, self.x[-1])
        x = np.interp(tail, np.cumsum(self.p) - 0.5 * self.p, self.x)
        for _ in range(_MOST_HALVINGS):
            missing, density = self.cdf(x) - tail, self._pdf(x)
            low, high = np.where(missing < 0.0, x, low), np.where(missing < 0.0, high, x)
            newton = x - missing / np.where(density > 0.0, density, np.nan)
            inside = (newton >= low) & (newton <= high)
            following = np.where(inside, newton, 0.5 * (low + high))
            moved = np.abs(following - x)
            x = following
            # The error after a Newton step is of the order of its square.
            if np.all(moved <= _LAST_STEP * self.step):
                break
        return np.asarray(x)


@dataclass(frozen=True)
class Range:
    """Where the posterior of tau is: limits in the variable of its path."""

    path: Path
    low: float
    high: float


def _ends(model: TauModel, moment: int, span: float, log_floor: float) -> tuple[float, float]:
    """Where to begin: nothing that matters is outside.

    Below the floor log t is -exp(-x), so a tail of the prior in powers of |log tau| falls
    exponentially in x. Above the reach the density falls with its power.
    """
    left = model.prior.left_tail
    low = -5.0 if math.isinf(left) else -5.0 - _NEGLIGIBLE / left
    if math.isfinite(model.prior.upper):
        return low, span + 6.0
    power = model.tail_power - 1.0 - moment
    beyond = 60.0 * max(1.0, 1.0 / power) if power > 0.0 else math.inf
    return low, max(span + 60.0, min(span + beyond, _LARGEST_LOG_TAU - log_floor))


def find_range(model: TauModel, moment: int) -> Range | None:
    """Find where the density matters, and where tau^moment times the density does.

    Returns
    -------
    Range, or None if trials and prior contradict each other beyond what doubles can hold.
    """
    found, log_density = scan(model, moment)
    return None if too_rounded(log_density, model.y.size) else found


def scan(model: TauModel, moment: int) -> tuple[Range, Floats]:
    """Find where the density matters; beside the range, the log densities found within it.

    The whole line is scanned in steps narrower than any peak that k trials can
    make, then what is left is scanned again until the points describe it. A model of several
    sets of trials has densities of shape (n, m): the range is one for all of them.
    """
    k = model.y.size
    floor = min(math.sqrt(float(model.v.min())), model.prior.flat_below)
    path = Path(floor, model.prior.upper)
    reach = max(
        math.sqrt(float(model.v.max())),
        float(np.abs(model.y).max()) if model.y.size else 0.0,
        model.prior.reach,
        floor,
    )
    low, high = _ends(model, moment, math.log(reach / floor), math.log(floor))
    step = min(_SCAN_STEP, 4.0 / math.sqrt(k))
    count = max(_FEWEST_SCANNED, math.ceil((high - low) / step))
    for _ in range(_MOST_ZOOMS):
        x = np.linspace(low, high, count + 1)
        tau, log_tau, log_slope = path.tau(x)
        # A square beyond the range of a double has density 0, which is right.
        with np.errstate(over="ignore"):
            log_density, _, _ = model.at(tau, log_tau)
        inside = np.zeros(x.shape, dtype=np.bool_)
        for power in {0, moment}:
            height = (log_density.T + (log_slope + power * np.log(np.maximum(tau, 1e-300)))).T
            near = height >= height.max(axis=0) - _NEGLIGIBLE
            inside |= near if near.ndim == 1 else near.any(axis=1)
        first, last = np.flatnonzero(inside)[[0, -1]]
        low, high = x[max(first - 1, 0)], x[min(last + 1, count)]
        if last - first >= _FEWEST_SCANNED // 2:
            break
        count = 2 * _FEWEST_SCANNED
    return Range(path, float(low), float(high)), log_density[inside]


def too_rounded(log_density: Floats, k: int) -> Bools:
    """Whether rounding of so large logarithms, near their top, spoils the eighth digit.

    Parameters
    ----------
    log_density : ndarray of shape (n,) or (n, m)
    k : int
        Number of terms of which each is the sum.
    """
    top = np.abs(log_density).min(axis=0)
    return np.asarray(top * np.finfo(np.float64).eps * math.sqrt(k) > _MOST_ROUNDING)


def on_nodes(model: TauModel, found: Range, count: int) -> Nodes:
    """Evaluate the posterior of tau on `count` + 1 equally spaced nodes."""
    x = np.linspace(found.low, found.high, count + 1)
    tau, log_tau, log_slope = found.path.tau(x)
    log_density, mean, variance = model.at(tau, log_tau)
    height = log_density + log_slope
    top, step = float(height.max()), float(x[1] - x[0])
    p = np.exp(height - top)
    total = float(p.sum())
    log_total = top + math.log(total * step)
    return Nodes(x, tau, p / total, mean, variance, log_total, step, found.path)
