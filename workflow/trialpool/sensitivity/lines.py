"""A straight line through effects against one property of the trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.options import Floats

TAU2_OF_LINES: Final = ("REML", "ML", "DL", "PM", "EB", "CE")

# Distance of neighbours on the scale of log(tau² + smallest variance).
_GRID_STEP = 0.1
_BISECTIONS = 200


@dataclass(frozen=True)
class Line:
    """Weighted least squares of y on 1 and x with weights 1/(v + tau²).

    Attributes
    ----------
    intercept, slope : float
    intercept_variance, slope_variance : float
        Model-based: the diagonal of (X'WX)⁻¹.
    residual : float
        Σ w r².
    df : int
        k - 2.
    tau2 : float
        Variance around the line beyond sampling.
    """

    intercept: float
    slope: float
    intercept_variance: float
    slope_variance: float
    residual: float
    df: int
    tau2: float


@dataclass(frozen=True)
class _Sums:
    """Sums of the weighted fit for tau² of shape (m,): arrays (m,), residuals (m, k)."""

    w: Floats
    s0: Floats
    x_mean: Floats
    sxx: Floats
    slope: Floats
    intercept: Floats
    r: Floats
    trace_p: Floats

    @property
    def residual(self) -> Floats:
        return np.asarray((self.w * self.r**2).sum(axis=1))


def is_flat(x: Floats) -> bool:
    """Whether a predictor does not vary beyond rounding: no line goes through it."""
    return bool(x.max() - x.min() <= 1e-12 * np.abs(x).max())


def fit_line(y: Floats, v: Floats, x: Floats, tau2: str | float) -> Line:
    """Fit a line with tau² estimated or given.

    Parameters
    ----------
    y, v, x : ndarray of shape (k,), k >= 3
        Effects, sampling variances and a predictor that is not flat (`is_flat`).
    tau2 : {"REML", "ML", "DL", "PM", "EB", "CE"} or float
        Estimator, or the value.

    Notes
    -----
    With P = W - WX(X'WX)⁻¹X'W the restricted score is (y'PPy - tr P)/2 and the
    one of ML (y'PPy - Σw)/2 (Raudenbush 2009, in The Handbook of Research
    Synthesis and Meta-Analysis, 2nd ed.); DL is (Q - df)/tr P at tau² = 0, and
    PM and EB solve Q(tau²) = df.
    """
    centre, scale = y[np.argmin(v)], float(x.max() - x.min())
    # A predictor that starts at 0 and reaches 1 keeps the digits of both
    # coefficients; the line is turned back below.
    shift = float(x.min())
    y0, x0 = y - centre, (x - shift) / scale
    t = tau2 if isinstance(tau2, float) else _estimate(y0, v, x0, tau2)
    s = _sums(y0, v, x0, np.array([t]))
    slope = float(s.slope[0]) / scale
    sxx = float(s.sxx[0]) * scale**2
    x_mean = float(s.x_mean[0]) * scale + shift
    return Line(
        intercept=float(s.intercept[0]) - slope * shift + float(centre),
        slope=slope,
        intercept_variance=1.0 / float(s.s0[0]) + x_mean**2 / sxx,
        slope_variance=1.0 / sxx,
        residual=float(s.residual[0]),
        df=y.size - 2,
        tau2=t,
    )


def _sums(y: Floats, v: Floats, x: Floats, tau2: Floats) -> _Sums:
    w = 1.0 / (v + tau2[:, None])
    s0 = w.sum(axis=1)
    x_mean = (w * x).sum(axis=1) / s0
    d = x - x_mean[:, None]
    sxx = (w * d * d).sum(axis=1)
    y_mean = (w * y).sum(axis=1) / s0
    e = y - y_mean[:, None]
    slope = (w * d * e).sum(axis=1) / sxx
    hat = w * (1.0 / s0[:, None] + d * d / sxx[:, None])
    return _Sums(
        w=w,
        s0=s0,
        x_mean=x_mean,
        sxx=sxx,
        slope=slope,
        intercept=y_mean - slope * x_mean,
        r=e - slope[:, None] * d,
        trace_p=(w * (1.0 - hat)).sum(axis=1),
    )


def _estimate(y: Floats, v: Floats, x: Floats, method: str) -> float:
    df = y.size - 2.0
    if method == "CE":
        return 0.0
    none = _sums(y, v, x, np.zeros(1))
    if method == "DL":
        return max(0.0, float(((none.residual - df) / none.trace_p)[0]))

    def falling(t: Floats) -> Floats:
        s = _sums(y, v, x, t)
        if method in ("PM", "EB"):
            return np.asarray(s.residual - df)
        squares = (s.w**2 * s.r**2).sum(axis=1)
        return np.asarray(squares - (s.trace_p if method == "REML" else s.w.sum(axis=1)))

    # Beyond 2 SSR/df + max v all three are negative: Σw²r² <= max(w)² SSR of the
    # unweighted line, tr P >= min(w) df.
    plain = _sums(y, np.ones_like(v), x, np.zeros(1))
    top = 2.0 * float(plain.residual[0]) / df + float(v.max())
    unit = float(v.min())
    points = int(np.ceil(np.log1p(top / unit) / _GRID_STEP)) + 1
    grid = unit * np.expm1(np.linspace(0.0, np.log1p(top / unit), points))
    grid[-1] = top
    values = falling(grid)
    cells = np.flatnonzero((values[:-1] > 0.0) & (values[1:] <= 0.0))
    candidates = [0.0] if values[0] <= 0.0 else []
    candidates += [_bisect(falling, float(grid[i]), float(grid[i + 1]), unit) for i in cells]
    if len(candidates) == 1 or method in ("PM", "EB"):
        return candidates[0]
    return max(candidates, key=lambda t: _log_likelihood(y, v, x, t, method == "REML"))


def _bisect(function: Callable[[Floats], Floats], low: float, high: float, unit: float) -> float:
    """Narrow a bracket on the scale of log(t + unit) until doubles end it."""
    for _ in range(_BISECTIONS):
        middle = float(np.sqrt((low + unit) * (high + unit)) - unit)
        if not low < middle < high:
            break
        if function(np.array([middle]))[0] > 0.0:
            low = middle
        else:
            high = middle
        if high - low <= 1e-14 * (high + unit):
            break
    return 0.5 * (low + high)


def _log_likelihood(y: Floats, v: Floats, x: Floats, tau2: float, restricted: bool) -> float:
    s = _sums(y, v, x, np.array([tau2]))
    twice = np.log(s.w).sum() - s.residual[0]
    if restricted:
        twice = twice - np.log(s.s0[0]) - np.log(s.sxx[0])
    return 0.5 * float(twice)
