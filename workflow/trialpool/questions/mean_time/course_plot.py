"""How an effect runs over time: pooled curves of both arms, hazard ratios by interval beside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis, Tick
from trialpool.figures.plots.drawing.axes import axis_title, effect_axis, plain_axis
from trialpool.figures.plots.drawing.board import MARGIN, NOTE_SIZE, TEXT_SIZE, Board
from trialpool.figures.plots.drawing.rows import ROW, Interval, PlotRow, draw_interval
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.text.widths import ASCENT, text_width
from trialpool.measures import get_measure
from trialpool.records.mean_time import (
    Course,
    MeanTimeResult,
    PeriodRatio,
    PooledRatio,
    PooledSurvival,
    RatioPool,
)

COLUMNS: Final = ("group", "shown", "arm", "start_months", "end_months", "k", "model", "scale",
                  "estimate", "ci_lower", "ci_upper")  # fmt: skip
_HEIGHT: Final = 96.0
_LINES: Final = {"experimental": ("curve", "curve-limit", "band-blue", "trial"),
                 "control": ("fit", "control-limit", "band", "marked")}  # fmt: skip
_HR: Final = get_measure("HR")
# Below this a survival axis starts at 0; else where the curves are, and a note says so.
_FROM_ZERO: Final = 0.5
# Points that the ratios need.
_LEAST: Final = 60.0
# Limits of hazard ratios beyond 5 and 1/5 are arrows: they tell of few events only.
_FARTHEST: Final = math.log(5.0)


def course_plot(
    record: MeanTimeResult, *, width_mm: float = 190.0, identifier: str | None = None
) -> PlotFigure:
    """Draw a panel per group: survival of both arms over time, and the hazard ratio by interval.

    Survival is known at the landmarks only; straight lines join them. Groups of several trials
    show the pooled curve and the common effect of each interval.

    Parameters
    ----------
    record : MeanTimeResult
        Without ``curves`` (docs/reference/result-record.md) the figure says so.
    width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "band", "curve" (values: months and survival in turn) and "interval"; labels
        name group and arm. Rows: as `COLUMNS`.

    Raises
    ------
    ValueError
        If the width leaves no room for the ratios.
    """
    entries = [entry for entry in record.curves if entry.arms.experimental]
    name = identifier if identifier is not None else f"{record.id}-curves"
    board = Board(name, f"{record.title}: over time", width_mm)
    if not entries:
        alt = "No group has curves that can be pooled."
        return board.finish(alt, COLUMNS, (), (alt,))
    sides = zip(
        _LINES.values(), (record.arm_names.experimental, record.arm_names.control), strict=True
    )
    board.key([("line", styles[0], side) for styles, side in sides])
    rows = [_rows(entry) for entry in entries]
    left_end = MARGIN + 0.41 * (board.width - 2 * MARGIN)
    text_start = left_end + 20.0
    cells = [row.cells for of_group in rows for row in of_group]
    names = max(text_width(row.name, TEXT_SIZE) for of_group in rows for row in of_group)
    effect = max(text_width(cell[1], TEXT_SIZE) for cell in cells)
    start, end = text_start + names + 24.0, board.right - effect - 6.0
    if end - start < _LEAST:
        raise ValueError(f"{width_mm:.0f} mm are too narrow for curves and ratios side by side")
    drawn = [mark for of_group in rows for row in of_group for mark in row.intervals]
    axis = effect_axis(_HR, _reach(drawn), end - start)
    y_title = (
        next(iter(record.endpoint_names.values())) if len(record.endpoints) == 1 else ""
    ).capitalize() or "Free of the event"
    table: list[tuple[Cell, ...]] = []
    cut = False
    for entry, of_group in zip(entries, rows, strict=True):
        board.top += 4.0
        failing = ", ".join(dict.fromkeys(item.trial for item in entry.not_proportional))
        # Of one trial alone it is clear whose hazards they are.
        whose = f": {failing}" if len(set(entry.trials)) > 1 else ""
        flag = f"; hazards not proportional{whose}" if failing else ""
        short = "" if entry.pooled else "; ends before the horizon, not pooled"
        heading = f"{entry.group}: {', '.join(entry.trials)}{short}{flag}"
        board.paragraph(heading, TEXT_SIZE, "bold", "group")  # type: ignore[arg-type]
        board.top += 2.0
        top = board.top
        cut |= _curves(board, entry, left_end, y_title)
        below, board.top = board.top, top
        _ratios(board, of_group, axis, (text_start, start, end), level_of(record))
        board.top = max(board.top, below)
        table += _table(entry)
    notes = [
        f"Left: survival with {level_of(record)} bands, known at the marks and joined by straight "
        "lines. Right: hazard ratio of the months named, and over the whole follow-up; discs: one "
        "trial, diamonds: common effect of several."
    ]
    if cut:
        notes.append("Survival axes that do not start at 0 are cut.")
    told = " ".join(
        f"{entry.group}: " + "; ".join(f"{row.name} {row.cells[1]}" for row in of_group) + "."
        for entry, of_group in zip(entries, rows, strict=True)
    )
    return board.finish(f"Survival curves and hazard ratios by interval. {told}", COLUMNS, table,
                        notes)  # fmt: skip


def level_of(record: MeanTimeResult) -> str:
    """Give the level of a record's intervals as text."""
    return fmt.level(record.settings.level)


