"""What plots are made from: effect sizes, or a group of a result record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from trialpool import formatting as fmt
from trialpool.effects.typed import EffectSizes
from trialpool.measures import Measure, get_measure
from trialpool.records.files import as_result
from trialpool.records.results import Result

CI_NAMES: Final = {
    "wald": "Wald",
    "hk": "Hartung-Knapp",
    "hk-adhoc": "Hartung-Knapp with floor",
    "kr": "Kenward-Roger",
}

Source = EffectSizes | Result | Mapping[str, Any]


def as_effects(source: Source, group: str | None = None) -> EffectSizes:
    """Give the effects of a source.

    Parameters
    ----------
    source : EffectSizes, Result or mapping
        Effect sizes, or a result record, or what was loaded from a ``result.json``.
    group : str, optional
        Label of the group of a record; needed where it has several, since
        effects of different questions make no common funnel.

    Raises
    ------
    ValueError
        If the group is needed or not known.
    """
    if isinstance(source, EffectSizes):
        return source
    result = as_result(source)
    labels = [entry.label for entry in result.groups]
    if group is None and len(labels) == 1:
        group = labels[0]
    if group not in labels:
        allowed = "; ".join(repr(label) for label in labels)
        raise ValueError(f"group={group!r}; the record has: {allowed}")
    trials = [trial for trial in result.trials if trial.group == group]
    return EffectSizes(
        yi=np.array([trial.estimate for trial in trials], dtype=np.float64),
        vi=np.array([trial.se**2 for trial in trials], dtype=np.float64),
        measure=result.measure,
        labels=tuple(trial.label for trial in trials),
        rows=tuple(range(len(trials))),
    )


def measure_of(effects: EffectSizes) -> Measure:
    """Measure of the effects."""
    return get_measure(effects.measure)


def count(k: int, noun: str = "trial") -> str:
    """Write "1 trial", "12 trials"."""
    return f"{k} {noun}" if k == 1 else f"{k} {noun}s"


def need_rows(k: int, what: str, instead: str) -> None:
    """Refuse a plot with a row for each of more trials than a picture can show.

    Raises
    ------
    ValueError
        Naming the numbers, and what shows as many trials.
    """
    if k > _MOST_ROWS:
        raise ValueError(
            f"{what} with {fmt.whole(k)} rows is no picture: at most {fmt.whole(_MOST_ROWS)}; "
            f"{instead}"
        )


# At 300 dots per inch more rows are an image of over a hundred million points.
_MOST_ROWS: Final = 2000
