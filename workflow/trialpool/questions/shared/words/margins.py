"""Designs with a margin, and the rules by which they are decided.

After the CONSORT extension (Piaggio 2012): where a result lies against the
margin decides; that it includes no difference says nothing.
"""

from __future__ import annotations

from typing import Final, Literal

from trialpool import formatting
from trialpool.measures import get_measure
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Trial

Design = Literal["superiority", "non-inferiority", "equivalence"]

MARGIN_RULES: Final[tuple[str, ...]] = (
    "Non-inferiority and equivalence questions are decided by the margin, never by no difference: "
    "“within the margin” where the primary model puts a probability of at least the declared level "
    "within the margin (non-inferiority: on the better side of it; equivalence: between the lower "
    "and the upper one), “beyond the margin” where it puts so much beyond it, else “not shown to "
    "be within the margin”. The level, 0.95 or 0.975, is declared by the review; the margin of a "
    "pool is the strictest of its trials’. Without both there is no verdict.",
    "One trial is judged by its own margin and by its own interval, at the level that it planned.",
)


def design_of(result: ComparativeResult) -> Design:
    """Return the design of a question; comparisons of equivalence are never superiority."""
    if result.design == "non-inferiority":
        return "non-inferiority"
    if result.design == "equivalence" or "equivalence" in result.settings.contrasts:
        return "equivalence"
    return "superiority"


def margin_text(owner: Trial | Group, result: ComparativeResult) -> str:
    """Print the margin of a trial or group for a table.

    Empty where the question has no margins to show, a dash where only this one has none.
    """
    margin = owner.margin
    if design_of(result) == "superiority" and all(trial.margin is None for trial in result.trials):
        return ""
    lower, upper = (margin.lower, margin.upper) if margin is not None else (None, None)
    return formatting.margin(lower, upper, get_measure(result.measure))
