"""Net heat plot: which designs of a network bear on each other, and which disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.cluster import hierarchy

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.board import MARGIN, NOTE_SIZE, Board
from trialpool.figures.plots.drawing.labels import shorten_to
from trialpool.figures.plots.drawing.scene import MM, PlotFigure
from trialpool.figures.plots.network.league_shades import STEPS, corners
from trialpool.figures.text.widths import ASCENT, printable, text_width

if TYPE_CHECKING:
    from trialpool.pooling.network import NetworkResult
    from trialpool.pooling.network.evidence.heat import NetHeat

Floats = npt.NDArray[np.float64]

_SIZE: Final = 7.0
_SMALLEST_CELL: Final = 12.0
_LARGEST_CELL: Final = 34.0
_WIDTHS_MM: Final = (170.0, 210.0, 270.0, 360.0, 480.0)
# Of the width of a figure, the most that names of designs take.
_NAMES: Final = 0.45
_NICE: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, eq=False)
class Heat:
    """What is drawn; attributes as in `trialpool.pooling.network.evidence.heat.NetHeat`."""

    designs: tuple[tuple[str, ...], ...]
    shares: Floats
    q: Floats
    change: Floats
    total: float
    tau2: float


def net_heat_plot(
    result: NetworkResult,
    *,
    model: str = "common",
    title: str = "Net heat plot",
    width_mm: float | None = None,
    identifier: str = "net-heat",
) -> PlotFigure:
    """Draw which designs of a network inform each other, and between which it is inconsistent.

    Krahn, Binder and König 2013, BMC Medical Research Methodology 13:35. Rows are network
    estimates of a design's contrasts, columns the designs that inform them. The grey square shows
    how much the column's design bears on the row, the colour how the disagreement of the row's
    design with the network changes when the column's design is detached: warm where it falls, so
    that the two disagree, cool where it grows. Designs with equal patterns stand together.
    A design of several arms is one row, its contrasts together.

    Parameters
    ----------
    result : NetworkResult
    model : {"common", "random"}
        At tau² = 0 as in the paper, or at that within designs, where random effects take up what
        only heterogeneity is.
    title, identifier
        As in `funnel_plot`.
    width_mm : float, optional
        By default 170, more where many designs need it.

    Returns
    -------
    PlotFigure
        Shapes "heat" (label "row | column"; values: change of Q) and "share" (values: its share).
        Rows: row, column, share, change of Q, Q of the row's design.

    Raises
    ------
    ValueError
        If no two designs bear on the same comparison: then inconsistency is not estimable.
    """
    from trialpool.pooling.network.evidence.heat import net_heat

    if model not in ("common", "random"):
        raise ValueError(f"model={model!r} is not known; allowed: common, random")
    within = result.decomposition.interaction.tau2
    tau2 = 0.0 if model == "common" or within is None else within
    found = net_heat(result.studies, result.treatments, tau2)
    return draw_heat(found, result.decomposition.between.df, title=title, width_mm=width_mm,
                     identifier=identifier)  # fmt: skip


def draw_heat(
    found: NetHeat | Heat,
    df: int,
    *,
    title: str = "Net heat plot",
    width_mm: float | None = None,
    identifier: str = "net-heat",
) -> PlotFigure:
    """Draw which designs disagree, `df` degrees of freedom between them; see `net_heat_plot`."""
    tau2 = found.tau2
    order = _alike(found)
    names = [printable(" : ".join(found.designs[i])) for i in order]
    limits = _limits(found)
    count = len(order)
    own = max(text_width(f"{i + 1}  {name}", _SIZE) for i, name in enumerate(names)) + 6.0
    width, label = _width(own, count, width_mm)
    board = Board(identifier, title, width, "net-heat")
    cell = min(_LARGEST_CELL, (board.right - MARGIN - label) / count)
    left, top = MARGIN + label, board.top
    for j in range(count):
        board.text(str(j + 1), left + (j + 0.5) * cell, top + ASCENT * _SIZE, size=_SIZE,
                   face="bold", align="center", role="header")  # fmt: skip
    top += 1.3 * _SIZE + 2.0
    rows = []
    for i, row in enumerate(order):
        y = top + i * cell
        text = shorten_to(f"{i + 1}  {names[i]}", _SIZE, label - 4.0)
        board.text(text, MARGIN, y + cell / 2 + 0.36 * _SIZE, size=_SIZE, role="header")
        for j, column in enumerate(order):
            x = left + j * cell
            change, share = float(found.change[row, column]), float(found.shares[row, column])
            both = f"{names[i]} | {names[j]}"
            board.add("heat", corners((x, y, x + cell, y + cell)), _style(change, limits),
                      form="polygon", label=both, values=(change,))  # fmt: skip
            half = 0.5 * (cell - 3.0) * float(np.sqrt(min(share, 1.0)))
            if half > 0.3:
                middle = (x + cell / 2, y + cell / 2)
                square = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
                board.add("share", corners(square), "edge", form="polygon", label=both,
                          values=(share,))  # fmt: skip
            rows.append((names[i], names[j], share, change, float(found.q[row])))
    board.top = top + count * cell + 8.0
    _scale(board, limits)
    weights = "common effect" if tau2 == 0.0 else f"τ² {fmt.tau_squared(tau2)} within designs"
    worst = max(range(count), key=lambda i: found.q[order[i]])
    notes = [
        f"Row: network estimate; column: design that informs it. Grey square: its share. Colour: "
        f"by how much Q of the row's design falls when the column's is detached ({weights}).",
        f"Inconsistency in all: Q {fmt.number(found.total, 2)}, {df} degrees of freedom.",
    ]
    alt = (
        f"Net heat plot of {count} designs. Inconsistency Q {fmt.number(found.total, 2)}; the "
        f"largest part, {fmt.number(float(found.q[order[worst]]), 2)}, is of {names[worst]}."
    )
    columns = ("row", "column", "share", "change_of_q", "q_of_row")
    return board.finish(alt, columns, rows, notes)


def _width(own: float, count: int, asked: float | None) -> tuple[float, float]:
    """Width of the figure in mm, and what of it names of designs take in points."""
    for width in _WIDTHS_MM if asked is None else (asked,):
        label = min(own, _NAMES * width * MM)
        if width * MM - 2 * MARGIN - label >= count * _SMALLEST_CELL:
            return width, label
    least = (count * _SMALLEST_CELL + 2 * MARGIN) / (1.0 - _NAMES) / MM
    raise ValueError(f"width_mm={width:g} for {count} designs; allowed: at least {ceil(least)}")


def _alike(found: NetHeat | Heat) -> list[int]:
    """Order designs so that those that disagree with the same others stand together."""
    n = len(found.designs)
    if n < 3:
        return list(range(n))
    pattern = found.change + found.change.T
    tree = hierarchy.linkage(np.abs(pattern), method="complete")
    return [int(i) for i in hierarchy.leaves_list(tree)]


def _limits(found: NetHeat | Heat) -> tuple[float, ...]:
    """Four limits of shades that read well."""
    step = max(0.6 * float(np.abs(found.change).max()) / STEPS, 1e-12)
    power = 10.0 ** np.floor(np.log10(step))
    nice = next(f * power for f in _NICE if f * power >= step * (1 - 1e-9))
    return tuple(float(nice * i) for i in range(1, STEPS + 1))


def _style(change: float, limits: Sequence[float]) -> str:
    step = sum(abs(change) >= limit for limit in limits)
    return "cell-even" if step == 0 else f"{'worse' if change > 0 else 'better'}-{step}"


def _scale(board: Board, limits: Sequence[float]) -> None:
    """Draw the shades with the changes of Q between them."""
    size, wide = NOTE_SIZE, 26.0
    left_words, right_words = "agree: Q grows", "disagree: Q falls"
    styles = [f"better-{i}" for i in range(STEPS, 0, -1)] + ["cell-even"]
    styles += [f"worse-{i}" for i in range(1, STEPS + 1)]
    y, start = board.top, MARGIN + text_width(left_words, size) + 8.0
    board.text(left_words, MARGIN, y + 0.78 * size + 1.0, size=size, role="note")
    for i, style in enumerate(styles):
        x = start + i * wide
        board.add("scale", corners((x, y, x + wide, y + 9.0)), style, form="polygon")
    for i, value in enumerate([*(-v for v in reversed(limits)), *limits], start=1):
        board.text(fmt.plain(float(f"{value:.2g}")), start + i * wide, y + 10.5 + ASCENT * 6.0,
                   size=6.0, align="center", role="tick")  # fmt: skip
    x = start + len(styles) * wide + 8.0
    board.text(right_words, x, y + 0.78 * size + 1.0, size=size, role="note")
    board.top = y + 22.0
