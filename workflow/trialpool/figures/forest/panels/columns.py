"""Places of the columns of a plot with several panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.figures.forest.columns import (
    BODY,
    GAP,
    INDENT,
    MARGIN,
    MM,
    PANEL_GAP,
    SMALL,
    SYMBOL,
    Column,
    EffectStops,
    effect_stops,
    natural_width,
    word_limits,
)
from trialpool.figures.forest.panels.table import Absent, PanelRow, PanelTable
from trialpool.figures.forest.table import Table
from trialpool.figures.text.widths import text_width

# Landscape A4: two plots with their numbers do not fit upright.
PREFERRED_WIDTH: Final = 297 * MM
# Between the columns of two panels, in place of the usual gap.
BLOCK_GAP: Final = 20.0
_LABEL_CAP, _LABEL_FLOOR = 140.0, 62.0
_SPAN_CAP: Final = 235.0
_LESS, _FLOOR, _CHOSEN_FLOOR, _CAP = 0.8, 0.62, 0.36, 300.0


@dataclass(frozen=True)
class Block:
    """The columns of one panel.

    Attributes
    ----------
    panel, effect : Column
    stops : EffectStops
        Inside `effect`.
    before, after : mapping of str to Column
        Columns left and right of the panel; one of the two has `effect`.
    """

    panel: Column
    effect: Column
    stops: EffectStops
    before: Mapping[str, Column]
    after: Mapping[str, Column]

    @property
    def columns(self) -> dict[str, Column]:
        """All columns by name, the panel included."""
        return {**self.before, "panel": self.panel, **self.after}

    @property
    def left(self) -> float:
        """Left edge of the first column."""
        return min(column.left for column in self.columns.values())

    @property
    def right(self) -> float:
        """Right edge of the last column."""
        return max(column.right for column in self.columns.values())


@dataclass(frozen=True)
class PanelColumns:
    """The columns from left to right."""

    label: Column
    shared: Mapping[str, Column]
    blocks: tuple[Block, ...]
    width: float

    @property
    def text_end(self) -> float:
        """Right end of a text that spans everything left of the first panel's columns."""
        first = self.blocks[0]
        return first.left - (GAP if first.before else PANEL_GAP)

    def room_end(self, row: PanelRow) -> float:
        """Right end of a label that spans every shared column in which its row has nothing."""
        for name, column in self.shared.items():
            if row.cell(name):
                return column.left - GAP
        return self.text_end


def row_indent(row: PanelRow) -> float:
    """How far the label of a row is moved to the right."""
    return {"heading": 0.0, "level": 2.4 * INDENT}.get(row.kind, INDENT)


def symbols_width(symbols: Sequence[str]) -> float:
    """Room that raised letters take behind a text."""
    return text_width(",".join(symbols), SYMBOL) + 1.5 if symbols else 0.0


def plan_panel_columns(table: PanelTable, width: float | None) -> PanelColumns:
    """Give every column its place.

    Parameters
    ----------
    table : PanelTable
    width : float or None
        Width of the canvas in points; None for what the content needs, at most 297 mm
        where wrapping allows it.

    Raises
    ------
    ValueError
        If `width` is too small for the columns that cannot be wrapped.
    """
    chosen = width is not None
    label, label_floor = _label(table, chosen)
    shared = {column.name: _shared(table, column.name, column.head) for column in table.shared}
    sizes = [_sizes(table, index) for index in range(len(table.panels))]
    limits = {("", name): word_limits(name, size) for name, size in shared.items()}
    for index, half in enumerate(table.panels):
        for name in (*half.left, *half.right):
            if name in half.texts:
                limits[str(index), name] = word_limits(name, sizes[index][name])
    spare = max(
        0.0,
        _spanning(table)
        - min(label, _LABEL_CAP)
        - sum(GAP + wish for (place, _), (wish, _) in limits.items() if not place),
    )
    rigid = [
        {name: 0.0 if (str(i), name) in limits else size for name, size in own.items()}
        for i, own in enumerate(sizes)
    ]
    nothing = [0.0] * len(table.panels)
    fixed = _place(table, 0.0, dict.fromkeys(shared, 0.0), rigid, nothing).width
    floor = _CHOSEN_FLOOR if chosen else _FLOOR
    wishes = [
        (min(label, _LABEL_CAP) + spare, label_floor),
        *limits.values(),
        *((wish, floor * wish) for wish in table.widths),
    ]
    least = fixed + sum(low for _, low in wishes)
    if width is not None and width < least:
        raise ValueError(
            f"width_mm = {width / MM:.0f}: the columns need at least {least / MM:.0f} mm"
        )
    natural = fixed + sum(wish for wish, _ in wishes)
    target = max(min(natural, PREFERRED_WIDTH), least) if width is None else width
    named = min(label, _LABEL_CAP)
    label, words, panels = _share(wishes, named, len(table.panels), target - fixed)
    for (place, name), size in zip(limits, words, strict=True):
        if place:
            sizes[int(place)][name] = size
        else:
            shared[name] = size
    return _place(table, label, shared, sizes, [min(size, _CAP) for size in panels])


