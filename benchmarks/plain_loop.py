"""The peer that needs nothing but SciPy: textbook formulas, one set at a time.

What a careful reader would write from the papers in an afternoon: REML by Fisher scoring
(Viechtbauer 2005), the Hartung-Knapp interval (Hartung and Knapp 2001), the Q-profile
interval (Viechtbauer 2007), the t prediction interval.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import chi2, t

Floats = npt.NDArray[np.float64]


def _log_likelihood(tau2: float, yi: Floats, vi: Floats) -> float:
    w = 1.0 / (vi + tau2)
    residuals = yi - w @ yi / w.sum()
    return -0.5 * float(np.log(vi + tau2).sum() + np.log(w.sum()) + w @ residuals**2)


def pool(yi: Floats, vi: Floats) -> dict[str, float]:
    """Pool one set of effects `yi` with variances `vi`, both of shape (k,).

    Returns
    -------
    dict
        estimate, ci_lower, ci_upper, tau2, tau2_ci_lower, tau2_ci_upper, pi_lower, pi_upper on
        the scale of `yi`.
    """
    k = len(yi)
    tau2 = max(0.0, float(np.var(yi, ddof=1) - vi.mean()))
    for _ in range(1000):
        weights = 1.0 / (vi + tau2)
        mean = float(weights @ yi / weights.sum())
        trace_p = weights.sum() - (weights**2).sum() / weights.sum()
        trace_pp = (
            (weights**2).sum()
            - 2.0 * (weights**3).sum() / weights.sum()
            + ((weights**2).sum() / weights.sum()) ** 2
        )
        step = float(((weights**2) @ (yi - mean) ** 2 - trace_p) / trace_pp)
        new = max(0.0, tau2 + step)
        while _log_likelihood(new, yi, vi) < _log_likelihood(tau2, yi, vi) - 1e-12:
            new = 0.5 * (new + tau2)  # Fisher scoring alone runs in a circle on some sets
        done = abs(new - tau2) < 1e-10
        tau2 = new
        if done:
            break
    weights = 1.0 / (vi + tau2)
    mean = float(weights @ yi / weights.sum())
    se = float(np.sqrt(weights @ (yi - mean) ** 2 / (k - 1) / weights.sum()))
    quantile = float(t.ppf(0.975, k - 1))

    def generalised_q(value: float) -> float:
        w = 1.0 / (vi + value)
        return float(w @ (yi - w @ yi / w.sum()) ** 2)

    def limit(level: float) -> float:
        target = float(chi2.ppf(level, k - 1))
        if generalised_q(0.0) < target:
            return 0.0
        upper = 1.0
        while generalised_q(upper) > target:
            upper *= 2.0
        return float(brentq(lambda value: generalised_q(value) - target, 0.0, upper, xtol=1e-12))

    spread = quantile * float(np.sqrt(tau2 + se**2))
    return {
        "estimate": mean,
        "ci_lower": mean - quantile * se,
        "ci_upper": mean + quantile * se,
        "tau2": tau2,
        "tau2_ci_lower": limit(0.975),
        "tau2_ci_upper": limit(0.025),
        "pi_lower": mean - spread,
        "pi_upper": mean + spread,
    }
