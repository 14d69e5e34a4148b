"""The mean of a multilevel model as the record that every pool is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
import numpy.typing as npt

from trialpool.pooling.dependent.clusters import cluster_rows
from trialpool.pooling.dependent.results import DependentEffects, mean_p_value
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import Floats, as_floats
from trialpool.pooling.univariate.intervals import MIN_TRIALS_FOR_PREDICTION
from trialpool.pooling.univariate.results import Diagnostics, PooledEffect


def pooled_mean(
    fit: DependentEffects, vi: npt.ArrayLike, cluster: Iterable[Hashable]
) -> PooledEffect:
    """Give the mean of a three-level model (components "cluster" and "effect") as a pool.

    Parameters
    ----------
    fit : DependentEffects
        Without moderators, by the model or cluster-robust.
    vi : array-like of shape (k,)
        Sampling variances on the analysis scale.
    cluster : iterable of hashable, length k
        As the fit was given them.

    Returns
    -------
    PooledEffect
        Of k effects: `weights` are 1'W/1'W1, `tau2` the sum of the components, whose own
        intervals the fit has. The prediction interval, from three clusters on, is of the
        effect in a new cluster: mean ± t √(Σσ² + se²) on the degrees of freedom of the mean.
    """
    v = as_floats("vi", vi, 1)
    mean = fit.coefficients[0]
    variances = {part.name: part.variance for part in fit.components}
    between, within = variances["cluster"], variances["effect"]
    tau2 = between + within
    limits: tuple[float | None, float | None] = (None, None)
    if fit.clusters >= MIN_TRIALS_FOR_PREDICTION:
        df = np.array([np.nan if mean.df is None else mean.df])
        half = float(two_sided_quantile(fit.level, df)[0]) * float(np.sqrt(tau2 + mean.se**2))
        limits = mean.estimate - half, mean.estimate + half
    return PooledEffect(
        k=fit.k,
        measure=fit.measure,
        scale=fit.scale,
        estimate=mean.estimate,
        se=mean.se,
        ci_lower=mean.ci_lower,
        ci_upper=mean.ci_upper,
        p_value=mean_p_value(mean, fit.measure),
        tau2=tau2,
        tau2_se=None,
        tau2_ci_lower=None,
        tau2_ci_upper=None,
        i2=fit.i2,
        i2_q=100.0 * max(0.0, fit.q - fit.q_df) / fit.q if fit.q > 0.0 else 0.0,
        h2=tau2 / fit.typical_variance + 1.0,
        q=fit.q,
        q_df=fit.q_df,
        q_p_value=fit.q_p_value,
        pi_lower=limits[0],
        pi_upper=limits[1],
        tau2_method=fit.method,
        ci_method=fit.ci_method,
        weights=tuple(_weights(v, cluster, between, within).tolist()),
        level=fit.level,
        pi_method="t",
        df=mean.df,
        diagnostics=Diagnostics(
            fit.converged, any(part.at_boundary for part in fit.components), fit.multimodal
        ),
        tau2_ci_method="profile-likelihood",
    )


def _weights(v: Floats, cluster: Iterable[Hashable], between: float, within: float) -> Floats:
    """1'W/1'W1: the inverse of a 11' + diag(d) times 1 is (1/d)/(1 + a Σ 1/d)."""
    weights = np.zeros(v.size)
    for rows in cluster_rows(cluster, v.size):
        own = 1.0 / (v[rows] + within)
        weights[rows] = own / (1.0 + between * own.sum())
    return np.asarray(weights / weights.sum())
