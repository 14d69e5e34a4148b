"""How well the effect on one endpoint foretells the effect on another, between trials.

An association between trials, not within patients (Buyse et al. 2000, Biostatistics 1:49;
Daniels and Hughes 1997, Stat Med 16:1965; Burzykowski and Buyse 2006, Pharm Stat 5:173).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt
from scipy import optimize

from trialpool.pooling.bivariate import MIN_TRIALS, likelihood
from trialpool.pooling.bivariate.model import BivariateFit, bivariate
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import choose
from trialpool.pooling.plain_values import Plain, Shown

BENEFIT: Final = ("lower", "higher")
_NEAREST: Final = 1.0 - 1e-6  # the correlation nearest to 1 at which a likelihood is asked for


@dataclass(frozen=True)
class Foretold(Plain):
    """The effect on the final endpoint at one effect on the early one; on the analysis scale.

    Attributes
    ----------
    early, estimate : float
    ci_lower, ci_upper : float
        Of the mean over trials with this early effect.
    pi_lower, pi_upper : float
        Of the true final effect of one new trial.
    """

    early: float
    estimate: float
    ci_lower: float
    ci_upper: float
    pi_lower: float
    pi_upper: float


@dataclass(frozen=True, repr=False)
class Surrogacy(Shown, Plain):
    """An association of effects between trials. None means "does not exist".

    Attributes
    ----------
    fit : BivariateFit
        First the early, then the final endpoint.
    slope, slope_se, intercept : float or None
        Regression of true final on true early effects, G12 / G11; the standard error from the
        observed information by the delta method.
    r2, r2_lower, r2_upper : float or None
        Squared correlation between trials; limits from the profile likelihood of the correlation.
    residual_variance : float or None
        Of true final effects around the line, G22 - slope G12.
    threshold : float or None
        Surrogate threshold effect: the smallest early effect from which on a benefit on the
        final endpoint is foretold for a new trial whose true early effect is known; None where
        no early effect is large enough.
    enough : bool
        Whether there are at least ten trials with both effects.
    """

    fit: BivariateFit
    slope: float | None
    slope_se: float | None
    intercept: float | None
    r2: float | None
    r2_lower: float | None
    r2_upper: float | None
    residual_variance: float | None
    threshold: float | None
    enough: bool
    unwritten: ClassVar[tuple[str, ...]] = ()

    def foretell(self, early: float, se: float = 0.0, *, slope_known: bool = False) -> Foretold:
        """Foretell the final effect of a new trial.

        Parameters
        ----------
        early : float
            Its effect on the early endpoint, on the analysis scale.
        se : float
            Standard error of that effect; 0 where the true effect is meant.
        slope_known : bool
            Leave out that the slope was estimated, and use normal instead of t quantiles.

        Raises
        ------
        ValueError
            Where early effects do not differ between trials, so that there is no line.
        """
        line = _line(self.fit, self.slope_se, slope_known=slope_known)
        if line is None:
            raise ValueError("there is no line: the effects on one endpoint do not differ")
        return line.at(early, se)


def surrogacy(
    y1: npt.ArrayLike,
    v1: npt.ArrayLike,
    y2: npt.ArrayLike,
    v2: npt.ArrayLike,
    *,
    correlation: float | npt.ArrayLike = 0.0,
    early_benefit: str = "lower",
    final_benefit: str = "lower",
    method: str = "REML",
    level: float = 0.95,
) -> Surrogacy:
    """Fit the association of the effects on an early and on a final endpoint.

    Parameters
    ----------
    y1, v1, y2, v2, correlation, method, level
        As in `bivariate`; the early endpoint first.
    early_benefit, final_benefit : {"lower", "higher"}
        On which side of 0 an effect is a benefit: "lower" for log hazard ratios, "higher" for
        the log odds ratio of a response.

    Raises
    ------
    ValueError
        As `bivariate`; a side that is not known.
    """
    choose("early_benefit", early_benefit, BENEFIT)
    choose("final_benefit", final_benefit, BENEFIT)
    fit = bivariate(y1, v1, y2, v2, correlation=correlation, method=method, level=level)
    slope = slope_se = residual = None
    if fit.rho is not None:
        slope = float(fit.g[0, 1] / fit.g[0, 0])
        residual = max(0.0, float(fit.g[1, 1] - slope * fit.g[0, 1]))
        slope_se = _slope_se(fit, slope)
    line = _line(fit, slope_se)
    lower, upper = _r2_limits(fit)
    return Surrogacy(
        fit=fit,
        slope=slope,
        slope_se=slope_se,
        intercept=None if slope is None else fit.estimates[1] - slope * fit.estimates[0],
        r2=None if fit.rho is None else fit.rho**2,
        r2_lower=lower,
        r2_upper=upper,
        residual_variance=residual,
        threshold=None if line is None else line.threshold(early_benefit, final_benefit),
        enough=fit.k_both >= MIN_TRIALS,
    )


def _slope_se(fit: BivariateFit, slope: float) -> float | None:
    """Return the delta-method standard error of G12 / G11."""
    covariance = likelihood.information(fit.pairs, fit.g)
    if covariance is None:
        return None
    gradient = np.array([-slope, 1.0, 0.0]) / fit.g[0, 0]
    return math.sqrt(float(gradient @ covariance @ gradient))


@dataclass(frozen=True)
class _Line:
    """Mean of the final effect over early ones, with what makes it uncertain."""

    at_mean: float
    mean: float
    slope: float
    variance: float  # of the mean at the mean early effect
    slope_variance: float
    residual: float
    quantile: float

    def _mean(self, early: float) -> float:
        return self.mean + self.slope * (early - self.at_mean)

    def _variance(self, early: float) -> float:
        return self.variance + self.slope_variance * (early - self.at_mean) ** 2

    def at(self, early: float, se: float) -> Foretold:
        mean = self._mean(early)
        half = self.quantile * math.sqrt(self._variance(early))
        spread = self._variance(early) + self.residual + (self.slope * se) ** 2
        wide = self.quantile * math.sqrt(spread)
        return Foretold(early, mean, mean - half, mean + half, mean - wide, mean + wide)

    def threshold(self, early_benefit: str, final_benefit: str) -> float | None:
        """Solve for the early effect at which the limit of prediction is 0.

        (mean + slope d)² = q² (A + d² B) at distances d from the mean early effect: at most two
        roots. Of those where the limit passes from no benefit to benefit, on the way to larger
        early benefits, the one nearest to no early effect.
        """
        q2 = self.quantile**2
        a = self.slope**2 - q2 * self.slope_variance
        b = 2.0 * self.mean * self.slope
        c = self.mean**2 - q2 * (self.variance + self.residual)
        toward = -1.0 if early_benefit == "lower" else 1.0
        sign = 1.0 if final_benefit == "lower" else -1.0

        def limit(early: float) -> float:
            spread = math.sqrt(self._variance(early) + self.residual)
            return sign * self._mean(early) + self.quantile * spread

        found = []
        for root in np.roots([a, b, c] if abs(a) > 1e-14 else [b, c]):
            if abs(root.imag) > 1e-12 * max(1.0, abs(root.real)):
                continue
            early = self.at_mean + float(root.real)
            step = 1e-6 * max(1.0, abs(early))
            if limit(early - toward * step) > 0 > limit(early + toward * step):
                found.append(early)
        return min(found, key=abs) if found else None


def _line(fit: BivariateFit, slope_se: float | None, *, slope_known: bool = False) -> _Line | None:
    if fit.rho is None or (slope_se is None and not slope_known):
        return None
    slope = float(fit.g[0, 1] / fit.g[0, 0])
    gradient = np.array([-slope, 1.0])
    return _Line(
        at_mean=fit.estimates[0],
        mean=fit.estimates[1],
        slope=slope,
        # At the mean early effect only the final mean is uncertain along the line.
        variance=float(gradient @ fit.covariance @ gradient),
        slope_variance=0.0 if slope_known or slope_se is None else slope_se**2,
        residual=max(0.0, float(fit.g[1, 1] - slope * fit.g[0, 1])),
        quantile=two_sided_quantile(fit.level, math.nan if slope_known else float(fit.k_both - 2)),
    )


def _r2_limits(fit: BivariateFit) -> tuple[float | None, float | None]:
    """Return profile-likelihood limits of the squared correlation between trials.

    Those of the correlation, squared; where they enclose 0 the lower one is 0.
    """
    if fit.rho is None:
        return None, None
    drop = float(two_sided_quantile(fit.level, math.nan)) ** 2 / 2.0
    taus = np.sqrt(np.diag(fit.g))

    def above(rho: float) -> float:
        return likelihood.profile(fit.pairs, rho, taus) - (fit.log_likelihood - drop)

    top = min(max(fit.rho, -_NEAREST), _NEAREST)
    lower, upper = _crossing(above, top, -_NEAREST), _crossing(above, top, _NEAREST)
    squares = sorted((lower**2, upper**2))
    return (0.0 if lower <= 0.0 <= upper else squares[0]), squares[1]


def _crossing(above: Callable[[float], float], top: float, end: float) -> float:
    """Return where a profile falls below its cut between its top and an end; else the bound."""
    if top == end or above(end) >= 0.0:
        return math.copysign(1.0, end)
    return float(optimize.brentq(above, top, end, xtol=1e-9))
