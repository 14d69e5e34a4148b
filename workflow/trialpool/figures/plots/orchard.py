"""Orchard plot: many trials at once, with the pool's interval and prediction interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis
from trialpool.figures.plots.drawing.axes import axis_title, effect_axis
from trialpool.figures.plots.drawing.board import MARGIN, TEXT_SIZE, Board
from trialpool.figures.plots.drawing.labels import shorten_to
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.plots.drawing.source import Source, as_effects, count, measure_of
from trialpool.figures.text.widths import printable, text_width
from trialpool.measures import Measure
from trialpool.pooling import PooledEffect, random_effects

Floats = npt.NDArray[np.float64]
LARGEST: Final = 6.0
_LEAST_HALF: Final = 20.0


def orchard_plot(
    source: Source,
    by: Sequence[str] | None = None,
    *,
    group: str | None = None,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    title: str = "Orchard plot",
    width_mm: float = 170.0,
    identifier: str = "orchard",
) -> PlotFigure:
    """Draw every trial as a fruit around the pool of its group.

    Nakagawa et al. 2021, Research Synthesis Methods 12:4. The area of a disc is
    proportional to the trial's precision 1/√v. Discs are stacked, not jittered
    at random: only as far from the line as others of similar effect require.
    The thick line is the interval of the mean, the thin one the prediction interval.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    by : sequence of str, optional
        Group of each trial; each is pooled by itself.
    tau2, ci, level
        As in `random_effects`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: effect, precision), "interval", "prediction",
        "pool". Rows: label, group, estimate, standard error, effect as printed;
        then one per pool with its limits.

    Raises
    ------
    ValueError
    """
    effects = as_effects(source, group)
    measure, k = measure_of(effects), len(effects)
    groups = ["All trials"] * k if by is None else [str(name) for name in by]
    if len(groups) != k:
        raise ValueError(f"by has {len(groups)} entries; expected {k}")
    names = list(dict.fromkeys(groups))
    options = {"tau2": tau2, "ci": ci, "level": level}
    members = {name: [i for i in range(k) if groups[i] == name] for name in names}
    pools = {
        name: random_effects(effects.yi[own], effects.vi[own], measure=effects.measure, **options)  # type: ignore[arg-type]
        for name, own in members.items()
    }
    board = Board(identifier, title, width_mm, "orchard")
    texts = {name: _words(pools[name], measure) for name in names}
    at_right = max(text_width(line, TEXT_SIZE) for lines in texts.values() for line in lines)
    widest = max(text_width(printable(name), TEXT_SIZE) for name in names)
    name_width = min(widest, 0.25 * board.width)
    left, right = MARGIN + name_width + 10.0, board.right - at_right - 12.0
    values = effects.yi.tolist()
    for pool in pools.values():
        if pool.ci_lower is None or pool.ci_upper is None:
            continue
        spread = pool.ci_upper - pool.ci_lower
        reach = max(values) - min(values)
        if reach == 0 or spread < 2.0 * reach:
            values += [pool.ci_lower, pool.ci_upper]
    axis = effect_axis(measure, values, right - left)
    precision = 1.0 / np.sqrt(effects.vi)
    scale = LARGEST if k <= 60 else LARGEST * max(0.35, math.sqrt(60.0 / k))
    radius = scale * np.sqrt(precision / precision.max())
    top = board.top
    frame, middles, offsets = _place(board, (left, right), axis, members, effects.yi, radius)
    x = frame.x(0.0)
    if axis.holds(0.0):
        board.add("null", ((x, top), (x, board.top)), "null", values=(0.0,))
    for i in np.argsort(-radius, kind="stable").tolist():
        place = (frame.x(effects.yi[i]), middles[groups[i]] + offsets[i])
        board.add(
            "trial",
            (place,),
            "trial-pale",
            form="disc",
            label=effects.labels[i],
            values=(effects.yi[i], precision[i]),
            radius=float(radius[i]),
        )
    for name in names:
        _pool(board, frame, name, pools[name], middles[name])
        y = middles[name]
        board.text(shorten_to(printable(name), TEXT_SIZE, name_width), MARGIN, y + 2.2)
        for n, line in enumerate(texts[name]):
            board.text(line, board.right, y - 2.6 + 9.6 * n, align="right")
    board.add("axis", ((left, board.top), (right, board.top)), "axis")
    board.ticks_below(frame)
    board.centred(axis_title(measure), left, right)
    board.top += 3.0
    board.key(
        [
            ("disc", "trial-pale", "a trial; area as its precision"),
            ("box", "pool", "pool"),
            ("line", "pool-interval", f"{fmt.level(level)} interval of the mean"),
            ("line", "prediction", "prediction interval"),
            ("line", "null", "no difference"),
        ]
    )
    table: list[tuple[Cell, ...]] = [
        (effects.labels[i], groups[i], "trial", float(effects.yi[i]), float(effects.vi[i] ** 0.5),
         None, None, None, None, fmt.effect(float(effects.yi[i]), measure))
        for i in range(k)
    ]  # fmt: skip
    for name, pool in pools.items():
        table.append((f"pool of {count(pool.k)}", name, "pool", pool.estimate, pool.se,
                      pool.ci_lower, pool.ci_upper, pool.pi_lower, pool.pi_upper,
                      texts[name][0]))  # fmt: skip
    told = "; ".join(f"{name}: {', '.join(texts[name])}" for name in names)
    columns = ("label", "group", "kind", "estimate", "se", "ci_lower", "ci_upper", "pi_lower",
               "pi_upper", "effect")  # fmt: skip
    return board.finish(f"Orchard plot of {count(k)}. {told}.", columns, table)


def _place(
    board: Board,
    sides: tuple[float, float],
    axis: Axis,
    members: dict[str, list[int]],
    y: Floats,
    radius: Floats,
) -> tuple[Frame, dict[str, float], dict[int, float]]:
    """Give each group the height that its stacked trials need."""
    left, right = sides
    top = board.top
    middles: dict[str, float] = {}
    offsets: dict[int, float] = {}
    probe = Frame(left, right, top, top, axis, axis)
    for name, own in members.items():
        stacked = stack([probe.x(y[i]) for i in own], [float(radius[i]) for i in own])
        offsets.update(zip(own, stacked, strict=True))
        half = max(
            _LEAST_HALF, max(abs(o) + radius[i] for i, o in zip(own, stacked, strict=True)) + 4
        )
        middles[name] = board.top + half
        board.top += 2 * half
    frame = Frame(left, right, top, board.top, axis, Axis(0.0, 1.0, math.nan, ()), down=True)
    board.frames.append(frame)
    return frame, middles, offsets


def _words(pool: PooledEffect, measure: Measure) -> tuple[str, str]:
    text = fmt.effect_with_interval(pool.estimate, pool.ci_lower, pool.ci_upper, measure)
    return text, f"k = {fmt.whole(pool.k)}, τ² = {fmt.tau_squared(pool.tau2)}"


def _pool(board: Board, frame: Frame, name: str, pool: PooledEffect, y: float) -> None:
    axis = frame.x_axis
    for kind, low, high, style in (
        ("prediction", pool.pi_lower, pool.pi_upper, "prediction"),
        ("interval", pool.ci_lower, pool.ci_upper, "pool-interval"),
    ):
        if low is None or high is None:
            continue
        a, b = (frame.x(min(max(v, axis.lower), axis.upper)) for v in (low, high))
        board.add(kind, ((a, y), (b, y)), style, label=name, values=(low, high))
        for cut, edge, way in ((low < axis.lower, a, -1.0), (high > axis.upper, b, 1.0)):
            if cut:
                head = ((edge, y - 2.2), (edge + 4.0 * way, y), (edge, y + 2.2))
                board.add("arrow", head, "pool", form="polygon", label=name)
    x = frame.x(pool.estimate)
    corners = ((x - 3.6, y), (x, y - 5.4), (x + 3.6, y), (x, y + 5.4))
    board.add("pool", corners, "pool", form="polygon", label=name, values=(pool.estimate,))


def stack(xs: Sequence[float], radii: Sequence[float]) -> list[float]:
    """Offsets from a line that keep discs apart, each as close to the line as it can be.

    Discs enter from large to small; of the free places the nearest to the line
    is taken, above before below.
    """
    x, radius = np.asarray(xs, dtype=np.float64), np.asarray(radii, dtype=np.float64)
    order = np.lexsort((np.arange(len(x)), x, -radius))
    # In the order in which they enter: those that are placed come first.
    x, radius = x[order], radius[order]
    placed = np.zeros(len(x))
    for n in range(len(x)):
        need = radius[:n] + (radius[n] + 0.2)
        gap = np.abs(x[:n] - x[n])
        near = gap < need
        reach = np.sqrt(need[near] ** 2 - gap[near] ** 2)
        low, high = placed[:n][near] - reach, placed[:n][near] + reach
        above, below = _free(low, high), -_free(-high, -low)
        placed[n] = min(above, below, key=lambda place: (abs(place), place))
    offsets = np.empty(len(x))
    offsets[order] = placed
    return [float(offset) for offset in offsets]


def _free(low: Floats, high: Floats) -> float:
    """Nearest place from 0 upwards that lies within none of these intervals."""
    place = 0.0
    while (within := (low + 1e-9 < place) & (place < high - 1e-9)).any():
        place = float(high[within].max())
    return place
