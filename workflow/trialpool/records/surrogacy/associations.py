"""An association of effects between trials, on the analysis scale. None: does not exist."""

from __future__ import annotations

from typing import Literal

from trialpool.records.base import Record

# "strong" and "weak" by the limits of R²; empty with fewer trials than a verdict needs.
Verdict = Literal["strong", "weak", "not-settled", ""]


class WithinTrial(Record, frozen=True, kw_only=True):
    """Correlation of the two benefits of one trial as estimated, and why this one.

    No report prints it. Of benefits: it counts as negative between a log odds ratio of a response
    and a log hazard ratio, whose benefits lie on opposite sides of no effect.
    """

    correlation: float
    reason: str


class ForetoldEffect(Record, frozen=True, kw_only=True):
    """What an early effect foretells of the final one.

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


class Association(Record, frozen=True, kw_only=True):
    """The bivariate model under one correlation within trials.

    Attributes
    ----------
    correlation : float
        Of the estimated benefits within trials, assumed.
    k : int
    r2, r2_lower, r2_upper : float or None
        Squared correlation between trials, with its profile-likelihood interval.
    slope, slope_se, slope_lower, slope_upper, intercept : float or None
        Of true final on true early effects; t interval with k - 2 degrees of freedom.
    residual_variance : float or None
        Of true final effects around the line.
    threshold : float or None
        Surrogate threshold effect, an early effect; None where none is large enough.
    foretold : tuple of ForetoldEffect
        At round early effects; empty where there is no line or its error does not exist.
    at_boundary, converged : bool
    q, q_p_value : float
    q_df : int
        Residual heterogeneity of both endpoints.
    """

    correlation: float
    k: int
    r2: float | None
    r2_lower: float | None
    r2_upper: float | None
    slope: float | None
    slope_se: float | None
    slope_lower: float | None
    slope_upper: float | None
    intercept: float | None
    residual_variance: float | None
    threshold: float | None
    foretold: tuple[ForetoldEffect, ...]
    at_boundary: bool
    converged: bool
    q: float
    q_df: int
    q_p_value: float


class WithoutTrial(Record, frozen=True, kw_only=True):
    """The association without one pair."""

    trial_id: str
    label: str
    comparison: str
    r2: float | None
    r2_lower: float | None
    r2_upper: float | None
    slope: float | None
    threshold: float | None


class Line(Record, frozen=True, kw_only=True):
    """A simpler regression: "weighted" or "errors-in-variables"."""

    method: Literal["weighted", "errors-in-variables"]
    intercept: float
    slope: float
    slope_se: float | None
    tau2: float | None
