"""Margins of non-inferiority and equivalence: their cells and what the plot says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialpool import formatting as fmt
from trialpool.measures import Measure

Record = Mapping[str, Any]


def has_margins(trials: Sequence[Record]) -> bool:
    """Whether at least one trial has a margin to show."""
    return any(trial.get("margin") for trial in trials)


def margin_cell(
    owner: Record, measure: Measure, *, shown: bool, style: fmt.Style = fmt.PLAIN
) -> dict[str, Any]:
    """Return the margins of a trial or group and their text, for the fields of its row.

    Parameters
    ----------
    owner : mapping
        A trial or a group of the record.
    measure : Measure
        What is estimated.
    shown : bool
        Whether the plot has a column for margins; a row without one then gets a dash.
    style : Style
        How numbers are printed.
    """
    if not shown:
        return {}
    margin = owner.get("margin") or {}
    lower, upper = margin.get("lower"), margin.get("upper")
    return {
        "margin": (lower, upper),
        "margin_text": fmt.margin(lower, upper, measure, style),
    }


def margin_sentences(result: Record) -> list[str]:
    """Explain the marks of the margins, where the plot has any."""
    trials = result["trials"]
    if not has_margins(trials):
        return []
    kind = result.get("design") or "non-inferiority"
    mark = "Dotted mark: the trial's non-inferiority margin"
    if kind == "equivalence":
        mark = "Dotted marks: the equivalence margins"
    pooled = any((group.get("k") or 0) > 1 and group.get("margin") for group in result["groups"])
    sentences = [f"{mark}{'; the strictest of the group on pooled rows' if pooled else ''}."]
    if any(not trial.get("margin") for trial in trials):
        sentences.append(f"{fmt.NOT_AVAILABLE} under Margin: none known.")
    return sentences
