"""Checks of survival times, event indicators and arms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def check_times(time: npt.ArrayLike, event: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Check times and event indicators of shape (n,).

    Raises
    ------
    ValueError
        Naming the argument, the position, the value and what is allowed.
    """
    t = np.asarray(time, dtype=np.float64)
    e = np.asarray(event)
    if t.ndim != 1 or t.size == 0:
        raise ValueError(f"time has shape {t.shape}; allowed: one time per patient, at least one")
    if e.shape != t.shape:
        raise ValueError(f"event has shape {e.shape} and time {t.shape}; they must be equal")
    bad = ~(np.isfinite(t) & (t >= 0.0))
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(f"time[{at}]={t[at]!s}; allowed: finite numbers of at least 0")
    known = np.isin(e, (0, 1))
    if not known.all():
        at = int(np.argmin(known))
        raise ValueError(f"event[{at}]={e[at]!s}; allowed: 1 (event) and 0 (censored)")
    return t, e.astype(np.bool_)


def check_arm(experimental: npt.ArrayLike, size: int) -> Bools:
    """Check that the arm indicator has both arms.

    Raises
    ------
    ValueError
        Naming the argument and what is allowed.
    """
    x = np.asarray(experimental)
    if x.shape != (size,) or not np.isin(x, (0, 1)).all():
        raise ValueError("experimental must hold 1 (experimental arm) or 0 (control) per patient")
    arm = x.astype(np.bool_)
    if arm.all() or not arm.any():
        raise ValueError("experimental holds one arm only; allowed: patients of both arms")
    return arm


def check_horizon(horizon: float, last: float, *, argument: str = "horizon") -> float:
    """Check that a horizon lies within the follow-up.

    Raises
    ------
    ValueError
        Naming the argument, the value and the longest follow-up.
    """
    value = float(horizon)
    if not (np.isfinite(value) and 0.0 < value <= last):
        raise ValueError(
            f"{argument}={horizon!r}; allowed: above 0 and at most {last:g}, the longest follow-up"
        )
    return value