def shown_pool(pool: PooledRatio) -> tuple[str, PooledRatio | RatioPool]:
    """Model and pool that a figure shows: the primary one, else the common effect."""
    if pool.primary_model is None and pool.models.common_effect is not None:
        return "common-effect", pool.models.common_effect
    return str(pool.primary_model), pool


def months(start: float, end: float) -> str:
    """Name an interval of months."""
    return f"{start:g} to {end:g}"


def _ratios_of(entry: Course) -> list[PooledRatio]:
    """Ratios of the intervals, then that of the whole follow-up."""
    return [*entry.intervals, *filter(None, [entry.whole])]


def _rows(entry: Course) -> list[PlotRow]:
    """One row per interval, and the whole follow-up last."""
    rows = []
    for pool in _ratios_of(entry):
        name = months(pool.start, pool.end) if isinstance(pool, PeriodRatio) else "whole"
        if pool.estimate is None:
            rows.append(PlotRow(name, ("0", "no event in an arm")))
            continue
        model, shown = shown_pool(pool)
        values = (shown.estimate, shown.ci_lower, shown.ci_upper)
        single = pool.k == 1
        form, style = ("disc", "trial") if single else ("diamond", "pool-open")
        if name == "whole" and single:
            style = "trial-open"
        line = "interval" if single else "pool-interval"
        mark = Interval("ratio", *values, form, style, line, f"{entry.group}: {name}: {model}")
        text = fmt.effect_with_interval(*values, _HR)
        rows.append(PlotRow(name, (fmt.whole(pool.k), text), (mark,)))
    return rows


def _reach(drawn: Sequence[Interval]) -> list[float]:
    """Values that the axis must hold: every estimate, and limits up to a ratio that reads well."""
    reach = [mark.estimate for mark in drawn if mark.estimate is not None]
    limits = [v for mark in drawn for v in (mark.lower, mark.upper) if v is not None]
    return [*reach, *(min(max(v, -_FARTHEST), _FARTHEST) for v in limits)]


def _curves(board: Board, entry: Course, right: float, y_title: str) -> bool:
    """Draw both arms; tell whether the axis is cut."""
    arms = _marks(entry)
    points = [mark for marks in arms.values() for mark in marks]
    lowest = min(mark.ci_lower for mark in points)
    cut = lowest > _FROM_ZERO
    bottom = math.floor(lowest * 10.0) / 10.0 if cut else 0.0
    y_axis = plain_axis(bottom, 1.0, _HEIGHT, pad=0.0, upright=True)
    left = board.gutter(y_axis)
    x_axis = _month_axis(sorted({0.0, *(mark.months for mark in points)}), right - left)
    frame = board.frame(x_axis, y_axis, _HEIGHT, left=left, right=right, y_title=y_title)
    for side, (_, _, band, _) in _LINES.items():
        lower, upper = _limits(arms[side])
        corners = [frame.at(*point) for point in (*upper, *reversed(lower))]
        board.add("band", corners, band, form="polygon", label=f"{entry.group}: {side}")
    for side, (_, limit, _, _) in _LINES.items():
        for line in _limits(arms[side]):
            board.add("limit", (frame.at(*p) for p in line), limit)
    for side, (style, _, _, dot) in _LINES.items():
        line = [(0.0, 1.0), *((mark.months, mark.survival) for mark in arms[side])]
        values = tuple(part for point in line for part in point)
        label = f"{entry.group}: {side}"
        board.add("curve", (frame.at(*p) for p in line), style, label=label, values=values)
        board.add("landmark", (frame.at(*p) for p in line[1:]), dot, form="dots", radius=1.5)
    board.close(frame, "Months")
    return bool(cut)


