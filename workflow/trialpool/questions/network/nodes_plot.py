"""All nodes of a network against the reference, the best supported number of each on a row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.axes import axis_title
from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.plots.drawing.rows import Interval, PlotRow, draw_rows, rows_axis
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.measures import get_measure
from trialpool.records.groups import Group
from trialpool.records.network import NetworkFit, NetworkResult, NodeEffect

COLUMNS: Final = ("treatment", "against", "evidence", "k", "estimate", "ci_lower", "ci_upper",
                  "verdict", "effect")  # fmt: skip

PAIRWISE: Final = "pairwise pool"


def nodes_plot(result: NetworkResult, *, width_mm: float = 178.0) -> PlotFigure:
    """Draw every node against the reference, in the order of the estimates.

    Parameters
    ----------
    result : NetworkResult
    width_mm : float

    Returns
    -------
    PlotFigure
        Shapes "node", "pairwise" (the pool of the direct trials) and "interval"; their label is
        "treatment v reference". Rows: as `COLUMNS`,
        estimates on the analysis scale.
    """
    measure, fit = get_measure(result.measure), result.network.fit
    title = result.title if fit is None else f"{result.title}, against {fit.reference}"
    board = Board(f"{result.id}-network", title, width_mm)
    table: list[tuple[Cell, ...]] = []
    if fit is None:
        alt = "Network without an estimate: no trial compares the reference."
        return board.finish(alt, COLUMNS, table, (alt,))
    rows = _rows(result, fit, table)
    draw_rows(
        board,
        rows,
        ("Node", "Trials", "Evidence", f"{measure.code} [{fmt.level(result.settings.level)}]"),
        lambda length: rows_axis(measure, rows, length),
        x_title=axis_title(measure),
        sides=("Favours the node", "Favours the reference")
        if result.benefit == "lower"
        else ("Favours the reference", "Favours the node"),
    )
    told = "; ".join(f"{row[0]} v {row[1]}: {row[8]}, {row[2]}" for row in table)
    notes = (
        "Trials: those that contribute to the estimate. Filled: direct evidence; open: indirect "
        "alone. Of an estimate that rests on one trial, the trial’s own interval; else the "
        "posterior, where there is a prior of τ. Squares: the pool of the direct trials alone, as "
        "in questions on pairs.",
    )
    return board.finish(f"Network of {len(table)} estimates. {told}.", COLUMNS, table, notes)


def _rows(result: NetworkResult, fit: NetworkFit, table: list[tuple[Cell, ...]]) -> list[PlotRow]:
    measure, rows = get_measure(result.measure), []
    direct = _direct(result)
    for one in _in_order(result, fit.effects):
        values = (one.estimate, one.ci_lower, one.ci_upper)
        text = fmt.effect_with_interval(*values, measure)
        table.append((one.treatment, one.against, one.evidence, one.k, *values,
                      one.verdict.word, text))  # fmt: skip
        style = "node-away" if one.evidence == "indirect" else "trial"
        name = f"{one.treatment} v {one.against}"
        mark = Interval("node", *values, "disc", style, "interval", name)
        rows.append(PlotRow(one.treatment, (fmt.whole(one.k), one.evidence, text), (mark,)))
        group, sign = direct.get(one.treatment, (None, 1.0))
        if group is None or one.k < 2 or group.ci_lower is None or group.ci_upper is None:
            continue
        low, high = sorted((sign * group.ci_lower, sign * group.ci_upper))
        values = (sign * group.estimate, low, high)
        text = fmt.effect_with_interval(*values, measure)
        table.append((one.treatment, one.against, PAIRWISE, group.k, *values,
                      "" if group.verdict is None else group.verdict.word, text))  # fmt: skip
        mark = Interval("pairwise", *values, "square", "unknown", "unknown-line", name)
        rows.append(PlotRow("", (fmt.whole(group.k), PAIRWISE, text), (mark,)))
    return rows


def _direct(result: NetworkResult) -> dict[str, tuple[Group, float]]:
    """Return the direct comparison with the reference of each node that has one, and its sign."""
    reference = "" if result.network.fit is None else result.network.fit.reference
    groups = {group.label: group for group in result.groups}
    found = {}
    for pair in result.network.pairs:
        if reference in (pair.treatment, pair.against) and pair.group in groups:
            turned = pair.treatment == reference
            name = pair.against if turned else pair.treatment
            found[name] = groups[pair.group], -1.0 if turned else 1.0
    return found


def _in_order(result: NetworkResult, effects: Iterable[NodeEffect]) -> list[NodeEffect]:
    """Sort by the estimate, the most favourable first: an order, no ranking."""
    sign = 1.0 if result.benefit == "lower" else -1.0
    return sorted(effects, key=lambda one: (sign * one.estimate, one.treatment))
