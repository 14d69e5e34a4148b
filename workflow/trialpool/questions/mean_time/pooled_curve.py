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
    intervals of the product add the variances of the logarithms. Differences between
    trials are taken interval by interval: their correlation over intervals, which the
    paper estimates by a multivariate method of moments, needs more trials than groups
    here have, and is taken as zero.

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
    known = [
        [curve.conditional(float(start), float(end)) for curve in curves]
        for start, end in zip(starts, ends, strict=True)
    ]
    return pool_conditional(
        ends,
        [[np.nan if part is None else part[1] for part in row] for row in known],
        [[np.nan if part is None else part[0] for part in row] for row in known],
        tau2=tau2,
        level=level,
    )


def pool_conditional(
    times: npt.ArrayLike,
    survival: npt.ArrayLike,
    exposed: npt.ArrayLike,
    *,
    tau2: str = "DL",
    level: float = 0.95,
) -> PooledCurve:
    """Pool given conditional survival, as `pool_curves` does for curves.

    Parameters
    ----------
    times : array-like of shape (m,)
        Ends of the intervals.
    survival, exposed : array-like of shape (m, k)
        Conditional survival of each trial in each interval, and the number of patients whose
        share it is; NaN where a trial does not reach the end of the interval.
    tau2, level
        As in `pool_curves`.

    Raises
    ------
    ValueError
        If no trial reaches a time.
    """
    ends = np.asarray(times, dtype=np.float64)
    share = np.asarray(survival, dtype=np.float64)
    y = np.arcsin(np.sqrt(share))
    v = 1.0 / (4.0 * np.asarray(exposed, dtype=np.float64))
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
