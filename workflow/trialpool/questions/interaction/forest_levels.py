"""The panel of the levels: effects of trials by level, pools that agree with the interaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.forest.arm_columns import arm_count
from trialpool.figures.forest.options.display_options import ARMS, Choice
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.table import Absent, PanelRow
from trialpool.figures.forest.pools import Standing
from trialpool.figures.forest.table import Heads, Row, Table
from trialpool.figures.forest.trial_rows import row_effect
from trialpool.measures import MEASURES, get_measure
from trialpool.records.interaction import (
    Floating,
    FloatingLevel,
    InteractionResult,
    LevelAloneShown,
    Naive,
    SideLabels,
)
from trialpool.records.pools import Pool
from trialpool.records.trials import Level, SelectedLevel

NAIVE: Final = "Levels pooled each for itself (naive: compares trials)"


@dataclass(frozen=True)
class LevelPanel:
    """Heads, columns and sides of the panel of the levels, and what makes its rows.

    Attributes
    ----------
    table : Table
        Without rows.
    labels : SideLabels
        The question's words for both sides.
    """

    table: Table
    labels: SideLabels

    def name(self, level: SelectedLevel) -> str:
        """Name a level: marker and level.

        A marker that is called as a measure goes by the question's words: heart rhythm
        (HR) would else be read as hazard ratios.
        """
        if level.marker in MEASURES and level.side in ("positive", "negative"):
            positive = level.side == "positive"
            words = self.labels.positive if positive else self.labels.negative
            if words:
                return words[:1].upper() + words[1:]
        return f"{level.marker} {level.level}"

    def row(self, level: Level | LevelAloneShown, group: str, trial_id: str) -> Row:
        """Return the effect of a trial in one level; its square says how much it knows."""
        numbers = (level.estimate, level.ci_lower, level.ci_upper)
        shown = "experimental" in self.table.left
        return Row(
            "trial",
            group,
            self.name(level),
            experimental=arm_count(level.experimental) if shown else "",
            control=arm_count(level.control) if shown else "",
            **row_effect(*numbers, self.table.measure, self.table.preset.style),
            area=level.se**-2,
            trial_id=trial_id,
        )


def level_panel(result: InteractionResult, preset: Preset, choice: Choice) -> LevelPanel:
    """Make the panel of the levels; its rows come later.

    Raises
    ------
    ValueError
        If counts were asked for and no level has any.
    """
    measure = get_measure(get_measure(result.measure).ratio_of)
    level = fmt.percent(result.settings.level, 0)
    every: list[SelectedLevel] = [one for trial in result.trials for one in trial.levels]
    every += [one for entry in result.by_level for one in entry.one_level]
    arms = [arm for one in every for arm in (one.experimental, one.control)]
    known = any(arm_count(arm) != fmt.NOT_AVAILABLE for arm in arms)
    asked = set(choice.columns or ()) & {"counts", *ARMS}
    if asked and every and not known:
        raise ValueError(f"columns: no level has {', '.join(sorted(asked))}")
    counts = ARMS if known and (asked or choice.columns is None) else ()
    what = "events/n" if any(arm.events is not None for arm in arms) else "n"
    experimental, control = choice.arms or ("Experimental", "Control")
    name = measure.name
    style = preset.style
    table = Table(
        id=result.id,
        title=result.title,
        measure=measure,
        null=0.0,
        heads=Heads(
            label=(preset.label_head,),
            comparison=None,
            experimental=(experimental, what) if counts else None,
            control=(control, what) if counts else None,
            panel=(f"{name[:1].upper()}{name[1:]}", "log scale"),
            effect=(f"{measure.code} {style.opening}{level} CI{style.closing}",),
            weight=None,
        ),
        rows=(),
        favours=_favours(result),
        flags=(),
        overall=None,
        left=(*counts, *(("effect",) if preset.numbers_left else ())),
        right=() if preset.numbers_left else ("effect",),
        preset=preset,
    )
    return LevelPanel(table, result.interaction.labels)


def _favours(result: InteractionResult) -> tuple[str, str]:
    """Say which arm each side of the null favours; the record's own sides are of the ratio."""
    names = result.arm_names
    first = f"Favours {names.experimental or 'experimental'}"
    second = f"Favours {names.control or 'control'}"
    return (first, second) if result.benefit == "lower" else (second, first)


def pooled_levels(
    found: Floating | Naive, names: Mapping[str, str], group: str, standing: Standing, table: Table
) -> list[PanelRow]:
    """Return the effects by level of one model, under the row of its ratio."""
    effects: dict[str, FloatingLevel | Pool] = {
        "positive": found.positive,
        "negative": found.negative,
    }
    rows = []
    for side, effect in effects.items():
        numbers = (effect.estimate, effect.ci_lower, effect.ci_upper)
        printed = row_effect(*numbers, table.measure, table.preset.style)
        part = Row("pool", group, names[side], **printed, standing=standing)
        rows.append(PanelRow("level", group, names[side], (part, None), standing=standing))
    return rows


def naive_rows(
    naive: Naive, names: Mapping[str, str], group: str, ratios: Table, levels: Table
) -> list[PanelRow]:
    """Return what pooling each level for itself would show, named as what it is."""
    measure, style = ratios.measure, ratios.preset.style
    apparent = fmt.effect(naive.apparent, measure, style)
    within = fmt.effect(naive.within, measure, style)
    rows = [PanelRow("pool", group, NAIVE, (None, Absent(f"apparent {apparent}")))]
    for row in pooled_levels(naive, names, group, "random-effects", levels):
        rows.append(replace(row, standing=""))
    words = f"Apparent {measure.code} {apparent}, within trials {within}"
    if naive.share is not None:
        words += f": {fmt.percent(naive.share, 0)} of the apparent lies between trials"
    return [*rows, PanelRow("statistics", group, words)]
