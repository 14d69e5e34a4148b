"""What the rows of a plot ask of its axis, and what the notes have to say of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar, cast

import msgspec

from trialpool.figures.canvas.axis import LIGHT, Axis, Light, axis_limits, make_axis
from trialpool.figures.forest.columns import SMALL
from trialpool.figures.forest.marks.row_marks import is_enlarged
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.text.widths import printable, text_width
from trialpool.records.base import Record

R = TypeVar("R", bound=Record)


def table_axis(table: Table, width: float) -> Axis:
    """Choose the axis of a panel of this width from the rows that are drawn in it."""
    drawn = [row for row in table.rows if row.effect_parts]
    light = _light(drawn)
    pairs = {
        kind: [
            (row.lower, row.upper)
            for index, row in enumerate(drawn)
            if index not in light
            and kind in _kinds(row)
            and row.lower is not None
            and row.upper is not None
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
        *(
            row.estimate
            for index, row in enumerate(drawn)
            if row.estimate is not None and index not in light
        ),
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
        light=light.values(),
        limits=axis_limits(table.preset.limits, table.measure, table.null),
        label_fits=label_fits,
    )


def _light(rows: Sequence[Row]) -> dict[int, Light]:
    """Find the trials that weigh less than a tenth of an equal share of their group."""
    sizes = Counter(row.group for row in rows if row.kind == "trial")
    return {
        index: (row.estimate, _pair(row))
        for index, row in enumerate(rows)
        if row.kind == "trial"
        and row.estimate is not None
        and row.weight is not None
        and row.weight * sizes[row.group] < LIGHT
    }


def _pair(row: Row) -> tuple[float, float] | None:
    return None if row.lower is None or row.upper is None else (row.lower, row.upper)


def _kinds(row: Row) -> tuple[str, ...]:
    """Name the lists of intervals that a row stands in."""
    if row.kind == "trial":
        return ("trial",)
    main = row.kind == "pool" and row.standing == "primary"
    return ("pool", "primary") if main else ("pool",)


def cut_words(table: Table, axis: Axis) -> tuple[str, ...]:
    """Say what arrows mean, where an interval or an estimate lies beyond the axis."""
    pairs = [pair for row in table.rows if (pair := _pair(row)) is not None]
    estimates = [row.estimate for row in table.rows if row.estimate is not None]
    sentences = []
    if any(axis.clipped_sides(*pair) for pair in pairs):
        sentences.append("Arrow: the interval continues beyond the axis.")
    if not all(map(axis.holds, estimates)):
        sentences.append("Arrow without a square or tip: the estimate lies beyond the axis.")
    return tuple(sentences)


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
