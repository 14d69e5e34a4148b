"""Simpler regressions of final on early effects, to stand beside the bivariate model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

from trialpool.pooling.options import Floats
from trialpool.pooling.plain_values import Plain


@dataclass(frozen=True)
class StraightLine(Plain):
    """A regression of final on early effects that treats one side as it should not be, or both.

    Attributes
    ----------
    method : {"weighted", "errors-in-variables"}
    intercept, slope : float
    slope_se : float or None
    tau2 : float or None
        Variance of true final effects around the line.
    """

    method: str
    intercept: float
    slope: float
    slope_se: float | None
    tau2: float | None


def weighted_line(y1: npt.ArrayLike, y2: npt.ArrayLike, v2: npt.ArrayLike) -> StraightLine:
    """Regress printed final on printed early effects, weighted by 1 / v2.

    The early effects count as free of error, which draws the slope towards 0.
    """
    x, y, w = (np.asarray(values, dtype=float) for values in (y1, y2, v2))
    w = 1.0 / w
    design = np.column_stack([np.ones_like(x), x])
    inverse = np.linalg.inv(design.T @ (design * w[:, None]))
    intercept, slope = inverse @ (design.T @ (w * y))
    residual = float((w * (y - intercept - slope * x) ** 2).sum()) / (x.size - 2)
    return StraightLine(
        "weighted", float(intercept), float(slope), math.sqrt(residual * inverse[1, 1]), None
    )


def errors_in_variables(
    y1: npt.ArrayLike,
    v1: npt.ArrayLike,
    y2: npt.ArrayLike,
    v2: npt.ArrayLike,
    *,
    correlation: float = 0.0,
) -> StraightLine:
    """Fit y2 - a - b y1 ~ N(0, v2 - 2 b c + b² v1 + tau²) by maximum likelihood.

    True early effects are taken as anything (Daniels and Hughes 1997); c is the covariance of the
    two estimates of a trial.
    """
    x, vx, y, vy = (np.asarray(values, dtype=float) for values in (y1, v1, y2, v2))
    c = correlation * np.sqrt(vx * vy)

    def parts(theta: Floats) -> tuple[float, float]:
        b, log_tau2 = theta
        variance = vy - 2.0 * b * c + b * b * vx + math.exp(log_tau2)
        a = float(((y - b * x) / variance).sum() / (1.0 / variance).sum())
        return a, 0.5 * float((np.log(variance) + (y - a - b * x) ** 2 / variance).sum())

    def negative(theta: Floats) -> float:
        return parts(theta)[1]

    start = weighted_line(x, y, vy)
    spread = max(float(np.var(y - start.slope * x)), 1e-6)
    found = min(
        (
            optimize.minimize(
                negative,
                [start.slope, math.log(spread * share)],
                method="Nelder-Mead",
                tol=1e-13,
            )
            for share in (1.0, 1e-3)
        ),
        key=lambda one: float(one.fun),
    )
    b, log_tau2 = found.x
    return StraightLine(
        "errors-in-variables", parts(found.x)[0], float(b), None, math.exp(log_tau2)
    )
