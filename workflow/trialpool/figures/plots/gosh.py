"""GOSH: the pool of every subset of the trials."""

from __future__ import annotations

from typing import Final

import numpy as np

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.axes import axis_title, effect_axis, plain_axis
from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.plots.drawing.source import Source, as_effects, count, measure_of
from trialpool.pooling.options import Bools, Floats
from trialpool.sensitivity.gosh import MOST_SUBSETS, gosh, summarise_gosh

BINS: Final = 48
_HISTOGRAM: Final = 54.0


def gosh_plot(
    source: Source,
    *,
    group: str | None = None,
    tau2: str = "REML",
    max_subsets: int = MOST_SUBSETS,
    mark: str | None = None,
    title: str = "Every subset of the trials (GOSH)",
    width_mm: float = 150.0,
    identifier: str = "gosh",
) -> PlotFigure:
    """Draw pooled effect and I² of every subset of two trials or more.

    Olkin, Dahabreh and Trikalinos 2012, Research Synthesis Methods 3:214. Subsets
    with one trial are told by colour from those without it: two clouds mean that
    the trial divides them. The histograms above count the same subsets.

    Parameters
    ----------
    source, group, title, width_mm, identifier
        As in `funnel_plot`.
    tau2 : str
        Estimator of `random_effects`.
    max_subsets : int
        A random sample of this size beyond it, seeded.
    mark : str, optional
        Label of the trial whose subsets are marked; by default the one that
        divides the estimates most.

    Returns
    -------
    PlotFigure
        Shapes "subsets" (points: one per subset; label: "with" or "without") and
        "bar" (values: limits of the bin, number). Rows: k, estimate, I², tau²,
        whether the marked trial is in.

    Raises
    ------
    ValueError
        With fewer than three trials, or an unknown `mark`.
    """
    effects = as_effects(source, group)
    measure, k = measure_of(effects), len(effects)
    if k < 3:
        raise ValueError(f"subsets of two trials or more need three trials, there are {k}")
    found = gosh(effects.yi, effects.vi, tau2=tau2, ci="wald", smallest=2, max_subsets=max_subsets)
    summary = summarise_gosh(found)
    at = summary.splits
    if mark is not None:
        if mark not in effects.labels:
            raise ValueError(f"mark={mark!r}; allowed: {', '.join(effects.labels)}")
        at = effects.labels.index(mark)
    inside = found.member[:, at] if at is not None else np.zeros(len(found), dtype=bool)
    board = Board(identifier, title, width_mm, "gosh")
    height = 0.5 * board.width
    y_axis = plain_axis(0.0, max(float(found.i2.max()), 10.0), height, pad=0.03, upright=True)
    left = board.gutter(y_axis)
    x_axis = effect_axis(measure, found.estimate.tolist(), board.right - left)
    _histograms(board, Frame(left, board.right, board.top, board.top + _HISTOGRAM, x_axis, y_axis),
                found.estimate, inside)  # fmt: skip
    board.top += _HISTOGRAM + 3.0
    frame = board.frame(x_axis, y_axis, height, y_title="I² (%)")
    radius = 0.9 if len(found) < 3000 else 0.55
    for chosen, style, label in (
        (~inside, "dots-without", "without"),
        (inside, "dots-with", "with"),
    ):
        if chosen.any():
            points = [
                frame.at(e, i)
                for e, i in zip(
                    found.estimate[chosen].tolist(), found.i2[chosen].tolist(), strict=True
                )
            ]
            board.add("subsets", points, style, form="dots", label=label, radius=radius)
    pooled = float(found.estimate[found.k == k][0]) if (found.k == k).any() else None
    board.add("null", (frame.at(0.0, y_axis.upper), frame.at(0.0, y_axis.lower)), "null",
              values=(0.0,))  # fmt: skip
    if pooled is not None:
        board.add("pool", (frame.at(pooled, y_axis.upper), frame.at(pooled, y_axis.lower)),
                  "pool-line", values=(pooled,))  # fmt: skip
    board.close(frame, axis_title(measure))
    who = effects.labels[at] if at is not None else ""
    entries = [("line", "null", "no difference")]
    if pooled is not None:
        entries.insert(0, ("line", "pool-line", f"all trials, {fmt.effect(pooled, measure)}"))
    if at is not None:
        entries = [("box", "dots-with", f"with {who}"), ("box", "dots-without", f"without {who}"),
                   *entries]  # fmt: skip
    board.key(entries)
    kind = "all" if found.complete else "a random sample of"
    low, middle, high = (
        fmt.effect(v, measure) for v in (summary.minimum, summary.quantiles[2], summary.maximum)
    )
    words = (
        f"{kind.capitalize()} {count(len(found), 'subset')} of two trials or more of {count(k)}: "
        f"pooled effect from {low} to {high}, median {middle}."
    )
    rows: list[tuple[Cell, ...]] = [
        (int(n), float(e), float(i), float(t), bool(m))
        for n, e, i, t, m in zip(found.k, found.estimate, found.i2, found.tau2, inside, strict=True)
    ]
    columns = ("k", "estimate", "i2", "tau2", "with_marked")
    return board.finish(f"GOSH plot. {words}", columns, rows, (words,))


def _histograms(board: Board, frame: Frame, estimates: Floats, inside: Bools) -> None:
    """Two histograms on one base line: without the trial filled, with it stepped over it."""
    low, high = float(estimates.min()), float(estimates.max())
    least = (frame.x_axis.upper - frame.x_axis.lower) / BINS
    bins = BINS
    if high - low < least:
        low, high, bins = (low + high - least) / 2, (low + high + least) / 2, 1
    edges = np.linspace(low, high, bins + 1)
    counts = [np.histogram(estimates[chosen], edges)[0] for chosen in (~inside, inside)]
    most = max(int(c.max()) for c in counts) or 1
    for numbers, style, label in zip(counts, ("dots-without", "dots-with"), ("without", "with"),
                                     strict=True):  # fmt: skip
        for low, high, n in zip(edges[:-1], edges[1:], numbers.tolist(), strict=True):
            if not n:
                continue
            a, b = frame.x(low), frame.x(high)
            # Half the width each, so that neither hides the other.
            a, b = (a, (a + b) / 2) if label == "without" else ((a + b) / 2, b)
            y = frame.bottom - (frame.bottom - frame.top) * n / most
            corners = ((a, frame.bottom), (a, y), (b, y), (b, frame.bottom))
            board.add("bar", corners, style, form="polygon", label=label, values=(low, high, n))
    board.add("axis", ((frame.left, frame.bottom), (frame.right, frame.bottom)), "rule")
