"""One safeguarded Newton solver for many one-dimensional equations at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trialpool.pooling.options import Bools, Floats, Ints

_MAX_STEPS = 200
# A Newton step this small, once taken, leaves an error at rounding level.
_STEP = 1e-12


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
    t, low, high, one, last_step = start, lower, upper, unit, upper - lower
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_MAX_STEPS):
            if not active.size:
                break
            value, slope = evaluate(active, t)
            positive = value > 0.0
            low, high = np.where(positive, t, low), np.where(positive, high, t)
            newton = t - value / slope
            good = (newton >= low) & (newton <= high) & (np.abs(newton - t) <= 0.5 * last_step)
            middle = np.sqrt((low + one) * (high + one)) - one
            middle = np.minimum(np.maximum(middle, low), high)
            at_root = value == 0.0
            following = np.where(at_root, t, np.where(good, newton, middle))
            last_step = np.abs(following - t)
            tolerance = _STEP * (t + one)
            done = at_root | (good & (last_step <= tolerance)) | (high - low <= tolerance)
            t = following
            if done.any():
                finished, left = active[done], ~done
                root[finished], converged[finished] = t[done], True
                active, t, low, high = active[left], t[left], low[left], high[left]
                one, last_step = one[left], last_step[left]
    root[active] = t
    return root, converged
