"""A safeguarded Newton solver, for one equation and for many at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from trialpool.pooling.numeric import scalars
from trialpool.pooling.options import Bools, Floats, Ints, Value

_MAX_STEPS = 200
# What an accepted root may be off by, relative to root plus smallest variance.
_TOLERANCE = 1e-12
# Newton converges quadratically once its steps are this small and shrink this fast.
_SMALL, _SHRINKS = 1e-2, 0.1


def solve(
    evaluate: Callable[[Ints, Floats], tuple[Floats, Floats]],
    lower: Floats,
    upper: Floats,
    start: Floats,
    unit: Floats,
) -> tuple[Floats, Bools]:
    """Find where functions cross from positive to not positive.

    Newton steps inside a bracket that always holds the root; a step that leaves
    the bracket or does not halve the step before it is replaced by a bisection
    on the scale of log(t + unit), so the result does not depend on the start.
    Every problem stops on its own rule, whatever else is being solved.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(index, t)`` gives the values and derivatives of the functions
        numbered `index` at `t`.
    lower, upper, start : ndarray of shape (p,)
        Function positive at `lower`, not positive at `upper`.
    unit : ndarray of shape (p,)
        Smallest variance: below it, tau² is resolved absolutely.

    Returns
    -------
    root : ndarray of shape (p,)
    converged : ndarray of bool of shape (p,)
    """
    root = start.copy()
    converged = np.zeros(root.shape, dtype=np.bool_)
    active: Ints = np.arange(root.size, dtype=np.int64)
    # State of the problems still open, in the order of `active`.
    t, state = start, (lower, upper, upper - lower, np.full_like(start, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_MAX_STEPS):
            if not active.size:
                break
            value, slope = evaluate(active, t)
            t, state, done = _advance(value, slope, t, state, unit, np)
            if done.any():
                root[active[done]], converged[active[done]] = t[done], True
                left = ~done
                active, t, unit = active[left], t[left], unit[left]
                state = tuple(x[left] for x in state)
    root[active] = t
    return root, converged


def solve_one(
    evaluate: Callable[[float], tuple[float, float]],
    lower: float,
    upper: float,
    start: float,
    unit: float,
) -> tuple[float, bool]:
    """Solve one equation as `solve` does, to the same bits."""
    t, state = start, (lower, upper, upper - lower, math.nan)
    for _ in range(_MAX_STEPS):
        value, slope = evaluate(t)
        t, state, done = _advance(value, slope, t, state, unit, scalars)
        if done:
            return t, True
    return t, False


def _advance(
    value: Value, slope: Value, t: Value, state: tuple[Value, ...], unit: Value, xp: Any
) -> tuple[Value, tuple[Value, ...], Value]:
    """One step: where to go, the new state, and whether that is the root.

    The state is the bracket, the length of the last step, and the same once
    more if it was Newton's (else NaN).
    """
    low, high, last, before = state
    positive = value > 0.0
    low, high = xp.where(positive, t, low), xp.where(positive, high, t)
    newton = t - xp.divide(value, slope)
    length = abs(newton - t)
    good = (newton >= low) & (newton <= high) & (length <= 0.5 * last)
    middle = xp.sqrt((low + unit) * (high + unit)) - unit
    middle = xp.minimum(xp.maximum(middle, low), high)
    at_root = value == 0.0
    following = xp.where(at_root, t, xp.where(good, newton, middle))
    scale = t + unit
    tolerance = _TOLERANCE * scale
    # Errors e, e', e'' of quadratic convergence have e''/e'² = e'/e², and a step
    # is as long as the error before it: the next step would be length³/before².
    quadratic = (length <= _SHRINKS * before) & (length <= _SMALL * scale)
    next_is_rounding = length * length * length <= 0.01 * tolerance * (before * before)
    arrived = good & ((length <= tolerance) | (quadratic & next_is_rounding))
    done = at_root | arrived | (high - low <= tolerance)
    step = abs(following - t)
    return following, (low, high, step, xp.where(good, length, math.nan)), done
