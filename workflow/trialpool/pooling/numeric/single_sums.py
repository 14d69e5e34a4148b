"""One small set of trials in plain floats: what `batch_sums` has for many, to the same bits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add, mul

import numpy as np

from trialpool.pooling.numeric.batch_sums import Moments, Sets, set_sum
from trialpool.pooling.options import Floats


def total(terms: Iterable[float]) -> float:
    """Add from the first to the last, without the compensation of newer Pythons' `sum`."""
    return reduce(add, terms, 0.0)


@dataclass(eq=False)
class OneSet:
    """A centred and scaled set, as `batch_sums.Sets`.

    Attributes
    ----------
    y, v : list of float
    lead : int
        Position of the most precise trial.
    """

    y: list[float]
    v: list[float]
    lead: int

    def __post_init__(self) -> None:
        self.null = self.moments(0.0)

    def moments(self, tau2: float) -> OneMoments:
        """Return the weighted sums at a value of tau²."""
        return OneMoments(self, tau2)

    def unweighted(self) -> tuple[float, float, float, float]:
        """As `Sets.unweighted`."""
        k = float(len(self.y))
        mean = total(self.y) / k
        residual = [y - mean for y in self.y]
        sum_v = total(self.v)
        return (
            total(map(mul, residual, residual)),
            sum_v * (1.0 - 1.0 / k),
            total(map(mul, self.v, self.v)) * (1.0 - 2.0 / k) + sum_v * sum_v / (k * k),
            k,
        )

    @property
    def unit(self) -> float:
        """Smallest variance."""
        return self.v[self.lead]

    @property
    def width(self) -> float:
        """Largest less smallest effect."""
        return max(self.y) - min(self.y)

    @property
    def squares(self) -> float:
        """Σ y²."""
        return total(map(mul, self.y, self.y))

    @property
    def arrays(self) -> Sets:
        """The set in the layout for many."""
        y, v = np.array(self.y)[:, None], np.array(self.v)[:, None]
        return Sets(y, v, np.arange(len(self.y))[:, None] == self.lead)


def arrange_one(yi: list[float], vi: list[float]) -> tuple[OneSet, float, int]:
    """Centre and scale a set, as `batch_sums.arrange`; also give its centre and exponent."""
    least = min(vi)
    lead = vi.index(least)
    exponent = math.frexp(least)[1] // 2
    centre = yi[lead]
    y = [math.ldexp(x - centre, -exponent) for x in yi]
    v = [math.ldexp(x, -2 * exponent) for x in vi]
    return OneSet(y, v, lead), centre, exponent


@dataclass(frozen=True)
class OneLongSet(Sets):
    """A set of more trials: vectors of shape (k,), every sum of which is a float."""

    def __post_init__(self) -> None:
        # Frozen, but `cached_property` of the base looks here first.
        self.__dict__["null"] = Moments(self, 0.0)

    def unweighted(self) -> tuple[float, float, float, float]:
        """As of the base, in floats."""
        squares, first, second, k = super().unweighted()
        return float(squares), float(first), float(second), float(k)

    @property
    def unit(self) -> float:
        """Smallest variance."""
        return float(self.v.min())

    @property
    def width(self) -> float:
        """Largest less smallest effect."""
        return float(self.y.max() - self.y.min())

    @property
    def squares(self) -> float:
        """Σ y²."""
        return float(set_sum(self.y * self.y))

    @property
    def arrays(self) -> Sets:
        """The set in the layout for many."""
        return Sets(self.y[:, None], self.v[:, None], self.lead[:, None])


AnyOne = OneSet | OneLongSet


def arrange_one_long(yi: Floats, vi: Floats) -> tuple[OneLongSet, float, int]:
    """Centre and scale a set, as `arrange_one`."""
    lead = int(vi.argmin())
    exponent = math.frexp(vi[lead])[1] // 2
    centre = float(yi[lead])
    y, v = np.ldexp(yi - centre, -exponent), np.ldexp(vi, -2 * exponent)
    return OneLongSet(y, v, np.arange(yi.size) == lead), centre, exponent


class OneMoments:
    """Weighted sums of a set at one value of tau²: the attributes of `batch_sums.Moments`."""

    __slots__ = ("_diagonal", "_lead", "_r", "_s2", "_wr", "mean", "s1", "w")

    def __init__(self, one: OneSet, tau2: float) -> None:
        self._lead = one.lead
        self.w = w = [1.0 / (v + tau2) for v in one.v]
        self.s1 = total(w)
        self.mean = mean = total(map(mul, w, one.y)) / self.s1
        self._r = [y - mean for y in one.y]
        self._wr = list(map(mul, w, self._r))
        self._s2: float | None = None
        self._diagonal: list[float] | None = None

    def shares(self) -> list[float]:
        """Weights as fractions."""
        return [w / self.s1 for w in self.w]

    def _times_others(self, terms: list[float], together: float) -> list[float]:
        """Each term times the sum of all others."""
        lead = self._lead
        rest = total(terms[:lead] + terms[lead + 1 :])
        products = [x * (together - x) for x in terms]
        products[lead] = terms[lead] * rest
        return products

    @property
    def s2(self) -> float:
        """Σ w²."""
        if self._s2 is None:
            self._s2 = total(map(mul, self.w, self.w))
        return self._s2

    def _diagonals(self) -> list[float]:
        if self._diagonal is None:
            s1 = self.s1
            self._diagonal = [x / s1 for x in self._times_others(self.w, s1)]
        return self._diagonal

    @property
    def trace_p(self) -> float:
        """tr(P)."""
        return total(self._diagonals())

    @property
    def trace_pp(self) -> float:
        """tr(P²)."""
        squares = list(map(mul, self.w, self.w))
        beside = total(self._times_others(squares, self.s2)) / (self.s1 * self.s1)
        diagonal = self._diagonals()
        return total(map(mul, diagonal, diagonal)) + beside

    @property
    def a1(self) -> float:
        """Σ w r²."""
        return total(map(mul, self._wr, self._r))

    @property
    def a2(self) -> float:
        """Σ w² r²."""
        return total(map(mul, self._wr, self._wr))

    @property
    def a3(self) -> float:
        """Σ w³ r²."""
        return total([w * wr * wr for w, wr in zip(self.w, self._wr, strict=True)])

    @property
    def b2(self) -> float:
        """Σ w² r."""
        return total(map(mul, self.w, self._wr))
