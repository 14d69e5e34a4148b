"""Scales on which effects are analysed, and their way back to printed numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

Scale = Literal[
    "log",
    "identity",
    "logit",
    "probit",
    "arcsine",
    "square-root",
    "z",
    "z-root",
    "cube-root-complement",
    "log-complement",
]
_MOST: Final = 0.5 * math.pi


@dataclass(frozen=True)
class Transformation:
    """A monotone scale.

    Attributes
    ----------
    forward : callable
        From a printed number inside the open or closed `domain` to the analysis scale.
    back : callable
        The way back; a number beyond the ends of the scale gives the end.
    domain : tuple of float
        Ends of the printed numbers.
    closed : bool
        Whether the ends themselves can be transformed.
    needs : str
        The domain in words, for an error.
    """

    forward: Callable[[float], float]
    back: Callable[[float], float]
    domain: tuple[float, float] = (-math.inf, math.inf)
    closed: bool = False
    needs: str = ""

    def holds(self, value: float) -> bool:
        """Whether a printed number can be transformed."""
        low, high = self.domain
        return low <= value <= high if self.closed else low < value < high


def _exp(value: float) -> float:
    # exp overflows above about 709: a limit that wide is infinite to any reader.
    return math.exp(value) if value < 709.0 else math.inf


def _sine_squared(value: float) -> float:
    # A limit may lie beyond the ends of the scale, where sin² would turn back.
    return math.sin(min(max(value, 0.0), _MOST)) ** 2


def _probit(value: float) -> float:
    from statistics import NormalDist  # slow to load, rarely needed

    return NormalDist().inv_cdf(value)


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2.0))


_BETWEEN: Final = "the {} needs more than 0, less than 1"
TRANSFORMATIONS: Final[dict[Scale, Transformation]] = {
    "identity": Transformation(lambda x: x, lambda y: y),
    "log": Transformation(math.log, _exp, (0.0, math.inf), needs="{name} must be positive"),
    "logit": Transformation(
        lambda x: math.log(x / (1 - x)),
        lambda y: 0.5 * (1.0 + math.tanh(0.5 * y)),
        (0.0, 1.0),
        needs=_BETWEEN.format("logit"),
    ),
    "probit": Transformation(_probit, _normal, (0.0, 1.0), needs=_BETWEEN.format("probit")),
    "arcsine": Transformation(
        lambda x: math.asin(math.sqrt(x)),
        _sine_squared,
        (0.0, 1.0),
        closed=True,
        needs="a proportion lies between 0 and 1",
    ),
    "square-root": Transformation(
        math.sqrt,
        lambda y: max(y, 0.0) ** 2,
        (0.0, math.inf),
        closed=True,
        needs="{name} is not negative",
    ),
    "z": Transformation(
        math.atanh, math.tanh, (-1.0, 1.0), needs="a correlation lies between −1 and 1"
    ),
    "z-root": Transformation(
        lambda x: math.atanh(math.sqrt(x)),
        lambda y: math.tanh(max(y, 0.0)) ** 2,
        (0.0, 1.0),
        needs="R² lies between 0 and 1",
    ),
    "cube-root-complement": Transformation(
        lambda x: 1 - (1 - x) ** (1 / 3),
        lambda y: 1 - max(1 - y, 0.0) ** 3,
        (-math.inf, 1.0),
        closed=True,
        needs="alpha is at most 1",
    ),
    "log-complement": Transformation(
        lambda x: -math.log(1 - x),
        lambda y: 1 - _exp(-y),
        (-math.inf, 1.0),
        needs="alpha is below 1",
    ),
}


def double_arcsine_back(value: float, n: float) -> float:
    """Turn Freeman and Tukey's double arcsine into a proportion.

    Parameters
    ----------
    value : float
        Half the sum of the two arcsines, in radians.
    n : float
        Number of patients that belongs to it; of a pooled value the harmonic mean
        of the trials' numbers.

    Returns
    -------
    float
        Between 0 and 1; beyond the values of 0 and of n events, 0 and 1.

    Notes
    -----
    Miller 1978, Am Stat 32:138.
    """
    least = 0.5 * math.asin(math.sqrt(1 / (n + 1)))
    if value <= least:
        return 0.0
    if value >= _MOST - least:
        return 1.0
    sine, cosine = math.sin(2 * value), math.cos(2 * value)
    root = math.sqrt(max(1 - (sine + (sine - 1 / sine) / n) ** 2, 0.0))
    return 0.5 * (1 - math.copysign(root, cosine))


def double_root_back(value: float, time: float) -> float:
    """Turn Freeman and Tukey's double square root into a rate.

    Parameters
    ----------
    value : float
        Half of √(x / t) + √((x + 1) / t).
    time : float
        Person-time that belongs to it; of a pooled value the harmonic mean.

    Returns
    -------
    float
        Events per unit of time, not negative.

    Notes
    -----
    Solved for the rate from Freeman and Tukey 1950, Ann Math Stat 21:607.
    """
    if value <= 0.5 * math.sqrt(1 / time):
        return 0.0
    return (value - 1 / (4 * time * value)) ** 2
