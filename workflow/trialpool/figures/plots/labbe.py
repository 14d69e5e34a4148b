"""L'Abbé plot: the risks of two arms against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis, Tick
from trialpool.figures.plots.drawing.board import Board, unnamed
from trialpool.figures.plots.drawing.labels import Target
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.figures.plots.drawing.source import count
from trialpool.measures import get_measure

LARGEST: Final = 7.0
SMALLEST: Final = 1.1


def labbe_plot(
    events_experimental: npt.ArrayLike,
    n_experimental: npt.ArrayLike,
    events_control: npt.ArrayLike,
    n_control: npt.ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    measure: str = "OR",
    title: str = "L'Abbé plot",
    width_mm: float = 120.0,
    identifier: str = "labbe",
) -> PlotFigure:
    """Draw the proportion with the event under treatment against that under control.

    L'Abbé, Detsky and O'Rourke 1987, Annals of Internal Medicine 107:224. The
    area of a disc is proportional to the trial's number of patients. The dashed
    curve is where both risks differ by the pooled effect (random effects, REML,
    of the trials that have information on it).

    Parameters
    ----------
    events_experimental, n_experimental, events_control, n_control : array-like of shape (k,)
    labels : sequence of str, optional
    measure : {"OR", "RR", "RD"}
        Of the curve.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: risk under control, under treatment), "null", "pool".
        Rows: label, events and patients of both arms, both risks.

    Raises
    ------
    ValueError
    """
    from trialpool.effects.table_files.frames import effect_sizes
    from trialpool.pooling import random_effects

    if measure not in ("OR", "RR", "RD"):
        raise ValueError(f"measure={measure!r}; allowed: OR, RR, RD")
    a, n1, c, n0 = (
        np.asarray(v, dtype=np.float64)
        for v in (events_experimental, n_experimental, events_control, n_control)
    )
    k = a.size
    names = [str(i + 1) for i in range(k)] if labels is None else [str(x) for x in labels]
    effect: float | None = None
    effects = effect_sizes(
        events_experimental=a,
        n_experimental=n1,
        events_control=c,
        n_control=n0,
        measure=measure,
        labels=names,
    )
    effect = random_effects(effects.yi, effects.vi, ci="wald", measure=measure).estimate
    kind = get_measure(measure)
    board = Board(identifier, title, width_mm, "labbe")
    size, risk0, risk1 = n1 + n0, c / n0, a / n1
    axis = _risk_axis(float(max(risk0.max(), risk1.max())))
    side = board.right - board.gutter(axis)
    frame = board.frame(axis, axis, side, y_title="Experimental arm")
    most = min(1.0, axis.upper)
    board.add("null", (frame.at(0, 0), frame.at(most, most)), "null", values=(0.0,))
    grid = np.linspace(0.0, most, 101).tolist()
    curve = [(p, other_risk(p, effect, measure)) for p in grid]
    line = [frame.at(p, q) for p, q in curve if 0.0 <= q <= most]
    board.add("pool", line, "pool-line", values=(effect,))
    exact = [LARGEST * math.sqrt(share) for share in (size / size.max()).tolist()]
    radius = [max(SMALLEST, r) for r in exact]
    for i in np.argsort(-size, kind="stable").tolist():
        board.add(
            "trial",
            (frame.at(risk0[i], risk1[i]),),
            "trial-pale",
            form="disc",
            label=names[i],
            values=(risk0[i], risk1[i]),
            radius=radius[i],
        )
    first = np.argsort(-np.abs(risk1 - risk0), kind="stable").tolist()
    targets = [Target(*frame.at(risk0[i], risk1[i]), radius[i], names[i]) for i in first]
    lines = [(x - 1.5, y - 1.5, x + 1.5, y + 1.5) for x, y in
             [*line, *(frame.at(s, s) for s in grid)]]  # fmt: skip
    left_out = board.name_points(targets, frame, lines)
    board.close(frame, "Control arm", box=True)
    words = fmt.effect(effect, kind)
    board.key(
        [
            ("line", "null", "no difference"),
            ("line", "pool-line", f"pooled {kind.name}, {words}"),
            ("disc", "trial-pale", "a trial; area as its number of patients"),
        ]
    )
    alt = (
        f"L'Abbé plot of {count(k)}: proportion with the event, experimental arm against control; "
        f"{int((risk1 > risk0).sum())} above the line of no difference, "
        f"{int((risk1 < risk0).sum())} below. Pooled {kind.name} {words}."
    )
    columns = ("label", "events_experimental", "n_experimental", "events_control", "n_control",
               "risk_control", "risk_experimental")  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (names[i], *(int(v[i]) for v in (a, n1, c, n0)), float(risk0[i]), float(risk1[i]))
        for i in range(k)
    ]
    outside = [x.label for x in effects.excluded]
    told = f"Without information on the {kind.name}, so not in its pool: {', '.join(outside)}."
    small = [names[i] for i in range(k) if exact[i] < SMALLEST]
    enlarged = f"Drawn larger than to scale, to be seen at all: {', '.join(small)}."
    notes = (told if outside else "", enlarged if small else "", unnamed(left_out))
    return board.finish(alt, columns, rows, notes)


def _risk_axis(largest: float) -> Axis:
    """Return an axis of risks from 0 to a little beyond the largest, in percent."""
    upper = 1.04 if largest > 0.7 else 1.1 * max(largest, 0.001)
    steps = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
    step = next(step for step in steps if upper / step <= 7)
    decimals = 0 if step >= 0.01 else 1 if step >= 0.001 else 2
    ticks = (Tick(i * step, fmt.percent(i * step, decimals)) for i in range(int(upper / step) + 1))
    return Axis(-0.04 * upper, upper, math.nan, tuple(ticks))


def other_risk(risk: float, effect: float, measure: str) -> float:
    """Risk under treatment where the one under control is `risk`; `effect` on its own scale."""
    if measure == "RD":
        return risk + effect
    if measure == "RR":
        return risk * math.exp(effect)
    odds = math.exp(effect)
    return risk * odds / (1.0 - risk + risk * odds)
