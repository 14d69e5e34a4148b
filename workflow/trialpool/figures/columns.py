"""Widths of the columns, from the texts that stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trialpool.figures.fonts import Face, text_width
from trialpool.figures.rows import Row, Table

# Points. Text is 7 to 9 pt at final size.
BODY: Final = 8.0
SMALL: Final = 7.0
SYMBOL: Final = 5.6
MARGIN: Final = 6.0
GAP: Final = 11.0
INDENT: Final = 7.0
# Arrows of cut intervals stand in the gap beside the panel.
PANEL_GAP: Final = 13.0

MM: Final = 72 / 25.4
PREFERRED_WIDTH: Final = 260 * MM
_LABEL_CAP, _LABEL_FLOOR = 132.0, 62.0
_COMPARISON_CAP, _COMPARISON_FLOOR = 215.0, 84.0
_SPAN_CAP: Final = 230.0
_PANEL, _PANEL_LESS, _PANEL_FLOOR, _PANEL_CAP = 172.0, 152.0, 120.0, 300.0


@dataclass(frozen=True)
class Column:
    """Left and right edge."""

    left: float
    right: float

    @property
    def width(self) -> float:
        """Distance between the edges."""
        return self.right - self.left


@dataclass(frozen=True)
class EffectStops:
    """Where the pieces of estimate and interval stand inside their column.

    Numbers end at their stop, which aligns decimal points where the decimals are fixed
    and keeps "12.3" (fewer decimals, as many characters) as tight as "0.82"; `to` is
    the left edge of the word between the limits.
    """

    estimate: float
    lower: float
    to: float
    upper: float


@dataclass(frozen=True)
class Columns:
    """The columns from left to right; None where one does not appear."""

    label: Column
    comparison: Column | None
    experimental: Column | None
    control: Column | None
    panel: Column
    effect: Column
    stops: EffectStops
    margin: Column | None
    weight: Column | None
    width: float

    @property
    def span_end(self) -> float:
        """Right end of a text that spans the label and comparison columns."""
        return (self.comparison or self.label).right

    @property
    def text_end(self) -> float:
        """Right end of a text that spans everything left of the panel."""
        return self.panel.left - PANEL_GAP


def plan_columns(table: Table, width: float | None) -> Columns:
    """Give every column its place.

    Parameters
    ----------
    table : Table
        Rows and headings.
    width : float or None
        Width of the canvas in points; None for what the content needs, at most
        260 mm where wrapping allows it.

    Raises
    ------
    ValueError
        If `width` is too small for the columns that cannot be wrapped.
    """
    heads = table.heads
    trials = [row for row in table.rows if row.kind == "trial"]
    label = max(_widest(heads.label, "bold"), INDENT + _labels(trials))
    label_floor = min(label, _LABEL_FLOOR)
    comparison = max(
        _widest(heads.comparison or (), "bold"), _widest(row.comparison for row in trials)
    )
    arms = [
        max(_widest(head, "bold"), _widest(getattr(row, arm) for row in table.rows))
        for arm, head in (("experimental", heads.experimental), ("control", heads.control))
        if head is not None
    ]
    stops, effect = _effect_stops(table.rows)
    effect = max(effect, _widest(heads.effect, "bold"))
    margin = max(
        _widest(heads.margin or (), "bold"), _widest(row.margin_text for row in table.rows)
    )
    weight = max(_widest(heads.weight or (), "bold"), _widest(row.weight_text for row in trials))

    # Headings and lines of statistics span the columns left of the panel and must find
    # room there even where the trials' own texts are short.
    before_panel = min(label, _LABEL_CAP) + sum(GAP + width for width in arms)
    if heads.comparison is not None:
        before_panel += GAP + min(comparison, _COMPARISON_CAP)
    spare = max(0.0, _spanning(table.rows, sum(GAP + width for width in arms)) - before_panel)

    optional = [head for head in (heads.comparison, heads.margin, heads.weight) if head is not None]
    gaps = GAP * (len(arms) + len(optional))
    fixed = 2 * MARGIN + gaps + 2 * PANEL_GAP + sum(arms) + effect + margin + weight
    flexible = [
        (min(label, _LABEL_CAP) + spare, label_floor),
        (min(comparison, _COMPARISON_CAP), min(comparison, _COMPARISON_FLOOR)),
        (_PANEL, _PANEL_FLOOR),
    ]
    natural = fixed + sum(wish for wish, _ in flexible)
    least = fixed + sum(floor for _, floor in flexible)
    if width is not None and width < least:
        raise ValueError(
            f"width_mm = {width / MM:.0f}: the columns need at least {least / MM:.0f} mm"
        )
    target = max(min(natural, PREFERRED_WIDTH), least) if width is None else width
    label, comparison, panel = _share(flexible, target - fixed)
    if width is not None:
        panel = min(panel, _PANEL_CAP)
    return _place(
        table,
        stops,
        label=label,
        comparison=comparison,
        arms=arms,
        panel=panel,
        effect=effect,
        margin=margin,
        weight=weight,
    )


def _share(flexible: list[tuple[float, float]], room: float) -> tuple[float, float, float]:
    """Shrink panel a little, then comparison, label and panel; spare room goes to the panel."""
    sizes = [wish for wish, _ in flexible]
    lacking = sum(sizes) - room
    for index, floor in ((2, _PANEL_LESS), *((i, flexible[i][1]) for i in (1, 0, 2))):
        taken = min(max(lacking, 0.0), sizes[index] - floor)
        sizes[index] -= taken
        lacking -= taken
    sizes[2] += max(-lacking, 0.0)
    return sizes[0], sizes[1], sizes[2]


def _place(
    table: Table,
    stops: EffectStops,
    *,
    label: float,
    comparison: float,
    arms: list[float],
    panel: float,
    effect: float,
    margin: float,
    weight: float,
) -> Columns:
    heads = table.heads
    x = MARGIN

    def column(width: float, gap_after: float) -> Column:
        nonlocal x
        placed = Column(x, x + width)
        x = placed.right + gap_after
        return placed

    label_gap = GAP if heads.comparison or arms else PANEL_GAP
    label_column = column(label, label_gap)
    comparison_column = column(comparison, GAP if arms else PANEL_GAP) if heads.comparison else None
    arm_columns = [
        column(width, PANEL_GAP if index == len(arms) - 1 else GAP)
        for index, width in enumerate(arms)
    ]
    panel_column = column(panel, PANEL_GAP)
    effect_column = column(effect, GAP if heads.margin or heads.weight else 0.0)
    margin_column = column(margin, GAP if heads.weight else 0.0) if heads.margin else None
    weight_column = column(weight, 0.0) if heads.weight else None
    shift = effect_column.left
    return Columns(
        label=label_column,
        comparison=comparison_column,
        experimental=arm_columns[0] if arm_columns else None,
        control=arm_columns[1] if len(arm_columns) > 1 else None,
        panel=panel_column,
        effect=effect_column,
        stops=EffectStops(
            stops.estimate + shift, stops.lower + shift, stops.to + shift, stops.upper + shift
        ),
        margin=margin_column,
        weight=weight_column,
        width=x + MARGIN,
    )


def _effect_stops(rows: Iterable[Row]) -> tuple[EffectStops, float]:
    """Place estimate, "[lower", "to" and "upper]"; also return the width of all four."""
    widths = [0.0, 0.0, 0.0, 0.0]
    for row in rows:
        face: Face = "bold" if row.standing == "primary" else "regular"
        for index, part in enumerate(row.effect_parts):
            widths[index] = max(widths[index], text_width(part, BODY, face))
    space = text_width(" ", BODY)
    estimate = widths[0]
    lower = estimate + space + widths[1]
    to = lower + space
    upper = to + widths[2] + space + widths[3]
    return EffectStops(estimate, lower, to, upper), upper


def _spanning(rows: Iterable[Row], arms: float) -> float:
    """Widest text that spans columns, up to a cap; one with sums beside it ends before them."""
    widest = 0.0
    for row in rows:
        if row.kind == "trial":
            continue
        size: float = SMALL if row.kind == "statistics" else BODY
        bold = row.kind == "heading" or row.standing == "primary"
        width = text_width(row.label, size, "bold" if bold else "regular")
        width += INDENT if row.kind != "heading" else arms if row.experimental else 0.0
        widest = max(widest, width)
    return min(widest, _SPAN_CAP + arms)


def _labels(rows: Iterable[Row]) -> float:
    return max(
        (text_width(row.label, BODY) + symbol_width(row) for row in rows),
        default=0.0,
    )


def symbol_text(row: Row) -> str:
    """Symbols of the notes on a row as they are printed."""
    return ",".join(row.flags)


def symbol_width(row: Row) -> float:
    """Room that the note symbols take behind a label."""
    return text_width(symbol_text(row), SYMBOL) + 1.0 if row.flags else 0.0


def _widest(texts: Iterable[str], face: Face = "regular") -> float:
    return max((text_width(text, BODY, face) for text in texts), default=0.0)
