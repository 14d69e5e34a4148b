"""The options of a fit, checked once against their closed sets."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Final

from trialpool.pooling.options import MEASURE_NULLS, MEASURE_SCALES, check_level, choose
from trialpool.pooling.univariate.intervals import CI_METHODS, PI_METHODS
from trialpool.pooling.univariate.tau2 import LIKELIHOOD_METHODS, TAU2_METHODS

TAU2_CI_METHODS: Final = ("q-profile", "profile-likelihood")

DEFAULT_SEED: Final = 20190101
DEFAULT_SAMPLES: Final = 50_000
_FEWEST_SAMPLES: Final = 1_000
_MOST_SAMPLES: Final = 10_000_000
_LARGEST_SEED: Final = 2**63 - 1


@dataclass(frozen=True)
class Settings:
    """Options of `random_effects`, already checked; see there.

    `spread_of_tau2` is whether standard error and intervals of tau², I² and H²
    are wanted; a refit without one trial goes without.
    """

    tau2: str
    ci: str
    pi: str
    level: float
    measure: str
    tau2_ci: str
    seed: int
    bootstrap_samples: int
    spread_of_tau2: bool = True

    @property
    def null(self) -> float | None:
        """What the mean is tested against; None where nothing is compared."""
        return MEASURE_NULLS.get(self.measure, 0.0)

    def recorded(self, given: float | None = None) -> dict[str, Any]:
        """Options as a result holds them; `given` is a tau² in the place of an estimate."""
        return {
            "measure": self.measure,
            "scale": MEASURE_SCALES[self.measure],
            "tau2_method": self.tau2 if given is None else "given",
            "ci_method": self.ci,
            "level": self.level,
            "pi_method": self.pi,
            "tau2_ci_method": self.tau2_ci,
        }


def check_settings(
    *,
    tau2: object,
    ci: object,
    pi: object,
    level: object,
    measure: object,
    tau2_ci: object,
    seed: object,
    bootstrap_samples: object,
) -> Settings:
    """Check every option, and the combinations that have no meaning.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    settings = Settings(
        tau2=choose("tau2", tau2, TAU2_METHODS),
        ci=choose("ci", ci, CI_METHODS),
        pi=choose("pi", pi, PI_METHODS),
        level=check_level(level),
        measure=choose("measure", measure, MEASURE_SCALES),
        tau2_ci=choose("tau2_ci", tau2_ci, TAU2_CI_METHODS),
        seed=_whole("seed", seed, 0, _LARGEST_SEED),
        bootstrap_samples=_whole(
            "bootstrap_samples", bootstrap_samples, _FEWEST_SAMPLES, _MOST_SAMPLES
        ),
    )
    if settings.ci == "kr" and settings.tau2 != "REML":
        raise ValueError(
            f"ci='kr' does not go with tau2={tau2!r}: it rests on the restricted likelihood; "
            f"allowed: tau2='REML', or ci={' or '.join(repr(x) for x in CI_METHODS if x != 'kr')}"
        )
    if settings.tau2_ci == "profile-likelihood" and settings.tau2 not in LIKELIHOOD_METHODS:
        raise ValueError(
            f"tau2_ci='profile-likelihood' does not go with tau2={tau2!r}; "
            f"allowed: tau2={' or '.join(repr(x) for x in LIKELIHOOD_METHODS)}, "
            "or tau2_ci='q-profile'"
        )
    return settings


def _whole(argument: str, value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{argument}={value!r}; allowed: whole numbers from {least} to {most}")
    if not least <= int(value) <= most:
        raise ValueError(f"{argument}={value!r}; allowed: whole numbers from {least} to {most}")
    return int(value)
