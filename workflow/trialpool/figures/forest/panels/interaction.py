"""A question about an interaction: the levels of each trial, and the ratio of their effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from matplotlib.axes import Axes

from trialpool import formatting as fmt
from trialpool.figures.forest.figure import ForestFigure
from trialpool.figures.forest.options.display_options import (
    ARMS,
    RIGHT,
    Choice,
    cell_value,
    extra_column,
    ordered,
    printable_choice,
)
from trialpool.figures.forest.options.presets import Preset, get_preset
from trialpool.figures.forest.panels.draw import draw_panels, with_rows
from trialpool.figures.forest.panels.interaction_notes import interaction_alt, interaction_notes
from trialpool.figures.forest.panels.levels import (
    LEVEL_MEASURES,
    level_name,
    level_row,
    level_table,
    naive_rows,
    pooled_levels,
    with_names,
)
from trialpool.figures.forest.panels.table import (
    Absent,
    PanelRow,
    PanelTable,
    SharedColumn,
    refuse_rob,
    without_rob,
)
from trialpool.figures.forest.pools import pools_shown
from trialpool.figures.forest.rows import build_table
from trialpool.figures.forest.scaling import printable_record
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.unprinted import notes_on_unprinted

Record = Mapping[str, Any]
# Widths in points that the plots of the levels and of the ratios would like.
_LEVELS, _RATIOS = 150.0, 118.0
P_COLUMN: Final = "p"
ONE_LEVEL: Final = "one level only"


def is_interaction(result: Record) -> bool:
    """Whether a record has levels to draw."""
    return bool(result.get("interaction")) and result["measure"] in LEVEL_MEASURES


def draw_interaction(
    result: Record,
    *,
    width_mm: float | str | None = None,
    title: bool | str = True,
    preset: Preset | str = "default",
    choice: Choice | None = None,
    rows_per_page: int | None = None,
    ax: Axes | None = None,
) -> ForestFigure:
    """Draw the levels of each trial in one plot and the ratio of their effects in another.

    Parameters
    ----------
    result : mapping
        A record of a question about an interaction, as loaded from ``result.json``.
    width_mm, title, preset, rows_per_page, ax
        As of `trialpool.figures.draw_forest`.
    choice : Choice, optional
        `columns`: "comparison" (with the report's words for each level), "counts" of the
        levels, and fields of the trials. `columns_right`: after the ratios: "effect",
        "weight", "p", and fields of the trials.

    Raises
    ------
    ValueError
        If a preset, column or order is unknown, or the width is too narrow.
    """
    looks = preset if isinstance(preset, Preset) else get_preset(preset)
    asked = choice or Choice()
    chosen = ordered(result, asked.order)
    record: Record = printable_record(chosen)
    table = build_interaction(record, looks, printable_choice(asked), printable_record(title))
    last = notes_on_unprinted(
        (chosen, asked.arms, title), lambda: build_interaction(chosen, looks, asked, title)
    )
    return draw_panels(
        table,
        lambda clipped, enlarged: (*interaction_notes(record, table, clipped, enlarged), *last),
        interaction_alt(record, table),
        width_mm=width_mm,
        title=bool(title),
        rows_per_page=rows_per_page,
        ax=ax,
    )


def build_interaction(
    result: Record, preset: Preset, choice: Choice, title: bool | str = True
) -> PanelTable:
    """Turn a record into rows: levels in the first panel, ratios in the second."""
    refuse_rob(choice)
    result = with_names(result)
    shared = _shared(result, choice)
    ratios = _ratios(result, preset, choice)
    levels = level_table(result, preset, choice)
    rows: list[PanelRow] = []
    by_level = {one["group"]: one for one in result["by_level"]}
    for group in result["groups"]:
        rows += _group_rows(group, by_level[group["label"]], result, ratios, levels, shared)
    table = PanelTable(
        id=result["id"],
        title=title if isinstance(title, str) else result["title"],
        preset=preset,
        label_head=preset.label_head,
        shared=tuple(shared),
        rows=tuple(rows),
        panels=(levels, ratios),
        names=(
            "Effect in each level",
            "Ratio per step"
            if result["interaction"].get("compare") == "trend"
            else "Ratio of the two levels",
        ),
        codes=("levels", "ratio"),
        widths=(_LEVELS, _RATIOS),
        flags=ratios.flags,
    )
    panels = tuple(with_rows(half, table, index) for index, half in enumerate(table.panels))
    return replace(table, panels=panels)


def _shared(result: Record, choice: Choice) -> list[SharedColumn]:
    """Columns of the trials; what belongs to a panel is told apart by its name."""
    trials = list(result["trials"])
    asked = ["comparison"] if choice.columns is None else list(choice.columns)
    names = [name for name in asked if name not in (*ARMS, "counts", *RIGHT, P_COLUMN)]
    columns = []
    for name in names:
        if trials and not any(cell_value(trial, name) not in (None, "", []) for trial in trials):
            raise ValueError(f"columns: no trial has {name}")
        if name == "comparison":
            columns.append(SharedColumn(name, "Comparison; level as reported"))
        else:
            extra = extra_column(name, trials)
            columns.append(SharedColumn(name, extra.head, extra.words))
    return columns


def _ratios(result: Record, preset: Preset, choice: Choice) -> Table:
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
    group: Record,
    by_level: Record,
    result: Record,
    ratios: Table,
    levels: Table,
    shared: Sequence[SharedColumn],
) -> list[PanelRow]:
    label = group["label"]
    own = [row for row in ratios.rows if row.group == label]
    heading = next(row for row in own if row.kind == "heading")
    rows = [PanelRow("heading", label, heading.label, (None, None))]
    trials = [trial for trial in result["trials"] if trial["group"] == label]
    found = [row for row in own if row.kind == "trial"]
    for trial, row in zip(trials, found, strict=True):
        rows += _trial_rows(trial, row, levels, shared, ratios.preset)
    for one in by_level["one_level"]:
        rows += _one_level_rows(one, levels, shared)
    rows += _pool_rows(group, by_level, own, trials, ratios, levels)
    return rows


def _with_p(row: Row, p: float | None, preset: Preset) -> Row:
    text = "" if p is None else fmt.p_value(p, preset.style)
    return replace(row, extra=(*row.extra, (P_COLUMN, text)))


def _trial_rows(
    trial: Record, row: Row, levels: Table, shared: Sequence[SharedColumn], preset: Preset
) -> list[PanelRow]:
    ratio = _with_p(replace(row, flags=()), trial.get("p_value"), preset)
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
    for level in trial["levels"]:
        rows.append(
            PanelRow(
                "level",
                row.group,
                level_name(level),
                (level_row(level, row.group, row.trial_id, levels), None),
                _described(level, shared),
                trial_id=row.trial_id,
            )
        )
    return rows


def _cell(trial: Record, name: str) -> str:
    if name != "comparison":
        return fmt.cell(cell_value(trial, name))
    # The levels stand in the rows below.
    first, second = (next(v for v in trial["levels"] if v["side"] == side) for side in
                     ("positive", "negative"))  # fmt: skip
    compared = f"; {first['marker']} {first['level']} v {second['level']}"
    return str(trial["comparison"]).removesuffix(compared) or fmt.NOT_AVAILABLE


def _described(level: Record, shared: Sequence[SharedColumn]) -> tuple[tuple[str, str], ...]:
    there = any(column.name == "comparison" for column in shared)
    return (("comparison", str(level["described"])),) if there else ()


def _one_level_rows(one: Record, levels: Table, shared: Sequence[SharedColumn]) -> list[PanelRow]:
    """Rows of a trial that places the effects by level and says nothing of the interaction."""
    group, name = one["group"], str(one["trial_id"])
    return [
        PanelRow("trial", group, str(one["label"]), (None, Absent(ONE_LEVEL)), trial_id=name),
        PanelRow(
            "level",
            group,
            level_name(one),
            (level_row(one, group, name, levels), None),
            _described(one, shared),
            trial_id=name,
        ),
    ]


def _pool_rows(
    group: Record,
    by_level: Record,
    own: Sequence[Row],
    trials: Sequence[Record],
    ratios: Table,
    levels: Table,
) -> list[PanelRow]:
    """Pools of the ratio, each with the effects by level that agree with it."""
    label, preset = group["label"], ratios.preset
    names = {level["side"]: level_name(level) for level in trials[0]["levels"]} if trials else {}
    rows: list[PanelRow] = []
    pools = [row for row in own if row.kind == "pool"]
    for (key, standing, pool), row in zip(pools_shown(group), pools, strict=True):
        ratio = _with_p(row, pool.get("p_value"), preset)
        rows.append(PanelRow("pool", label, row.label, (None, ratio), standing=standing))
        rows += pooled_levels(by_level["floating"].get(key), names, label, standing, levels)
    if not pools:
        rows += _of_one_trial(by_level["floating"], names, label, levels)
    for row in own:
        if row.kind == "prediction":
            rows.append(PanelRow(row.kind, label, row.label, (None, row), standing=row.standing))
    rows += [PanelRow("statistics", label, row.label) for row in own if row.kind == "statistics"]
    if by_level["naive"]:
        rows += naive_rows(by_level["naive"], names, label, ratios, levels)
    return rows


def _of_one_trial(
    floating: Record, names: Mapping[str, str], label: str, levels: Table
) -> list[PanelRow]:
    """Effects by level of one trial with both levels and others with one."""
    rows: list[PanelRow] = []
    for key, name, standing in (
        ("common-effect", "Common effect by level", "common-effect"),
        ("hk-adhoc", "Random effects by level", "random-effects"),
    ):
        if key in floating:
            parts = (None, Absent("one trial"))
            rows.append(PanelRow("pool", label, name, parts, standing=standing))  # type: ignore[arg-type]
            rows += pooled_levels(floating[key], names, label, standing, levels)
    return rows
