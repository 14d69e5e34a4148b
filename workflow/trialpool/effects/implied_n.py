"""How many patients a printed percentage and its interval are of, where no denominator is printed.

The wider an interval, the fewer the patients. Which formula a report used is rarely said, so
the number is sought by each of three, and every number that fits is kept.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from trialpool.evidence.printed import Printed

IMPLIED: Final = "percentage with interval"
IMPLIED_FORMULA: Final = (
    "n = every number of patients for which a whole number of events prints as the percentage and "
    "its Wald, Wilson score or Clopper-Pearson interval agrees with the printed limits; the one in "
    "the middle is used"
)
IMPLIED_REFERENCE: Final = (
    "METHODS 'counts'; Wilson 1927, J Am Stat Assoc 22:209; Clopper and Pearson 1934, "
    "Biometrika 26:404"
)
# Points by which a computed limit may miss a printed one, where rounding alone allows less:
# reports compute limits from rounded percentages too.
LIMIT_TOLERANCE: Final = 0.1
# The largest n that is sought where the size of the arm is not known.
LARGEST: Final = 3000
_SLACK: Final = 1e-9
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A number of patients that agrees with a printed percentage and its interval.

    Attributes
    ----------
    n : int
    events_smallest, events_largest : int
        Whole numbers of events that agree, by any of the methods.
    methods : tuple of str
        The formulas of intervals by which it agrees.
    """

    n: int
    events_smallest: int
    events_largest: int
    methods: tuple[str, ...]


@dataclass(frozen=True)
class ImpliedN:
    """Every number of patients that agrees; at least one, in ascending order."""

    fits: tuple[Fit, ...]

    @property
    def smallest(self) -> int:
        """Fewest patients that agree."""
        return self.fits[0].n

    @property
    def largest(self) -> int:
        """Most patients that agree."""
        return self.fits[-1].n

    @property
    def methods(self) -> tuple[str, ...]:
        """Formulas by which at least one number agrees."""
        found = {method for fit in self.fits for method in fit.methods}
        return tuple(name for name in _METHODS if name in found)

    @property
    def middle(self) -> Fit:
        """The fit nearest to the geometric middle of the range.

        A standard error goes with 1/√n: from there it is as far to either end.
        """
        centre = math.sqrt(self.smallest * self.largest)
        return min(self.fits, key=lambda fit: abs(math.log(fit.n / centre)))

    @property
    def se_open_by(self) -> float:
        """Largest relative error of a standard error that takes the middle for the true number."""
        ends = (self.middle.n / self.smallest, self.largest / self.middle.n)
        return max(math.sqrt(end) for end in ends) - 1.0


# Effects are derived from the same rows again by each check of new ones, and in notebooks.
@functools.lru_cache(maxsize=4096)
def n_from_interval(
    percent: Printed,
    lower: Printed,
    upper: Printed,
    level: float = 95.0,
    largest: int | None = None,
) -> ImpliedN | None:
    """Find the numbers of patients that a printed percentage and its interval are of.

    Parameters
    ----------
    percent, lower, upper : Printed
        In percent; the digits say how far each is rounded.
    level : float
        Two-sided level of the interval in percent.
    largest : int, optional
        Patients of the arm: more are not sought. `LARGEST` where it is not known.

    Returns
    -------
    ImpliedN or None
        None where no number agrees by Wald's interval, Wilson's score interval (1927) or
        Clopper and Pearson's exact one (1934): each limit within half a unit of its last
        printed digit, and within 0.1 points where that is less.

    Raises
    ------
    ValueError
        If the level is not between 50 and 100, or the limits are not in ascending order.
    """
    if not 50.0 < level < 100.0:
        raise ValueError(f"level {level}: must lie between 50 and 100 percent")
    if not lower.value < upper.value:
        raise ValueError(f"limits {lower.text} and {upper.text} are not in ascending order")
    events, n = _counts_that_print_as(percent, LARGEST if largest is None else largest)
    agrees = {}
    for name, limit in _METHODS.items():
        fit = _near(limit(events, n, level, -1), lower)
        # The exact limits take long: the upper one is asked for where the lower one agrees.
        fit[fit] = _near(limit(events[fit], n[fit], level, 1), upper)
        agrees[name] = fit
    any_of_them = np.logical_or.reduce(list(agrees.values()))
    fits = []
    for number in np.unique(n[any_of_them]):
        here = n == number
        counts = events[here & any_of_them]
        methods = tuple(name for name, fit in agrees.items() if fit[here].any())
        fits.append(Fit(int(number), int(counts.min()), int(counts.max()), methods))
    return ImpliedN(tuple(fits)) if fits else None


def _counts_that_print_as(percent: Printed, largest: int) -> tuple[Floats, Floats]:
    """Every pair of events and patients, up to so many patients, that rounds to a percentage."""
    n = np.arange(1, largest + 1)
    first = np.maximum(np.ceil(percent.lower * n / 100 - _SLACK), 0).astype(int)
    last = np.minimum(np.floor(percent.upper * n / 100 + _SLACK), n).astype(int)
    counts = np.maximum(last - first + 1, 0)
    patients = np.repeat(n, counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return (np.repeat(first, counts) + place).astype(float), patients.astype(float)


def _near(limit: Floats, printed: Printed) -> NDArray[np.bool_]:
    tolerance = max(printed.half_unit, LIMIT_TOLERANCE) + _SLACK
    return np.abs(100 * np.clip(limit, 0.0, 1.0) - printed.value) <= tolerance


def _wald(events: Floats, n: Floats, level: float, side: int) -> Floats:
    share = events / n
    half: Floats = _z(level) * np.sqrt(share * (1 - share) / n)
    return share + side * half


def _wilson(events: Floats, n: Floats, level: float, side: int) -> Floats:
    share, z2 = events / n, _z(level) ** 2
    middle = share + z2 / (2 * n)
    half = np.sqrt(z2 * share * (1 - share) / n + (z2 / (2 * n)) ** 2)
    limit: Floats = (middle + side * half) / (1 + z2 / n)
    return limit


def _clopper_pearson(events: Floats, n: Floats, level: float, side: int) -> Floats:
    tail = 0.5 - level / 200.0
    # A parameter of zero has no beta distribution: there the limit is 0 or 1 by definition.
    if side < 0:
        low = betaincinv(np.maximum(events, 0.5), n - events + 1, tail)
        return np.where(events == 0, 0.0, low)
    high = betaincinv(events + 1, np.maximum(n - events, 0.5), 1 - tail)
    return np.where(events == n, 1.0, high)


def _z(level: float) -> float:
    return float(ndtri(0.5 + level / 200.0))


_METHODS: Final = {"Wald": _wald, "Wilson score": _wilson, "Clopper-Pearson": _clopper_pearson}
