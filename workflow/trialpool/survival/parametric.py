"""Parametric survival models of one arm, compared by AIC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy.typing as npt

from trialpool.survival.arrays import check_times

# Each with its number of parameters.
FAMILIES: Final = {
    "exponential": 1,
    "weibull": 2,
    "log-normal": 2,
    "log-logistic": 2,
    "generalised gamma": 3,
}


@dataclass(frozen=True)
class ParametricFit:
    """One family fitted to one arm.

    Attributes
    ----------
    family : str
    aic : float
    log_likelihood : float
    median : float
        In the unit of time; infinite where the model never reaches it.
    parameters : dict
        By lifelines' names.
    """

    family: str
    aic: float
    log_likelihood: float
    median: float
    parameters: dict[str, float]


def fit_parametric(time: npt.ArrayLike, event: npt.ArrayLike) -> tuple[ParametricFit, ...]:
    """Fit the usual families by lifelines, the smallest AIC first.

    Parameters
    ----------
    time, event : array-like of shape (n,)
        Times of 0 are refused: no family has them.

    Raises
    ------
    ValueError
        If there is no event, or a time is 0.

    Notes
    -----
    A family whose iteration fails, or with more parameters than there are events, is left out.
    The fits describe the follow-up; they are no licence to extrapolate beyond it.
    """
    import warnings

    import lifelines
    from lifelines.exceptions import ConvergenceError

    t, e = check_times(time, event)
    if not e.any():
        raise ValueError("no event: a parametric model cannot be fitted")
    if (t <= 0.0).any():
        raise ValueError("a time is 0; allowed: times above 0")
    fitters = (
        lifelines.ExponentialFitter,
        lifelines.WeibullFitter,
        lifelines.LogNormalFitter,
        lifelines.LogLogisticFitter,
        lifelines.GeneralizedGammaFitter,
    )
    found = []
    with warnings.catch_warnings():
        # Steps of the search through a logarithm of 0; its end is what counts.
        warnings.simplefilter("ignore")
        for (family, parameters), fitter in zip(FAMILIES.items(), fitters, strict=True):
            if e.sum() < parameters:
                continue
            try:
                model = fitter().fit(t, e)
            except ConvergenceError:
                continue
            found.append(
                ParametricFit(
                    family=family,
                    aic=float(model.AIC_),
                    log_likelihood=float(model.log_likelihood_),
                    median=float(model.median_survival_time_),
                    parameters={str(k): float(v) for k, v in model.summary["coef"].items()},
                )
            )
    return tuple(sorted(found, key=lambda fit: (fit.aic, fit.family)))
