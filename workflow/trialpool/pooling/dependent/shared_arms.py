"""Sampling covariance of two contrasts of one trial that share an arm.

With estimates a = E1 - S and b = E2 - S, where S is what the shared arm adds,
Cov(a, b) = Var(S); where the shared arm is the experimental one of one contrast
and the control of the other, the sign turns (Franchini et al. 2012, Research
Synthesis Methods 3:142; Gleser and Olkin 2009).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

Source = Literal["events", "means", "third contrast", "n"]

# Below and above it a correlation of contrasts that share an arm is beyond what
# arms of any allocation would give: the inputs do not belong together.
LEAST_CORRELATION: Final = 0.02
MOST_CORRELATION: Final = 0.98


@dataclass(frozen=True)
class SharedCovariance:
    """A covariance with where it came from.

    Attributes
    ----------
    covariance, correlation : float
    source : {"events", "means", "third contrast", "n"}
    note : str
        What was tried before and why it was not used; empty if nothing was.
    """

    covariance: float
    correlation: float
    source: Source
    note: str


def arm_variance(measure: str, events: float, n: float | None) -> float | None:
    """Part of a contrast's variance that comes from one arm, None where it is not known.

    Parameters
    ----------
    measure : {"HR", "OR", "RR", "RD", "IRR", "IRD"}
    events, n : float
        Of the arm. The log hazard ratio needs events only: its variance is
        about 1/events of each arm (Tierney 2007), that of a log rate just this.
        For IRD `n` is the person-time.
    """
    if measure in ("HR", "IRR"):
        return 1.0 / events if events > 0 else None
    if measure == "IRD":
        return events / n**2 if n and events > 0 else None
    if n is None or n <= 0 or not 0 <= events <= n:
        return None
    if measure == "RD":
        variance = events * (n - events) / n**3
        return variance if variance > 0 else None
    if events <= 0 or (measure == "OR" and events >= n):
        return None
    if measure == "OR":
        return 1.0 / events + 1.0 / (n - events)
    return 1.0 / events - 1.0 / n if measure == "RR" and events < n else None


def mean_variance(measure: str, mean: float, sd: float, n: float) -> float | None:
    """Part of the variance of a contrast of means that comes from one arm.

    Parameters
    ----------
    measure : {"MD", "ROM"}
        Of other measures it is None.
    mean, sd, n : float
        Of the arm.
    """
    if measure == "MD":
        return sd**2 / n
    return sd**2 / (n * mean**2) if measure == "ROM" and mean != 0 else None


def standardised_covariance(g_a: float, g_b: float, n_shared: float, n_total: float) -> float:
    """Size of the covariance of two standardised differences against one arm.

    1/n of the shared arm + g_a g_b / (2 N), N the patients of the three arms (Gleser and Olkin
    2009, in Cooper, Handbook of Research Synthesis, 2nd ed., 357).
    """
    return 1.0 / n_shared + g_a * g_b / (2.0 * n_total)


def shared_arm_covariance(
    variance_a: float,
    variance_b: float,
    *,
    shared: float | None = None,
    of_means: bool = False,
    third: float | None = None,
    sizes: tuple[float, float, float] | None = None,
    opposite: bool = False,
) -> SharedCovariance:
    """Covariance of two contrasts by the first way that the trial allows.

    Parameters
    ----------
    variance_a, variance_b : float
        Sampling variances of the contrasts.
    shared : float, optional
        `arm_variance` of the shared arm; with `of_means` its `mean_variance`, or
        `standardised_covariance`.
    third : float, optional
        Sampling variance of the contrast of the two other arms at the same cut
        and population: covariance (variance_a + variance_b - third)/2.
    sizes : tuple of float, optional
        Patients in the arm of a alone, the arm of b alone and the shared arm;
        equal allocation, and so a correlation of 0.5, where not known.
    opposite : bool
        Whether the shared arm is experimental in one contrast and control in the other.

    Returns
    -------
    SharedCovariance

    Raises
    ------
    ValueError
        If a variance is not above 0.
    """
    if not (variance_a > 0 and variance_b > 0):
        raise ValueError(f"variances {variance_a!r}, {variance_b!r}; allowed: numbers above 0")
    product = math.sqrt(variance_a * variance_b)
    notes: list[str] = []
    ways: list[tuple[Source, float | None]] = [
        ("means" if of_means else "events", shared),
        ("third contrast", None if third is None else 0.5 * (variance_a + variance_b - third)),
    ]
    for source, size in ways:
        if size is None:
            continue
        if LEAST_CORRELATION <= size / product <= MOST_CORRELATION:
            return _signed(size, product, source, notes, opposite)
        notes.append(f"from {source} the correlation would be {size / product:.2f}, not used")
    return _signed(correlation_from_sizes(sizes) * product, product, "n", notes, opposite)


def _signed(
    size: float, product: float, source: Source, notes: list[str], opposite: bool
) -> SharedCovariance:
    sign = -1.0 if opposite else 1.0
    return SharedCovariance(sign * size, sign * size / product, source, "; ".join(notes))


def correlation_from_sizes(sizes: tuple[float, float, float] | None) -> float:
    """Correlation of contrasts whose arms have variances in proportion to 1/n."""
    if sizes is None or min(sizes) <= 0:
        return 0.5
    first, second, shared = sizes
    return 1.0 / math.sqrt((1.0 + shared / first) * (1.0 + shared / second))
