"""Risk of bias in short: for each domain the share of results with each judgement."""

from __future__ import annotations

import math
from typing import Final

from trialpool import formatting as fmt
from trialpool.evidence.risk_of_bias_summary import ORDER, coverage_sentence
from trialpool.figures.canvas.axis import Axis, Tick
from trialpool.figures.forest.risk_of_bias import SYMBOLS
from trialpool.figures.plots.drawing.axes import index_axis
from trialpool.figures.plots.drawing.board import MARGIN, TEXT_SIZE, Board
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.text.widths import text_width, wrap
from trialpool.records.review.risk_of_bias import RiskOfBiasSummary, ToolSummary

COLUMNS: Final = ("tool", "domain", "name", "judgement", "results", "share")
_ROW: Final = 17.0
_BAR: Final = 5.6  # half of its height
_LINE: Final = 9.5


def risk_of_bias_plot(
    summary: RiskOfBiasSummary,
    *,
    title: str = "Risk of bias",
    width_mm: float = 170.0,
    identifier: str = "risk-of-bias",
) -> PlotFigure:
    """Draw a bar per domain, cut by judgement; each tool has bars of its own.

    Parameters
    ----------
    summary : RiskOfBiasSummary
        As `trialpool.evidence.risk_of_bias_summary.summarise` counts it.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "judgement": a box for each share, labelled "domain: judgement", with its
        ends on the axis of fractions. Rows: as `COLUMNS`.
    """
    board = Board(identifier, title, width_mm, "risk-of-bias")
    table: list[tuple[Cell, ...]] = []
    for tool in summary.tools:
        _draw(board, tool, table)
    used = {str(row[3]) for row in table}
    entries = [
        ("box", _style(word), f"{SYMBOLS[word]} {text}" if word in SYMBOLS else text)
        for word, text in ORDER.items()
        if word in used
    ]
    if entries:
        board.key(entries)
    unit = "weight in the pools" if summary.weighted else "results"
    notes = [coverage_sentence(summary)]
    if summary.tools:
        notes.append(f"Bars: share of {unit} that were judged by the tool.")
    told = "; ".join(f"{name}: {n} {ORDER[str(word)]}" for _, _, name, word, n, _ in table)
    alt = f"{title}. {notes[0]}" + (f" {told}." if told else "")
    return board.finish(alt, COLUMNS, table, notes)


def _style(word: str) -> str:
    return "rob-" + word.replace(" ", "-")


def _draw(board: Board, tool: ToolSummary, table: list[tuple[Cell, ...]]) -> None:
    """Draw the bars of one tool and note them in the table."""
    if tool.tool:
        board.paragraph(tool.tool, TEXT_SIZE, "bold", "header")
        board.top += 3.0
    most = 0.4 * board.width
    names = {one.key: wrap(one.name, TEXT_SIZE, "regular", most) for one in tool.domains}
    widest = max(text_width(line, TEXT_SIZE) for lines in names.values() for line in lines)
    left = MARGIN + widest + 8.0
    ticks = tuple(Tick(i / 4, fmt.percent(i / 4, 0)) for i in range(5))
    axis = Axis(0.0, 1.0, math.nan, ticks)
    rows = index_axis(len(tool.domains))
    heights = [max(_ROW, _LINE * len(names[one.key]) + 5.0) for one in tool.domains]
    frame = Frame(left, board.right - 8.0, board.top, board.top + sum(heights), axis, rows)
    board.frames.append(frame)
    y = board.top
    for index, (one, height) in enumerate(zip(tool.domains, heights, strict=True)):
        middle = y + height / 2
        lines = names[one.key]
        for place, line in enumerate(lines):
            base = middle + (place - (len(lines) - 1) / 2) * _LINE + 0.35 * TEXT_SIZE
            board.text(line, left - 8.0, base, align="right", row=index)
        start = 0.0
        for word in ORDER:
            if word not in one.counts:
                continue
            share = one.shares[word]
            ends = (frame.x(start), frame.x(min(1.0, start + share)))
            corners = ((ends[0], middle - _BAR), (ends[1], middle - _BAR),
                       (ends[1], middle + _BAR), (ends[0], middle + _BAR))  # fmt: skip
            label = f"{one.name}: {word}"
            if share > 0:
                board.add("judgement", corners, _style(word), form="polygon", label=label,
                          values=(start, start + share))  # fmt: skip
            count = SYMBOLS[word] + " " if word in SYMBOLS else ""
            text = f"{count}{fmt.whole(one.counts[word])}"
            if ends[1] - ends[0] > text_width(text, TEXT_SIZE) + 3.0:
                board.text(
                    text, sum(ends) / 2, middle + 0.35 * TEXT_SIZE, align="center", row=index
                )
            table.append((tool.tool, one.key, one.name, word, one.counts[word], share))
            start += share
        y += height
    board.top = frame.bottom
    board.add("axis", ((left, frame.bottom), (frame.right, frame.bottom)), "axis")
    board.ticks_below(frame)
    board.top += 6.0