def _marks(entry: Course) -> dict[str, tuple[PooledSurvival, ...]]:
    return {"experimental": entry.arms.experimental, "control": entry.arms.control}


def _limits(
    marks: Sequence[PooledSurvival],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    start = (0.0, 1.0)
    lower = [start, *((mark.months, mark.ci_lower) for mark in marks)]
    return lower, [start, *((mark.months, mark.ci_upper) for mark in marks)]


def _month_axis(marks: Sequence[float], length: float) -> Axis:
    """Ticks at the landmarks, every second one where they would touch."""
    axis = plain_axis(0.0, marks[-1], length, pad=0.0)
    for step in (1, 2, 3):
        chosen = list(marks[::step]) if step > 1 else list(marks)
        places = [length * mark / marks[-1] for mark in chosen]
        if all(b - a >= 14.0 for a, b in pairwise(places)):
            ticks = tuple(Tick(mark, f"{mark:g}") for mark in chosen)
            return Axis(axis.lower, axis.upper, axis.null, ticks)
    return axis


def _ratios(
    board: Board,
    rows: Sequence[PlotRow],
    axis: Axis,
    columns: tuple[float, float, float],
    level: str,
) -> None:
    """Draw the rows of a group right of its curves and move below them."""
    text_start, start, end = columns
    y = board.top + ASCENT * TEXT_SIZE
    for words, x, align in (
        ("Months", text_start, "left"),
        ("k", start - 8.0, "right"),
        (f"HR [{level} CI]", board.right, "right"),
    ):
        board.text(words, x, y, align=align, role="header")  # type: ignore[arg-type]
    board.top += 1.32 * TEXT_SIZE + 3.0
    bottom = board.top + max(len(rows) * ROW, 2 * ROW)
    frame = Frame(start, end, board.top, bottom, axis, Axis(0.0, 1.0, 0.0, ()), down=True)
    board.frames.append(frame)
    x = frame.x(axis.null)
    board.add("null", ((x, frame.top), (x, frame.bottom)), "null", values=(axis.null,))
    for number, row in enumerate(rows):
        middle = board.top + ROW / 2
        baseline = middle + 0.28 * TEXT_SIZE
        if row.name == "whole":
            board.add("rule", ((text_start, board.top), (board.right, board.top)), "rule")
        board.text(row.name, text_start, baseline, row=number)
        board.text(row.cells[0], start - 8.0, baseline, align="right", row=number)
        board.text(row.cells[1], board.right, baseline, align="right", row=number)
        for interval in row.intervals:
            draw_interval(board, frame, interval, middle)
        board.top += ROW
    board.top = frame.bottom
    board.add("axis", ((start, board.top), (end, board.top)), "axis")
    board.ticks_below(frame)
    y = board.top + ASCENT * NOTE_SIZE
    board.text(axis_title(_HR), (start + end) / 2, y, size=NOTE_SIZE, align="center", role="header")
    board.top += 1.32 * NOTE_SIZE + 2.0


def _table(entry: Course) -> Iterable[tuple[Cell, ...]]:
    """Rows of the CSV: survival as a probability, hazard ratios as logarithms."""
    for side, marks in _marks(entry).items():
        for mark in marks:
            yield (entry.group, "survival", side, 0.0, mark.months, mark.k, "", "",
                   mark.survival, mark.ci_lower, mark.ci_upper)  # fmt: skip
    for pool in _ratios_of(entry):
        period = (pool.start, pool.end) if isinstance(pool, PeriodRatio) else (None, None)
        models: Mapping[str, PooledRatio | RatioPool] = pool.models.named()
        for model, values in (models or {pool.primary_model or "": pool}).items():
            yield (entry.group, "hazard ratio", "", *period, pool.k, model, "log",
                   values.estimate, values.ci_lower, values.ci_upper)  # fmt: skip
