"""Leave-one-out and cumulative meta-analysis, one pool per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.effects.typed import EffectSizes
from trialpool.figures.canvas.digits import style_of
from trialpool.figures.plots.drawing.axes import axis_title
from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.plots.drawing.rows import Interval, PlotRow, draw_rows, rows_axis
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.figures.plots.drawing.source import (
    CI_NAMES,
    Source,
    as_effects,
    count,
    measure_of,
    need_rows,
)
from trialpool.measures import Measure
from trialpool.pooling import random_effects
from trialpool.pooling.univariate.results import NARROWER
from trialpool.sensitivity.refits import cumulative, leave_one_out


def leave_one_out_plot(
    source: Source,
    *,
    group: str | None = None,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    digits: int | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "Leave-one-out meta-analysis",
    width_mm: float = 170.0,
    identifier: str = "leave-one-out",
) -> PlotFigure:
    """Draw the pool without each trial in turn, and the pool of all trials.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    tau2, ci, level
        As in `leave_one_out`.
    digits, limits
        As in `trialpool.forest`.

    Returns
    -------
    PlotFigure
        Shapes "refit" and "interval" (label: the trial left out) and "pool".
        Rows: label, k, estimate and limits on the analysis scale, tau², I².

    Raises
    ------
    ValueError
        With fewer than two trials, or more than can be drawn.
    """
    effects = as_effects(source, group)
    if len(effects) < 2:
        raise ValueError("leaving out a trial needs two trials, there is 1")
    need_rows(len(effects), "a leave-one-out plot", "`pool --leave-one-out` has all in a table")
    made = leave_one_out(effects.yi, effects.vi, tau2=tau2, ci=ci, level=level)
    found = [_refit(row) for row in made.to_rows()]
    names = [f"Without {effects.labels[refit.trial]}" for refit in found]
    return _refits(
        effects, found, names, ("Left out", "k", f"Effect [{fmt.level(level)} CI]", "τ²"),
        _Model(tau2, ci, level), _Printing(digits, limits),
        Board(identifier, title, width_mm, "leave-one-out"), last=True,
    )  # fmt: skip


def cumulative_plot(
    source: Source,
    order: npt.ArrayLike,
    *,
    order_text: Sequence[str] | None = None,
    group: str | None = None,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
    digits: int | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "Cumulative meta-analysis",
    width_mm: float = 170.0,
    identifier: str = "cumulative",
) -> PlotFigure:
    """Draw the pool as trials enter in an order, such as their years.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    order : array-like of shape (k,)
        Smallest first; trials with the same number enter together.
    order_text : sequence of str, optional
        What `order` is called in the rows.
    tau2, ci, level
        As in `cumulative`.
    digits, limits
        As in `trialpool.forest`.

    Returns
    -------
    PlotFigure
        As `leave_one_out_plot`; the label is of the trials that entered.

    Raises
    ------
    ValueError
    """
    effects = as_effects(source, group)
    times = len(set(np.asarray(order).tolist()))
    need_rows(times, "a cumulative plot", "an order of fewer values, as years, has fewer rows")
    made = cumulative(effects.yi, effects.vi, order, tau2=tau2, ci=ci, level=level)
    found = [_refit(row) for row in made.to_rows()]
    names = []
    for entered in made.entered:
        name = "+ " + ", ".join(effects.labels[i] for i in entered)
        names.append(name + (f", {order_text[entered[0]]}" if order_text else ""))
    return _refits(
        effects, found, names, ("Trial entering", "k", f"Effect [{fmt.level(level)} CI]", "τ²"),
        _Model(tau2, ci, level), _Printing(digits, limits),
        Board(identifier, title, width_mm, "cumulative"), last=False,
    )  # fmt: skip


class _Model(NamedTuple):
    """How every subset is pooled."""

    tau2: str
    ci: str
    level: float


class _Printing(NamedTuple):
    """Decimals of effects and ends of the axis, where they were asked for."""

    digits: int | None
    limits: tuple[float, float] | None


class _Refit(NamedTuple):
    """A pool of some of the trials; `trial` is the position of the one it is named after."""

    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    tau2: float
    i2: float | None
    trial: int = -1
    narrower: bool = False

    @property
    def numbers(self) -> tuple[Cell, ...]:
        """Number of trials, estimate and limits, τ² and I²."""
        return self.k, self.estimate, self.ci_lower, self.ci_upper, self.tau2, self.i2

    def cells(self, measure: Measure, style: fmt.Style) -> tuple[str, str, str]:
        """Print k, effect with interval, and τ²."""
        limits = (self.ci_lower, self.ci_upper)
        text = fmt.effect_with_interval(self.estimate, *limits, measure, style)
        return fmt.whole(self.k), text, fmt.tau_squared(self.tau2)


def _refit(row: Mapping[str, Any]) -> _Refit:
    """Take a pool from a row of `Refits.to_rows`, or from a `PooledEffect`."""
    return _Refit(**{name: row[name] for name in _Refit._fields if name in row})


def _refits(
    effects: EffectSizes,
    found: Sequence[_Refit],
    names: Sequence[str],
    headers: tuple[str, ...],
    model: _Model,
    printing: _Printing,
    board: Board,
    *,
    last: bool,
) -> PlotFigure:
    measure = measure_of(effects)
    options = model._asdict()
    whole = random_effects(effects.yi, effects.vi, measure=effects.measure, **options)
    pairs = [(r.ci_lower, r.ci_upper) for r in found]
    known = [(low, high) for low, high in pairs if low is not None and high is not None]
    style = style_of(printing.digits, known, measure)
    rows = [
        PlotRow(
            name,
            refit.cells(measure, style),
            (
                Interval(
                    "refit", refit.estimate, refit.ci_lower, refit.ci_upper, "disc", "trial",
                    "interval", effects.labels[refit.trial],
                ),
            ),
        )
        for name, refit in zip(names, found, strict=True)
    ]  # fmt: skip
    all_of = _refit(whole.to_dict())
    if last:
        pool = Interval("pool", whole.estimate, whole.ci_lower, whole.ci_upper, "diamond", "pool",
                        "pool-interval", "all")  # fmt: skip
        rows.append(PlotRow("All trials", all_of.cells(measure, style), (pool,)))
    draw_rows(
        board,
        rows,
        headers,
        lambda length: rows_axis(measure, rows, length, printing.limits),
        x_title=axis_title(measure),
        lines=[("whole", whole.estimate, "pool-line")],
    )
    told = [
        fmt.effect(value, measure, style)
        for value in (
            whole.estimate,
            min(r.estimate for r in found),
            max(r.estimate for r in found),
        )
    ]
    board.key([("line", "pool-line", f"pool of all trials, {told[0]}"),
               ("disc", "trial", "a pool, not a trial")])  # fmt: skip
    alt = (
        f"{board.caption.title}: {count(len(found), 'pool')} of {count(len(effects))}, from "
        f"{told[1]} to {told[2]}; all trials {all_of.cells(measure, style)[1]}."
    )
    columns = ("label", "k", "estimate", "ci_lower", "ci_upper", "tau2", "i2", "effect")
    table: list[tuple[Cell, ...]] = [
        (effects.labels[refit.trial], *refit.numbers, refit.cells(measure, style)[1])
        for refit in found
    ]
    if last:
        table.append(("all", *all_of.numbers, all_of.cells(measure, style)[1]))
    notes = [f"τ² by {model.tau2}, intervals by {CI_NAMES.get(model.ci, model.ci)}."]
    narrow = [name for name, refit in zip(names, found, strict=True) if refit.narrower]
    if last and NARROWER in whole.diagnostics.notes:
        narrow.append("All trials")
    if narrow:
        notes.append(f"{', '.join(narrow)}: {NARROWER}.")
    return board.finish(alt, columns, table, notes)
