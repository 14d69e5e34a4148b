"""The row of a trial, and the texts of an estimate with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from trialpool import formatting as fmt
from trialpool.figures.forest.arm_columns import arm_count
from trialpool.figures.forest.drawn_scale import DrawnScale
from trialpool.figures.forest.options.display_options import COMPARISON, Extra, extra_cells
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.table import Row
from trialpool.figures.forest.words.margins import margin_cell
from trialpool.figures.forest.words.naming import doi_url
from trialpool.figures.forest.words.printed import printed_texts
from trialpool.measures import Measure
from trialpool.records.groups import SourceCited
from trialpool.records.trials import OwnEffect, Trial


def own_numbers(trial: Trial, scale: DrawnScale) -> tuple[float, float, float]:
    """Estimate and limits of a trial where they are drawn."""
    own: OwnEffect | Trial = trial if trial.own is None else trial.own
    place = (lambda x: x) if trial.own is not None else scale.of_trials([trial]).place
    estimate, lower, upper = (place(x) for x in (own.estimate, own.ci_lower, own.ci_upper))
    return estimate, lower, upper


def trial_row(
    trial: Trial,
    scale: DrawnScale,
    columns: frozenset[str],
    *,
    level: float,
    flags: Mapping[str, str],
    area: float | None,
    sources: Mapping[str, SourceCited],
    preset: Preset,
    extras: Sequence[Extra],
    label: str,
    rob: tuple[str, ...],
    means: tuple[tuple[str, str], ...],
    lone: bool,
    alone: tuple[tuple[str, str], ...],
) -> Row:
    """Return the row of a trial; `lone` where its group has no other."""
    style, measure = preset.style, scale.drawn
    # A trial alone in its group has no weight to share.
    weight = 1.0 if trial.weight is None and lone else trial.weight
    return Row(
        "trial",
        trial.group,
        label,
        comparison=(trial.comparison or fmt.NOT_AVAILABLE) if COMPARISON in columns else "",
        experimental=arm_count(trial.experimental) if "experimental" in columns else "",
        control=arm_count(trial.control) if "control" in columns else "",
        **row_effect(*own_numbers(trial, scale), measure, style)
        | printed_texts(trial, level, measure, style),
        weight=weight,
        weight_text=fmt.percent(weight, style=style) if "weight" in columns else "",
        area=area,
        **margin_cell(trial.margin, measure, shown="margin" in columns, style=style),
        flags=tuple(symbol for text, symbol in flags.items() if text in trial.flags),
        trial_id=trial.trial_id,
        url=doi_url(sources.get(trial.source)),
        extra=(*extra_cells(trial, extras, style), *means, *alone),
        rob=rob,
        shrunken=_shrunken(trial, scale) if preset.shrunken else None,
    )


def _shrunken(trial: Trial, scale: DrawnScale) -> tuple[float, float, float] | None:
    """Place the true effect of a trial by the Bayesian model."""
    own = trial.shrunken
    if own is None:
        return None
    place = scale.of_trials([trial]).place
    return place(own.estimate), place(own.ci_lower), place(own.ci_upper)


class RowEffect(TypedDict):
    """The fields of a row on its estimate and interval."""

    estimate: float | None
    lower: float | None
    upper: float | None
    effect: str
    effect_parts: tuple[str, ...]


def row_effect(
    estimate: float | None,
    lower: float | None,
    upper: float | None,
    measure: Measure,
    style: fmt.Style = fmt.PLAIN,
) -> RowEffect:
    """Numbers and printed texts of an estimate; the pieces joined give the whole."""
    parts = ["" if estimate is None else fmt.effect(estimate, measure, style), "", "", ""]
    between = style.between(measure)
    comma, word = between.startswith(","), between.strip(" ,")
    if lower is not None and upper is not None:
        parts[1:] = [
            f"{style.opening}{fmt.effect(lower, measure, style)}{',' if comma else ''}",
            word,
            f"{fmt.effect(upper, measure, style)}{style.closing}",
        ]
    if estimate is not None:
        text = fmt.effect_with_interval(estimate, lower, upper, measure, style)
    else:
        limits = fmt.interval(lower, upper, measure, style)
        text = f"{style.opening}{limits}{style.closing}"
    return {
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "effect": text,
        "effect_parts": tuple(parts),
    }
