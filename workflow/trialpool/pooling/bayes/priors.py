"""Prior distributions of the between-trial standard deviation tau."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np

from trialpool.pooling.options import Floats, choose

TAU_PRIORS: Final = ("half-normal", "half-cauchy", "uniform")

_SMALLEST_SCALE: Final = 1e-100
_LARGEST_SCALE: Final = 1e100


@dataclass(frozen=True)
class TauPrior:
    """A prior of tau on the analysis scale.

    Attributes
    ----------
    name : {"half-normal", "half-cauchy", "uniform"}
    scale : float
        Standard deviation of the normal, or scale of the Cauchy, that is folded
        at 0; for "uniform" the upper bound. In units of the effect (log for ratios).
    """

    name: str
    scale: float

    @property
    def upper(self) -> float:
        """Largest possible tau."""
        return self.scale if self.name == "uniform" else math.inf

    @property
    def tail_power(self) -> float:
        """Power r with density ∝ tau^-r far out; infinite for lighter tails."""
        return 2.0 if self.name == "half-cauchy" else math.inf

    def log_kernel(self, tau: Floats) -> Floats:
        """Logarithm of the density up to a constant, for tau within its support."""
        ratio = tau / self.scale
        if self.name == "half-normal":
            return np.asarray(-0.5 * ratio * ratio)
        if self.name == "half-cauchy":
            # hypot, so that the square of a huge ratio stays in range.
            return np.asarray(-2.0 * np.log(np.hypot(1.0, ratio)))
        return np.zeros_like(tau)

    def rescaled(self, exponent: int) -> TauPrior:
        """Return the prior of tau / 2**exponent."""
        return TauPrior(self.name, math.ldexp(self.scale, -exponent))


def check_prior(prior: object, scale: object) -> TauPrior:
    """Check the name and the scale of a prior of tau.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    name = choose("prior", prior, TAU_PRIORS)
    if (
        isinstance(scale, bool)
        or not isinstance(scale, Real)
        or not _SMALLEST_SCALE <= float(scale) <= _LARGEST_SCALE
    ):
        what = (
            "the upper bound of tau; an unbounded uniform prior needs three trials to give a "
            "posterior at all and is not offered"
            if name == "uniform"
            else f"the scale of a {name} prior of tau"
        )
        raise ValueError(
            f"scale={scale!r} is not {what}; "
            f"it must lie in [{_SMALLEST_SCALE:g}, {_LARGEST_SCALE:g}]"
        )
    return TauPrior(name, float(scale))


def check_mean_prior(value: object) -> tuple[float, float] | None:
    """Check the prior of the mean: None (uniform) or (mean, standard deviation) of a normal.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    if value is None:
        return None
    refusal = ValueError(
        f"mean_prior={value!r}; allowed: None for the uniform prior, or (mean, standard "
        "deviation) of a normal one: two finite numbers of size up to 1e100, the second at "
        "least 1e-100"
    )
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise refusal
    if any(isinstance(part, bool) or not isinstance(part, Real) for part in value):
        raise refusal
    mean, sd = (float(part) for part in value)
    if not abs(mean) <= _LARGEST_SCALE or not _SMALLEST_SCALE <= sd <= _LARGEST_SCALE:
        raise refusal
    return mean, sd
