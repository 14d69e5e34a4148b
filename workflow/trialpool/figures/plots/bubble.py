"""Bubble plot of a meta-regression on one number."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.axes import axis_title, effect_axis, plain_axis
from trialpool.figures.plots.drawing.board import Board, unnamed
from trialpool.figures.plots.drawing.labels import Target
from trialpool.figures.plots.drawing.scene import PlotFigure, clip
from trialpool.figures.plots.drawing.source import Source, as_effects, count, measure_of
from trialpool.pooling import meta_regression

LARGEST: Final = 11.0
_STEPS: Final = 61


def bubble_plot(
    source: Source,
    moderator: npt.ArrayLike,
    *,
    name: str = "moderator",
    group: str | None = None,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    title: str = "Meta-regression",
    width_mm: float = 150.0,
    identifier: str = "bubble",
) -> PlotFigure:
    """Draw effects over a moderator with the regression line, its interval and predictions.

    The area of a bubble is proportional to the weight 1/(v + tau²) of the
    regression (Thompson and Higgins 2002, Statistics in Medicine 21:1559). The
    band is the interval of the mean effect at each value, the dashed lines are
    the limits of a new trial's effect.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    moderator : array-like of shape (k,)
        One finite number per trial.
    name : str
        What the number is; title of the axis.
    tau2, ci, level
        As in `meta_regression`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: moderator, effect), "fit" and "band". Rows: label,
        moderator, estimate and standard error on the analysis scale, weight as a
        fraction, effect as printed.

    Raises
    ------
    ValueError
    """
    effects = as_effects(source, group)
    measure, k = measure_of(effects), len(effects)
    x = np.asarray(moderator, dtype=np.float64)
    if x.shape != (k,) or not np.isfinite(x).all():
        raise ValueError(f"moderator has shape {x.shape}; expected {k} finite numbers")
    fit = meta_regression(
        effects.yi, effects.vi, x[:, None], names=[name], tau2=tau2, ci=ci, level=level,
        measure=effects.measure,
    )  # fmt: skip
    weight = 1.0 / (effects.vi + fit.tau2)
    radius = [LARGEST * math.sqrt(w) for w in (weight / weight.max()).tolist()]
    board = Board(identifier, title, width_mm, "bubble")
    height = 0.6 * board.width
    x_axis = plain_axis(float(x.min()), float(x.max()), board.width - 70, pad=0.07)
    grid = np.linspace(x_axis.lower, x_axis.upper, _STEPS)
    line = fit.predict(grid[:, None])
    inner = [p for p in line if x.min() <= p.values[0] <= x.max()] or list(line)
    spread = [v for p in inner for v in (p.ci_lower, p.ci_upper)]
    y_axis = effect_axis(measure, [*effects.yi.tolist(), *spread], height, upright=True)
    frame = board.frame(x_axis, y_axis, height, y_title=axis_title(measure))
    band = [frame.at(p.values[0], p.ci_upper) for p in line]
    band += [frame.at(p.values[0], p.ci_lower) for p in reversed(line)]
    board.add("band", clip(tuple(band), frame.box), "band", form="polygon")
    board.add("null", (frame.at(x_axis.lower, 0), frame.at(x_axis.upper, 0)), "null", values=(0.0,))
    for side in ("pi_lower", "pi_upper"):
        points = [(p.values[0], getattr(p, side)) for p in line if getattr(p, side) is not None]
        shown = [frame.at(a, b) for a, b in points if y_axis.holds(b)]
        if len(shown) > 1:
            board.add("prediction", shown, "prediction-line", label=side)
    shown = [frame.at(p.values[0], p.estimate) for p in line if y_axis.holds(p.estimate)]
    board.add(
        "fit", shown, "fit", values=(fit.coefficients[0].estimate, fit.coefficients[-1].estimate)
    )
    for i in np.argsort(-weight, kind="stable").tolist():
        board.add(
            "trial",
            (frame.at(x[i], effects.yi[i]),),
            "trial-pale",
            form="disc",
            label=effects.labels[i],
            values=(x[i], effects.yi[i]),
            radius=radius[i],
        )
    fitted = fit.predict(x[:, None])
    away = [abs(effects.yi[i] - fitted[i].estimate) * math.sqrt(weight[i]) for i in range(k)]
    targets = [
        Target(*frame.at(x[i], effects.yi[i]), radius[i], effects.labels[i])
        for i in sorted(range(k), key=lambda i: -away[i])
    ]
    lines = [(a - 2, b - 1.5, a + 2, b + 1.5) for a, b in shown]
    lines.append((frame.left, frame.y(0.0) - 1, frame.right, frame.y(0.0) + 1))
    left_out = board.name_points(targets, frame, lines)
    board.close(frame, name)
    slope = fit.coefficients[-1]
    per = _slope(slope.estimate, slope.ci_lower, slope.ci_upper, ratio=measure.is_ratio)
    board.key(
        [
            ("disc", "trial-pale", "a trial; area as its weight"),
            ("line", "fit", "regression"),
            ("box", "band", f"{fmt.level(level)} interval of the mean"),
            ("line", "prediction-line", "a new trial"),
            ("line", "null", "no difference"),
        ]
    )
    words = (
        f"Per unit of {name}: {per}, {fmt.p_statement(slope.p_value)}; residual τ² = "
        f"{fmt.tau_squared(fit.tau2)}, {count(k)}."
    )
    total = float(weight.sum())
    rows = [
        (effects.labels[i], float(x[i]), float(effects.yi[i]), float(effects.vi[i] ** 0.5),
         float(weight[i]) / total, fmt.effect(float(effects.yi[i]), measure))
        for i in range(k)
    ]  # fmt: skip
    columns = ("label", "moderator", "estimate", "se", "weight", "effect")
    alt = f"Bubble plot of a meta-regression of the {measure.name} on {name}. {words}"
    caution = "A relation between trials, not between patients: it may differ within trials."
    return board.finish(alt, columns, rows, (words, caution, unnamed(left_out)))


def _slope(estimate: float, lower: float, upper: float, *, ratio: bool) -> str:
    """Say a slope: as a ratio of ratios, or as a difference."""
    values = [math.exp(v) if ratio and v < 700 else v for v in (estimate, lower, upper)]
    decimals = 3 if max(abs(v - 1) if ratio else abs(v) for v in values) < 0.1 else 2
    a, b, c = (fmt.number(v, decimals) for v in values)
    return f"{'ratio of ratios' if ratio else 'difference'} {a} [{b} to {c}]"
