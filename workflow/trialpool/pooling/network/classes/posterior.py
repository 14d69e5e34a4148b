"""The posterior of tau and of the spread within classes, on nodes of a quadrature rule.

Given both standard deviations everything is normal and in closed form (`reduced`); they are
integrated out by the trapezoidal rule in both dimensions, after changes of variable that fall
doubly exponentially to the left and exponentially to the right (`Path`; Takahasi and Mori
1974), so that the rule converges exponentially in the number of nodes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.bayes.priors import TauPrior
from trialpool.pooling.bayes.tau_posterior import Nodes, Path
from trialpool.pooling.network.classes.reduced import ClassModel, Reduced, reduce
from trialpool.pooling.options import Floats

# What lies this far below the top (natural log) adds less than 1e-13.
_NEGLIGIBLE: Final = 34.0
_SCAN: Final = 24
_MOST_ZOOMS: Final = 40
_LARGEST_LOG: Final = 300.0
# Nodes with less than this share of the posterior are left out of what follows.
_SMALLEST_SHARE: Final = 1e-14
# Prior density ∝ tau^-r with r above it leaves a second moment that can be summed.
_SECOND_MOMENT: Final = 3.2


@dataclass(frozen=True, eq=False)
class Axis:
    """One of the two standard deviations.

    Attributes
    ----------
    prior : TauPrior or None
        None where it is given.
    value : float
        The given one.
    floor : float
        Below it likelihood and prior are flat.
    reach : float
        Above it both only fall.
    """

    prior: TauPrior | None
    value: float
    floor: float
    reach: float

    def path(self) -> Path:
        """Change of variable that the nodes are equidistant in."""
        assert self.prior is not None
        return Path(self.floor, self.prior.upper)

    def ends(self) -> tuple[float, float]:
        """Limits of the variable between which the posterior may be."""
        assert self.prior is not None
        left = self.prior.left_tail
        low = -5.0 if math.isinf(left) else -5.0 - _NEGLIGIBLE / left
        span = math.log(self.reach / self.floor)
        if math.isfinite(self.prior.upper):
            return low, span + 6.0
        return low, min(span + 60.0, _LARGEST_LOG - math.log(self.floor))

    @property
    def second_moment(self) -> bool:
        """Whether the prior alone leaves a variance."""
        return self.prior is None or self.prior.tail_power > _SECOND_MOMENT


@dataclass(frozen=True, eq=False)
class Slice:
    """Nodes of the spread at one tau.

    Attributes
    ----------
    reduced : Reduced
    within : ndarray of shape (n,)
        Variances within classes.
    p : ndarray of shape (n,)
        Posterior probabilities; those of all slices add up to 1.
    """

    reduced: Reduced
    within: Floats
    p: Floats


@dataclass(frozen=True, eq=False)
class TwoSds:
    """The posterior of both standard deviations on nodes.

    Attributes
    ----------
    slices : tuple of Slice
    tau, spread : Nodes or None
        The posterior of each alone; None where it is given.
    """

    slices: tuple[Slice, ...]
    tau: Nodes | None
    spread: Nodes | None


@dataclass(frozen=True, eq=False)
class _Grid:
    """Log density at x (rows) by x (columns) with respect to both variables."""

    x: tuple[Floats, Floats]
    sds: tuple[Floats, Floats]
    reduced: tuple[Reduced, ...]
    height: Floats


def axes(model: ClassModel, tau: TauPrior | float, spread: TauPrior | float) -> tuple[Axis, Axis]:
    """Say what is known of both standard deviations before they are integrated out."""
    structure = model.trials.restricted
    variances = np.concatenate(
        [np.diagonal(batch.v, axis1=1, axis2=2).ravel() for batch in structure.batches]
    )
    effects = np.concatenate([batch.y.ravel() for batch in structure.batches])
    # A direction within a class may be informed by all trials together.
    least = math.sqrt(float(variances.min()) / structure.k)
    most = max(math.sqrt(float(variances.max())), float(np.abs(effects).max()))

    def axis(of: TauPrior | float) -> Axis:
        if not isinstance(of, TauPrior):
            return Axis(None, float(of), 0.0, 0.0)
        floor = min(least, of.flat_below)
        return Axis(of, 0.0, floor, max(most, of.reach, floor))

    return axis(tau), axis(spread)


def _grid(model: ClassModel, both: tuple[Axis, Axis], x: tuple[Floats, Floats]) -> _Grid:
    sds, logs = [], []
    for axis, own in zip(both, x, strict=True):
        if axis.prior is None:
            sds.append(np.array([axis.value]))
            logs.append(np.zeros(1))
            continue
        sd, log_sd, log_slope = axis.path().tau(own)
        sds.append(sd)
        logs.append(axis.prior.log_kernel(sd, log_sd) + log_slope)
    reduced = tuple(reduce(model, t * t) for t in sds[0].tolist())
    of_data = np.array([here.log_likelihood(sds[1] ** 2) for here in reduced])
    height = of_data + logs[0][:, None] + logs[1][None, :]
    return _Grid(x, (sds[0], sds[1]), reduced, height)


def find_ranges(
    model: ClassModel, both: tuple[Axis, Axis]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Find where the posterior of both is: scanned, and scanned again within what is left."""
    ranges = [axis.ends() if axis.prior is not None else (0.0, 0.0) for axis in both]
    for _ in range(_MOST_ZOOMS):
        x = tuple(
            np.linspace(*limits, _SCAN + 1) if axis.prior is not None else np.zeros(1)
            for axis, limits in zip(both, ranges, strict=True)
        )
        grid = _grid(model, both, (x[0], x[1]))
        inside = grid.height >= grid.height.max() - _NEGLIGIBLE
        for i, axis in enumerate(both):
            if axis.prior is not None and axis.second_moment:
                # The variance needs more of the tail than the probabilities do.
                squared = grid.height + 2.0 * np.expand_dims(np.log(grid.sds[i]), 1 - i)
                inside |= squared >= squared.max() - _NEGLIGIBLE
        described = True
        for i, axis in enumerate(both):
            if axis.prior is None:
                continue
            found = np.flatnonzero(inside.any(axis=1 - i))
            first, last = int(found[0]), int(found[-1])
            ranges[i] = (float(x[i][max(first - 1, 0)]), float(x[i][min(last + 1, _SCAN)]))
            described &= last - first >= _SCAN // 3
        if described:
            break
    return ranges[0], ranges[1]


