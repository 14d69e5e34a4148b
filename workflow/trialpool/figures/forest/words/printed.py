"""A trial's estimate and interval in the digits of its report."""

from __future__ import annotations

from typing import TypedDict

from trialpool.formatting import Style, as_printed
from trialpool.measures import Measure
from trialpool.records.trials import Trial


class PrintedTexts(TypedDict, total=False):
    """Texts of a row that take the place of those of the interval analysed."""

    effect: str
    effect_parts: tuple[str, ...]


def printed_texts(trial: Trial, level: float, measure: Measure, style: Style) -> PrintedTexts:
    """Return what the report prints; nothing where it prints no interval of this level."""
    if trial.printed is None or not trial.printed.is_of(level):
        return {}
    estimate, lower, upper = map(style.pointed, trial.printed.texts)
    between = style.between(measure)
    comma = "," if between.startswith(",") else ""
    return {
        "effect": as_printed(trial.printed.texts, measure, style),
        "effect_parts": (
            *(estimate, f"{style.opening}{lower}{comma}", between.strip(" ,")),
            f"{upper}{style.closing}",
        ),
    }
