"""What the rows of a plot ask of its axis, and what the notes have to say of that."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar, cast

import msgspec

from trialpool.figures.canvas.axis import Axis, make_axis
from trialpool.figures.forest.columns import SMALL
from trialpool.figures.forest.marks.row_marks import is_enlarged
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.widths import printable, text_width
from trialpool.records.base import Record

R = TypeVar("R", bound=Record)


def table_axis(table: Table, width: float) -> Axis:
    """Choose the axis of a panel of this width from the rows that are drawn in it."""
    drawn = [row for row in table.rows if row.effect_parts]
    pairs = {
        kind: [
            (row.lower, row.upper)
            for row in drawn
            if kind in _kinds(row) and row.lower is not None and row.upper is not None
        ]
        for kind in ("trial", "pool", "primary")
    }

    def label_fits(axis: Axis) -> bool:
        places = [
            (width * axis.fraction(tick.value), text_width(tick.text, SMALL) / 2)
            for tick in axis.ticks
        ]
        return all(
            right - left > half + other + 6.0 for (left, half), (right, other) in pairwise(places)
        )

    points = [
        *(row.estimate for row in drawn if row.estimate is not None),
        *(value for row in drawn for value in row.margin if value is not None),
        *(table.band or ()),
    ]
    if table.preset.symmetric and any(table.favours):
        twice = 2 * table.null
        points += [twice - point for point in points]
        for kept in pairs.values():
            kept += [(twice - upper, twice - lower) for lower, upper in kept]
    return make_axis(
        table.measure,
        table.null,
        points,
        pairs["trial"],
        pairs["pool"],
        primary_intervals=pairs["primary"],
        label_fits=label_fits,
    )


def _kinds(row: Row) -> tuple[str, ...]:
    """Name the lists of intervals that a row stands in."""
    if row.kind == "trial":
        return ("trial",)
    main = row.kind == "pool" and row.standing == "primary"
    return ("pool", "primary") if main else ("pool",)


def cuts_intervals(table: Table, axis: Axis) -> bool:
    """Whether an interval goes on beyond the axis."""
    return any(
        axis.clipped_sides(row.lower, row.upper)
        for row in table.rows
        if row.lower is not None and row.upper is not None
    )


def enlarges_squares(table: Table) -> bool:
    """Whether a square is drawn larger than its area says."""
    if table.preset.squares not in ("weight", "events"):
        return False
    areas = [row.area for row in table.rows if row.area is not None]
    return any(is_enlarged(area, max(areas)) for area in areas)


def printable_record(record: R) -> R:
    """Copy a record with every text in characters that the font has."""
    return cast("R", _printable(record))


def _printable(value: object) -> object:
    """Copy only what changes: nearly all texts are printable as they are."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Record):
        own = {name: getattr(value, name) for name in value.__struct_fields__}
        changed = {name: new for name, old in own.items() if (new := _printable(old)) is not old}
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = tuple(_printable(item) for item in value)
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value
