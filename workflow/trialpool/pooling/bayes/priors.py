"""Prior distributions of the between-trial standard deviation tau, by family."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields
from numbers import Real
from typing import ClassVar, Final

import numpy as np

from trialpool.pooling.options import Floats

_SMALLEST_SCALE: Final = 1e-100
_LARGEST_SCALE: Final = 1e100
_RANGES: Final[dict[str, tuple[float, float]]] = {
    "scale": (_SMALLEST_SCALE, _LARGEST_SCALE),
    "rate": (_SMALLEST_SCALE, _LARGEST_SCALE),
    # A tail of power 0.2 in tau still ends within the range of a double.
    "shape": (0.2, 1e4),
    "df": (0.2, 1e4),
    "mean": (-230.0, 230.0),
    "sd": (1e-3, 5.0),
}


@dataclass(frozen=True)
class TauPrior(ABC):
    """A prior of tau on the analysis scale; its subclasses are the families.

    The fields of a family are its parameters, in the order in which they are written.
    """

    family: ClassVar[str]
    ranges: ClassVar[dict[str, tuple[float, float]]] = _RANGES

    @property
    def upper(self) -> float:
        """Largest possible tau."""
        return math.inf

    @property
    def tail_power(self) -> float:
        """Power r with density ∝ tau^-r far out; infinite for lighter tails."""
        return math.inf

    @property
    @abstractmethod
    def flat_below(self) -> float:
        """Value of tau below which the density is flat, or nothing."""

    @property
    def reach(self) -> float:
        """Value of tau beyond which the density only falls, by `tail_power` or faster."""
        return self.flat_below

    @property
    def left_tail(self) -> float:
        """Power with P(tau < t) ∝ |log t|^-power near 0; infinite for lighter tails."""
        return math.inf

    @abstractmethod
    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant, for tau within its support."""

    @property
    @abstractmethod
    def log_constant(self) -> float:
        """What `log_kernel` lacks: their sum is the logarithm of the density."""

    @abstractmethod
    def scaled(self, factor: float) -> TauPrior:
        """Return the prior of tau·factor."""

    @property
    def parameters(self) -> dict[str, float]:
        """Its parameters by name."""
        return asdict(self)

    @property
    def text(self) -> str:
        """Write it as `inverse-gamma:2.42:0.3`, which is what `prior` reads."""
        return ":".join((self.family, *(f"{value:.15g}" for value in self.parameters.values())))


@dataclass(frozen=True)
class _Scale(TauPrior):
    """A family whose only parameter is a scale, in units of the effect (log for ratios)."""

    scale: float

    @property
    def flat_below(self) -> float:
        """Its scale."""
        return self.scale

    def scaled(self, factor: float) -> TauPrior:
        """Return the prior of tau·factor."""
        return type(self)(self.scale * factor)


@dataclass(frozen=True)
class HalfNormal(_Scale):
    """Normal with standard deviation `scale`, folded at 0."""

    family = "half-normal"

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        ratio = tau / self.scale
        return np.asarray(-0.5 * ratio * ratio)

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return 0.5 * math.log(2.0 / math.pi) - math.log(self.scale)


@dataclass(frozen=True)
class HalfCauchy(_Scale):
    """Cauchy, folded at 0."""

    family = "half-cauchy"

    @property
    def tail_power(self) -> float:
        """Power of the tail."""
        return 2.0

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        # hypot, so that the square of a huge ratio stays in range.
        return np.asarray(-2.0 * np.log(np.hypot(1.0, tau / self.scale)))

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return math.log(2.0 / math.pi) - math.log(self.scale)


@dataclass(frozen=True)
class Uniform(_Scale):
    """Uniform up to `scale`."""

    family = "uniform"

    @property
    def upper(self) -> float:
        """Largest possible tau."""
        return self.scale

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        return np.zeros_like(tau)

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return -math.log(self.scale)


@dataclass(frozen=True)
class HalfT(TauPrior):
    """t with `df` degrees of freedom times `scale`, folded at 0."""

    family = "half-t"
    df: float
    scale: float

    @property
    def flat_below(self) -> float:
        """Its scale."""
        return self.scale

    @property
    def tail_power(self) -> float:
        """Power of the tail."""
        return self.df + 1.0

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        ratio = tau / (self.scale * math.sqrt(self.df))
        return np.asarray(-(self.df + 1.0) * np.log(np.hypot(1.0, ratio)))

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return math.log(2.0) + _log_t_constant(self.df) - math.log(self.scale)

    def scaled(self, factor: float) -> TauPrior:
        """Return the prior of tau·factor."""
        return HalfT(self.df, self.scale * factor)