def on_nodes(
    model: ClassModel,
    both: tuple[Axis, Axis],
    ranges: tuple[tuple[float, float], tuple[float, float]],
    count: int,
) -> TwoSds:
    """Evaluate the posterior on `count` + 1 nodes in each dimension that is not given."""
    x = tuple(
        np.linspace(*limits, count + 1) if axis.prior is not None else np.zeros(1)
        for axis, limits in zip(both, ranges, strict=True)
    )
    grid = _grid(model, both, (x[0], x[1]))
    p = np.exp(grid.height - grid.height.max())
    p /= p.sum()
    slices = []
    for i, here in enumerate(grid.reduced):
        used = p[i] > _SMALLEST_SHARE
        if used.any():
            slices.append(Slice(here, grid.sds[1][used] ** 2, p[i][used]))
    total = sum(float(own.p.sum()) for own in slices)
    scaled = tuple(Slice(own.reduced, own.within, own.p / total) for own in slices)

    def alone(i: int) -> Nodes | None:
        if both[i].prior is None:
            return None
        nothing = np.zeros(x[i].size)
        return Nodes(x[i], grid.sds[i], p.sum(axis=1 - i), nothing, nothing, 0.0,
                     float(x[i][1] - x[i][0]), both[i].path())  # fmt: skip

    return TwoSds(scaled, alone(0), alone(1))
