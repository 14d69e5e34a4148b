"""Two endpoints of the same trials in one random-effects model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from trialpool.pooling.bivariate import likelihood
from trialpool.pooling.bivariate.likelihood import Pairs
from trialpool.pooling.numeric.tails import chi2_p, two_sided_quantile
from trialpool.pooling.options import Floats, check_level, choose
from trialpool.pooling.plain_values import Plain, Shown

METHODS: Final = ("REML", "ML")
MIN_BOTH: Final = 3
# Closer to 1 than this a correlation between trials is at its bound.
_BOUND: Final = 1e-5


@dataclass(frozen=True, repr=False)
class BivariateFit(Shown, Plain):
    """Two pooled effects. None means "does not exist".

    Attributes
    ----------
    k, k_both : int
        Trials with either effect, and with both.
    estimates, ses, ci_lower, ci_upper : tuple of two floats
        Means of the first and the second endpoint on the analysis scale; Wald.
    covariance : ndarray of shape (2, 2)
        Of the two means.
    g : ndarray of shape (2, 2)
        Covariance between trials.
    rho : float or None
        Correlation between trials; None where one endpoint does not vary.
    correlation : float
        Within trials, as assumed.
    log_likelihood, q : float
    q_df : int
    q_p_value : float
        Residual heterogeneity of both endpoints against G = 0.
    method, at_boundary, converged
    level : float
    pairs : Pairs
        What was fitted; not written.
    """

    k: int
    k_both: int
    estimates: tuple[float, float]
    ses: tuple[float, float]
    ci_lower: tuple[float, float]
    ci_upper: tuple[float, float]
    covariance: Floats
    g: Floats
    rho: float | None
    correlation: float
    log_likelihood: float
    q: float
    q_df: int
    q_p_value: float
    method: str
    at_boundary: bool
    converged: bool
    level: float
    pairs: Pairs
    unwritten: ClassVar[tuple[str, ...]] = ("pairs",)


def bivariate(
    y1: npt.ArrayLike,
    v1: npt.ArrayLike,
    y2: npt.ArrayLike,
    v2: npt.ArrayLike,
    *,
    correlation: float | npt.ArrayLike = 0.0,
    method: str = "REML",
    level: float = 0.95,
) -> BivariateFit:
    """Pool two effects per trial with an unstructured covariance between trials.

    A trial with one effect alone enters with that one: the other endpoint lends it strength
    (Jackson, Riley and White 2011, Stat Med 30:2481).

    Parameters
    ----------
    y1, v1, y2, v2 : array-like of shape (k,)
        Effects and sampling variances on the analysis scale; NaN where a trial has none.
    correlation : float or array-like of shape (k,)
        Of the two estimates within a trial, between -1 and 1. Reports do not print it: the range
        of what is plausible is a sensitivity analysis.
    method : {"REML", "ML"}
    level : float

    Returns
    -------
    BivariateFit

    Raises
    ------
    ValueError
        Arrays of other lengths, a variance that is not positive, an effect without variance,
        a correlation of 1 or more, fewer than three trials with both effects.
    """
    choose("method", method, METHODS)
    check_level(level)
    pairs = _pairs(y1, v1, y2, v2, correlation, restricted=method == "REML")
    g, converged = likelihood.maximise(pairs)
    point = likelihood.at(pairs, g)
    ses = np.sqrt(np.diag(point.covariance))
    half = two_sided_quantile(level, math.nan) * ses
    without = likelihood.at(pairs, np.zeros((2, 2)))
    q, q_df = _q(pairs, without.means), int(pairs.known.sum()) - 2
    taus = np.sqrt(np.diag(g))
    varies = bool((taus > 1e-6).all())
    rho = float(np.clip(g[0, 1] / (taus[0] * taus[1]), -1.0, 1.0)) if varies else None
    given = np.asarray(correlation, dtype=float)
    return BivariateFit(
        k=int(pairs.known.any(axis=1).sum()),
        k_both=int(pairs.known.all(axis=1).sum()),
        estimates=_two(point.means),
        ses=_two(ses),
        ci_lower=_two(point.means - half),
        ci_upper=_two(point.means + half),
        covariance=point.covariance,
        g=g,
        rho=rho,
        correlation=float(given.mean()),
        log_likelihood=point.value,
        q=q,
        q_df=q_df,
        q_p_value=float(chi2_p(q, float(q_df))),
        method=method,
        at_boundary=rho is None or abs(rho) > 1.0 - _BOUND,
        converged=converged,
        level=level,
        pairs=pairs,
    )


def _two(values: Floats) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _pairs(
    y1: npt.ArrayLike,
    v1: npt.ArrayLike,
    y2: npt.ArrayLike,
    v2: npt.ArrayLike,
    correlation: float | npt.ArrayLike,
    *,
    restricted: bool,
) -> Pairs:
    columns = {"y1": y1, "v1": v1, "y2": y2, "v2": v2}
    arrays = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    k = arrays["y1"].size
    for name, values in arrays.items():
        if values.shape != (k,):
            raise ValueError(f"{name} has the shape {values.shape}, y1 {arrays['y1'].shape}")
        if np.isinf(values).any():
            raise ValueError(f"{name} holds an infinite value")
    for effect, variance in (("y1", "v1"), ("y2", "v2")):
        if (np.isnan(arrays[effect]) != np.isnan(arrays[variance])).any():
            raise ValueError(f"{effect} and {variance} must be missing in the same trials")
        if (arrays[variance] <= 0).any():
            raise ValueError(f"{variance} holds a variance that is not positive")
    rho = np.broadcast_to(np.asarray(correlation, dtype=float), (k,))
    if not (np.abs(rho) < 1).all():
        raise ValueError(f"correlation={correlation!r}: must lie between -1 and 1, ends excluded")
    y = np.column_stack([arrays["y1"], arrays["y2"]])
    known = ~np.isnan(y)
    both = int(known.all(axis=1).sum())
    if both < MIN_BOTH:
        raise ValueError(f"{both} trials report both effects; at least {MIN_BOTH} are needed")
    some = known.any(axis=1)
    y, known, rho = np.nan_to_num(y)[some], known[some], rho[some]
    first, second = (np.nan_to_num(arrays[name])[some] for name in ("v1", "v2"))
    return Pairs(y, known, first, second, rho * np.sqrt(first * second), restricted)


def _q(pairs: Pairs, means: Floats) -> float:
    """Return the weighted sum of squares of both endpoints around the common-effect means."""
    w11, w12, w22, _ = likelihood.precisions(pairs, np.zeros((2, 2)))
    r1, r2 = (pairs.y - means).T
    return float((w11 * r1 * r1 + 2.0 * w12 * r1 * r2 + w22 * r2 * r2).sum())
