"""REML of tau² and of the variance within classes: the highest maximum of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from trialpool.pooling.network.classes.reduced import ClassModel, Reduced, reduce, slope

_GRID: Final = 41
_SMALLEST_SHARE: Final = 1e-4
_STEP: Final = 1e-14


@dataclass(frozen=True)
class Peak:
    """Where the restricted likelihood is highest.

    Attributes
    ----------
    tau2, within : float
        Variances between trials and within classes.
    log_likelihood : float
    multimodal : bool
    """

    tau2: float
    within: float
    log_likelihood: float
    multimodal: bool


def highest(model: ClassModel, tau2: float | None, within: float | None) -> Peak:
    """Find the highest maximum of the restricted likelihood.

    Given tau² the likelihood of the variance within classes has one dimension and cheap
    derivatives; on the curve of its maxima the derivative by tau² alone says where the
    maximum of both is (the envelope theorem).

    Parameters
    ----------
    model : ClassModel
    tau2, within : float or None
        Variances that are given.
    """

    @cache
    def at(t: float) -> tuple[Reduced, float, bool]:
        here = reduce(model, t)
        return (here, within, False) if within is not None else (here, *_best_within(here))

    def height(t: float) -> float:
        here, w, _ = at(t)
        return float(here.log_likelihood(np.array([w]))[0])

    if tau2 is not None:
        return Peak(tau2, at(tau2)[1], height(tau2), at(tau2)[2])

    def rise(t: float) -> float:
        here, w, _ = at(t)
        return slope(model, here, w)

    unit = model.trials.unit
    top = max(model.trials.spread, 10.0 * unit)
    while rise(top) > 0.0:
        top *= 4.0
    peaks = _peaks(rise, unit * _SMALLEST_SHARE, top)
    best = max(peaks, key=height)
    return Peak(best, at(best)[1], height(best), len(peaks) > 1 or at(best)[2])


def _best_within(here: Reduced) -> tuple[float, bool]:
    """Variance within classes of the highest likelihood at one tau², and whether there are more."""
    informed = here.values > 0.0
    if not informed.any():
        return 0.0, False
    values, squares = here.values[informed], here.scores[informed] ** 2
    # Beyond it every term of the derivative is negative.
    top = float((squares / values**2).max())
    if top == 0.0:
        return 0.0, False

    def rise(w: float) -> float:
        grown = 1.0 + w * values
        return -0.5 * float((values / grown - squares / grown**2).sum())

    peaks = _peaks(rise, _SMALLEST_SHARE * float((1.0 / values).min()), 2.0 * top)
    best = max(peaks, key=lambda w: float(here.log_likelihood(np.array([w]))[0]))
    return best, len(peaks) > 1


def _peaks(rise: Callable[[float], float], least: float, top: float) -> list[float]:
    """Maxima from 0 to `top`, beyond which the function only falls: where `rise` turns negative."""
    # A tenth of a second that no other network pays.
    from scipy.optimize import brentq

    grid = [0.0, *np.geomspace(min(least, 0.1 * top), top, _GRID).tolist()]
    slopes = [rise(t) for t in grid]
    found = [0.0] if slopes[0] <= 0.0 else []
    for (a, b), (up, down) in zip(pairwise(grid), pairwise(slopes), strict=True):
        if up > 0.0 and down <= 0.0:
            root = brentq(rise, a, b, xtol=_STEP * b, rtol=4.0 * np.finfo(float).eps, maxiter=200)
            found.append(float(root))
    return found