def _label(table: PanelTable, chosen: bool) -> tuple[float, float]:
    """Width that the names want, and the least in which usual words are not broken."""
    named = [row for row in table.rows if row.kind in ("trial", "level")]
    widths = [
        row_indent(row) + text_width(row.label, BODY) + symbols_width(row.flags) for row in named
    ]
    words = [row_indent(row) + text_width(w, BODY) for row in named for w in row.label.split()]
    wish = max(text_width(table.label_head, BODY, "bold"), *widths, 1.0)
    head = max(text_width(word, BODY, "bold") for word in table.label_head.split())
    return wish, max(head, min(max(words, default=0.0) if chosen else wish, _LABEL_FLOOR))


def _shared(table: PanelTable, name: str, head: str) -> float:
    cells = (text_width(row.cell(name), BODY) for row in table.rows)
    return max(text_width(head, BODY, "bold"), *cells, 1.0)


def _sizes(table: PanelTable, index: int) -> dict[str, float]:
    """Widths of the columns of one panel in which nothing wraps but a long head."""
    half = table.panels[index]
    rows = [row for row in half.rows if row.kind == "trial"]
    sizes = {name: natural_width(half, name, rows) for name in (*half.left, *half.right)}
    _, effect = effect_stops(half)
    effect = max(effect, sizes["effect"]) + max(
        (symbols_width(row.flags) for row in half.rows), default=0.0
    )
    parts = [row.parts[index] for row in table.rows if row.parts]
    wide = [
        text_width(part.text, BODY) + symbols_width(part.flags)
        for part in parts
        if isinstance(part, Absent)
    ]
    return {**sizes, "effect": max(effect, *wide, 1.0)}


def _spanning(table: PanelTable) -> float:
    """Widest text that spans the shared columns, up to a cap."""
    widest = 0.0
    for row in table.rows:
        if row.kind in ("trial", "level"):
            continue
        bold = row.kind == "heading" or row.standing == "primary"
        size = SMALL if row.kind == "statistics" else BODY
        widest = max(
            widest, row_indent(row) + text_width(row.label, size, "bold" if bold else "regular")
        )
    return min(widest, _SPAN_CAP)


def _share(
    wishes: Sequence[tuple[float, float]], named: float, panels: int, room: float
) -> tuple[float, list[float], list[float]]:
    """Shrink panels a little, then what only spanning texts want, words, names and panels.

    Spare room goes to the panels.
    """
    sizes = [wish for wish, _ in wishes]
    first = len(sizes) - panels
    lacking = sum(sizes) - room

    def shrink(indices: Sequence[int], floors: Sequence[float]) -> None:
        """Take what is lacking from all of them alike, none below its floor."""
        nonlocal lacking
        give = [max(sizes[i] - low, 0.0) for i, low in zip(indices, floors, strict=True)]
        if lacking <= 0 or not sum(give):
            return
        share = min(1.0, lacking / sum(give))
        for index, most in zip(indices, give, strict=True):
            sizes[index] -= share * most
        lacking -= share * sum(give)

    plots = range(first, len(sizes))
    shrink(plots, [max(_LESS * wishes[i][0], wishes[i][1]) for i in plots])
    shrink([0], [named])
    shrink(range(1, first), [wishes[i][1] for i in range(1, first)])
    shrink([0], [wishes[0][1]])
    shrink(plots, [wishes[i][1] for i in plots])
    if lacking < 0:
        total = sum(sizes[i] for i in plots)
        for index in plots:
            sizes[index] -= lacking * sizes[index] / total
    return sizes[0], sizes[1:first], sizes[first:]


def _place(
    table: PanelTable,
    label: float,
    shared: Mapping[str, float],
    sizes: Sequence[Mapping[str, float]],
    panels: Sequence[float],
) -> PanelColumns:
    x = MARGIN

    def column(width: float) -> Column:
        nonlocal x
        x += width
        return Column(x - width, x)

    names = column(label)
    placed = {}
    for name, size in shared.items():
        x += GAP
        placed[name] = column(size)
    blocks = []
    for index, half in enumerate(table.panels):
        x += BLOCK_GAP if index else GAP if half.left else PANEL_GAP
        before = {}
        for name in half.left:
            before[name] = column(sizes[index][name])
            x += PANEL_GAP if name == half.left[-1] else GAP
        plot = column(panels[index])
        after = {}
        for name in half.right:
            x += PANEL_GAP if name == half.right[0] else GAP
            after[name] = column(sizes[index][name])
        effect = {**before, **after}["effect"]
        blocks.append(Block(plot, effect, _stops(half, effect.left), before, after))
    last = table.panels[-1]
    end = x + (0.0 if last.right else PANEL_GAP) + MARGIN
    return PanelColumns(names, placed, tuple(blocks), end)


def _stops(half: Table, left: float) -> EffectStops:
    stops, _ = effect_stops(half)
    return EffectStops(
        stops.estimate + left, stops.lower + left, stops.to + left, stops.upper + left
    )
