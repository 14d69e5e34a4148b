"""Which trials drive a pool: Baujat plot and panel of case diagnostics."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.axes import index_axis, plain_axis
from trialpool.figures.plots.drawing.board import MARGIN, Board, unnamed
from trialpool.figures.plots.drawing.labels import Target, shorten_to
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.plots.drawing.source import Source, as_effects, count, need_rows
from trialpool.figures.text.widths import ASCENT, printable, text_width, wrap
from trialpool.sensitivity import baujat, influence

_ROW: Final = 12.0
_HEAD: Final = 13.0
# Median of chi-square with one degree of freedom.
_COOK: Final = 0.45493642311957283
PANELS: Final = (
    ("rstudent", "Studentized residual"),
    ("dffits", "DFFITS"),
    ("cook_d", "Cook's distance"),
    ("cov_ratio", "Covariance ratio"),
    ("tau2_deleted", "τ² without it"),
    ("hat", "Hat value"),
    ("dfbetas", "DFBETAS"),
)


def baujat_plot(
    source: Source,
    *,
    group: str | None = None,
    tau2: str = "CE",
    title: str = "Baujat plot",
    width_mm: float = 150.0,
    identifier: str = "baujat",
) -> PlotFigure:
    """Draw each trial's contribution to heterogeneity against its influence on the pool.

    Baujat et al. 2002, Statistics in Medicine 21:2641; the coordinates are those
    of `trialpool.sensitivity.baujat`.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    tau2 : str
        "CE" for the plot as published, or an estimator of `random_effects`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: x, y). Rows: label, x, y.

    Raises
    ------
    ValueError
        With fewer than two trials.
    """
    effects = as_effects(source, group)
    k = _need_two(len(effects), "Baujat plot")
    found = baujat(effects.yi, effects.vi, tau2=tau2)
    board = Board(identifier, title, width_mm, "baujat")
    height = 0.58 * board.width
    y_axis = plain_axis(0.0, float(found.y.max()), height, pad=0.07, upright=True)
    x_axis = plain_axis(0.0, float(found.x.max()), board.width - 70, pad=0.07)
    frame = board.frame(x_axis, y_axis, height, y_title="Influence on the pooled effect")
    for i in range(k):
        board.add(
            "trial",
            (frame.at(found.x[i], found.y[i]),),
            "trial",
            form="disc",
            label=effects.labels[i],
            values=(found.x[i], found.y[i]),
            radius=2.8,
        )
    # Furthest from the corner first.
    reach = found.x / max(found.x.max(), 1e-300) + found.y / max(found.y.max(), 1e-300)
    first = np.argsort(-reach, kind="stable").tolist()
    targets = [Target(*frame.at(found.x[i], found.y[i]), 2.8, effects.labels[i]) for i in first]
    left_out = board.name_points(targets, frame)
    board.close(frame, "Contribution to heterogeneity")
    top = [effects.labels[i] for i in first[:3]]
    alt = (
        f"Baujat plot of {count(k)}: contribution to heterogeneity against influence on the pooled "
        f"effect. Furthest from the origin: {', '.join(top)}."
    )
    rows = [(effects.labels[i], float(found.x[i]), float(found.y[i])) for i in range(k)]
    note = (
        "Across: squared standardised distance from the pool. Upwards: squared shift of the pool "
        "when the trial is left out, in units of its variance."
    )
    columns = ("label", "heterogeneity", "influence")
    return board.finish(alt, columns, rows, (note, unnamed(left_out)))


def influence_plot(
    source: Source,
    *,
    group: str | None = None,
    tau2: str = "REML",
    title: str = "Influence of each trial",
    width_mm: float = 230.0,
    identifier: str = "influence",
) -> PlotFigure:
    """Draw case diagnostics side by side, one row per trial.

    Viechtbauer and Cheung 2010, Research Synthesis Methods 1:112; the numbers
    are those of `trialpool.sensitivity.influence`. Dotted lines are the cut-offs
    of that paper, in the panels of tau² and of the covariance ratio the value
    with all trials and 1. A row is marked where any of its criteria is met.

    Parameters
    ----------
    source, group, tau2, title, width_mm, identifier
        As in `baujat_plot`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: the diagnostic, the row; label: the trial) and
        "limit" (values: the cut-off). Rows: label, the diagnostics, influential.

    Raises
    ------
    ValueError
        With fewer than two trials, or more than can be drawn.
    """
    from trialpool.pooling import random_effects

    effects = as_effects(source, group)
    k = _need_two(len(effects), "influence plot")
    need_rows(k, "an influence plot", "`pool --influence` has all in a table")
    found = influence(effects.yi, effects.vi, tau2=tau2)
    whole = random_effects(effects.yi, effects.vi, tau2=tau2, ci="wald").tau2
    cuts: dict[str, tuple[float, ...]] = {
        "rstudent": (-1.959963984540054, 1.959963984540054),
        "dffits": (-3.0 * math.sqrt(1.0 / (k - 1)), 3.0 * math.sqrt(1.0 / (k - 1))),
        "cook_d": (_COOK,),
        "cov_ratio": (1.0,),
        "tau2_deleted": (whole,),
        "hat": (3.0 / k,),
        "dfbetas": (-1.0, 1.0),
    }
    board = Board(identifier, title, width_mm, "influence")
    names = [shorten_to(printable(label), 7.5, 0.22 * board.width) for label in effects.labels]
    left = MARGIN + max(text_width(name, 7.5) for name in names) + 10.0
    each = (board.right - left) / len(PANELS)
    rows_axis, height, start = index_axis(k), _ROW * k, board.top
    headings = [wrap(heading, 7.0, "bold", each - 12.0) for _, heading in PANELS]
    board.top += _HEAD + 9.0 * (max(map(len, headings)) - 1)
    for i in range(k):
        y = board.top + _ROW * (i + 0.5)
        if found.influential[i]:
            band = ((MARGIN, y - _ROW / 2), (board.right, y - _ROW / 2),
                    (board.right, y + _ROW / 2), (MARGIN, y + _ROW / 2))  # fmt: skip
            board.add("influential", band, "band", form="polygon", label=effects.labels[i])
        face = "bold" if found.influential[i] else "regular"
        size = 7.5 if face == "regular" else 7.0
        board.text(names[i], MARGIN, y + 2.6, face=face, size=size, row=i)  # type: ignore[arg-type]
    for number, (name, _) in enumerate(PANELS):
        values = getattr(found, name)
        lines = cuts[name]
        shown = [v for v in lines if _near(v, values)]
        low, high = min(*values, *shown, 0.0), max(*values, *shown)
        a, b = left + number * each, left + (number + 1) * each - 12.0
        for n, line in enumerate(headings[number]):
            baseline = start + ASCENT * 7.0 + 1 + 9.0 * n
            board.text(line, a, baseline, size=7.0, face="bold", role="header")
        axis = plain_axis(low, high, b - a, pad=0.08)
        _column(board, Frame(a, b, board.top, board.top + height, axis, rows_axis, down=True),
                values, shown, effects.labels, found.influential)  # fmt: skip
    board.top += height + 16.0
    marked = [effects.labels[i] for i in range(k) if found.influential[i]]
    words = (
        f"Influential by at least one criterion: {', '.join(marked)}."
        if marked
        else "No trial is influential by these criteria."
    )
    alt = f"Seven case diagnostics of {count(k)}, one row per trial. {words}"
    columns = ("label", *(name for name, _ in PANELS), "influential")
    rows: list[tuple[Cell, ...]] = [
        (effects.labels[i], *(float(getattr(found, name)[i]) for name, _ in PANELS),
         bool(found.influential[i]))
        for i in range(k)
    ]  # fmt: skip
    note = (
        "Dotted: |residual| 1.96, |DFFITS| 3√(1/(k − 1)), Cook's distance "
        f"{fmt.number(_COOK)}, hat value 3/k, |DFBETAS| 1, each where it is on the axis; "
        "covariance ratio 1; τ² with all trials."
    )
    return board.finish(alt, columns, rows, (words, note))


def _near(cut: float, values: np.ndarray) -> bool:
    """Whether a cut-off is close enough to the values to be worth the room on the axis."""
    return abs(cut) <= 2.5 * float(np.abs(values).max())


def _column(
    board: Board,
    frame: Frame,
    values: np.ndarray,
    cuts: list[float],
    labels: tuple[str, ...],
    marked: np.ndarray,
) -> None:
    board.frames.append(frame)
    for cut in cuts:
        x = frame.x(cut)
        board.add("limit", ((x, frame.top), (x, frame.bottom)), "limit", values=(cut,))
    zero = frame.x(0.0)
    for i, value in enumerate(values.tolist()):
        x, y = frame.at(value, i)
        board.add("stem", ((zero, y), (x, y)), "stem", label=labels[i])
        style = "marked" if marked[i] else "trial"
        board.add("trial", ((x, y),), style, form="disc", label=labels[i], values=(value, i),
                  radius=2.3)  # fmt: skip
    board.add("axis", ((frame.left, frame.bottom), (frame.right, frame.bottom)), "axis")
    board.add("axis", ((zero, frame.top), (zero, frame.bottom)), "rule")
    before = board.top
    board.ticks_below(frame)
    board.top = before


def _need_two(k: int, plot: str) -> int:
    if k < 2:
        raise ValueError(f"a {plot} leaves out one trial at a time: it needs two, there is {k}")
    return k
