"""The forest plot of a question on surrogacy: both effects of each pair on one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.forest.figure import ForestFigure
from trialpool.figures.forest.options.display_options import ordered
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.draw import draw_panels, with_rows
from trialpool.figures.forest.panels.table import PanelRow, PanelTable, SharedColumn
from trialpool.figures.forest.rows import doi_url, flag_symbols
from trialpool.figures.forest.scaling import printable_record
from trialpool.figures.forest.table import Heads, Row, Table
from trialpool.figures.forest.trial_rows import row_effect
from trialpool.figures.forest.words.naming import trial_label
from trialpool.figures.text.unprinted import notes_on_unprinted, printable
from trialpool.measures import get_measure
from trialpool.records.surrogacy.questions import EarlyEffect, SurrogacyResult, SurrogacyTrial

# Width in points that each of the two plots would like.
_PLOT: Final = 128.0
_COMPARISON: Final = "comparison"


def draw_pairs(result: SurrogacyResult, options: ForestOptions) -> ForestFigure:
    """Draw early effects in one plot and final ones in another, a pair on each row.

    Raises
    ------
    ValueError
        If columns are chosen, an order is unknown, or the width is too narrow.
    """
    preset, asked, title = options.preset, options.choice, options.title
    if asked.columns is not None or asked.columns_right is not None:
        raise ValueError("columns: those of a plot of pairs cannot be chosen")
    chosen = ordered(result, asked.order)
    record = printable_record(chosen)
    shown = printable(title) if isinstance(title, str) else title
    table = build_pairs(record, preset, shown)
    last = notes_on_unprinted((chosen, title), lambda: build_pairs(chosen, preset, title))
    notes = (*_notes(record, table), *last)
    return draw_panels(table, lambda clipped, enlarged: notes, _alt(record), options)


def build_pairs(result: SurrogacyResult, preset: Preset, title: bool | str = True) -> PanelTable:
    """Turn a record into rows that have a part in each of two panels."""
    early, final = _names(result)
    # No pool is drawn: the two effects of a trial are not averaged over trials.
    halves = (
        _half(result, preset, result.early.measure, early, result.early.benefit),
        _half(result, preset, result.measure, final, result.benefit),
    )
    every = [one for trial in result.trials for one in (trial, trial.early)]
    flags = flag_symbols(text for one in every for text in one.flags)
    heading = result.groups[0].label if result.groups else "Pairs"
    rows = [PanelRow("heading", heading, heading, (None, None))] if result.trials else []
    rows += [_row(trial, halves, flags, result, preset, heading) for trial in result.trials]
    table = PanelTable(
        id=result.id,
        title=title if isinstance(title, str) else result.title,
        preset=preset,
        label_head=preset.label_head,
        shared=(SharedColumn(_COMPARISON, "Comparison"),),
        rows=tuple(rows),
        panels=halves,
        names=(early, final),
        codes=("/".join(result.early.endpoints), "/".join(result.endpoints)),
        widths=(_PLOT, _PLOT),
        flags=tuple((symbol, text) for text, symbol in flags.items()),
    )
    panels = tuple(with_rows(half, table, index) for index, half in enumerate(halves))
    return replace(table, panels=panels)


def _names(result: SurrogacyResult) -> tuple[str, str]:
    both = (result.early.endpoint_names, result.endpoint_names)
    early, final = (" or ".join(names.values()) for names in both)
    return early[:1].upper() + early[1:], final[:1].upper() + final[1:]


def _half(result: SurrogacyResult, preset: Preset, code: str, name: str, benefit: str) -> Table:
    """Make the table of one endpoint; its rows come later."""
    measure, level = get_measure(code), fmt.percent(result.settings.level, 0)
    arms = result.arm_names
    ours, theirs = f"Favours {arms.experimental}", f"Favours {arms.control}"
    return Table(
        id=result.id,
        title=name,
        measure=measure,
        null=0.0,
        heads=Heads(
            label=(preset.label_head,),
            comparison=None,
            experimental=None,
            control=None,
            panel=(f"{measure.name[:1].upper()}{measure.name[1:]}", "log scale"),
            effect=(f"{measure.code} {preset.style.opening}{level} CI{preset.style.closing}",),
            weight=None,
        ),
        rows=(),
        favours=(ours, theirs) if benefit == "lower" else (theirs, ours),
        flags=(),
        overall=None,
        left=("effect",) if preset.numbers_left else (),
        right=() if preset.numbers_left else ("effect",),
        preset=preset,
    )


def _row(
    trial: SurrogacyTrial,
    halves: Sequence[Table],
    flags: dict[str, str],
    result: SurrogacyResult,
    preset: Preset,
    group: str,
) -> PanelRow:
    style = "comma" if preset.label_style == "source" else preset.label_style
    name = trial_label(trial, style)

    def part(one: SurrogacyTrial | EarlyEffect, half: Table) -> Row:
        numbers = (one.estimate, one.ci_lower, one.ci_upper)
        return Row(
            "trial",
            group,
            name,
            **row_effect(*numbers, half.measure, preset.style),
            area=one.se**-2,
            flags=tuple(symbol for text, symbol in flags.items() if text in one.flags),
            trial_id=trial.trial_id,
        )

    return PanelRow(
        "trial",
        group,
        name,
        (part(trial.early, halves[0]), part(trial, halves[1])),
        ((_COMPARISON, trial.comparison),),
        trial_id=trial.trial_id,
        url=doi_url(result.sources.get(trial.source)),
    )


def _notes(result: SurrogacyResult, table: PanelTable) -> tuple[str, ...]:
    if not result.trials:
        return ("No trial has both endpoints.",)
    level = fmt.percent(result.settings.level, 0)
    codes = dict.fromkeys(half.measure.code for half in table.panels)
    names = "; ".join(f"{code}: {get_measure(code).name}" for code in codes)
    return (
        f"{names}. Squares and lines: the two effects of each trial, of the same arms, with their "
        f"{level} CI; the area of a square is proportional to its information (1/SE²). No pool: "
        "the treatments differ, and effects are set against each other, not averaged.",
    )


def _alt(result: SurrogacyResult) -> str:
    early, final = get_measure(result.early.measure), get_measure(result.measure)
    pairs = "; ".join(
        f"{one.label}: {early.code} {fmt.effect(one.early.estimate, early)}, "
        f"{final.code} {fmt.effect(one.estimate, final)}"
        for one in result.trials
    )
    return f"Forest plot of two endpoints: {result.title} {pairs}."
