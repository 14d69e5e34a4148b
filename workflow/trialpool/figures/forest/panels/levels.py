"""The panel of the levels: effects of trials by level, pools that agree with the interaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from trialpool import formatting as fmt
from trialpool.figures.forest.options.display_options import ARMS, Choice
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.table import Absent, PanelRow
from trialpool.figures.forest.pools import Standing
from trialpool.figures.forest.rows import row_effect
from trialpool.figures.forest.table import Heads, Row, Table
from trialpool.measures import get_measure

Record = Mapping[str, Any]
# Measure of a ratio of two levels -> measure of the levels.
LEVEL_MEASURES: Final[Mapping[str, str]] = {"RHR": "HR", "ROR": "OR"}
NAIVE: Final = "Levels pooled each for itself (naive: compares trials)"
_SIDES: Final = ("positive", "negative")


def level_name(level: Record) -> str:
    """Name a level: marker and level, or the words that it was given."""
    return str(level.get("shown") or f"{level['marker']} {level['level']}")


def with_names(result: Record) -> Record:
    """Give the levels of a marker that is called as their measure the question's words.

    Hormone receptors (HR) would else be read as hazard ratios.
    """
    measure = LEVEL_MEASURES[result["measure"]]
    labels = result["interaction"].get("labels") or {}

    def named(level: Record) -> Record:
        words = labels.get(level.get("side")) if level["marker"] == measure else None
        return {**level, "shown": words[:1].upper() + words[1:]} if words else level

    return {
        **result,
        "trials": [
            {**trial, "levels": [named(level) for level in trial["levels"]]}
            for trial in result["trials"]
        ],
        "by_level": [
            {**entry, "one_level": [named(one) for one in entry["one_level"]]}
            for entry in result["by_level"]
        ],
    }


def level_table(result: Record, preset: Preset, choice: Choice) -> Table:
    """Heads, columns and sides of the panel of the levels; its rows come later.

    Raises
    ------
    ValueError
        If counts were asked for and no level has any.
    """
    measure = get_measure(LEVEL_MEASURES[result["measure"]])
    level = fmt.percent(result["settings"]["level"], 0)
    every = [one for trial in result["trials"] for one in trial["levels"]]
    every += [one for entry in result["by_level"] for one in entry["one_level"]]
    known = any(_count(one, arm) != fmt.NOT_AVAILABLE for one in every for arm in ARMS)
    asked = set(choice.columns or ()) & {"counts", *ARMS}
    if asked and every and not known:
        raise ValueError(f"columns: no level has {', '.join(sorted(asked))}")
    counts = ARMS if known and (asked or choice.columns is None) else ()
    events = any((one.get(arm) or {}).get("events") is not None for one in every for arm in ARMS)
    what = "events/n" if events else "n"
    experimental, control = choice.arms or ("Experimental", "Control")
    name = measure.name
    style = preset.style
    return Table(
        id=result["id"],
        title=result["title"],
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


def _favours(result: Record) -> tuple[str, str]:
    """Say which arm each side of the null favours; the record's own sides are of the ratio."""
    names = result.get("arm_names") or {}
    sides = tuple(f"Favours {names.get(arm) or arm}" for arm in ARMS)
    return (sides[0], sides[1]) if result["benefit"] == "lower" else (sides[1], sides[0])


def _count(level: Record, arm: str) -> str:
    numbers = level.get(arm) or {}
    return fmt.count_of(numbers.get("events"), numbers.get("n"))


def level_row(level: Record, group: str, trial_id: str, table: Table) -> Row:
    """Return the effect of a trial in one level; its square says how much it knows."""
    numbers = (level["estimate"], level["ci_lower"], level["ci_upper"])
    shown = "experimental" in table.left
    return Row(
        "trial",
        group,
        level_name(level),
        experimental=_count(level, "experimental") if shown else "",
        control=_count(level, "control") if shown else "",
        **row_effect(*numbers, table.measure, table.preset.style),
        area=float(level["se"]) ** -2,
        trial_id=trial_id,
    )


def pooled_levels(
    found: Record | None, names: Mapping[str, str], group: str, standing: str, table: Table
) -> list[PanelRow]:
    """Return the effects by level of one model, under the row of its ratio; none without it."""
    if found is None:
        return []
    drawn = cast("Standing", standing)
    rows = []
    for side in _SIDES:
        effect = found[side]
        numbers = (effect["estimate"], effect["ci_lower"], effect["ci_upper"])
        printed = row_effect(*numbers, table.measure, table.preset.style)
        part = Row("pool", group, names[side], **printed, standing=drawn)
        rows.append(PanelRow("level", group, names[side], (part, None), standing=drawn))
    return rows


def naive_rows(
    naive: Record, names: Mapping[str, str], group: str, ratios: Table, levels: Table
) -> list[PanelRow]:
    """Return what pooling each level for itself would show, named as what it is."""
    style = ratios.preset.style
    apparent, within = (
        fmt.effect(naive[name], ratios.measure, style) for name in ("apparent", "within")
    )
    rows = [PanelRow("pool", group, NAIVE, (None, Absent(f"apparent {apparent}")))]
    for row in pooled_levels(naive, names, group, "random-effects", levels):
        rows.append(replace(row, standing=""))
    words = f"Apparent {ratios.measure.code} {apparent}, within trials {within}"
    if naive["share"] is not None:
        words += f": {fmt.percent(naive['share'], 0)} of the apparent lies between trials"
    return [*rows, PanelRow("statistics", group, words)]
