"""Funnel plot with contours of significance."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import LIGHT, Axis
from trialpool.figures.canvas.digits import style_of
from trialpool.figures.plots.drawing.axes import axis_title, effect_axis, plain_axis
from trialpool.figures.plots.drawing.board import MARGIN, Board, unnamed
from trialpool.figures.plots.drawing.labels import Target
from trialpool.figures.plots.drawing.scene import Frame, PlotFigure, clip
from trialpool.figures.plots.drawing.source import Source, as_effects, count, measure_of
from trialpool.pooling import random_effects

# Two-sided p = 0.10, 0.05, 0.01: the outermost region is drawn first.
CONTOURS: Final = ((2.5758293035489004, "contour-05"), (1.959963984540054, "contour-10"),
                   (1.6448536269514722, "contour-in"))  # fmt: skip
ENOUGH: Final = 10
_RADIUS: Final = 2.8


def funnel_plot(
    source: Source,
    *,
    group: str | None = None,
    tau2: str = "REML",
    digits: int | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "Contour-enhanced funnel plot",
    width_mm: float = 150.0,
    identifier: str = "funnel",
) -> PlotFigure:
    """Draw effects against their standard errors, over contours of significance.

    The contours are centred on no difference, not on the pool: trials that are
    missing where an effect would not be significant speak for publication bias,
    trials missing elsewhere for other causes (Peters et al. 2008, J Clin
    Epidemiol 61:991). The axis of the standard error runs downwards (Sterne and
    Egger 2001, J Clin Epidemiol 54:1046).

    Parameters
    ----------
    source : EffectSizes or mapping
        Effect sizes or a result record.
    group : str, optional
        Group of a record with several.
    tau2 : str
        Estimator for the pooled line, as in `random_effects`.
    digits, limits
        Decimals of effects and ends of their axis, as in `trialpool.forest`. Trials that weigh
        less than a tenth of an equal share do not lengthen the axes: they are triangles.
    title, width_mm, identifier
        Of the figure; the identifier begins every id of the SVG.

    Returns
    -------
    PlotFigure
        Shapes "contour" (values: ±z), "trial" and "beyond" the axes (values: effect,
        standard error) and "pool". Rows: label, estimate and standard error on the analysis
        scale, effect as printed, two-sided p-value of the trial.

    Raises
    ------
    ValueError
    """
    effects = as_effects(source, group)
    measure = measure_of(effects)
    y, se = effects.yi, np.sqrt(effects.vi)
    k = len(effects)
    pooled = random_effects(y, effects.vi, tau2=tau2, ci="wald", measure=effects.measure)
    board = Board(identifier, title, width_mm, "funnel")
    height = 0.62 * board.width
    heavy = _heavy(y, se, np.array(pooled.weights))
    deepest = float(se[heavy].max()) * 1.06
    y_axis = _from_zero(plain_axis(0.0, deepest, height, pad=0.0, upright=True))
    reach = CONTOURS[1][0] * deepest
    left = board.gutter(y_axis)
    shown = [*y[heavy].tolist(), -0.8 * reach, 0.8 * reach]
    x_axis = effect_axis(measure, shown, board.right - left, limits=limits)
    printed = style_of(digits, [(b - 1.96 * s, b + 1.96 * s) for b, s in zip(y, se, strict=True)],
                     measure)  # fmt: skip
    on_axes = [x_axis.holds(b) and y_axis.holds(s) for b, s in zip(y, se, strict=True)]
    frame = board.frame(x_axis, y_axis, height, y_title="Standard error", down=True)
    null, foot = 0.0, y_axis.upper
    corners = ((frame.left, frame.top), (frame.right, frame.top), (frame.right, frame.bottom),
               (frame.left, frame.bottom))  # fmt: skip
    board.add("region", corners, "contour-01", form="polygon")
    for z, style in CONTOURS:
        edges = (frame.at(null, 0.0), frame.at(null + z * foot, foot))
        other = frame.at(null - z * foot, foot)
        triangle = clip((*edges, other), frame.box)
        board.add("contour", triangle, style, form="polygon", values=(-z, z))
    board.add("null", (frame.at(null, 0.0), frame.at(null, foot)), "null", values=(null,))
    middle = pooled.estimate
    if x_axis.holds(middle):
        line = (frame.at(middle, 0.0), frame.at(middle, foot))
        board.add("pool", line, "pool-line", values=(middle,))
    order = np.argsort(-se, kind="stable").tolist()
    for i in order:
        if not on_axes[i]:
            head = _triangle(frame, float(y[i]), float(se[i]))
            board.add("beyond", head, "trial", form="polygon", label=effects.labels[i],
                      values=(y[i], se[i]))  # fmt: skip
            continue
        board.add(
            "trial",
            (frame.at(y[i], se[i]),),
            "trial",
            form="disc",
            label=effects.labels[i],
            values=(y[i], se[i]),
            radius=_RADIUS,
        )
    lines = [(x - 1, frame.top, x + 1, frame.bottom) for x in (frame.x(null), frame.x(middle))]
    # Far from the pool by its own error first: these are the trials one asks about.
    first = np.argsort(-np.abs(y - middle) / se, kind="stable").tolist()
    targets = [
        Target(frame.x(y[i]), frame.y(se[i]), _RADIUS, effects.labels[i])
        for i in first
        if on_axes[i]
    ]
    left_out = board.name_points(targets, frame, lines)
    board.close(frame, axis_title(measure), box=True)
    board.key(
        [
            ("box", "contour-in", "p > 0.10"),
            ("box", "contour-10", "0.05 to 0.10"),
            ("box", "contour-05", "0.01 to 0.05"),
            ("box", "contour-01", "p < 0.01"),
            ("line", "null", "no difference"),
            ("line", "pool-line", f"pool, {fmt.effect(middle, measure, printed)}"),
        ]
    )
    few = (
        f"With {count(k)} asymmetry cannot be told from chance; at least {ENOUGH} are advised."
        if k < ENOUGH
        else ""
    )
    alt = (
        f"Funnel plot of {count(k)}: {measure.name} against standard error. Pool "
        f"{fmt.effect(middle, measure, printed)}. Two-sided p below 0.05: "
        f"{int((np.abs(y / se) > CONTOURS[1][0]).sum())} of {k}. {few}"
    )
    p = [math.erfc(abs(z) / math.sqrt(2.0)) for z in (y / se).tolist()]
    rows = [
        (
            effects.labels[i],
            float(y[i]),
            float(se[i]),
            fmt.effect(float(y[i]), measure, printed),
            p[i],
        )
        for i in range(k)
    ]
    beyond = [
        f"{effects.labels[i]} ({fmt.effect(float(y[i]), measure, printed)}, standard error "
        f"{fmt.number(float(se[i]))})"
        for i in range(k)
        if not on_axes[i]
    ]
    far = f"Triangles lie beyond the axes: {'; '.join(beyond)}." if beyond else ""
    notes = ["Contours: two-sided p-value of one trial against no difference.", few,
             unnamed(left_out), far]  # fmt: skip
    return board.finish(alt.strip(), ("label", "estimate", "se", "effect", "p_value"), rows, notes)


def radial_plot(
    source: Source,
    *,
    group: str | None = None,
    tau2: str = "CE",
    title: str = "Radial plot",
    width_mm: float = 150.0,
    identifier: str = "radial",
) -> PlotFigure:
    """Draw z-values against precision: the slope of a ray is an effect.

    Galbraith 1988, Statistics in Medicine 7:889: x = 1/√(v + tau²), y = effect × x;
    the ray through the origin with the pooled effect as slope, and the band of
    ±1.96 around it, which holds 95% of trials of one common effect.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    tau2 : str
        "CE" for the plot as published, or an estimator of `random_effects`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: x, y), "pool" (the ray; values: its slope), "band".
        Rows: label, estimate, standard error, x, y, whether it is in the band.

    Raises
    ------
    ValueError
    """
    effects = as_effects(source, group)
    measure, k = measure_of(effects), len(effects)
    pooled = random_effects(effects.yi, effects.vi, tau2=tau2, ci="wald", measure=effects.measure)
    x = 1.0 / np.sqrt(effects.vi + pooled.tau2)
    y, slope = effects.yi * x, pooled.estimate
    z = CONTOURS[1][0]
    board = Board(identifier, title, width_mm, "radial")
    height = 0.62 * board.width
    far = float(x.max()) * 1.08
    ends = [*y.tolist(), -z, z, slope * far - z, slope * far + z, 0.0]
    y_axis = plain_axis(min(ends), max(ends), height, pad=0.04, upright=True)
    ruler_room = 46.0
    right = board.right - ruler_room
    x_axis = _from_zero(plain_axis(0.0, far, right - MARGIN - 25, pad=0.0))
    x_axis = Axis(0.0, far, x_axis.null, x_axis.ticks)
    frame = board.frame(x_axis, y_axis, height, right=right, y_title="Effect / standard error")
    band = (frame.at(0, -z), frame.at(0, z), frame.at(far, slope * far + z),
            frame.at(far, slope * far - z))  # fmt: skip
    board.add("band", clip(band, frame.box), "band", form="polygon", values=(-z, z))
    board.add("null", (frame.at(0, 0), frame.at(far, 0)), "null", values=(0.0,))
    board.add("pool", (frame.at(0, 0), frame.at(far, slope * far)), "pool-line", values=(slope,))
    for i in range(k):
        outside = abs(y[i] - slope * x[i]) > z
        board.add(
            "trial",
            (frame.at(x[i], y[i]),),
            "marked" if outside else "trial",
            form="disc",
            label=effects.labels[i],
            values=(x[i], y[i]),
            radius=_RADIUS,
        )
    first = np.argsort(-np.abs(y - slope * x), kind="stable").tolist()
    targets = [Target(frame.x(x[i]), frame.y(y[i]), _RADIUS, effects.labels[i]) for i in first]
    at = [(frame.x(far * s), frame.y(slope * far * s)) for s in np.linspace(0.02, 0.98, 60)]
    left_out = board.name_points(
        targets,
        frame,
        [
            (frame.left, frame.y(0.0) - 1, frame.right, frame.y(0.0) + 1),
            *((px - 2, py - 1.5, px + 2, py + 1.5) for px, py in at),
        ],
    )
    # A ruler at the right: where the ray of an effect leaves the frame.
    low, high = y_axis.lower / far, y_axis.upper / far
    ruler = effect_axis(measure, [0.9 * low, 0.9 * high], height, upright=True)
    board.add("ruler", ((frame.right, frame.top), (frame.right, frame.bottom)), "axis")
    for tick in ruler.ticks:
        place = frame.y(tick.value * far)
        if frame.top - 0.01 <= place <= frame.bottom + 0.01:
            board.add(
                "ruler-tick",
                ((frame.right, place), (frame.right + 3, place)),
                "axis",
                values=(tick.value,),
            )
            board.text(tick.text, frame.right + 5.5, place + 2.4, role="tick")
    board.text(measure.code if measure.code != "generic" else "Effect", frame.right + 5.5,
               frame.top - 4.5, role="header")  # fmt: skip
    by = "1 / standard error" if pooled.tau2 == 0 else "1 / √(variance + tau²)"
    board.close(frame, by)
    inside = np.abs(y - slope * x) <= z
    words = fmt.effect(slope, measure)
    board.key(
        [
            ("line", "pool-line", f"pool, {words}"),
            ("box", "band", "95% of trials of one common effect"),
            ("disc", "trial", "in the band"),
            ("disc", "marked", "outside"),
        ]
    )
    alt = (
        f"Radial plot of {count(k)}; the ray of the pooled effect has slope {words}; "
        f"{int((~inside).sum())} of {k} outside the band of plus or minus 1.96."
    )
    rows = [
        (effects.labels[i], float(effects.yi[i]), float(effects.vi[i] ** 0.5), float(x[i]),
         float(y[i]), bool(inside[i]))
        for i in range(k)
    ]  # fmt: skip
    columns = ("label", "estimate", "se", "x", "y", "in_band")
    note = "The ray from the origin through a trial meets the ruler at the trial's effect."
    return board.finish(alt, columns, rows, (note, unnamed(left_out)))


def _heavy(
    y: npt.NDArray[np.float64], se: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Find the trials that say how long the axes are: all but light ones that are far off."""
    heavy = weights * len(weights) >= LIGHT
    if not heavy.any():
        return np.ones(len(y), dtype=np.bool_)
    low, high, deep = y[heavy].min(), y[heavy].max(), se[heavy].max()
    reach = max(0.5 * (high - low), deep)
    near = (y >= low - reach) & (y <= high + reach) & (se <= 1.5 * deep)
    return np.asarray(heavy | near)


def _triangle(frame: Frame, y: float, se: float) -> tuple[tuple[float, float], ...]:
    """Triangle at the edge of the frame, pointing to where a trial lies beyond it."""
    axis, depth, r = frame.x_axis, frame.y_axis, _RADIUS
    x = frame.x(min(max(y, axis.lower), axis.upper))
    down = frame.y(min(se, depth.upper))
    x = min(max(x, frame.left + r), frame.right - r)
    down = min(down, frame.bottom - r)
    if se > depth.upper:
        return ((x - r, down - r), (x + r, down - r), (x, down + r))
    way = r if y > axis.upper else -r
    return ((x - way, down - r), (x - way, down + r), (x + way, down))


def _from_zero(axis: Axis) -> Axis:
    return Axis(0.0, axis.upper, axis.null, tuple(t for t in axis.ticks if t.value >= -1e-12))
