"""What proportions of single arms say in words: they compare nothing."""

from __future__ import annotations

from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sides import Conclusion
from trialpool.records.proportion import ProportionGroup, ProportionResult


def conclude(_: ProportionGroup, __: ProportionResult) -> Conclusion:
    """Conclude nothing."""
    return Conclusion("", "Proportions of single arms; nothing is compared.")


def on_markers(_: ProportionResult) -> MarkerWords | None:
    """Say what it tells of markers: nothing."""
    return None
