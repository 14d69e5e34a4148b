"""Boundaries for looks at accumulating evidence, from a function that spends the error.

Lan and DeMets 1983, Biometrika 70:659. The probability of crossing is found by recursive numerical
integration of the density inside the boundaries (Armitage, McPherson and Rowe 1969, J R Stat Soc A
132:235; Jennison and Turnbull 2000, chapter 19), with Gauss-Legendre nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import optimize, special

from trialpool.pooling.options import Floats, check_level, choose

SPENDING: Final = ("obrien-fleming", "pocock")
# Nodes per standard deviation of the step between two looks, and the least number of them.
_DENSITY: Final = 12
_LEAST: Final = 96
# Beyond this a normal variable does not go in any data.
_FURTHEST: Final = 38.0


def boundaries(
    fractions: Sequence[float],
    *,
    alpha: float = 0.05,
    sides: int = 2,
    spending: str = "obrien-fleming",
) -> tuple[float, ...]:
    """Return the z that a pool must pass at each look to conclude at an overall error of `alpha`.

    Parameters
    ----------
    fractions : sequence of float
        Information at each look as a fraction of the required, increasing; looks beyond 1 are
        refused: the error is then spent.
    alpha : float
        Overall error of both sides together.
    sides : {1, 2}
        2: the same boundary below, and the evidence stops at either.
    spending : {"obrien-fleming", "pocock"}
        Error spent up to a fraction t, per side a of it: 2 (1 - Φ(z(a / 2) / √t)), or
        a ln(1 + (e - 1) t).

    Raises
    ------
    ValueError
        Fractions that do not increase or lie outside of (0, 1]; another number of sides.
    """
    choose("spending", spending, SPENDING)
    check_level(1.0 - alpha)
    if sides not in (1, 2):
        raise ValueError(f"sides={sides!r} is not known; allowed: 1, 2")
    t = [float(value) for value in fractions]
    if not t or t[0] <= 0 or t[-1] > 1 + 1e-12 or any(b <= a for a, b in pairwise(t)):
        raise ValueError(f"fractions={fractions!r}: must increase and lie above 0, up to 1")
    each = alpha / sides
    spent = [spend(spending, each, value) for value in t]
    found: list[float] = []
    nodes = weights = density = None
    for look, (now, total) in enumerate(zip(t, spent, strict=True)):
        step = math.sqrt(now - (t[look - 1] if look else 0.0))
        error = total - (spent[look - 1] if look else 0.0)
        crossing = _crossing(nodes, weights, density, step)
        bound = _bound(crossing, error, now)
        found.append(bound / math.sqrt(now))
        least = -bound if sides == 2 else -_FURTHEST * math.sqrt(now)
        following = t[look + 1] - now if look + 1 < len(t) else now
        fresh, spacing = _nodes(least, bound, math.sqrt(min(following, step * step)))
        density = _density(nodes, weights, density, fresh, step)
        nodes, weights = fresh, spacing
    return tuple(found)


def spend(spending: str, error: float, fraction: float) -> float:
    """Return the error of one side that may be spent up to a fraction of the information."""
    if spending == "pocock":
        return error * math.log(1.0 + (math.e - 1.0) * fraction)
    return 2.0 * float(special.ndtr(special.ndtri(error / 2.0) / math.sqrt(fraction)))


def _crossing(
    nodes: Floats | None, weights: Floats | None, density: Floats | None, step: float
) -> Callable[[float], float]:
    """Return the probability of first passing an upper bound at this look."""

    def probability(bound: float) -> float:
        if nodes is None or weights is None or density is None:
            return float(special.ndtr(-bound / step))
        return float((weights * density) @ special.ndtr((nodes - bound) / step))

    return probability


def _bound(crossing: Callable[[float], float], error: float, now: float) -> float:
    """Solve for the bound of the score that is passed with the probability `error`."""
    top = _FURTHEST * math.sqrt(now)
    if crossing(top) >= error:
        return top
    return float(
        optimize.brentq(lambda bound: crossing(bound) - error, -top, top, xtol=1e-13, rtol=1e-14)
    )


def _nodes(lower: float, upper: float, step: float) -> tuple[Floats, Floats]:
    """Gauss-Legendre nodes and weights between two bounds, in panels of some step widths."""
    # What lies more than ten steps of the whole path below 0 adds nothing.
    lower = max(lower, -12.0 * max(1.0, abs(upper)))
    panels = max(1, math.ceil((upper - lower) / (4.0 * step)))
    unit, weights = _rule(max(_LEAST // panels, 4 * _DENSITY))
    edges = np.linspace(lower, upper, panels + 1)
    half = np.diff(edges)[:, None] / 2.0
    middle = (edges[:-1] + edges[1:])[:, None] / 2.0
    return (middle + half * unit).ravel(), (half * weights).ravel()


@lru_cache(8)
def _rule(count: int) -> tuple[Floats, Floats]:
    unit, weights = np.polynomial.legendre.leggauss(count)
    return unit, weights


def _density(
    nodes: Floats | None, weights: Floats | None, density: Floats | None, at: Floats, step: float
) -> Floats:
    """Density of the score at the nodes of this look, of paths that have not crossed before."""
    if nodes is None or weights is None or density is None:
        return np.asarray(_normal(at / step) / step)
    kernel = _normal((at[:, None] - nodes[None, :]) / step) / step
    return np.asarray(kernel @ (weights * density))


def _normal(z: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi))
