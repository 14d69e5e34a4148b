"""What stands over the columns of a forest plot."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool import formatting as fmt
from trialpool.figures.forest.arm_columns import ArmColumns
from trialpool.figures.forest.drawn_scale import DrawnScale, plain_name
from trialpool.figures.forest.options.display_options import COMPARISON, Choice, Extra
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.table import Heads
from trialpool.figures.forest.words.statistics import method_over_plot
from trialpool.figures.forest.words.tables import is_network
from trialpool.records.results import ComparativeResult

Columns = tuple[tuple[str, ...], tuple[str, ...], ArmColumns]


def heads_of(
    result: ComparativeResult,
    scale: DrawnScale,
    shown: Columns,
    preset: Preset,
    chosen: Choice,
    extras: Sequence[Extra],
) -> Heads:
    """Name the columns.

    Parameters
    ----------
    result : ComparativeResult
    scale : DrawnScale
    shown : (left, right, arms)
        Names of the columns before and after the plot, and what is printed of the arms.
    preset, chosen, extras
        As for the rows.
    """
    left, right, arms = shown
    columns = (*left, *right)
    name = plain_name(result.measure_name or scale.analysed.name)
    level = fmt.percent(result.settings.level, 0)
    interval = f"{preset.style.opening}{level} CI{preset.style.closing}"
    under_panel = "log scale" if scale.drawn.is_ratio else scale.drawn.display_unit
    if preset.method_line:
        under_panel = method_over_plot(result)
    heads = {extra.name: (extra.head,) for extra in extras}
    # Under the name of their arm, where there are two.
    under = () if arms.single else ("",)
    heads |= {extra.name: (*under, extra.head) for extra in arms.extras(columns)}
    sides = {
        side: arms.heads(side, chosen) if side in columns else None
        for side in ("experimental", "control")
    }
    return Heads(
        label=("Evidence" if is_network(result) else preset.label_head,),
        comparison=("Comparison",) if COMPARISON in columns else None,
        experimental=sides["experimental"],
        control=sides["control"],
        panel=(name, under_panel),
        effect=(f"{_short(scale)} {interval}".strip(),),
        weight=("Weight",) if "weight" in columns else None,
        margin=("Margin",) if "margin" in columns else None,
        extra=tuple(heads.items()),
        rob=("Risk of bias",) if "rob" in columns else None,
        spans=arms.spans(columns, chosen),
    )


def _short(scale: DrawnScale) -> str:
    """Name of an effect over its column."""
    measure = scale.drawn
    if measure.is_proportion:
        return "Percent"
    if measure.compares and scale.is_own:
        return "" if measure.code == "generic" else measure.code
    return plain_name(measure.name)
