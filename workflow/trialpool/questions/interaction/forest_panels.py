"""A question about an interaction: the levels of each trial, and the ratio of their effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.forest.figure import ForestFigure
from trialpool.figures.forest.options.display_options import (
    ARMS,
    RIGHT,
    Choice,
    cell_value,
    extra_column,
    is_given,
    ordered,
    printable_choice,
)
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.panels.draw import draw_panels, with_rows
from trialpool.figures.forest.panels.table import (
    Absent,
    PanelRow,
    PanelTable,
    SharedColumn,
    refuse_rob,
    without_rob,
)
from trialpool.figures.forest.pools import Standing, pools_shown
from trialpool.figures.forest.rows import build_table
from trialpool.figures.forest.scaling import printable_record
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.unprinted import notes_on_unprinted, printable
from trialpool.questions.interaction.forest_levels import (
    LevelPanel,
    level_panel,
    naive_rows,
    pooled_levels,
)
from trialpool.questions.interaction.forest_notes import interaction_alt, interaction_notes
from trialpool.records.groups import Group
from trialpool.records.interaction import (
    ByLevel,
    FloatingModels,
    InteractionResult,
    InteractionTrial,
    LevelAloneShown,
)
from trialpool.records.trials import SelectedLevel

# Widths in points that the plots of the levels and of the ratios would like.
_LEVELS, _RATIOS = 150.0, 118.0
P_COLUMN: Final = "p"
ONE_LEVEL: Final = "one level only"
_COMMON: Final[Standing] = "common-effect"
_RANDOM: Final[Standing] = "random-effects"


def draw_interaction(result: InteractionResult, options: ForestOptions) -> ForestFigure:
    """Draw the levels of each trial in one plot and the ratio of their effects in another.

    Parameters
    ----------
    result : InteractionResult
    options : ForestOptions
        `columns`: "comparison" (with the report's words for each level), "counts" of the
        levels, and fields of the trials. `columns_right`: after the ratios: "effect",
        "weight", "p", and fields of the trials.

    Raises
    ------
    ValueError
        If a column or order is unknown, or the width is too narrow.
    """
    preset, asked, title = options.preset, options.choice, options.title
    chosen = ordered(result, asked.order)
    record = printable_record(chosen)
    shown = printable(title) if isinstance(title, str) else title
    table = build_interaction(record, preset, printable_choice(asked), shown)
    last = notes_on_unprinted(
        (chosen, asked.arms, title), lambda: build_interaction(chosen, preset, asked, title)
    )
    return draw_panels(
        table,
        lambda clipped, enlarged: (*interaction_notes(record, table, clipped, enlarged), *last),
        interaction_alt(record, table),
        options,
    )


def build_interaction(
    result: InteractionResult, preset: Preset, choice: Choice, title: bool | str = True
) -> PanelTable:
    """Turn a record into rows: levels in the first panel, ratios in the second."""
    refuse_rob(choice)
    shared = _shared(result, choice)
    ratios = _ratios(result, preset, choice)
    levels = level_panel(result, preset, choice)
    rows: list[PanelRow] = []
    by_level = {one.group: one for one in result.by_level}
    for group in result.groups:
        rows += _group_rows(group, by_level[group.label], result, ratios, levels, shared)
    table = PanelTable(
        id=result.id,
        title=title if isinstance(title, str) else result.title,
        preset=preset,
        label_head=preset.label_head,
        shared=tuple(shared),
        rows=tuple(rows),
        panels=(levels.table, ratios),
        names=(
            "Effect in each level",
            "Ratio per step"
            if result.interaction.compare == "trend"
            else "Ratio of the two levels",
        ),
        codes=("levels", "ratio"),
        widths=(_LEVELS, _RATIOS),
        flags=ratios.flags,
    )
    panels = tuple(with_rows(half, table, index) for index, half in enumerate(table.panels))
    return replace(table, panels=panels)


def _shared(result: InteractionResult, choice: Choice) -> list[SharedColumn]:
    """Columns of the trials; what belongs to a panel is told apart by its name."""
    trials = result.trials
    asked = ["comparison"] if choice.columns is None else list(choice.columns)
    names = [name for name in asked if name not in (*ARMS, "counts", *RIGHT, P_COLUMN)]
    columns = []
    for name in names:
        if trials and not any(is_given(cell_value(trial, name)) for trial in trials):
            raise ValueError(f"columns: no trial has {name}")
        if name == "comparison":
            columns.append(SharedColumn(name, "Comparison; level as reported"))
        else:
            extra = extra_column(name, trials)
            columns.append(SharedColumn(name, extra.head, extra.words))
    return columns


def _ratios(result: InteractionResult, preset: Preset, choice: Choice) -> Table:
    """Build the table of the ratios, with a column for the test of no interaction."""
    asked = choice.columns_right
    before = tuple(name for name in choice.columns or () if name in RIGHT)
    after = None if asked is None else tuple(name for name in asked if name != P_COLUMN)
    built = without_rob(build_table(result, preset, Choice(columns=before, columns_right=after)))
    if asked is not None and P_COLUMN not in asked:
        return built
    left, right = list(built.left), list(built.right)
    if asked is not None:
        right.insert(min(asked.index(P_COLUMN), len(right)), P_COLUMN)
    else:
        side = left if "effect" in left else right
        side.insert(side.index("effect") + 1, P_COLUMN)
    head = (P_COLUMN, (preset.style.p_letter, "interaction"))
    heads = replace(built.heads, extra=(*built.heads.extra, head))
    return replace(built, heads=heads, left=tuple(left), right=tuple(right))


def _group_rows(
    group: Group,
    by_level: ByLevel,
    result: InteractionResult,
    ratios: Table,
    levels: LevelPanel,
    shared: Sequence[SharedColumn],
) -> list[PanelRow]:
    label = group.label
    own = [row for row in ratios.rows if row.group == label]
    heading = next(row for row in own if row.kind == "heading")
    rows = [PanelRow("heading", label, heading.label, (None, None))]
    trials = [trial for trial in result.trials if trial.group == label]
    found = [row for row in own if row.kind == "trial"]
    for trial, row in zip(trials, found, strict=True):
        rows += _trial_rows(trial, row, levels, shared, ratios.preset)
    for one in by_level.one_level:
        rows += _one_level_rows(one, levels, shared)
    rows += _pool_rows(group, by_level, own, trials, ratios, levels)
    return rows


def _with_p(row: Row, p: float | None, preset: Preset) -> Row:
    text = "" if p is None else fmt.p_value(p, preset.style)
    return replace(row, extra=(*row.extra, (P_COLUMN, text)))


def _trial_rows(
    trial: InteractionTrial,
    row: Row,
    levels: LevelPanel,
    shared: Sequence[SharedColumn],
    preset: Preset,
) -> list[PanelRow]:
    ratio = _with_p(replace(row, flags=()), trial.p_value, preset)
    cells = tuple((c.name, _cell(trial, c.name)) for c in shared)
    rows = [
        PanelRow(
            "trial",
            row.group,
            row.label,
            (None, ratio),
            cells,
            flags=row.flags,
            trial_id=row.trial_id,
            url=row.url,
        )
    ]
    for level in trial.levels:
        rows.append(
            PanelRow(
                "level",
                row.group,
                levels.name(level),
                (levels.row(level, row.group, row.trial_id), None),
                _described(level, shared),
                trial_id=row.trial_id,
            )
        )
    return rows


def _cell(trial: InteractionTrial, name: str) -> str:
    if name != "comparison":
        return fmt.cell(cell_value(trial, name))
    # The levels stand in the rows below.
    first, second = (next(v for v in trial.levels if v.side == side) for side in
                     ("positive", "negative"))  # fmt: skip
    compared = f"; {first.marker} {first.level} v {second.level}"
    return trial.comparison.removesuffix(compared) or fmt.NOT_AVAILABLE


def _described(level: SelectedLevel, shared: Sequence[SharedColumn]) -> tuple[tuple[str, str], ...]:
    there = any(column.name == "comparison" for column in shared)
    return (("comparison", level.described),) if there else ()


def _one_level_rows(
    one: LevelAloneShown, levels: LevelPanel, shared: Sequence[SharedColumn]
) -> list[PanelRow]:
    """Rows of a trial that places the effects by level and says nothing of the interaction."""
    group, name = one.group, one.trial_id
    return [
        PanelRow("trial", group, one.label, (None, Absent(ONE_LEVEL)), trial_id=name),
        PanelRow(
            "level",
            group,
            levels.name(one),
            (levels.row(one, group, name), None),
            _described(one, shared),
            trial_id=name,
        ),
    ]


def _pool_rows(
    group: Group,
    by_level: ByLevel,
    own: Sequence[Row],
    trials: Sequence[InteractionTrial],
    ratios: Table,
    levels: LevelPanel,
) -> list[PanelRow]:
    """Pools of the ratio, each with the effects by level that agree with it."""
    label, preset = group.label, ratios.preset
    names = {level.side: levels.name(level) for level in trials[0].levels} if trials else {}
    rows: list[PanelRow] = []
    pools = [row for row in own if row.kind == "pool"]
    for (key, standing, pool), row in zip(pools_shown(group), pools, strict=True):
        ratio = _with_p(row, pool.p_value, preset)
        rows.append(PanelRow("pool", label, row.label, (None, ratio), standing=standing))
        floating = by_level.floating.named().get(key)
        common = by_level.floating.common_effect
        if floating is not None:
            rows += pooled_levels(floating, names, label, standing, levels.table)
        elif common is not None:
            # No posterior of effects by level is computed: those of the common effect stand in.
            rows.append(PanelRow("pool", label, "Common effect by level", (None, None)))
            rows += pooled_levels(common, names, label, _COMMON, levels.table)
    if not pools:
        rows += _of_one_trial(by_level.floating, names, label, levels.table)
    for row in own:
        if row.kind == "prediction":
            rows.append(PanelRow(row.kind, label, row.label, (None, row), standing=row.standing))
    rows += [PanelRow("statistics", label, row.label) for row in own if row.kind == "statistics"]
    if by_level.naive:
        rows += naive_rows(by_level.naive, names, label, ratios, levels.table)
    return rows


def _of_one_trial(
    models: FloatingModels, names: Mapping[str, str], label: str, levels: Table
) -> list[PanelRow]:
    """Effects by level of one trial with both levels and others with one."""
    rows: list[PanelRow] = []
    for floating, name, standing in (
        (models.common_effect, "Common effect by level", _COMMON),
        (models.hk_adhoc, "Random effects by level", _RANDOM),
    ):
        if floating is not None:
            parts = (None, Absent("one trial"))
            rows.append(PanelRow("pool", label, name, parts, standing=standing))
            rows += pooled_levels(floating, names, label, standing, levels)
    return rows
