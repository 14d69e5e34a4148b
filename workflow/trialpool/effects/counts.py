"""Counts from percentages, and effect sizes of two arms' counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from trialpool.evidence.printed import Printed

PERCENT_FORMULA = (
    "events = the whole number nearest to percent × n / 100 that prints as the percent"
)
PERCENT_REFERENCE = (
    "METHODS 'counts'; Brown and Heathers 2017, Soc Psychol Personal Sci 8:363 (GRIM)"
)
# Guards the comparison of a decimal's half unit against binary rounding.
_SLACK = 1e-9


@dataclass(frozen=True)
class CountFromPercent:
    """Counts that a printed percentage of n allows.

    Attributes
    ----------
    nearest, smallest, largest : int
        The whole number nearest to percent × n / 100, and the range of whole
        numbers whose percentage rounds to the printed one.
    """

    nearest: int
    smallest: int
    largest: int

    @property
    def is_unique(self) -> bool:
        """Whether only one whole number fits."""
        return self.smallest == self.largest


def count_from_percent(percent: Printed, n: int) -> CountFromPercent | None:
    """Find the numbers of events that print as a percentage of n.

    Parameters
    ----------
    percent : Printed
        The percentage as printed; its decimals say how it was rounded.
    n : int
        Number of patients it refers to.

    Returns
    -------
    CountFromPercent or None
        None if no whole number of events gives the printed percentage.

    Raises
    ------
    ValueError
        If n is not positive.
    """
    if n < 1:
        raise ValueError(f"n = {n}: a percentage needs at least one patient")
    smallest = max(math.ceil(percent.lower * n / 100 - _SLACK), 0)
    largest = min(math.floor(percent.upper * n / 100 + _SLACK), n)
    if smallest > largest:
        return None
    nearest = math.floor(percent.value * n / 100 + 0.5)
    return CountFromPercent(min(max(nearest, smallest), largest), smallest, largest)


@dataclass(frozen=True)
class CountEffect:
    """Effect of two arms' counts on the analysis scale, with its standard error."""

    yi: float
    sei: float
    corrected: bool


def _log_odds_ratio(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    return math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def _log_risk_ratio(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    n1, n2 = a + b, c + d
    return math.log(a * n2 / (c * n1)), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _risk_difference(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


_EFFECTS: Final[dict[str, Callable[[float, float, float, float], tuple[float, float]]]] = {
    "OR": _log_odds_ratio,
    "RR": _log_risk_ratio,
    "RD": _risk_difference,
}
COUNT_FORMULAS: Final[dict[str, str]] = {
    "OR": "yi = ln(a d / (b c)); vi = 1/a + 1/b + 1/c + 1/d",
    "RR": "yi = ln((a / n1) / (c / n2)); vi = 1/a − 1/n1 + 1/c − 1/n2",
    "RD": "yi = a/n1 − c/n2; vi = a b / n1³ + c d / n2³",
}
COUNT_REFERENCE = "Cochrane Handbook 6.5, 10.4"


def effect_from_counts(
    events: int, n: int, events_control: int, n_control: int, measure: str = "OR"
) -> CountEffect:
    """Effect size of two arms' counts.

    Parameters
    ----------
    events, n, events_control, n_control : int
        Patients with the event and all patients, experimental and control arm.
    measure : {"OR", "RR", "RD"}
        Log odds ratio, log risk ratio (natural logs) or risk difference.

    Returns
    -------
    CountEffect
        Where a cell of the trial's table is zero, 0.5 is added to its four
        cells (`corrected` is then true).

    Raises
    ------
    ValueError
        If counts are impossible, the measure is unknown, or both arms have no
        event or only events: such a trial says nothing about a ratio.
    """
    if measure not in _EFFECTS:
        raise ValueError(f"unknown measure {measure!r}; allowed: {', '.join(_EFFECTS)}")
    for name, part, whole in (
        ("experimental", events, n),
        ("control", events_control, n_control),
    ):
        if whole < 1 or not 0 <= part <= whole:
            raise ValueError(f"{name} arm: {part} events of {whole} patients is impossible")
    cells = (events, n - events, events_control, n_control - events_control)
    if measure != "RD" and (
        events + events_control == 0 or events + events_control == n + n_control
    ):
        raise ValueError("no event, or only events, in both arms: no ratio can be estimated")
    corrected = 0 in cells
    add = 0.5 if corrected else 0.0
    a, b, c, d = (cell + add for cell in cells)
    yi, vi = _EFFECTS[measure](a, b, c, d)
    return CountEffect(yi, math.sqrt(vi), corrected)


PROPORTION_FORMULAS: Final[dict[str, str]] = {
    "PLO": "yi = ln(x / (n − x)); vi = 1/x + 1/(n − x)",
    "PFT": "yi = (asin √(x / (n + 1)) + asin √((x + 1) / (n + 1))) / 2; vi = 1 / (4n + 2)",
}
PROPORTION_REFERENCE = "Stijnen 2010, Stat Med 29:3046; Freeman and Tukey 1950"


def effect_from_proportion(events: int, n: int, measure: str = "PLO") -> CountEffect:
    """Transform the proportion of one arm.

    Parameters
    ----------
    events, n : int
        Patients with the event, and all patients.
    measure : {"PLO", "PFT"}
        Logit, or Freeman and Tukey's double arcsine.

    Returns
    -------
    CountEffect
        For a logit of none or all of the patients 0.5 is added to events and
        non-events (`corrected` is then true).

    Raises
    ------
    ValueError
        If counts are impossible or the measure is unknown.
    """
    if measure not in PROPORTION_FORMULAS:
        raise ValueError(f"unknown measure {measure!r}; allowed: {', '.join(PROPORTION_FORMULAS)}")
    if n < 1 or not 0 <= events <= n:
        raise ValueError(f"{events} events of {n} patients is impossible")
    if measure == "PFT":
        yi = math.asin(math.sqrt(events / (n + 1))) + math.asin(math.sqrt((events + 1) / (n + 1)))
        return CountEffect(yi / 2, math.sqrt(1 / (4 * n + 2)), False)
    corrected = events in (0, n)
    add = 0.5 if corrected else 0.0
    x, rest = events + add, n - events + add
    return CountEffect(math.log(x / rest), math.sqrt(1 / x + 1 / rest), corrected)
