"""Margins of non-inferiority and equivalence: their cells and what the plot says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from trialpool import formatting as fmt
from trialpool.measures import Measure
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Margin, SelectedTrial


class MarginCell(TypedDict, total=False):
    """The fields of a row on margins; none where the plot has no column for them."""

    margin: tuple[float | None, float | None]
    margin_text: str


def has_margins(trials: Sequence[SelectedTrial]) -> bool:
    """Whether at least one trial has a margin to show."""
    return any(trial.margin for trial in trials)


def margin_cell(
    margin: Margin | None, measure: Measure, *, shown: bool, style: fmt.Style = fmt.PLAIN
) -> MarginCell:
    """Return the margins of a trial or group and their text, for the fields of its row.

    Parameters
    ----------
    margin : Margin or None
    measure : Measure
        What is estimated.
    shown : bool
        Whether the plot has a column for margins; a row without one then gets a dash.
    style : Style
        How numbers are printed.
    """
    if not shown:
        return {}
    limits = (margin.lower, margin.upper) if margin else (None, None)
    return {"margin": limits, "margin_text": fmt.margin(*limits, measure, style)}


def margin_sentences(result: ComparativeResult) -> list[str]:
    """Explain the marks of the margins, where the plot has any."""
    trials = result.trials
    if not has_margins(trials):
        return []
    mark = "Dotted mark: the trial's non-inferiority margin"
    if result.design == "equivalence":
        mark = "Dotted marks: the equivalence margins"
    pooled = any(group.k > 1 and group.margin for group in result.groups)
    sentences = [f"{mark}{'; the strictest of the group on pooled rows' if pooled else ''}."]
    if any(not trial.margin for trial in trials):
        sentences.append(f"{fmt.NOT_AVAILABLE} under Margin: none known.")
    return sentences
