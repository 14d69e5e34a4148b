"""Sentences under a plot that explain marks which not every plot has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.forest.options.display_options import P_VALUE
from trialpool.figures.forest.table import Table
from trialpool.figures.forest.words.naming import source_list
from trialpool.records.results import ComparativeResult

_PREDICTION: Final[Mapping[str, str]] = {
    "bar": "bar with end strokes",
    "line": "dashed line with end strokes",
    "polygon": "outlined lozenge",
    "shade": "shading between and beyond its end strokes",
    "density": "curve, darker between its end strokes",
}
_CURVES: Final[Mapping[str, str]] = {
    "shade": "Shading: density on the scale of the axis, darkest at its peak, cut where it ends.",
    "density": "Curves: density on the scale of the axis, all of one height, cut where it ends.",
}


def squares_sentence(table: Table, level: str, *, pooled: bool) -> str:
    """Say what squares, lines and the areas of squares mean."""
    start = f"Squares and lines: trial estimates and {level} CI"
    if table.preset.squares == "equal":
        return f"{start}; the size of a square means nothing."
    if table.preset.squares == "events":
        opened = any(row.kind == "trial" and row.area is None for row in table.rows)
        end = "; open squares: events not in our data" if opened else ""
        return f"{start}; the area of a square is proportional to the events of its trial{end}."
    if not pooled:
        return f"{start}; the area of a square is proportional to its trial's information (1/SE²)."
    return (
        f"{start}; the area of a square is proportional to its trial's weight within the group, "
        "the squares of a group together to its information (sum of 1/SE²)."
    )


def prediction_sentence(table: Table) -> str:
    """Say how prediction intervals are drawn and what they mean."""
    style = table.preset.pi_style
    sentence = (
        f"Prediction interval ({_PREDICTION[style]}): where the effect in a new trial of the "
        "group is expected."
    )
    return f"{sentence} {_CURVES[style]}" if style in _CURVES else sentence


def further_sentences(table: Table) -> list[str]:
    """Explain grey band, dashed line and p-values, where the plot has them."""
    sentences = []
    if table.band is not None:
        limits = fmt.interval(*table.band, table.measure, table.preset.style)
        sentences.append(f"Grey band: differences called too small to matter ({limits}).")
    if table.overall is not None:
        sentences.append("Dashed line: the pooled estimate.")
    if any(row.kind == "pool" and row.cell(P_VALUE) for row in table.rows):
        letter = table.preset.style.p_letter
        sentences.append(
            f"{letter}: test against no difference; of trials two-sided by Wald, of pools as "
            "their interval."
        )
    return sentences


def narrower_sentences(result: ComparativeResult) -> list[str]:
    """Name the diamonds of a table that are narrower than its common effect's would be."""
    if result.settings.ci_method != "hk":
        return []
    # Only a table is pooled so: figures of the pipeline load no pooling.
    from trialpool.pooling.univariate.results import NARROWER

    pools = [*result.groups, *([result.overall] if result.overall is not None else [])]
    narrow = [pool.label for pool in pools if NARROWER in pool.diagnostics.notes]
    return [f"{', '.join(narrow)}: {NARROWER}."] if narrow else []


def last_paragraphs(result: ComparativeResult, table: Table) -> list[str]:
    """Return the numbered sources and the version of the data, where they are asked for."""
    paragraphs = []
    if table.preset.label_style == "source":
        paragraphs.append(source_list(result.trials, result.sources))
    stamp = table.preset.stamp
    if stamp:
        version = stamp if isinstance(stamp, str) else table.version
        paragraphs.append(f"Data version: {version}.")
    return [text for text in paragraphs if text]


def data_version(result: ComparativeResult) -> str:
    """Hash what a plot was drawn from: the trials with their numbers, without any wording.

    Twelve hexadecimal digits of SHA-256, the same wherever the same numbers are drawn.
    """
    trials = [
        [
            *(trial.trial_id, trial.group, trial.comparison, trial.estimate, trial.se),
            *(trial.experimental.events, trial.experimental.n),
            *(trial.control.events, trial.control.n),
        ]
        for trial in result.trials
    ]
    content = [result.id, result.measure, result.settings.level, trials]
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:12]
