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
    root, lower, upper = start.copy(), lower.copy(), upper.copy()
    converged = np.zeros(root.shape, dtype=np.bool_)
    last_step = upper - lower
    active: Ints = np.arange(root.size, dtype=np.int64)
    for _ in range(_MAX_STEPS):
        if not active.size:
            break
        t = root[active]
        value, slope = evaluate(active, t)
        lo = np.where(value > 0.0, t, lower[active])
        hi = np.where(value > 0.0, upper[active], t)
        one = unit[active]
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = t - value / slope
        good = (
            (newton >= lo)
            & (newton <= hi)
            & (np.abs(newton - t) <= 0.5 * np.abs(last_step[active]))
        )
        middle = np.clip(np.sqrt((lo + one) * (hi + one)) - one, lo, hi)
        following = np.where(value == 0.0, t, np.where(good, newton, middle))
        step = np.abs(following - t)
        tolerance = _STEP * (t + one)
        done = (value == 0.0) | (good & (step <= tolerance)) | (hi - lo <= tolerance)
        root[active], lower[active], upper[active] = following, lo, hi
        last_step[active] = step
        converged[active] = done
        active = active[~done]
    return root, converged
