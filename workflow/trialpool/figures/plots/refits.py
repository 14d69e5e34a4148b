"""Leave-one-out and cumulative meta-analysis, one pool per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.axes import axis_title
from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.plots.drawing.rows import Interval, PlotRow, draw_rows, rows_axis
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.figures.plots.drawing.source import CI_NAMES, Source, as_effects, count, measure_of
from trialpool.pooling import random_effects
from trialpool.sensitivity.refits import cumulative, leave_one_out


def leave_one_out_plot(
    source: Source,
    *,
    group: str | None = None,
    tau2: str = "REML",
    ci: str = "hk-adhoc",
    level: float = 0.95,
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

    Returns
    -------
    PlotFigure
        Shapes "refit" and "interval" (label: the trial left out) and "pool".
        Rows: label, k, estimate and limits on the analysis scale, tau², I².

    Raises
    ------
    ValueError
        With fewer than two trials.
    """
    effects = as_effects(source, group)
    if len(effects) < 2:
        raise ValueError("leaving out a trial needs two trials, there is 1")
    found = leave_one_out(effects.yi, effects.vi, tau2=tau2, ci=ci, level=level).to_rows()
    names = [f"Without {effects.labels[int(row['trial'])]}" for row in found]
    return _refits(
        effects, found, names, ("Left out", "k", f"Effect [{fmt.level(level)} CI]", "τ²"),
        {"tau2": tau2, "ci": ci, "level": level},
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
        Smallest first; ties keep the order of the trials.
    order_text : sequence of str, optional
        What `order` is called in the rows.
    tau2, ci, level
        As in `cumulative`.

    Returns
    -------
    PlotFigure
        As `leave_one_out_plot`; the label is the trial that entered.

    Raises
    ------
    ValueError
    """
    effects = as_effects(source, group)
    found = cumulative(effects.yi, effects.vi, order, tau2=tau2, ci=ci, level=level).to_rows()
    names = []
    for row in found:
        i = int(row["trial"])
        names.append(f"+ {effects.labels[i]}" + (f", {order_text[i]}" if order_text else ""))
    return _refits(
        effects, found, names, ("Trial entering", "k", f"Effect [{fmt.level(level)} CI]", "τ²"),
        {"tau2": tau2, "ci": ci, "level": level},
        Board(identifier, title, width_mm, "cumulative"), last=False,
    )  # fmt: skip


def _refits(
    effects: Any,
    found: list[dict[str, Any]],
    names: list[str],
    headers: tuple[str, ...],
    options: dict[str, Any],
    board: Board,
    *,
    last: bool,
) -> PlotFigure:
    measure = measure_of(effects)
    whole = random_effects(effects.yi, effects.vi, measure=effects.measure, **options)
    rows = [
        PlotRow(
            name,
            _cells(row, measure),
            (
                Interval(
                    "refit", row["estimate"], row["ci_lower"], row["ci_upper"], "disc", "trial",
                    "interval", effects.labels[int(row["trial"])],
                ),
            ),
        )
        for name, row in zip(names, found, strict=True)
    ]  # fmt: skip
    if last:
        pool = Interval("pool", whole.estimate, whole.ci_lower, whole.ci_upper, "diamond", "pool",
                        "pool-interval", "all")  # fmt: skip
        rows.append(PlotRow("All trials", _cells(whole.to_dict(), measure), (pool,)))
    draw_rows(
        board,
        rows,
        headers,
        lambda length: rows_axis(measure, rows, length),
        x_title=axis_title(measure),
        lines=[("whole", whole.estimate, "pool-line")],
    )
    board.key([("line", "pool-line", f"pool of all trials, {fmt.effect(whole.estimate, measure)}"),
               ("disc", "trial", "a pool, not a trial")])  # fmt: skip
    values = [row["estimate"] for row in found]
    alt = (
        f"{board.caption.title}: {count(len(found), 'pool')} of {count(len(effects))}, from "
        f"{fmt.effect(min(values), measure)} to {fmt.effect(max(values), measure)}; all trials "
        f"{fmt.effect_with_interval(whole.estimate, whole.ci_lower, whole.ci_upper, measure)}."
    )
    columns = ("label", "k", "estimate", "ci_lower", "ci_upper", "tau2", "i2", "effect")
    keys = ("k", "estimate", "ci_lower", "ci_upper", "tau2", "i2")
    table: list[tuple[Cell, ...]] = [
        (effects.labels[int(row["trial"])], *(row[key] for key in keys), _cells(row, measure)[1])
        for row in found
    ]
    if last:
        all_of = whole.to_dict()
        table.append(("all", *(all_of[key] for key in keys), _cells(all_of, measure)[1]))
    interval = CI_NAMES.get(options["ci"], options["ci"])
    note = f"τ² by {options['tau2']}, intervals by {interval}."
    return board.finish(alt, columns, table, (note,))


def _cells(row: dict[str, Any], measure: Any) -> tuple[str, str, str]:
    text = fmt.effect_with_interval(row["estimate"], row["ci_lower"], row["ci_upper"], measure)
    return fmt.whole(row["k"]), text, fmt.tau_squared(row["tau2"])
