"""Means and standard deviations from medians, quartiles and ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from scipy.special import ndtri

from trialpool.effects.forms.form import Fault, Numbers

NAMES: Final = ("median", "q1", "q3", "min", "max")


@dataclass(frozen=True)
class Estimated:
    """Mean and standard deviation that a summary of five numbers gives.

    Attributes
    ----------
    mean, sd : float
        In the unit of the summary.
    skewed : bool
        Whether the summary speaks against a symmetric distribution (5 % level).
    """

    mean: float
    sd: float
    skewed: bool


def mean_and_deviation(
    n: float,
    median: float,
    quartiles: tuple[float, float] | None,
    ends: tuple[float, float] | None,
) -> Estimated:
    """Estimate mean and standard deviation of a sample from its summary.

    Parameters
    ----------
    n : float
        Size of the sample.
    median : float
    quartiles, ends : tuple of float or None
        First and third quartile; minimum and maximum. One of them is needed.

    Returns
    -------
    Estimated

    Notes
    -----
    Mean: Luo 2018, Stat Methods Med Res 27:1785. Standard deviation: Wan 2014, BMC Med Res
    Methodol 14:135. Skewness: Shi 2023, Stat Methods Med Res 32:1338.

    Raises
    ------
    ValueError
        If there are neither quartiles nor ends.
    """
    if quartiles is None and ends is None:
        raise ValueError("quartiles or minimum and maximum are needed")
    middle = (0.0, 0.0) if quartiles is None else quartiles
    outer = (0.0, 0.0) if ends is None else ends
    # Expected width of the quartiles and of the range of n standard normal values.
    iqr = 2 * float(ndtri((0.75 * n - 0.125) / (n + 0.25)))
    span = 2 * float(ndtri((n - 0.375) / (n + 0.25)))
    mid_quartile, mid_range = sum(middle) / 2, sum(outer) / 2
    if ends is None:
        weight = 0.7 + 0.39 / n
        mean = weight * mid_quartile + (1 - weight) * median
        sd = (middle[1] - middle[0]) / iqr
    elif quartiles is None:
        weight = 4 / (4 + n**0.75)
        mean = weight * mid_range + (1 - weight) * median
        sd = (outer[1] - outer[0]) / span
    else:
        first, second = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
        mean = first * mid_range + second * mid_quartile + (1 - first - second) * median
        sd = ((outer[1] - outer[0]) / span + (middle[1] - middle[0]) / iqr) / 2
    return Estimated(mean, sd, _is_skewed(n, median, quartiles, ends))


def _is_skewed(
    n: float,
    median: float,
    quartiles: tuple[float, float] | None,
    ends: tuple[float, float] | None,
) -> bool:
    """Test symmetry at the 5 % level (Shi 2023)."""

    def lean(pair: tuple[float, float]) -> float:
        width = pair[1] - pair[0]
        return abs(pair[0] + pair[1] - 2 * median) / width if width > 0 else 0.0

    if ends is None:
        assert quartiles is not None
        return lean(quartiles) > 2.65 / math.sqrt(n) - 6 / n**2
    if quartiles is None:
        return lean(ends) > 1.01 / math.log(n + 9) + 2.43 / (n + 1)
    outer = 2.65 * math.log(0.6 * n) / math.sqrt(n) * lean(ends)
    return max(outer, lean(quartiles)) > 3 / math.sqrt(n) - 40 / n**3


def from_summary(
    i: int, numbers: Numbers, suffix: str, n: float
) -> tuple[Estimated | None, list[Fault]]:
    """Read the summary of one group; faults and the warnings that an estimate needs.

    Parameters
    ----------
    i : int
        Position of the row.
    numbers : mapping
    suffix : str
        "_experimental", "_control" or empty.
    n : float
    """
    found = {name: numbers[name + suffix] for name in NAMES if name + suffix in numbers}
    order = [found[name] for name in ("min", "q1", "median", "q3", "max") if name in found]
    for low, high in pairwise(order):
        if low.value > high.value:
            message = f"minimum, quartiles, median and maximum must rise: {low.text}, {high.text}"
            remedy = "Check the order of the numbers."
            column = next(name for name, number in found.items() if number is high) + suffix
            return None, [Fault(i, column, high.text, "summary-order", message, remedy)]
    pairs = {
        key: (found[a].value, found[b].value)
        for key, a, b in (("quartiles", "q1", "q3"), ("ends", "min", "max"))
        if a in found and b in found
    }
    median = found["median"]
    if n < 5:
        message = "a mean cannot be estimated from the summary of fewer than 5 patients"
        remedy = "Enter mean and standard deviation, or take the row out."
        return None, [Fault(i, "median" + suffix, median.text, "summary", message, remedy)]
    estimated = mean_and_deviation(n, median.value, pairs.get("quartiles"), pairs.get("ends"))
    if estimated.sd > 0:
        return estimated, []
    message = "the quartiles or ends are equal, so nothing is known of the spread"
    remedy = "Enter mean and standard deviation, or take the row out."
    return None, [Fault(i, "median" + suffix, median.text, "summary", message, remedy)]


def doubts(i: int, suffix: str, estimated: Estimated, text: str) -> list[Fault]:
    """Warn of a mean that was estimated, and of a skewed summary."""
    column = "median" + suffix
    shown = f"{estimated.mean:.3g} ({estimated.sd:.3g})".replace("-", "−")
    message = (
        f"mean and standard deviation, {shown}, estimated from the median (Wan 2014, Luo 2018)"
    )
    remedy = "Enter those that the authors computed, if there are any."
    found = [Fault(i, column, text, "estimated-mean", message, remedy)]
    if estimated.skewed:
        message = "median, quartiles and range are not symmetric (Shi 2023)"
        remedy = "The estimated mean is unsure: pool again without this trial."
        found.append(Fault(i, column, text, "skewed", message, remedy))
    return found
