"""Results of meta-regression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trialpool.pooling.doubt import Doubt
from trialpool.pooling.fit_doubts import of_moderators, of_tau2
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import Floats, Scale, as_floats
from trialpool.pooling.plain_values import Doubted, Plain
from trialpool.pooling.regression.designs import INTERCEPT
from trialpool.pooling.univariate.results import Diagnostics


@dataclass(frozen=True)
class Coefficient(Plain):
    """One coefficient on the analysis scale (log for ratios), per unit of its moderator.

    Attributes
    ----------
    name : str
    estimate, se : float
    statistic, p_value : float or None
        estimate/se and its two-sided p-value; None where se is 0.
    df : float or None
        Of the t distribution; None where the normal applies.
    ci_lower, ci_upper : float
    permutation_p_value : float or None
        From `permutation_test`, None where none was made.
    """

    name: str
    estimate: float
    se: float
    statistic: float | None
    df: float | None
    p_value: float | None
    ci_lower: float
    ci_upper: float
    permutation_p_value: float | None = None


@dataclass(frozen=True)
class PermutationTest(Plain):
    """How permutation p-values were found.

    Attributes
    ----------
    exact : bool
        Whether every distinct permutation was fitted.
    permutations : int
        Number of refits.
    seed : int or None
        None where all permutations were fitted.
    p_values : tuple of float or None
        One per coefficient; None for the intercept.
    qm_p_value : float or None
        Of the omnibus test; None without moderators.
    """

    exact: bool
    permutations: int
    seed: int | None
    p_values: tuple[float | None, ...]
    qm_p_value: float | None

    unwritten = ("p_values",)


@dataclass(frozen=True)
class Prediction(Plain):
    """Mean effect at given values of the moderators; the limits of a new trial's effect."""

    values: tuple[float, ...]
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None


@dataclass(frozen=True, repr=False)
class MetaRegression(Doubted, Plain):
    """A fitted meta-regression. None means "does not exist".

    Attributes
    ----------
    k, p : int
        Effects and coefficients.
    measure : str
    scale : {"log", "identity"}
    coefficients : tuple of Coefficient
    tau2, tau2_se, tau2_ci_lower, tau2_ci_upper : float or None
        Residual between-trial variance, with its Q-profile interval.
    tau2_null : float or None
        tau² of the same estimator without moderators.
    r2 : float or None
        100 (tau2_null - tau2)/tau2_null, bounded at 0; None where tau2_null is 0
        or there is no intercept.
    i2, h2 : float or None
        Residual heterogeneity against the typical sampling variance.
    qe, qe_df, qe_p_value : float, int, float
        Test of residual heterogeneity.
    qm_statistic : {"F", "Q"}
    qm, qm_df1, qm_df2, qm_p_value : float, int, int, float or None
        Omnibus test of all coefficients but the intercept.
    tau2_method, ci_method : str
    level : float
    covariance : ndarray of shape (p, p)
        Of the coefficients, scaled as their standard errors are.
    diagnostics : Diagnostics
    permutation : PermutationTest or None
    """

    k: int
    p: int
    measure: str
    scale: Scale
    coefficients: tuple[Coefficient, ...]
    tau2: float
    tau2_se: float | None
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    tau2_null: float | None
    r2: float | None
    i2: float | None
    h2: float | None
    qe: float
    qe_df: int
    qe_p_value: float
    qm_statistic: str
    qm: float | None
    qm_df1: int
    qm_df2: int | None
    qm_p_value: float | None
    tau2_method: str
    ci_method: str
    level: float
    covariance: Floats
    diagnostics: Diagnostics
    permutation: PermutationTest | None = None

    def doubts(self) -> Iterator[Doubt]:
        """See `Doubted`."""
        names = [c.name for c in self.coefficients]
        yield from of_moderators(names, self.covariance, 1 if names[0] == INTERCEPT else 0)
        yield from of_tau2(self.tau2, self.qe, self.qe_df, self.tau2_method)

    def predict(self, moderators: npt.ArrayLike) -> tuple[Prediction, ...]:
        """Give the mean effect at values of the moderators.

        Parameters
        ----------
        moderators : array-like of shape (m,) or (n, m)
            Without the intercept, in the order of the coefficients.

        Returns
        -------
        tuple of Prediction
            The prediction interval takes the same distribution as the interval
            of the mean and √(tau² + se²); None for a common effect or below
            three effects.

        Raises
        ------
        ValueError
            If the number of values is wrong or one is not finite.
        """
        first = 1 if self.coefficients[0].name == INTERCEPT else 0
        given = np.asarray(moderators)
        points = as_floats("moderators", given, 1 if given.ndim == 1 else 2)
        points = points[None, :] if points.ndim == 1 else points
        if points.shape[1] != self.p - first or not np.isfinite(points).all():
            names = ", ".join(c.name for c in self.coefficients[first:])
            raise ValueError(
                f"moderators has {points.shape[1]} columns or values that are not finite; "
                f"expected finite numbers for {names}"
            )
        ones = np.ones((points.shape[0], first))
        x = np.hstack([ones, points])
        estimates = x @ np.array([c.estimate for c in self.coefficients])
        variances = np.einsum("ij,jk,ik->i", x, self.covariance, x)
        df = self.coefficients[0].df
        quantile = float(
            two_sided_quantile(self.level, np.array([np.nan if df is None else df]))[0]
        )
        exists = self.tau2_method != "CE" and self.k >= 3
        found = []
        for values, mean, variance in zip(points.tolist(), estimates, variances, strict=True):
            half = quantile * float(np.sqrt(max(variance, 0.0)))
            wide = quantile * float(np.sqrt(self.tau2 + max(variance, 0.0)))
            found.append(
                Prediction(
                    values=tuple(values),
                    estimate=float(mean),
                    se=float(np.sqrt(max(variance, 0.0))),
                    ci_lower=float(mean) - half,
                    ci_upper=float(mean) + half,
                    pi_lower=float(mean) - wide if exists else None,
                    pi_upper=float(mean) + wide if exists else None,
                )
            )
        return tuple(found)
