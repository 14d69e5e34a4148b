"""Comparison-adjusted funnel plot of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis
from trialpool.figures.plots.drawing.axes import effect_axis, plain_axis
from trialpool.figures.plots.drawing.board import Board, unnamed
from trialpool.figures.plots.drawing.labels import Target
from trialpool.figures.plots.drawing.scene import PlotFigure, clip
from trialpool.measures import get_measure

if TYPE_CHECKING:
    from trialpool.pooling.network import NetworkResult
    from trialpool.pooling.network.evidence.funnel import AdjustedEffects

Floats = npt.NDArray[np.float64]

_Z: Final = 1.959963984540054
_RADIUS: Final = 2.8


@dataclass(frozen=True, eq=False)
class Adjusted:
    """What is drawn; attributes as in `trialpool.pooling.network.evidence.funnel`."""

    labels: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    effects: Floats
    errors: Floats
    left_out: int
    bias: float | None
    p_value: float | None


def network_funnel_plot(
    result: NetworkResult,
    *,
    order: Sequence[str] | None = None,
    title: str = "Comparison-adjusted funnel plot",
    width_mm: float = 150.0,
    identifier: str = "network-funnel",
) -> PlotFigure:
    """Draw the effects of all trials, less the direct estimate of their comparison.

    Chaimani and Salanti 2012, Research Synthesis Methods 3:161. All effects are of the treatment
    that comes later in `order` against the earlier one. Where small trials favour the later one,
    the points at the bottom lean to one side. The dotted lines hold 95 % of trials where nothing
    but chance and standard errors differ.

    Parameters
    ----------
    result : NetworkResult
    order : sequence of str, optional
        Treatments in an order with a meaning, for example the oldest first; those not named come
        last. By default the reference alone, so that contrasts with it are drawn, and no others.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: adjusted effect, standard error; "marked" outside the lines).
        Rows: label, later treatment, earlier treatment, adjusted effect, standard error.

    Raises
    ------
    ValueError
        If the order names what is no treatment, or leaves no contrast.
    """
    from trialpool.pooling.network.evidence.funnel import comparison_adjusted

    named = (result.reference,) if order is None else tuple(order)
    found = comparison_adjusted(result.studies, named)
    some = len(named) < len(result.treatments)
    words = f"{' < '.join(named)}{' < all others' if some else ''}"
    return draw_funnel(found, result.measure, words, title=title, width_mm=width_mm,
                       identifier=identifier)  # fmt: skip


def draw_funnel(
    found: AdjustedEffects | Adjusted,
    measure_code: str,
    order: str,
    *,
    title: str = "Comparison-adjusted funnel plot",
    width_mm: float = 150.0,
    identifier: str = "network-funnel",
) -> PlotFigure:
    """Draw adjusted effects, `order` of treatments in words; see `network_funnel_plot`."""
    measure = get_measure(measure_code)
    y, se = found.effects, found.errors
    board = Board(identifier, title, width_mm, "network-funnel")
    height = 0.62 * board.width
    deepest = float(se.max()) * 1.06
    whole = plain_axis(0.0, deepest, height, pad=0.0, upright=True)
    y_axis = Axis(0.0, whole.upper, whole.null, tuple(t for t in whole.ticks if t.value >= -1e-12))
    left = board.gutter(y_axis)
    reach = _Z * deepest
    x_axis = effect_axis(measure, [*y.tolist(), -reach, reach], board.right - left)
    frame = board.frame(x_axis, y_axis, height, y_title="Standard error", down=True)
    foot = y_axis.upper
    inside = clip(
        (frame.at(0, 0), frame.at(_Z * foot, foot), frame.at(-_Z * foot, foot)), frame.box
    )
    board.add("contour", inside, "contour-01", form="polygon", values=(-_Z, _Z))
    board.add("null", (frame.at(0, 0), frame.at(0, foot)), "null", values=(0.0,))
    far = np.abs(y) > _Z * se
    for i in np.argsort(-se, kind="stable").tolist():
        board.add(
            "trial", (frame.at(y[i], se[i]),), "marked" if far[i] else "trial", form="disc",
            label=found.labels[i], values=(y[i], se[i]), radius=_RADIUS,
        )  # fmt: skip
    first = np.argsort(-np.abs(y) / se, kind="stable").tolist()
    targets = [
        Target(frame.x(y[i]), frame.y(se[i]), _RADIUS, found.labels[i]) for i in first if far[i]
    ]
    middle = frame.x(0.0)
    left_out = board.name_points(targets, frame, [(middle - 1, frame.top, middle + 1,
                                                   frame.bottom)])  # fmt: skip
    what = "Ratio to" if measure.is_ratio else "Difference from"
    board.close(frame, f"{what} the direct estimate of the comparison ({measure.name})", box=True)
    board.key(
        [
            ("box", "contour-01", "95% of trials of one effect per comparison"),
            ("disc", "trial", "in it"),
            ("disc", "marked", "outside"),
        ]
    )
    sides = f"All effects are of the treatment later in the order {order}."
    some = "contrast" if found.left_out == 1 else "contrasts"
    missing = (
        f"{found.left_out} {some} between treatments that the order does not tell apart not drawn."
        if found.left_out
        else ""
    )
    test = (
        "Egger's test is not estimable."
        if found.bias is None
        else f"Egger's test, all comparisons together: bias {fmt.number(found.bias, 2)} standard "
        f"errors, {fmt.p_statement(found.p_value)}."
    )
    trials = f"{len(set(found.labels))} trials, {y.size} contrasts"
    alt = (
        f"Comparison-adjusted funnel plot of {trials}; {int(far.sum())} outside the lines. {sides} "
        f"{test}"
    )
    rows = [(found.labels[i], *found.pairs[i], float(y[i]), float(se[i])) for i in range(y.size)]
    columns = ("label", "later", "earlier", "adjusted_effect", "se")
    return board.finish(alt, columns, rows, (sides, missing, test, unnamed(left_out)))
