"""Bayesian random effects: what each trial said, and what it says among the others."""

from __future__ import annotations

import numpy as np

from trialpool import formatting as fmt
from trialpool.figures.canvas.digits import style_of
from trialpool.figures.plots.drawing.axes import axis_title
from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.plots.drawing.rows import Interval, PlotRow, draw_rows, rows_axis
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.figures.plots.drawing.source import Source, as_effects, count, measure_of
from trialpool.pooling import bayesian_random_effects
from trialpool.pooling.bayes.catalogue import PriorChoice
from trialpool.pooling.numeric.tails import two_sided_quantile

_APART = 2.6


def posterior_plot(
    source: Source,
    *,
    group: str | None = None,
    prior: PriorChoice | None = None,
    scale: float | None = None,
    level: float = 0.95,
    digits: int | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "Posterior effects and shrinkage",
    width_mm: float = 180.0,
    identifier: str = "posterior",
) -> PlotFigure:
    """Draw each trial as observed and as its posterior, the mean, and a new trial.

    The model is `bayesian_random_effects` (Röver 2020, Journal of Statistical
    Software 93(6)); posteriors of the trials are those of their true effects.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    prior, scale, level
        As in `bayesian_random_effects`.
    digits, limits
        As in `trialpool.forest`.

    Returns
    -------
    PlotFigure
        Shapes "observed" and "shrunken" (values: effect) per trial, "pool" and
        "prediction". Rows: label, kind, estimate and limits on the analysis scale.

    Raises
    ------
    ValueError
    """
    effects = as_effects(source, group)
    measure = measure_of(effects)
    found = bayesian_random_effects(
        effects.yi, effects.vi, prior=prior, scale=scale, level=level, measure=effects.measure
    )
    z = float(two_sided_quantile(level, np.array([np.nan]))[0])
    errors = zip(effects.yi, effects.vi**0.5, strict=True)
    style = style_of(digits, [(y - z * se, y + z * se) for y, se in errors], measure)
    rows: list[PlotRow] = []
    table: list[tuple[Cell, ...]] = []

    def tell(label: str, kind: str, *values: float) -> str:
        text = fmt.effect_with_interval(values[0], values[1], values[2], measure, style)
        table.append((label, kind, *values, text))
        return text

    for label, y, v, own in zip(
        effects.labels, effects.yi.tolist(), effects.vi.tolist(), found.shrunken, strict=True
    ):
        half = z * v**0.5
        raw = (y, y - half, y + half)
        true = (own.median, own.lower, own.upper)
        rows.append(
            PlotRow(
                label,
                (tell(label, "observed", *raw), tell(label, "shrunken", *true)),
                (
                    Interval("observed", *raw, "disc", "observed", "interval-pale", label, -_APART),
                    Interval("shrunken", *true, "disc", "trial", "interval", label, _APART),
                ),
            )
        )
    mean = (found.estimate, found.ci_lower, found.ci_upper)
    new = (found.prediction.median, found.pi_lower, found.pi_upper)
    rows.append(
        PlotRow("Mean effect", ("", tell("mean", "mean", *mean)),
                (Interval("pool", *mean, "diamond", "pool", "pool-interval", "mean"),))
    )  # fmt: skip
    rows.append(
        PlotRow("A new trial", ("", tell("new trial", "prediction", *new)),
                (Interval("prediction", *new, "disc", "pool-open", "prediction", "new trial"),))
    )  # fmt: skip
    board = Board(identifier, title, width_mm, "posterior")
    draw_rows(
        board,
        rows,
        ("Trial", f"Observed [{fmt.level(level)} CI]", f"Posterior [{fmt.level(level)} CrI]"),
        lambda length: rows_axis(measure, rows, length, limits),
        x_title=axis_title(measure),
    )
    board.key([("disc", "observed", "observed"), ("disc", "trial", "true effect of the trial"),
               ("box", "pool", "mean effect"), ("line", "prediction", "a new trial")])  # fmt: skip
    below, above = (fmt.percent(p) for p in (found.probability_below, found.probability_above))
    tau = found.tau
    shown = [fmt.number(value, 3) for value in (tau.median, tau.lower, tau.upper)]
    words = (
        f"τ {shown[0]} [{shown[1]} to {shown[2]}]; mean effect below no difference with "
        f"probability {below}, above it {above}; {found.prior_words}."
    )
    alt = (
        f"{count(len(effects))}, observed and shrunken to a mean effect of "
        f"{fmt.effect_with_interval(*mean, measure, style)}; a new trial {table[-1][-1]}. {words}"
    )
    columns = ("label", "kind", "estimate", "lower", "upper", "effect")
    return board.finish(alt, columns, table, (words,))
