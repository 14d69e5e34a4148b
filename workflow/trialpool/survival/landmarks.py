"""What survival at a few landmarks, with its standard errors, says of the time between them.

Greenwood's variance of ln S(t) is a running sum over the event times up to t, so what an
interval adds to it is a difference of two such sums: var ln S = (se S / S)². The increments
of the cumulative hazard of one arm are uncorrelated (Andersen, Borgan, Gill and Keiding 1993,
Statistical Models Based on Counting Processes, IV.1), and the two arms are independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# What rounding of printed survival and standard errors leaves of a variance that is zero.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Increment:
    """One arm between two landmarks, `start` not included.

    Attributes
    ----------
    start, end : float
        In the caller's unit of time.
    survival : float
        Conditional survival S(end) / S(start), above 0.
    variance : float
        Of its logarithm, which is that of the increment of the cumulative hazard, −ln survival.
    exposed : float
        Patients of whom `survival` is the share that survives: (1 − p) / (p variance), the
        number at risk where nobody is censored inside. In an interval without an event, those
        whom the interval before leaves.
    """

    start: float
    end: float
    survival: float
    variance: float
    exposed: float

    @property
    def hazard(self) -> float:
        """Increment of the cumulative hazard."""
        return -math.log(self.survival)

    @property
    def has_event(self) -> bool:
        """Whether an event falls into it."""
        return self.survival < 1.0 and self.variance > 0.0


@dataclass(frozen=True)
class LogRatio:
    """A log hazard ratio of an interval and its standard error."""

    estimate: float
    se: float


def increments(
    n: float,
    times: Sequence[float],
    survival: Sequence[float],
    se: Sequence[float],
    exposed: Sequence[float | None] | None = None,
) -> tuple[Increment, ...]:
    """Cut one arm's curve at its landmarks.

    Parameters
    ----------
    n : float
        Patients at the start.
    times, survival, se : sequence of float of length m
        Landmarks above 0, ascending; survival and Greenwood's standard error there.
    exposed : sequence of float or None, optional
        Known numbers of patients exposed in each interval, from individual data.

    Returns
    -------
    tuple of Increment
        Up to the first landmark that nobody survives: beyond it nothing is known.

    Raises
    ------
    ValueError
        If times do not ascend above 0, survival rises or lies outside [0, 1], or a standard
        error is negative.
    """
    if len({len(times), len(survival), len(se)}) != 1:
        raise ValueError(f"{len(times)} times, {len(survival)} survivals and {len(se)} errors")
    found: list[Increment] = []
    start, before, spent = 0.0, 1.0, 0.0
    left = float(n)
    known = exposed if exposed is not None else [None] * len(times)
    for end, value, error, count in zip(times, survival, se, known, strict=True):
        if not end > start:
            raise ValueError(f"times={list(times)!r}; allowed: ascending numbers above 0")
        if not 0.0 <= value <= before or error < 0.0:
            raise ValueError(
                f"survival {value} with standard error {error} at {end:g} after {before:g}; "
                "allowed: survival that never rises, standard errors of at least 0"
            )
        if value == 0.0:
            break
        share = value / before
        # Rounding may make a sum that stays come out a hair lower.
        reached = max((error / value) ** 2, spent)
        variance = reached - spent if share < 1.0 else 0.0
        if count is not None:
            patients = count
        elif variance > _NOTHING:
            patients = (1.0 - share) / (share * variance)
        else:
            patients = left
        found.append(Increment(start, end, share, variance, patients))
        left = patients * share
        start, before, spent = end, value, reached
    return tuple(found)


def merged(parts: Sequence[Increment]) -> Increment:
    """Join neighbouring increments of one arm: hazards and their variances add.

    Raises
    ------
    ValueError
        Without parts.
    """
    if not parts:
        raise ValueError("parts is empty; at least one increment is needed")
    survival = math.prod(part.survival for part in parts)
    variance = math.fsum(part.variance for part in parts)
    exposed = (1.0 - survival) / (survival * variance) if variance > _NOTHING else parts[0].exposed
    return Increment(parts[0].start, parts[-1].end, survival, variance, exposed)


def hazard_ratio(experimental: Increment, control: Increment) -> LogRatio | None:
    """Log ratio of the increments of two arms' cumulative hazards.

    ln(ΔH experimental / ΔH control), with ΔH = −ln of conditional survival. Under hazards
    that are proportional within the interval it estimates the log hazard ratio; else a ratio
    of mean hazards. By the delta method its variance is the sum over the arms of
    var ΔH / ΔH².

    Returns
    -------
    LogRatio or None
        None where an arm has no event in the interval.
    """
    if not (experimental.has_event and control.has_event):
        return None
    variance = math.fsum(part.variance / part.hazard**2 for part in (experimental, control))
    return LogRatio(math.log(experimental.hazard / control.hazard), math.sqrt(variance))


def averaged(ratios: Sequence[LogRatio]) -> LogRatio | None:
    """Average log hazard ratios of neighbouring intervals by inverse variance; None without any.

    They are uncorrelated, as the increments are.
    """
    if not ratios:
        return None
    weights = [ratio.se**-2 for ratio in ratios]
    total = math.fsum(weights)
    mean = math.fsum(w * ratio.estimate for w, ratio in zip(weights, ratios, strict=True)) / total
    return LogRatio(mean, total**-0.5)
