"""Specification curve: every analysis of a question, sorted, over the choices behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.axes import axis_title, effect_axis, index_axis
from trialpool.figures.plots.drawing.board import MARGIN, Board
from trialpool.figures.plots.drawing.labels import shorten_to
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.text.widths import ASCENT, printable, text_width
from trialpool.measures import get_measure

CHOICES: Final = (
    ("policy", "Policy"),
    ("inclusion", "Trials"),
    ("tau2_method", "τ²"),
    ("ci_method", "Interval"),
)
_ROW: Final = 10.0
_SIZE: Final = 7.0
# Style of an analysis by the column `holds`, empty where there is nothing to compare with.
_HOLDS: Final = {"yes": "holds", "true": "holds", "no": "fails", "false": "fails"}


def specification_curve(
    rows: Sequence[Mapping[str, Any]],
    *,
    measure: str,
    group: str | None = None,
    title: str = "Specification curve",
    width_mm: float = 180.0,
    identifier: str = "specification",
) -> PlotFigure:
    """Draw all analyses of a multiverse by the size of their estimate.

    Simonsohn, Simmons and Nelson 2020, Nature Human Behaviour 4:1208; for
    meta-analysis Voracek, Kossmeier and Tran 2019, Zeitschrift für Psychologie
    227:64. Below the curve one row per choice, marked where an analysis made it.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of `multiverse.csv` (text or numbers; estimates on the analysis scale).
    measure : str
    group : str, optional
        Whose rows are drawn; needed where there are several.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "estimate" (values: rank, estimate), "interval" and "choice"
        (label: "policy=…"). Rows: rank and the columns of the multiverse.

    Raises
    ------
    ValueError
        If there is nothing to draw or the group is not known.
    """
    labels = list(dict.fromkeys(str(row["group"]) for row in rows))
    if group is None and len(labels) == 1:
        group = labels[0]
    if group not in labels:
        allowed = "; ".join(repr(label) for label in labels) or "none"
        raise ValueError(f"group={group!r}; the multiverse has: {allowed}")
    mine = [row for row in rows if str(row["group"]) == group]
    mine.sort(key=lambda row: float(row["estimate"]))
    kind, n = get_measure(measure), len(mine)
    estimates = [float(row["estimate"]) for row in mine]
    limits = [(_number(row["ci_lower"]), _number(row["ci_upper"])) for row in mine]
    holds = [_HOLDS.get(str(row["holds"]).lower(), "unknown") for row in mine]
    board = Board(identifier, title, width_mm, "specification")
    levels = {key: list(dict.fromkeys(str(row[key]) for row in mine)) for key, _ in CHOICES}
    widest = max(
        [text_width(printable(v), _SIZE) for values in levels.values() for v in values]
        + [text_width(head, _SIZE, "bold") for _, head in CHOICES]
    )
    name_width = min(widest + 8.0, 0.36 * board.width)
    left = MARGIN + name_width + 8.0
    pairs = [(a, b) for a, b in limits if a is not None and b is not None]
    widths = sorted(b - a for a, b in pairs)
    usual = 3.0 * widths[len(widths) // 2] if widths else 0.0
    shown = [v for a, b in pairs if b - a <= usual for v in (a, b)]
    height = 0.34 * board.width
    y_axis = effect_axis(kind, [*estimates, *shown], height, upright=True)
    x_axis = index_axis(n)
    frame = board.frame(x_axis, y_axis, height, left=left, y_title=axis_title(kind))
    step = (frame.right - frame.left) / n
    board.add(
        "null", ((frame.left, frame.y(0.0)), (frame.right, frame.y(0.0))), "null", values=(0.0,)
    )
    radius = min(2.4, max(0.7, 0.42 * step))
    for i, ((lower, upper), kept) in enumerate(zip(limits, holds, strict=True)):
        x, name = frame.x(i), f"analysis {i + 1}"
        if lower is not None and upper is not None:
            a, b = (frame.y(min(max(v, y_axis.lower), y_axis.upper)) for v in (lower, upper))
            style = f"{kept}-line"
            board.add("interval", ((x, a), (x, b)), style, label=name, values=(lower, upper))
    for i, (estimate, kept) in enumerate(zip(estimates, holds, strict=True)):
        board.add("estimate", (frame.at(i, estimate),), kept, form="disc",
                  label=f"analysis {i + 1}", values=(i + 1, estimate), radius=radius)  # fmt: skip
    board.close(frame)
    board.top += 4.0
    _matrix(board, frame, mine, levels, holds, name_width)
    known = [
        ("disc", style, told)
        for style, told in (
            ("holds", "same answer as the main analysis"),
            ("fails", "another answer"),
            ("unknown", "no answer to compare with"),
        )
        if style in holds
    ]
    board.key([*known, ("line", "null", "no difference")])
    low, high = fmt.effect(estimates[0], kind), fmt.effect(estimates[-1], kind)
    words = f"{group}: {n} analyses, {kind.name} {low} to {high}; {_answers(holds)}"
    keys = [key for key in mine[0] if key not in ("estimate", "ci_lower", "ci_upper", "tau2")]
    numeric = ("estimate", "ci_lower", "ci_upper", "tau2")
    table: list[tuple[Cell, ...]] = [
        (i + 1, *(str(row[key]) for key in keys), *(_number(row.get(key)) for key in numeric))
        for i, row in enumerate(mine)
    ]
    notes = (
        words,
        "Intervals much wider than most are cut at the frame; the analyses share trials.",
    )
    return board.finish(f"Specification curve. {words}", ("rank", *keys, *numeric), table, notes)


def _matrix(
    board: Board,
    frame: Frame,
    rows: Sequence[Mapping[str, Any]],
    levels: Mapping[str, Sequence[str]],
    holds: Sequence[str],
    name_width: float,
) -> None:
    """One row per value of a choice, ticks where an analysis made it."""
    half = min(2.6, max(0.35, 0.36 * (frame.right - frame.left) / len(rows)))
    for key, heading in CHOICES:
        board.text(
            heading, MARGIN, board.top + ASCENT * _SIZE, size=_SIZE, face="bold", role="header"
        )
        board.top += _ROW
        for number, value in enumerate(levels[key]):
            middle = board.top + _ROW / 2
            if number % 2 == 0:
                foot = board.top + _ROW
                band = (
                    (frame.left, board.top),
                    (frame.right, board.top),
                    (frame.right, foot),
                    (frame.left, foot),
                )
                board.add("band", band, "shade", form="polygon")
            text = shorten_to(printable(value) or fmt.NOT_AVAILABLE, _SIZE, name_width - 6.0)
            board.text(text, MARGIN + 6.0, middle + 0.27 * _SIZE, size=_SIZE)
            for i, row in enumerate(rows):
                if str(row[key]) == value:
                    x = frame.x(i)
                    corners = ((x - half, middle - 3.2), (x + half, middle - 3.2),
                               (x + half, middle + 3.2), (x - half, middle + 3.2))  # fmt: skip
                    board.add("choice", corners, holds[i], form="polygon",
                              label=f"{key}={value}", values=(i + 1,))  # fmt: skip
            board.top += _ROW
        board.top += 2.0
    board.top += 3.0


def _answers(holds: Sequence[str]) -> str:
    """Say how many analyses give the answer of the main one."""
    n, same = len(holds), holds.count("holds")
    if holds.count("unknown") == n:
        return "the main analysis gives no single answer that they could be compared with."
    return f"{same} of {n} ({fmt.percent(same / n, 0)}) give the answer of the main analysis."


def _number(value: Any) -> float | None:
    return None if value in (None, "") else float(value)
