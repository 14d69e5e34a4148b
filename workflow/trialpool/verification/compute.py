"""Pools and survival estimates by statsmodels: arrays in, frozen records out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Paule-Mandel stops where Q(τ²) is this close to its expectation k − 1.
PM_STOP: Final = 1e-5
# A start above the root makes statsmodels return τ² = 0. From 0 Newton's steps stay below it,
# because Q falls and is convex; a tighter stop would let rounding carry the last step across.
_PM_SETTINGS: Final = {"tau2_start": 0.0, "atol": PM_STOP, "maxiter": 200}


@dataclass(frozen=True)
class SecondPool:
    """A pool by statsmodels, on the analysis scale. None where it computes no such number.

    Attributes
    ----------
    estimate, se, ci_lower, ci_upper : float
    p_value : float or None
        Test of 0.
    tau2 : float or None
        Between-trial variance, where it was estimated.
    q, q_p_value : float or None
        Cochran's test of heterogeneity.
    note : str
        What was done to a number of statsmodels.
    """

    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    p_value: float | None = None
    tau2: float | None = None
    q: float | None = None
    q_p_value: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Landmark:
    """Survival at a time and its standard error (Greenwood)."""

    survival: float
    se: float


def engine() -> str:
    """Name the second engine with its version."""
    import statsmodels

    return f"statsmodels {statsmodels.__version__}"


def combined(
    yi: Floats, vi: Floats, tau2: Literal["CE", "DL", "PM"], level: float = 0.95
) -> SecondPool:
    """Pool by `statsmodels.stats.meta_analysis.combine_effects`, with the Wald interval.

    Parameters
    ----------
    yi, vi : ndarray of shape (k,)
        Effects and sampling variances on the analysis scale.
    tau2 : {"CE", "DL", "PM"}
        Common effect, DerSimonian-Laird, Paule-Mandel.
    level : float
        Of the interval.

    Notes
    -----
    statsmodels takes DerSimonian-Laird's τ² as it comes, below 0 too. DerSimonian and Laird
    (1986) bound it at 0, where the pool is the common effect: that is taken, and noted.
    """
    from statsmodels.stats.meta_analysis import combine_effects

    # Its Q is a difference of sums of squares: centred effects lose no digits there.
    centre = float(np.mean(yi))
    settings = _PM_SETTINGS if tau2 == "PM" else {}
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combine_effects(
            yi - centre, vi, method_re="pm" if tau2 == "PM" else "dl", alpha=1.0 - level, **settings
        )
        limits = found.conf_int(alpha=1.0 - level)
    spread, note = (0.0 if tau2 == "CE" else float(found.tau2)), ""
    if spread < 0.0:
        note = f"tau2 of statsmodels, {spread:.6g}, is bounded at 0"
    if spread <= 0.0:
        mean, se, (lower, upper) = found.mean_effect_fe, found.sd_eff_w_fe, limits[0]
    else:
        mean, se, (lower, upper) = found.mean_effect_re, found.sd_eff_w_re, limits[1]
    return SecondPool(
        estimate=centre + float(mean),
        se=float(se),
        ci_lower=centre + float(lower),
        ci_upper=centre + float(upper),
        tau2=max(spread, 0.0),
        q=float(found.q),
        q_p_value=float(found.test_homogeneity().pvalue),
        note=note,
    )


def hartung_knapp(
    yi: Floats, vi: Floats, tau2: float, *, floor: bool, level: float = 0.95
) -> SecondPool:
    """Pool by `WLS` with weights 1/(vi + τ²): its estimated scale is Hartung and Knapp's.

    Parameters
    ----------
    yi, vi : ndarray of shape (k,)
    tau2 : float
        Given; statsmodels has no restricted likelihood of a known sampling variance.
    floor : bool
        Whether the standard error is never below the one at scale 1.
    level : float
        Of the interval, by t with k − 1 degrees of freedom.
    """
    from statsmodels.regression.linear_model import WLS

    model = WLS(yi, np.ones(yi.size), weights=1.0 / (vi + tau2))
    fits = [model.fit(use_t=True)]
    if floor:
        fits.append(model.fit(cov_type="fixed scale", use_t=True))
    wider = max(fits, key=lambda fit: float(fit.bse[0]))
    with warnings.catch_warnings():
        # Where all effects are equal the standard error may be 0, and there is no test.
        warnings.simplefilter("ignore", RuntimeWarning)
        p_value = float(wider.pvalues[0])
    lower, upper = wider.conf_int(alpha=1.0 - level)[0]
    return SecondPool(
        estimate=float(wider.params[0]),
        se=float(wider.bse[0]),
        ci_lower=float(lower),
        ci_upper=float(upper),
        p_value=p_value,
    )


def kaplan_meier(time: Floats, event: Floats, at: Floats) -> list[Landmark]:
    """Survival at given times by `SurvfuncRight`.

    Parameters
    ----------
    time, event : ndarray of shape (n,)
        Follow-up, and 1 for an event.
    at : ndarray of shape (m,)
        Landmarks, in the unit of time.
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    with np.errstate(divide="ignore", invalid="ignore"):
        curve = SurvfuncRight(time, event)
    index = np.searchsorted(curve.surv_times, at, side="right")
    survival = np.concatenate([[1.0], curve.surv_prob])[index]
    # Greenwood's sum is infinite at survival 0, its product with it nothing.
    se = np.where(survival > 0.0, np.concatenate([[0.0], curve.surv_prob_se])[index], 0.0)
    return [Landmark(float(s), float(e)) for s, e in zip(survival, se, strict=True)]


def cox(time: Floats, event: Floats, experimental: Floats) -> tuple[float, float]:
    """Log hazard ratio and its standard error by `PHReg`, Efron's ties.

    Parameters
    ----------
    time, event, experimental : ndarray of shape (n,)
        Follow-up; 1 for an event; 1 for the experimental arm.
    """
    from statsmodels.duration.hazard_regression import PHReg

    fit = PHReg(time, experimental[:, None], status=event, ties="efron").fit()
    return float(fit.params[0]), float(fit.bse[0])
