"""Log hazard ratios from O − E and its variance, from p-values, from events and a log-rank test.

Every function gives the standard error with the interval that the rounding of the
printed numbers leaves it: a printed number stands for half a unit of its last
digit to both sides. Arms: experimental against control; z and O − E are negative
where the experimental arm did better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from trialpool.evidence.printed import Printed

ONE_STEP_FORMULA = "yi = (O − E) / V; se = 1 / √V"
ONE_STEP_REFERENCE = (
    "Yusuf 1985, Prog Cardiovasc Dis 27:335; Parmar 1998, Stat Med 17:2815; "
    "Tierney 2007, Trials 8:16"
)
P_FORMULA = "yi = ln(HR); se = |ln(HR)| / z, z the normal quantile of 1 − p/2"
P_REFERENCE = (
    "Parmar 1998, Stat Med 17:2815; Tierney 2007, Trials 8:16; Cochrane Handbook 6.5, 6.3.2"
)
ALLOCATION_FORMULA = (
    "V = events × n₁ n₂ / (n₁ + n₂)²; yi = ± z / √V, z the normal quantile of 1 − p/2; se = 1 / √V"
)
ARM_EVENTS_FORMULA = (
    "V = e₁ e₂ / (e₁ + e₂); yi = ± z / √V, z the normal quantile of 1 − p/2; se = 1 / √V"
)
LOGRANK_REFERENCE = "Parmar 1998, Stat Med 17:2815; Tierney 2007, Trials 8:16"


@dataclass(frozen=True)
class Derived:
    """A log hazard ratio with its standard error and what rounding leaves open.

    Attributes
    ----------
    yi, sei : float
        Natural log of the hazard ratio and its standard error.
    yi_lower, yi_upper, sei_lower, sei_upper : float
        Smallest and largest value that prints as what was printed.
    """

    yi: float
    sei: float
    yi_lower: float
    yi_upper: float
    sei_lower: float
    sei_upper: float


def two_sided_z(p: float) -> float:
    """Give the normal quantile of 1 − p/2: what a two-sided p-value says of |z|.

    Raises
    ------
    ValueError
        If p is not above 0 and at most 1.
    """
    if not 0.0 < p <= 1.0:
        raise ValueError(f"p = {p}: a p-value must be above 0 and at most 1")
    return float(-ndtri(p / 2.0))


def _z_range(p: Printed) -> tuple[float, float]:
    """Return the smallest and largest |z| whose p-value prints as `p`."""
    low, high = max(p.lower, 0.0), min(p.upper, 1.0)
    return two_sided_z(high), two_sided_z(low) if low > 0 else math.inf


def one_step(o_minus_e: Printed, variance: Printed) -> Derived:
    """Log hazard ratio from observed minus expected events and their variance.

    Parameters
    ----------
    o_minus_e, variance : Printed
        O − E in the experimental arm and V, its variance under no effect.

    Raises
    ------
    ValueError
        If V is not positive.
    """
    if not variance.value > 0:
        raise ValueError(f"variance {variance.text}: V must be positive")
    smallest, largest = variance.lower, variance.upper
    ends = [
        o / v if v > 0 else math.copysign(math.inf, o)
        for o in (o_minus_e.lower, o_minus_e.upper)
        for v in (smallest, largest)
    ]
    return Derived(
        o_minus_e.value / variance.value,
        1.0 / math.sqrt(variance.value),
        min(ends),
        max(ends),
        1.0 / math.sqrt(largest),
        1.0 / math.sqrt(smallest) if smallest > 0 else math.inf,
    )


def ratio_with_p(estimate: Printed, p: Printed) -> Derived:
    """Derive the standard error of a log ratio from its exact two-sided p-value.

    Parameters
    ----------
    estimate : Printed
        The ratio (not logged).
    p : Printed
        Two-sided p-value of the test of no difference (superiority).

    Returns
    -------
    Derived
        `sei_upper` is infinite where the rounding of p reaches z = 0, `sei_lower`
        zero where the rounding of the ratio reaches 1 or that of p reaches 0.

    Raises
    ------
    ValueError
        If the ratio is not positive or is 1 (it has z = 0 whatever its
        standard error), or p is 0 or 1.
    """
    if not estimate.value > 0:
        raise ValueError(f"estimate {estimate.text}: a ratio must be positive")
    if estimate.value == 1.0:
        raise ValueError("a ratio of 1 has z = 0 whatever its standard error")
    if not 0.0 < p.value < 1.0:
        raise ValueError(f"p = {p.text}: nothing can be derived from 0 or 1")
    yi = math.log(estimate.value)
    low = math.log(estimate.lower) if estimate.lower > 0 else -math.inf
    high = math.log(estimate.upper)
    nearest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    farthest = max(abs(low), abs(high))
    z_low, z_high = _z_range(p)
    return Derived(
        yi,
        abs(yi) / two_sided_z(p.value),
        low,
        high,
        nearest / z_high,
        farthest / z_low if z_low > 0 else math.inf,
    )


def variance_from_allocation(events: int, n_experimental: int, n_control: int) -> float:
    """Variance of O − E from all events and the patients of both arms.

    events × n₁ n₂ / (n₁ + n₂)²; a quarter of the events where the arms are equal
    (Parmar 1998; Tierney 2007).

    Raises
    ------
    ValueError
        If there is no event, an arm is empty, or there are more events than patients.
    """
    total = n_experimental + n_control
    if n_experimental < 1 or n_control < 1 or not 1 <= events <= total:
        raise ValueError(f"{events} events of {n_experimental} + {n_control} patients")
    return events * n_experimental * n_control / total**2


def variance_from_events(events_experimental: int, events_control: int) -> float:
    """Variance of O − E from the events of both arms: e₁ e₂ / (e₁ + e₂) (Parmar 1998).

    Raises
    ------
    ValueError
        If an arm has no event.
    """
    if events_experimental < 1 or events_control < 1:
        raise ValueError(f"{events_experimental} and {events_control} events: both arms need one")
    return events_experimental * events_control / (events_experimental + events_control)


def logrank_with_variance(p: Printed, variance: float, favours_experimental: bool) -> Derived:
    """Log hazard ratio from a two-sided log-rank p-value and the variance of O − E.

    O − E = ± z √V, so the log hazard ratio is ± z / √V.

    Parameters
    ----------
    p : Printed
        Exact two-sided p-value of the log-rank test.
    variance : float
        V, from `variance_from_allocation` or `variance_from_events`.
    favours_experimental : bool
        The sign, which a two-sided p-value does not hold: it must be known.

    Raises
    ------
    ValueError
        If V is not positive or p is 0.
    """
    if not variance > 0:
        raise ValueError(f"variance {variance}: V must be positive")
    if p.value <= 0:
        raise ValueError(f"p = {p.text}: nothing can be derived from 0")
    sign = -1.0 if favours_experimental else 1.0
    sei = 1.0 / math.sqrt(variance)
    ends = [sign * z * sei for z in _z_range(p)]
    return Derived(sign * two_sided_z(p.value) * sei, sei, min(ends), max(ends), sei, sei)
