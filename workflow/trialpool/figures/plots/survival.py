"""Kaplan-Meier curves of two arms with numbers at risk, and the log-log plot beside."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis, Tick
from trialpool.figures.plots.drawing.axes import TICK_SIZE, plain_axis
from trialpool.figures.plots.drawing.board import MARGIN, NOTE_SIZE, Board
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.text.widths import ASCENT, text_width
from trialpool.measures import get_measure
from trialpool.survival.arrays import check_arm, check_times
from trialpool.survival.hazards import NotEstimableError, compare_hazards
from trialpool.survival.kaplan_meier import SurvivalCurve, difference, kaplan_meier, restricted_mean

_STYLES: Final = ("interval", "fit")
_LINE: Final = 10.0


def survival_plot(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    experimental: npt.ArrayLike,
    *,
    names: tuple[str, str] = ("experimental", "control"),
    horizon: float | None = None,
    unit: str = "months",
    title: str = "Survival",
    width_mm: float = 160.0,
    identifier: str = "survival",
) -> PlotFigure:
    """Draw both arms' curves over their numbers at risk, and below them the log-log plot.

    In the log-log plot, ln(−ln S) against time on a log scale, proportional hazards
    are curves at a constant distance (Kalbfleisch and Prentice 2002, The Statistical
    Analysis of Failure Time Data, 4.5).

    Parameters
    ----------
    time, event, experimental : array-like of shape (n,)
        Follow-up, 1 for an event, 1 for the experimental arm.
    names : tuple of str
        What to call the arms.
    horizon : float, optional
        Of the restricted mean; by default the shorter follow-up.
    unit : str
        Of time.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "curve" (values: times and survival of its corners in turn) and
        "log-log". Rows: arm, time, at risk, events, survival.

    Raises
    ------
    ValueError
        Naming the argument and what is allowed.
    """
    t, e = check_times(time, event)
    arm = check_arm(experimental, t.size)
    curves = [kaplan_meier(t[own], e[own]) for own in (arm, ~arm)]
    try:
        hazard = compare_hazards(t, e, arm)
        effect = fmt.effect_with_interval(
            hazard.log_hr,
            hazard.log_hr - 1.959963984540054 * hazard.se,
            hazard.log_hr + 1.959963984540054 * hazard.se,
            get_measure("HR"),
        )
        ratio = (
            f"Hazard ratio {effect} ({names[0]} against {names[1]}, Cox model); "
            f"proportional hazards: {fmt.p_statement(hazard.ph_p_value)}"
        )
    except NotEstimableError as error:
        ratio = f"No hazard ratio: {error}"
    at = horizon if horizon is not None else min(curve.last for curve in curves)
    gained = difference(*(restricted_mean(curve, at) for curve in curves))
    board = Board(identifier, title, width_mm, "survival")
    label_room = max(text_width(name, NOTE_SIZE) for name in names)
    left = max(board.gutter(plain_axis(0.0, 1.0, 100.0, upright=True)), MARGIN + label_room + 16.0)
    last = max(curve.last for curve in curves)
    x_axis = plain_axis(0.0, last, board.right - left, pad=0.0)
    y_axis = plain_axis(0.0, 1.0, 0.42 * board.width, pad=0.0, upright=True)
    board.key([("line", s, name) for s, name in zip(_STYLES, names, strict=True)])
    frame = board.frame(x_axis, y_axis, 0.42 * board.width, left=left, y_title="Survival")
    for curve, style, name in zip(curves, _STYLES, names, strict=True):
        _step(board, frame, curve, style, name)
    board.close(frame, f"Time, {unit}")
    _at_risk(board, frame, curves, names)
    drawn = _log_log(board, curves, names, left, unit)
    words = (
        f"{ratio}. Restricted mean survival time to {fmt.number(at, 1)} {unit}: difference "
        f"{fmt.number(gained.estimate, 2)} (SE {fmt.number(gained.se, 2)})."
    )
    below = "Below: ln(−ln S) over time on a log scale; constant distance is proportional hazards."
    rows: list[tuple[Cell, ...]] = [
        (name, float(moment), int(n), int(d), float(s))
        for curve, name in zip(curves, names, strict=True)
        for moment, n, d, s in zip(
            curve.time, curve.at_risk, curve.events, curve.survival, strict=True
        )
    ]
    return board.finish(
        f"Kaplan-Meier curves of {names[0]} and {names[1]}. {words}",
        ("arm", "time", "at_risk", "events", "survival"),
        rows,
        (words, below) if drawn else (words,),
    )


def _step(board: Board, frame: Frame, curve: SurvivalCurve, style: str, name: str) -> None:
    corners: list[tuple[float, float]] = [(0.0, 1.0)]
    for moment, survival in zip(curve.time.tolist(), curve.survival.tolist(), strict=True):
        corners += [(moment, corners[-1][1]), (moment, survival)]
    corners.append((curve.last, corners[-1][1]))
    values = tuple(part for corner in corners for part in corner)
    board.add("curve", (frame.at(*c) for c in corners), style, label=name, values=values)


def _at_risk(
    board: Board, frame: Frame, curves: list[SurvivalCurve], names: tuple[str, str]
) -> None:
    """Write the numbers at risk under the ticks, the last one kept inside the canvas."""
    board.top += 2.0
    board.text(
        "Number at risk", MARGIN, board.top + ASCENT * NOTE_SIZE, size=NOTE_SIZE, role="note"
    )
    board.top += _LINE
    for curve, name in zip(curves, names, strict=True):
        baseline = board.top + ASCENT * NOTE_SIZE
        board.text(name, MARGIN, baseline, size=NOTE_SIZE, role="note")
        counts = curve.number_at_risk([tick.value for tick in frame.x_axis.ticks]).tolist()
        for tick, count in zip(frame.x_axis.ticks, counts, strict=True):
            text = fmt.whole(count)
            half = text_width(text, TICK_SIZE) / 2
            x = min(frame.x(tick.value), board.width - MARGIN / 2 - half)
            board.text(text, x, baseline, size=TICK_SIZE, align="center", role="tick")
        board.top += _LINE
    board.top += 6.0


def _log_log(
    board: Board,
    curves: list[SurvivalCurve],
    names: tuple[str, str],
    left: float,
    unit: str,
) -> bool:
    """Draw ln(−ln S) against ln t; nothing where an arm has fewer than two usable falls."""
    lines = []
    for curve in curves:
        inside = (curve.survival > 0.0) & (curve.survival < 1.0) & (curve.time > 0.0)
        lines.append((np.log(curve.time[inside]), np.log(-np.log(curve.survival[inside]))))
    if any(x.size < 2 for x, _ in lines):
        return False
    low, high = (f(f(x) for x, _ in lines) for f in (min, max))
    bottom, top = (f(f(y) for _, y in lines) for f in (min, max))
    height = 0.28 * board.width
    shown = [v for v in _round_times(low, high) if low <= math.log(v) <= high]
    ticks = tuple(Tick(math.log(v), f"{v:g}") for v in shown)
    x_axis = Axis(float(low), float(high), math.nan, ticks)
    y_axis = plain_axis(float(bottom), float(top), height, upright=True)
    frame = board.frame(x_axis, y_axis, height, left=left, y_title="ln(−ln S)")
    for (x, y), style, name in zip(lines, _STYLES, names, strict=True):
        values = tuple(part for pair in zip(x.tolist(), y.tolist(), strict=True) for part in pair)
        points = [frame.at(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        board.add("log-log", points, style, label=name, values=values)
    board.close(frame, f"Time, {unit} (log scale)")
    return True


def _round_times(low: float, high: float) -> list[float]:
    """Round times between e^low and e^high, few enough to be told apart."""
    powers = range(math.floor(low / math.log(10)), math.ceil(high / math.log(10)) + 1)
    for factors in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        found = [f * 10.0**p for p in powers for f in factors]
        if sum(low <= math.log(v) <= high for v in found) <= 10:
            return found
    return found
