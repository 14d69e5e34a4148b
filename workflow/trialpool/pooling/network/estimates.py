"""Estimates of a network: of all treatments, of one pair, and of tau²."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialpool.pooling.options import Floats


@dataclass(frozen=True)
class Comparison:
    """One treatment against another on the analysis scale.

    Attributes
    ----------
    estimate, se, ci_lower, ci_upper : float
        The error that the interval uses.
    p_value : float or None
        None for a treatment against itself.
    pi_lower, pi_upper : float or None
        Prediction interval, of the random-effects model alone.
    """

    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    p_value: float | None
    pi_lower: float | None = None
    pi_upper: float | None = None


@dataclass(frozen=True, eq=False)
class NetworkEstimates:
    """Effects of all treatments against the reference under one model.

    Attributes
    ----------
    effects : ndarray of shape (n,)
        Analysis scale; 0 for the reference.
    covariance : ndarray of shape (n, n)
        0 in the row and column of the reference.
    p_scores : ndarray of shape (n,)
    """

    effects: Floats
    covariance: Floats
    p_scores: Floats

    def difference(self, i: int, j: int) -> tuple[float, float]:
        """Effect of the treatment at `i` against that at `j`, and its variance."""
        c = self.covariance
        variance = max(0.0, float(c[i, i] + c[j, j] - 2.0 * c[i, j]))
        return float(self.effects[i] - self.effects[j]), variance


@dataclass(frozen=True)
class NetworkTau2:
    """Between-trial variance of a network.

    Attributes
    ----------
    value : float
    lower, upper : float or None
        By Q-profile.
    i2 : float or None
        100·tau²/(tau² + s²) with the typical variance s² = df/tr(P).
    i2_q : float or None
        From Q, in percent.
    method : str
        "given" where it was handed in.
    converged, multimodal : bool
    """

    value: float
    lower: float | None
    upper: float | None
    i2: float | None
    i2_q: float | None
    method: str
    converged: bool
    multimodal: bool


def read_only(values: Floats) -> Floats:
    """Return an array that cannot be written to."""
    own = np.array(values, dtype=np.float64)
    own.flags.writeable = False
    return own
