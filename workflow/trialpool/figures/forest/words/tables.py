"""Sentences under the plot of a user's table that no question of a review needs."""

from __future__ import annotations

from typing import Final

from trialpool.figures.forest.pools import NETWORK
from trialpool.figures.forest.table import Table
from trialpool.measures import get_measure
from trialpool.records.results import ComparativeResult

# How numbers are called on the scale on which they are pooled.
_SCALES: Final = {
    "log": "logarithms",
    "logit": "logits",
    "probit": "probits",
    "arcsine": "arcsines of square roots",
    "square-root": "square roots",
    "z": "Fisher's z",
}


def table_sentences(result: ComparativeResult, table: Table) -> list[str]:
    """Explain exact intervals, another scale of pooling, and shrunken effects."""
    sentences = []
    methods = dict.fromkeys(trial.own.method for trial in result.trials if trial.own is not None)
    if methods:
        sentences.append(f"Intervals of trials: exact ({'; '.join(methods)}).")
    measure = get_measure(result.measure)
    if measure.scale != table.measure.scale and measure.scale in _SCALES:
        sentences.append(f"Pooled as {_SCALES[measure.scale]}.")
    if any(row.shrunken is not None for row in table.rows):
        sentences.append(
            "Open squares and thin lines: the true effect of each trial by the Bayesian model, "
            "posterior median and credible interval."
        )
    return sentences


def is_network(result: ComparativeResult) -> bool:
    """Whether a record compares treatments of a network with one of them."""
    return result.design == NETWORK


def network_sentences(level: str) -> list[str]:
    """Say what squares and diamonds of a network are."""
    return [
        f"Squares and lines: direct and indirect evidence with {level} CI; the area of a square "
        "is proportional to its information (1/SE²).",
        f"Diamonds: network estimates and {level} CI.",
    ]
