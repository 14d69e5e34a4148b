"""Absolute effects in words: what is counted, risks, differences, medians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from trialpool import formatting as fmt
from trialpool.questions.shared.words.sides import noun_of_failures
from trialpool.records.pools import AbsoluteEffect, MedianGain, PrintedMedians


class Counted(Protocol):
    """Whatever is about endpoints, of which more or fewer are better."""

    @property
    def endpoint_events(self) -> Mapping[str, str]:
        """What the events of each are called."""

    @property
    def benefit(self) -> str:
        """Side of no difference that is better: "lower" or "higher"."""


def what_is_counted(about: Counted, names: Sequence[str], months: float | None) -> str:
    """Name what is counted: "strokes or deaths by 12 months", "with remission"."""
    if about.benefit == "higher":
        return f"with {' or '.join(names)}"
    when = "" if months is None else f" by {fmt.plain(months)} months"
    return f"{noun_of_failures(about.endpoint_events.values())}{when}"


def control_percent(found: AbsoluteEffect) -> str:
    """Print the control risk in percent: "42%", "42% [39 to 45]"."""
    shown = fmt.percent(found.control_risk, 0)
    if found.control_risk_ci_lower is None or found.control_risk_ci_upper is None:
        return shown
    limits = [found.control_risk_ci_lower, found.control_risk_ci_upper]
    return f"{shown} [{' to '.join(fmt.number(100 * limit, 0) for limit in limits)}]"


def control_per_1000(found: AbsoluteEffect) -> str:
    """Print how many of 1,000 patients have the outcome without the treatment."""
    return fmt.of_1000(found.control_risk, found.control_risk_ci_lower, found.control_risk_ci_upper)


def treatment_per_1000(found: AbsoluteEffect) -> str:
    """Print how many of 1,000 patients have the outcome with the treatment."""
    risk = found.treatment_risk
    return fmt.of_1000(risk.estimate, risk.ci_lower, risk.ci_upper)


def per_1000(found: AbsoluteEffect) -> str:
    """Print the difference in 1,000 patients."""
    shown = found.per_1000
    return fmt.per_1000(shown.estimate, shown.ci_lower, shown.ci_upper)


def number_needed(found: AbsoluteEffect) -> str:
    """Print the number needed to treat."""
    needed = found.number_needed
    ends = (needed.estimate, needed.best, needed.worst)
    estimate, best, worst = ((end.value, end.to) for end in ends)
    return fmt.number_needed(estimate, best, worst)


def gain_words(gain: MedianGain | None) -> str:
    """Print a difference in median time and what it assumes; empty where there is none."""
    if gain is None:
        return ""
    difference = gain.difference
    limits = (difference.estimate, difference.ci_lower, difference.ci_upper)
    shown, low, high = (fmt.number(value, 1) for value in limits)
    return f"{shown} [{low} to {high}] months on {fmt.number(gain.control, 1)}, {gain.assumption}"


def medians_words(printed: PrintedMedians) -> str:
    """Print the medians of a trial: "TRIAL: 9.6 v 6.4 months"."""
    ours, theirs = (text or fmt.NOT_AVAILABLE for text in (printed.experimental, printed.control))
    return f"{printed.label}: {ours} v {theirs} {printed.unit}"