@dataclass(frozen=True)
class Exponential(TauPrior):
    """Exponential with mean 1/`rate`."""

    family = "exponential"
    rate: float

    @property
    def flat_below(self) -> float:
        """Its mean."""
        return 1.0 / self.rate

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        return np.asarray(-self.rate * tau)

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return math.log(self.rate)

    def scaled(self, factor: float) -> TauPrior:
        """Return the prior of tau·factor."""
        return Exponential(self.rate / factor)


@dataclass(frozen=True)
class InverseGamma(TauPrior):
    """tau whose inverse has a gamma distribution; `scale` in units of the effect."""

    family = "inverse-gamma"
    shape: float
    scale: float

    @property
    def flat_below(self) -> float:
        """A sixtieth of the mode: exp(-60) of the density is left there."""
        return self.scale / (60.0 * (self.shape + 1.0))

    @property
    def reach(self) -> float:
        """Its scale, beyond the mode."""
        return self.scale

    @property
    def tail_power(self) -> float:
        """Power of the tail."""
        return self.shape + 1.0

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        with np.errstate(over="ignore"):
            inverse = np.exp(math.log(self.scale) - log_tau)
        return np.asarray(-(self.shape + 1.0) * log_tau - inverse)

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return self.shape * math.log(self.scale) - math.lgamma(self.shape)

    def scaled(self, factor: float) -> TauPrior:
        """Return the prior of tau·factor."""
        return InverseGamma(self.shape, self.scale * factor)


@dataclass(frozen=True)
class LogNormal(TauPrior):
    """tau whose logarithm is normal with `mean` and `sd`."""

    family = "log-normal"
    mean: float
    sd: float

    @property
    def flat_below(self) -> float:
        """Ten standard deviations below the median."""
        return math.exp(self.mean - 10.0 * self.sd)

    @property
    def reach(self) -> float:
        """Ten standard deviations above the median."""
        return math.exp(self.mean + 10.0 * self.sd)

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        z = (log_tau - self.mean) / self.sd
        return np.asarray(-log_tau - 0.5 * z * z)

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return -0.5 * math.log(2.0 * math.pi) - math.log(self.sd)

    def scaled(self, factor: float) -> TauPrior:
        """Return the prior of tau·factor."""
        return LogNormal(self.mean + math.log(factor), self.sd)


@dataclass(frozen=True)
class LogT(TauPrior):
    """tau whose logarithm is `mean` + `sd` times a t with `df` degrees of freedom.

    Its density has no limit at 0, and no moment of tau exists.
    """

    family = "log-t"
    # For one trial nothing but the prior ends the posterior: within the range of a double only
    # these leave less than 1e-9 outside.
    ranges: ClassVar = {**_RANGES, "df": (5.0, 1e4), "sd": (1e-3, 3.0)}
    df: float
    mean: float
    sd: float

    @property
    def flat_below(self) -> float:
        """Its median: below, log tau itself is the variable that counts."""
        return math.exp(self.mean)

    @property
    def tail_power(self) -> float:
        """Power of the tail, but for powers of the logarithm."""
        return 1.0

    @property
    def left_tail(self) -> float:
        """Power of P(tau < t) in |log t|."""
        return self.df

    def log_kernel(self, tau: Floats, log_tau: Floats) -> Floats:
        """Logarithm of the density up to a constant."""
        z = (log_tau - self.mean) / (self.sd * math.sqrt(self.df))
        return np.asarray(-log_tau - (self.df + 1.0) * np.log(np.hypot(1.0, z)))

    @property
    def log_constant(self) -> float:
        """Logarithm of the density less its kernel."""
        return _log_t_constant(self.df) - math.log(self.sd)

    def scaled(self, factor: float) -> TauPrior:
        """Return the prior of tau·factor."""
        return LogT(self.df, self.mean + math.log(factor), self.sd)


def _log_t_constant(df: float) -> float:
    """Logarithm of the density of t at 0."""
    gammas = math.lgamma(0.5 * (df + 1.0)) - math.lgamma(0.5 * df)
    return gammas - 0.5 * math.log(df * math.pi)


FAMILIES: Final[dict[str, type[TauPrior]]] = {
    family.family: family
    for family in (
        *(HalfNormal, HalfCauchy, Uniform, HalfT, Exponential),
        *(InverseGamma, LogNormal, LogT),
    )
}


def parameter_names(family: type[TauPrior]) -> tuple[str, ...]:
    """Names of the parameters of a family, in their order."""
    return tuple(field.name for field in fields(family))


def narrower_and_wider(prior: TauPrior) -> tuple[TauPrior, TauPrior]:
    """Return a prior with tau halved and doubled, as sensitivity analysis.

    That is its scale × ½ and × 2; the rate of the exponential × 2 and × ½; the mean of
    log tau less and plus ln 2.
    """
    return prior.scaled(0.5), prior.scaled(2.0)


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
