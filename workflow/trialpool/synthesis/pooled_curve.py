"""A survival curve pooled over trials (Combescure, Foucher and Jackson 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from trialpool.pooling import random_effects_many
from trialpool.survival.arrays import Floats
from trialpool.survival.kaplan_meier import SurvivalCurve


@dataclass(frozen=True)
class PooledCurve:
    """A pooled curve at given times.

    Attributes
    ----------
    time : ndarray of shape (m,)
    survival, ci_lower, ci_upper : ndarray of shape (m,)
    tau2 : ndarray of shape (m,)
        Between-trial variance of the transformed conditional survival.
    k : ndarray of int of shape (m,)
        Trials with patients at risk at the start of each interval.
    """

    time: Floats
    survival: Floats
    ci_lower: Floats
    ci_upper: Floats
    tau2: Floats
    k: npt.NDArray[np.int64]


def pool_curves(
    curves: Sequence[SurvivalCurve],
    times: npt.ArrayLike,
    *,
    tau2: str = "DL",
    level: float = 0.95,
) -> PooledCurve:
    """Pool conditional survival interval by interval, and multiply.

    Within each interval the conditional survival of a trial, S(end)/S(start), is
    transformed to arcsin √p with variance 1/(4 n), n the patients at risk at the
    start less half of those censored inside; the transformed values are pooled
    by random effects; back-transformed, they multiply to the summary curve.
    Combescure, Foucher and Jackson 2014, Statistics in Medicine 33:2521. The
    intervals of the product add the variances of the logarithms.

    Parameters
    ----------
    curves : sequence of SurvivalCurve
        One arm of each trial, in one unit of time.
    times : array-like of shape (m,)
        Ends of the intervals, ascending above 0.
    tau2 : str
        Estimator of the between-trial variance, per interval.
    level : float

    Raises
    ------
    ValueError
        If there is no curve, times do not ascend, or no trial reaches a time.
    """
    ends = np.asarray(times, dtype=np.float64)
    if not curves:
        raise ValueError("curves is empty; at least one is needed")
    if ends.ndim != 1 or not ends.size or ends[0] <= 0 or (np.diff(ends) <= 0).any():
        raise ValueError("times must ascend above 0")
    starts = np.concatenate([[0.0], ends[:-1]])
    y = np.full((ends.size, len(curves)), np.nan)
    v = np.full_like(y, np.nan)
    for j, curve in enumerate(curves):
        for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
            exposed, share = _conditional(curve, float(start), float(end))
            if share is not None:
                y[i, j] = np.arcsin(np.sqrt(share))
                v[i, j] = 1.0 / (4.0 * exposed)
    k = (~np.isnan(y)).sum(axis=1)
    if (k == 0).any():
        short = float(ends[int(np.argmax(k == 0))])
        raise ValueError(f"times reach {short:g}, which no trial's follow-up does")
    pooled = random_effects_many(y, v, tau2=tau2, ci="wald", pi="t", level=level)
    kept = np.square(np.sin(np.clip(pooled.estimate, 0.0, np.pi / 2)))
    # d log(sin² a)/da = 2 / tan a.
    slope = 2.0 / np.tan(np.clip(pooled.estimate, 1e-9, np.pi / 2))
    log_survival = np.cumsum(np.log(np.maximum(kept, 1e-300)))
    half = ndtri(0.5 + level / 2) * np.sqrt(np.cumsum(np.square(slope * pooled.se)))
    return PooledCurve(
        time=ends,
        survival=np.exp(log_survival),
        ci_lower=np.exp(log_survival - half),
        ci_upper=np.minimum(np.exp(log_survival + half), 1.0),
        tau2=np.nan_to_num(pooled.tau2),
        k=k,
    )


def _conditional(curve: SurvivalCurve, start: float, end: float) -> tuple[float, float | None]:
    """Patients exposed in an interval and the share that survives it; None without follow-up."""
    if end > curve.last:
        return 0.0, None
    at_start = int(curve.number_at_risk([np.nextafter(start, np.inf) if start else 0.0])[0])
    before, after = curve.at([start, end])
    if at_start == 0 or before == 0.0:
        return 0.0, None
    inside = (curve.time > start) & (curve.time <= end)
    left = int(curve.number_at_risk([np.nextafter(end, np.inf)])[0])
    censored = at_start - left - float(curve.events[inside].sum())
    exposed = max(at_start - 0.5 * censored, 0.5)
    # The continuity that arcsine needs at 0 and 1 is in the transform itself.
    return exposed, float(after / before)
