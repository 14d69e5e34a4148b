"""Which trials drive a pooled effect, and which do not fit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from trialpool.pooling import random_effects_many
from trialpool.pooling.given import Effects, take
from trialpool.pooling.options import Bools, Floats, Ints, check_effects
from trialpool.pooling.plain_values import Shown
from trialpool.sensitivity.records import plain_rows
from trialpool.sensitivity.refits import without_one


@dataclass(frozen=True, eq=False, repr=False)
class Influence(Shown):
    """Case diagnostics, one entry per trial in the order of the input.

    Write mu for the mean of all trials, mu(-i) and tau²(-i) for what is
    estimated without trial i, Var for 1/Σw with w = 1/(v + tau²), h for the
    hat value.

    Attributes
    ----------
    trial : ndarray of int of shape (k,)
        Position in the input.
    rstudent : ndarray of shape (k,)
        Externally studentized residual (y_i - mu(-i)) / √(v_i + tau²(-i) + Var mu(-i)).
    dffits : ndarray of shape (k,)
        (mu - mu(-i)) / √(h_i (v_i + tau²(-i))).
    cook_d : ndarray of shape (k,)
        Cook's distance (mu - mu(-i))² / Var mu.
    cov_ratio : ndarray of shape (k,)
        Var mu(-i) / Var mu: below 1 where the mean is more precise without the trial.
    tau2_deleted, q_deleted : ndarray of shape (k,)
        tau² and Cochran's Q without the trial.
    hat : ndarray of shape (k,)
        w_i / Σw, the diagonal of the hat matrix.
    weight : ndarray of shape (k,)
        Weight in the pool as a fraction; in a model with a mean only it is the hat value.
    dfbetas : ndarray of shape (k,)
        (mu - mu(-i)) / √(1 / Σ 1/(v + tau²(-i))), the sum over all trials.
    influential : ndarray of bool of shape (k,)
        |dffits| > 3 √(1/(k - 1)), or a Cook's distance beyond the median of
        chi-square with one degree of freedom, or hat > 3/k, or |dfbetas| > 1.
    converged : ndarray of bool of shape (k,)
        Whether tau² converged with all trials and without this one.
    """

    trial: Ints
    rstudent: Floats
    dffits: Floats
    cook_d: Floats
    cov_ratio: Floats
    tau2_deleted: Floats
    q_deleted: Floats
    hat: Floats
    weight: Floats
    dfbetas: Floats
    influential: Bools
    converged: Bools

    def __len__(self) -> int:
        return len(self.trial)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one dict per trial, ready for JSON."""
        return plain_rows(self)


@dataclass(frozen=True, eq=False, repr=False)
class Baujat(Shown):
    """Coordinates of the Baujat plot, one entry per trial in the order of the input.

    Attributes
    ----------
    trial : ndarray of int of shape (k,)
        Position in the input.
    x : ndarray of shape (k,)
        Contribution to heterogeneity w_i (y_i - mu)²; with tau² = 0 these add up to Q.
    y : ndarray of shape (k,)
        Influence on the result (mu - mu(-i))² / Var mu(-i).
    """

    trial: Ints
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.trial)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one dict per trial, ready for JSON."""
        return plain_rows(self)


@dataclass(frozen=True)
class _Deletion:
    """A fit with all trials, and the fits without each of them, on centred effects."""

    y: Floats
    v: Floats
    mean: float
    tau2: float
    converged: bool
    mean_deleted: Floats
    variance_deleted: Floats
    tau2_deleted: Floats
    q_deleted: Floats
    converged_deleted: Bools

    @property
    def w(self) -> Floats:
        return 1.0 / (self.v + self.tau2)


def _delete_each(yi: npt.ArrayLike, vi: npt.ArrayLike, tau2: str) -> _Deletion:
    y, v, _ = check_effects(yi, vi, ndim=1)
    # Differences of means keep their digits when effects sit far from zero.
    y = y - y[np.argmin(v)]
    deleted = without_one(y, v, tau2=tau2, ci="wald")
    whole = random_effects_many(y[None, :], v[None, :], tau2=tau2, ci="wald", pi="normal")
    return _Deletion(
        y=y,
        v=v,
        mean=float(whole.estimate[0]),
        tau2=float(whole.tau2[0]),
        converged=bool(whole.diagnostics.converged[0]),
        mean_deleted=deleted.estimate,
        variance_deleted=deleted.se**2,
        tau2_deleted=deleted.tau2,
        q_deleted=deleted.q,
        converged_deleted=deleted.converged,
    )


def influence(yi: Effects, vi: npt.ArrayLike | None = None, *, tau2: str = "REML") -> Influence:
    """Diagnose outliers and influential trials by deleting each trial in turn.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale, two trials or more.
    tau2 : str
        Estimator of tau² as in `random_effects`; estimated anew without each trial.

    Returns
    -------
    Influence

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Definitions and the rule for `influential` are those of Viechtbauer and
    Cheung (2010), Research Synthesis Methods 1:112, for a model with a mean
    only. Variances are the model-based ones 1/Σw, whatever interval the pool
    has: a Hartung-Knapp factor would mix the fit of all trials into what is
    said about one.
    """
    given = take(yi, vi)
    fit = _delete_each(given.yi, given.vi, tau2)
    k = fit.y.size
    w = fit.w
    total = float(w.sum())
    hat = w / total
    shift = fit.mean - fit.mean_deleted
    spread = fit.v + fit.tau2_deleted
    dffits = shift / np.sqrt(hat * spread)
    cook = shift * shift * total
    # The sum over all trials is the one without trial i and its own term.
    dfbetas = shift * np.sqrt(1.0 / fit.variance_deleted + 1.0 / spread)
    influential = (
        (np.abs(dffits) > 3.0 * np.sqrt(1.0 / (k - 1)))
        | (cook > special.chdtri(1.0, 0.5))
        | (hat > 3.0 / k)
        | (np.abs(dfbetas) > 1.0)
    )
    return Influence(
        trial=np.arange(k),
        rstudent=(fit.y - fit.mean_deleted) / np.sqrt(spread + fit.variance_deleted),
        dffits=dffits,
        cook_d=cook,
        cov_ratio=fit.variance_deleted * total,
        tau2_deleted=fit.tau2_deleted,
        q_deleted=fit.q_deleted,
        hat=hat,
        weight=hat,
        dfbetas=dfbetas,
        influential=influential,
        converged=fit.converged_deleted & fit.converged,
    ).of(given.about)


def baujat(yi: Effects, vi: npt.ArrayLike | None = None, *, tau2: str = "CE") -> Baujat:
    """Set each trial's contribution to heterogeneity against its influence on the result.

    Parameters
    ----------
    yi, vi : array-like of shape (k,), or EffectSizes alone
        Effects and sampling variances on the analysis scale, two trials or more.
    tau2 : str
        Estimator of tau² as in `random_effects`. "CE" is the plot as it was
        published; any other weighs by 1/(v + tau²) in both coordinates.

    Returns
    -------
    Baujat

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.

    Notes
    -----
    Baujat, Mahé, Pignon and Hill (2002), Statistics in Medicine 21:2641.
    """
    given = take(yi, vi)
    fit = _delete_each(given.yi, given.vi, tau2)
    shift = fit.mean - fit.mean_deleted
    return Baujat(
        trial=np.arange(fit.y.size),
        x=fit.w * (fit.y - fit.mean) ** 2,
        y=shift * shift / fit.variance_deleted,
    ).of(given.about)
