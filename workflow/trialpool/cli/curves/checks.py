"""Reconstructed data beside what the report prints: hazard ratio, medians, numbers at risk."""

from __future__ import annotations

import math
from typing import Any, Final

import typer

from trialpool.evidence.printed import Printed, parse_number

Json = dict[str, Any]
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


def compare_median(published: Printed | None, found: float | None) -> Json:
    """Set a reconstructed median beside the printed one; no difference where one is not reached."""
    both = published is not None and found is not None
    return {
        "published": None if published is None else published.value,
        "reconstructed": found,
        "difference": found - published.value if both else None,  # type: ignore[operator, union-attr]
        "both_reached_or_neither": (published is None) == (found is None),
    }


def compare_ratio(
    published: tuple[Printed, Printed | None, Printed | None], log_hr: float, se: float
) -> Json:
    """Set a reconstructed hazard ratio beside the printed one.

    Parameters
    ----------
    published : tuple of Printed
        Ratio and, where printed, its 95 % limits.
    log_hr, se : float
        Of the Cox model on the reconstructed data.

    Returns
    -------
    dict
        ``published`` and ``reconstructed`` (log hazard ratios and standard errors),
        ``log_difference``, ``difference_in_se`` (the least that rounding of the printed ratio
        leaves, in standard errors of the reconstruction), ``se_ratio``, ``agrees``: within half
        a standard error, as the audit asks.
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
    return {
        "measure": "HR",
        "scale": "log",
        "published": {"estimate": math.log(ratio.value), "se": printed_se},
        "reconstructed": {"estimate": log_hr, "se": se},
        "log_difference": log_hr - math.log(ratio.value),
        "difference_in_se": in_se,
        "se_ratio": None if not printed_se else se / printed_se,
        "agrees": in_se is not None and in_se <= RECONSTRUCTION_LIMIT,
    }


def median_in_words(name: str, compared: Json) -> str:
    """Say how a median compares."""
    shown = [
        "not reached" if value is None else f"{value:g}" if key == "published" else f"{value:.4g}"
        for key, value in compared.items()
        if key in ("published", "reconstructed")
    ]
    far = ""
    if compared["difference"] is not None:
        far = f", a difference of {compared['difference']:+.3g}"
    elif not compared["both_reached_or_neither"]:
        far = ": one is reached, the other is not"
    return f"{name}: published {shown[0]}, reconstructed {shown[1]}{far}"


def ratio_in_words(compared: Json) -> str:
    """Say how a hazard ratio compares."""
    ours, theirs = (math.exp(compared[k]["estimate"]) for k in ("reconstructed", "published"))
    words = (
        f"Hazard ratio: published {theirs:.3g}, reconstructed {ours:.3f}; "
        f"{compared['difference_in_se']:.2f} standard errors apart beyond rounding"
    )
    if compared["se_ratio"] is not None:
        words += f"; the reconstructed standard error is {compared['se_ratio']:.2f} of the printed"
    if not compared["agrees"]:
        words += (
            ". More than half a standard error: another cut, assessor or analysis, or a curve "
            "read wrongly"
        )
    return words + "."
