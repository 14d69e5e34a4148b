"""Widths of the columns, from the texts that stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.figures.forest.options.display_options import COMPARISON
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.widths import Face, text_width, wrap

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
# Other columns of words.
_WORDS_CAP, _WORDS_FLOOR = 120.0, 44.0
_SPAN_CAP: Final = 230.0
_PANEL, _PANEL_LESS, _PANEL_FLOOR, _PANEL_CAP = 172.0, 152.0, 120.0, 300.0
# Where the caller chose a width the plot may be narrower than we would make it.
_CHOSEN_PANEL_FLOOR: Final = 46.0
# A head that is longer goes on in the next line.
_HEAD_CAP: Final = 84.0


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
    """The columns from left to right.

    Attributes
    ----------
    label, panel, effect : Column
        Names of the trials, the plot, estimates with intervals.
    stops : EffectStops
        Inside `effect`.
    left, right : mapping of str to Column
        Other columns before and after the plot, in order; one of the two has `effect`.
    width : float
        Of the canvas.
    """

    label: Column
    panel: Column
    effect: Column
    stops: EffectStops
    left: Mapping[str, Column]
    right: Mapping[str, Column]
    width: float

    def get(self, name: str) -> Column | None:
        """Return a column by its name, None where it does not appear."""
        return {"label": self.label, "panel": self.panel, **self.left, **self.right}.get(name)

    @property
    def text_end(self) -> float:
        """Right end of a text that spans everything left of the panel."""
        return self.panel.left - PANEL_GAP

    def room_end(self, row: Row) -> float:
        """Right end of a label that spans every column in which its row has nothing."""
        for name, column in self.left.items():
            if row.cell(name):
                return column.left - GAP
        return self.text_end


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
    trials = [row for row in table.rows if row.kind == "trial"]
    label = max(_widest(table.heads.label, "bold"), INDENT + _labels(trials))
    label_floor = min(label, _LABEL_FLOOR)
    if width is not None:
        label_floor = _chosen_label_floor(table)
        label = max(label, label_floor)
    stops, effect = effect_stops(table)
    natural_widths = {
        name: natural_width(table, name, trials) for name in (*table.left, *table.right)
    }
    natural_widths["effect"] = max(effect, natural_widths["effect"])
    for first, last, text in table.heads.spans:
        names = _between(table, first, last)
        room = sum(natural_widths[name] for name in names) + GAP * (len(names) - 1)
        natural_widths[first] += max(0.0, text_width(text, BODY, "bold") - room)
    words = [name for name in natural_widths if name in table.texts]
    limits = {name: word_limits(name, natural_widths[name]) for name in words}

    # Headings and lines of statistics span the columns left of the panel and must find
    # room there even where the trials' own texts are short.
    wished = {**natural_widths, **{name: wish for name, (wish, _) in limits.items()}}
    before_panel = min(label, _LABEL_CAP) + sum(GAP + wished[name] for name in table.left)
    spare = max(0.0, _spanning(table, wished) - before_panel)

    gaps = GAP * (len(table.left) + max(0, len(table.right) - 1))
    fixed = 2 * MARGIN + gaps + 2 * PANEL_GAP
    fixed += sum(size for name, size in natural_widths.items() if name not in words)
    panel_floor = _PANEL_FLOOR if width is None else _CHOSEN_PANEL_FLOOR
    flexible = [
        (min(label, _LABEL_CAP) + spare, label_floor),
        *(limits[name] for name in words),
        (_PANEL, panel_floor),
    ]
    natural = fixed + sum(wish for wish, _ in flexible)
    least = fixed + sum(floor for _, floor in flexible)
    if width is not None and width < least:
        raise ValueError(
            f"width_mm = {width / MM:.0f}: the columns need at least {least / MM:.0f} mm"
        )
    target = max(min(natural, PREFERRED_WIDTH), least) if width is None else width
    label, *shared, panel = _share(flexible, target - fixed)
    if width is not None:
        panel = min(panel, _PANEL_CAP)
    sizes = {**natural_widths, **dict(zip(words, shared, strict=True))}
    return _place(table, stops, label, sizes, panel)


def _between(table: Table, first: str, last: str) -> list[str]:
    """Names of the columns from one to another."""
    names = [*table.left, *table.right]
    return names[names.index(first) : names.index(last) + 1]


def _chosen_label_floor(table: Table) -> float:
    """Narrowest column of names in which usual words are not broken."""
    sizes = {"statistics": SMALL}
    words = (
        INDENT + text_width(word, sizes.get(row.kind, BODY))
        for row in table.rows
        if row.kind in ("trial", "statistics")
        for word in row.label.split()
    )
    return min(max(words, default=0.0), _LABEL_FLOOR)


def natural_width(table: Table, name: str, trials: Sequence[Row]) -> float:
    """Width of a column in which nothing wraps but a long head."""
    if name == "rob" and table.rob is not None:
        return max(table.rob.width, _widest(("Risk of bias",), "bold"))
    rows = trials if name in table.texts else table.rows
    cells = () if name == "effect" else rows
    head = (text_width(text, BODY, face) for text, face in head_lines(table, name, None))
    # The second line of a head is printed regular and measured bold: it has room to spare.
    lines = _widest(table.heads.lines(name)[1:], "bold")
    # The row of a primary pool is printed bold.
    widths = (
        text_width(row.cell(name), BODY, "bold" if row.standing == "primary" else "regular")
        for row in cells
    )
    return max(max(head, default=0.0), lines, max(widths, default=0.0))


def head_lines(table: Table, name: str, width: float | None) -> list[tuple[str, Face]]:
    """Lines of the head of a column with their faces; its name wraps where it is long.

    Parameters
    ----------
    table : Table
    name : str
    width : float or None
        Of the column, where it is known.
    """
    lines = table.heads.lines(name)
    if not lines or name == "rob":
        return []
    whole = name in ("label", "effect", "margin", "weight", COMPARISON)
    if name == "panel":
        room = width or _PANEL
    elif whole:
        room = float("inf")
    else:
        room = max(_HEAD_CAP, width or 0.0)
    names = wrap(lines[0], BODY, "bold", room)
    if len(names) > 1:
        # Lines of like length read better than a last word alone.
        tries = (wrap(lines[0], BODY, "bold", share * room) for share in (0.5, 0.6, 0.7, 0.8, 0.9))
        names = next((found for found in tries if len(found) == len(names)), names)
    faces: list[tuple[str, Face]] = [(line, "bold") for line in names]
    # A method named over the plot may be wider than a narrow one.
    further = [part for line in lines[1:] for part in wrap(line, BODY, "regular", room)]
    return [*faces, *((line, "regular") for line in further)]


def word_limits(name: str, natural: float) -> tuple[float, float]:
    """Widest and narrowest that a column of words may be."""
    cap, floor = (
        (_COMPARISON_CAP, _COMPARISON_FLOOR) if name == COMPARISON else (_WORDS_CAP, _WORDS_FLOOR)
    )
    return min(natural, cap), min(natural, floor)


def _share(flexible: Sequence[tuple[float, float]], room: float) -> list[float]:
    """Shrink panel a little, then words, label and panel; spare room goes to the panel."""
    sizes = [wish for wish, _ in flexible]
    lacking = sum(sizes) - room
    last = len(flexible) - 1
    floors = [(last, max(_PANEL_LESS, flexible[last][1]))]
    floors += [(i, flexible[i][1]) for i in (*range(1, last), 0, last)]
    for index, floor in floors:
        taken = min(max(lacking, 0.0), sizes[index] - floor)
        sizes[index] -= taken
        lacking -= taken
    sizes[last] += max(-lacking, 0.0)
    return sizes


def _place(
    table: Table, stops: EffectStops, label: float, sizes: Mapping[str, float], panel: float
) -> Columns:
    x = MARGIN

    def column(width: float, gap_after: float) -> Column:
        nonlocal x
        placed = Column(x, x + width)
        x = placed.right + gap_after
        return placed

    def columns(names: Sequence[str], last_gap: float) -> dict[str, Column]:
        return {
            name: column(sizes[name], last_gap if index == len(names) - 1 else GAP)
            for index, name in enumerate(names)
        }

    label_column = column(label, GAP if table.left else PANEL_GAP)
    left = columns(table.left, PANEL_GAP)
    panel_column = column(panel, PANEL_GAP)
    right = columns(table.right, 0.0)
    effect = {**left, **right}["effect"]
    shift = effect.left
    return Columns(
        label=label_column,
        panel=panel_column,
        effect=effect,
        stops=EffectStops(
            stops.estimate + shift, stops.lower + shift, stops.to + shift, stops.upper + shift
        ),
        left=left,
        right=right,
        width=x + MARGIN,
    )


def effect_stops(table: Table) -> tuple[EffectStops, float]:
    """Place estimate, "[lower", "to" and "upper]"; also return the width of all four."""
    widths = [0.0, 0.0, 0.0, 0.0]
    for row in table.rows:
        face: Face = "bold" if row.standing == "primary" else "regular"
        for index, part in enumerate(row.effect_parts):
            widths[index] = max(widths[index], text_width(part, BODY, face))
    space = text_width(" ", BODY)
    between = table.preset.style.between(table.measure)
    estimate = widths[0]
    lower = estimate + space + widths[1]
    to = lower + (space if between.startswith(" ") else 0.0)
    upper = to + widths[2] + (space if between.endswith(" ") else 0.0) + widths[3]
    return EffectStops(estimate, lower, to, upper), upper


def _spanning(table: Table, sizes: Mapping[str, float]) -> float:
    """Widest text that spans columns, up to a cap; one with cells beside it ends before them."""

    def tail(row: Row) -> float:
        filled = [i for i, name in enumerate(table.left) if row.cell(name)]
        return sum(GAP + sizes[name] for name in table.left[filled[0] :]) if filled else 0.0

    widest = 0.0
    for row in table.rows:
        if row.kind == "trial":
            continue
        size: float = SMALL if row.kind == "statistics" else BODY
        bold = row.kind == "heading" or row.standing == "primary"
        width = text_width(row.label, size, "bold" if bold else "regular")
        width += tail(row) + (INDENT if row.kind != "heading" else 0.0)
        widest = max(widest, width)
    numbers = sum(GAP + sizes[name] for name in table.left if name not in table.texts)
    return min(widest, _SPAN_CAP + numbers)


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
