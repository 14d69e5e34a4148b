"""Reconstructed data beside what the report prints: hazard ratio, medians, numbers at risk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import typer

from trialpool.evidence.printed import Printed, parse_number

_NOT_REACHED: Final = ("nr", "ne")


def read_median(text: str, option: str) -> Printed | None:
    """Read a printed median; None for NR (not reached).

    Raises
    ------
    typer.BadParameter
        Naming the option and what is allowed.
    """
    if text.strip().lower() in _NOT_REACHED:
        return None
    number = parse_number(text)
    if number is None or not number.value > 0:
        message = f"{text!r}; allowed: a time above 0, or NR for not reached"
        raise typer.BadParameter(message, param_hint=option)
    return number


def read_medians(text: str, option: str) -> tuple[Printed | None, Printed | None]:
    """Read the medians of the experimental and the control arm, "18.5,12.4"."""
    parts = text.split(",")
    if len(parts) != 2:
        message = f"{text!r}; allowed: experimental,control such as 18.5,12.4"
        raise typer.BadParameter(message, param_hint=option)
    return read_median(parts[0], option), read_median(parts[1], option)


def read_ratio(text: str, option: str) -> tuple[Printed, Printed | None, Printed | None]:
    """Read a hazard ratio, alone or with its 95 % limits, "0.62,0.52,0.81"."""
    numbers = [parse_number(part) for part in text.split(",")]
    known = [number for number in numbers if number is not None and number.value > 0]
    if len(numbers) not in (1, 3) or len(known) != len(numbers):
        message = f"{text!r}; allowed: a ratio, or ratio,lower,upper such as 0.62,0.52,0.81"
        raise typer.BadParameter(message, param_hint=option)
    if len(known) == 3 and not known[1].value <= known[0].value <= known[2].value:
        message = f"{text!r}; the ratio must lie between its limits"
        raise typer.BadParameter(message, param_hint=option)
    return (known[0], known[1], known[2]) if len(known) == 3 else (known[0], None, None)


@dataclass(frozen=True)
class ComparedMedian:
    """A reconstructed median beside the printed one; None for one that is not reached."""

    published: float | None
    reconstructed: float | None
    difference: float | None
    both_reached_or_neither: bool


@dataclass(frozen=True)
class LogRatio:
    """A log hazard ratio, with its standard error where that is known."""

    estimate: float
    se: float | None


@dataclass(frozen=True, kw_only=True)
class ComparedRatio:
    """A reconstructed hazard ratio beside the printed one.

    Attributes
    ----------
    measure, scale : str
    published, reconstructed : LogRatio
    log_difference : float
    difference_in_se : float or None
        The least that rounding of the printed ratio leaves, in standard errors of the
        reconstruction.
    se_ratio : float or None
    agrees : bool
        Within half a standard error, as the audit asks.
    """

    measure: str = "HR"
    scale: str = "log"
    published: LogRatio
    reconstructed: LogRatio
    log_difference: float
    difference_in_se: float | None
    se_ratio: float | None
    agrees: bool


def compare_median(published: Printed | None, found: float | None) -> ComparedMedian:
    """Set a reconstructed median beside the printed one; no difference where one is not reached."""
    value = None if published is None else published.value
    difference = None if value is None or found is None else found - value
    return ComparedMedian(value, found, difference, (value is None) == (found is None))


def compare_ratio(
    published: tuple[Printed, Printed | None, Printed | None], log_hr: float, se: float
) -> ComparedRatio:
    """Set a reconstructed hazard ratio beside the printed one.

    Parameters
    ----------
    published : tuple of Printed
        Ratio and, where printed, its 95 % limits.
    log_hr, se : float
        Of the Cox model on the reconstructed data.
    """
    from trialpool.effects.agreement import gap
    from trialpool.effects.ratios import log_ratio_from_interval
    from trialpool.effects.rungs import RECONSTRUCTION_LIMIT

    ratio, lower, upper = published
    printed_se = None
    if lower is not None and upper is not None:
        try:
            printed_se = log_ratio_from_interval(ratio, lower, upper).sei
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--published-hr'") from None
    in_se = gap(ratio, math.exp(log_hr), se)
    return ComparedRatio(
        published=LogRatio(math.log(ratio.value), printed_se),
        reconstructed=LogRatio(log_hr, se),
        log_difference=log_hr - math.log(ratio.value),
        difference_in_se=in_se,
        se_ratio=None if not printed_se else se / printed_se,
        agrees=in_se is not None and in_se <= RECONSTRUCTION_LIMIT,
    )


def median_in_words(name: str, compared: ComparedMedian) -> str:
    """Say how a median compares."""
    theirs, ours = (
        "not reached" if value is None else format(value, digits)
        for value, digits in ((compared.published, "g"), (compared.reconstructed, ".4g"))
    )
    far = ""
    if compared.difference is not None:
        far = f", a difference of {compared.difference:+.3g}"
    elif not compared.both_reached_or_neither:
        far = ": one is reached, the other is not"
    return f"{name}: published {theirs}, reconstructed {ours}{far}"


def ratio_in_words(compared: ComparedRatio) -> str:
    """Say how a hazard ratio compares."""
    ours, theirs = (math.exp(x.estimate) for x in (compared.reconstructed, compared.published))
    words = (
        f"Hazard ratio: published {theirs:.3g}, reconstructed {ours:.3f}; "
        f"{compared.difference_in_se:.2f} standard errors apart beyond rounding"
    )
    if compared.se_ratio is not None:
        words += f"; the reconstructed standard error is {compared.se_ratio:.2f} of the printed"
    if not compared.agrees:
        words += (
            ". More than half a standard error: another cut, assessor or analysis, or a curve "
            "read wrongly"
        )
    return words + "."
