"""League heat map: every treatment against every other, network and direct evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.board import MARGIN, Board
from trialpool.figures.plots.drawing.labels import shorten_to
from trialpool.figures.plots.drawing.scene import MM, Cell, PlotFigure
from trialpool.figures.plots.drawing.source import count
from trialpool.figures.plots.network.league_shades import corners, draw_scale, shade, thresholds
from trialpool.figures.plots.network.league_table import (
    BOTH,
    DIRECT,
    INDIRECT,
    LeagueTable,
    league_of,
)
from trialpool.figures.plots.network.placement import balanced
from trialpool.figures.text.widths import ASCENT, Face, printable, text_width, wrap
from trialpool.measures import Measure, get_measure

if TYPE_CHECKING:
    from trialpool.pooling.network import NetworkResult

SIZE: Final = 6.8
SMALLEST_SIZE: Final = 5.5
LINE: Final = 8.4
# What a cell below the diagonal shows.
_NETWORK: Final = "network"
# Widths that are tried: a page, a page on its side, and what a screen or poster can take.
_PAGE_MM: Final = 270.0
_WIDTHS_MM: Final = (170.0, 210.0, _PAGE_MM, 360.0, 480.0)


@dataclass(frozen=True)
class LeagueCell:
    """A cell: row against column, its lines, its colour, and what stands behind it."""

    row: str
    column: str
    kind: str
    lines: tuple[str, ...]
    style: str
    evidence: str
    bold: bool
    values: tuple[float, float, float]


def league_plot(
    result: NetworkResult,
    *,
    title: str = "League table",
    width_mm: float | None = None,
    identifier: str = "league",
) -> PlotFigure:
    """Draw the league table of a network as a heat map.

    Treatments stand in the order of their P-scores, the best first. Every cell is its row
    against its column. Below the diagonal: the network estimate (random effects) with its
    interval, marked where all evidence is direct or all is indirect. Above it: the direct
    estimate of the trials that compare the two, at the network's tau², with their number;
    empty where there is none. Bold where the interval excludes no difference.

    Parameters
    ----------
    result : NetworkResult
    title, identifier
        As in `funnel_plot`.
    width_mm : float, optional
        By default 170, more where the cells of many treatments need it: 270 with
        intervals, at most 480 without.

    Returns
    -------
    PlotFigure
        Shapes "network" and "direct" (label "row | column"; values: estimate and limits,
        analysis scale), "treatment" on the diagonal, "all-direct" and "all-indirect" marks.
        Rows: row, column, kind, k, estimate and limits on the analysis scale, as printed,
        share of direct evidence.

    Raises
    ------
    ValueError
        If the width is too small for a cell.
    """
    return draw_league(league_of(result), title=title, width_mm=width_mm, identifier=identifier)


def draw_league(
    league: LeagueTable,
    *,
    title: str = "League table",
    width_mm: float | None = None,
    identifier: str = "league",
) -> PlotFigure:
    """Draw estimates of all pairs; see `league_plot`."""
    measure, names = get_measure(league.measure), league.names
    cells, table = _cells(league, measure)
    layout = _layout(names, cells, width_mm)
    board = Board(identifier, title, layout.width_mm)
    left, top = MARGIN + layout.label_width, board.top
    if layout.numbered:
        for j in range(len(names)):
            x = left + (j + 0.5) * layout.cell_width
            board.text(str(j + 1), x, top + ASCENT * SIZE, size=SIZE, face="bold",
                       align="center", role="header")  # fmt: skip
        top += LINE + 2.0
    for i, name in enumerate(names):
        y = top + i * layout.cell_height
        if layout.numbered:
            middle = y + layout.cell_height / 2 + 0.36 * SIZE
            shown = shorten_to(printable(f"{i + 1}  {name}"), SIZE, layout.label_width - 8.0)
            board.text(shown, MARGIN, middle, size=SIZE, face="bold", role="header")
        for j in range(len(names)):
            x = left + j * layout.cell_width
            box = (x, y, x + layout.cell_width, y + layout.cell_height)
            if i == j:
                _diagonal(board, name, box, layout)
            elif (i, j) in cells:
                _cell(board, cells[i, j], box, layout)
    board.top = top + len(names) * layout.cell_height + 8.0
    draw_scale(board, measure, _limits(league), small_good=league.small_values == "good")
    _key(board, cells)
    columns = ("row", "column", "kind", "trials", "estimate", "ci_lower", "ci_upper", "effect",
               "proportion_direct", "evidence")  # fmt: skip
    return board.finish(
        _alt(board, league, measure), columns, table, _notes(league, layout, measure)
    )


def _limits(league: LeagueTable) -> tuple[float, ...]:
    ways = [sign * pair.network[0] for pair in league.pairs for sign in (1.0, -1.0)]
    return thresholds(ways, get_measure(league.measure))


def _cells(
    league: LeagueTable, measure: Measure
) -> tuple[dict[tuple[int, int], LeagueCell], list[tuple[Cell, ...]]]:
    limits, small_good = _limits(league), league.small_values == "good"
    place = {name: i for i, name in enumerate(league.names)}
    found: dict[tuple[int, int], tuple[LeagueCell, tuple[Cell, ...]]] = {}
    for pair in league.pairs:
        shown = [(pair.lower, pair.upper, _NETWORK, pair.network)]
        if pair.direct is not None:
            shown.append((pair.upper, pair.lower, "direct", pair.direct))
        for row, column, kind, values in shown:
            estimate, low, high = values
            lines = [fmt.effect(estimate, measure), fmt.interval(low, high, measure)]
            lines += [] if kind == _NETWORK else [f"k = {pair.k}"]
            style = shade(estimate, limits, better=(estimate < 0) == small_good)
            bold = low > 0 or high < 0
            cell = LeagueCell(row, column, kind, tuple(lines), style, pair.evidence, bold, values)
            text = fmt.effect_with_interval(*values, measure)
            line = (row, column, kind, pair.k, *values, text, pair.share, pair.evidence)
            found[place[row], place[column]] = cell, line
    cells = {at: cell for at, (cell, _) in found.items()}
    return cells, [found[at][1] for at in sorted(found)]


@dataclass(frozen=True)
class _Layout:
    width_mm: float
    label_width: float
    cell_width: float
    cell_height: float
    numbered: bool
    size: float
    # "whole": estimate, interval; "split": the interval on two lines; "estimate": no interval
    form: str


def _shown(cell: LeagueCell, form: str) -> tuple[str, ...]:
    if form == "estimate":
        return cell.lines[:1]
    if form == "whole" or " to " not in cell.lines[1]:
        return cell.lines
    low, high = cell.lines[1].split(" to ", 1)
    return (cell.lines[0], f"{low} to", high, *cell.lines[2:])


def _layout(
    names: Sequence[str], cells: dict[tuple[int, int], LeagueCell], width_mm: float | None
) -> _Layout:
    """Choose the fullest form that fits: names on the diagonal or at the left, interval or none."""
    n = len(names)
    widths = (width_mm,) if width_mm is not None else _WIDTHS_MM
    longest = max(text_width(printable(f"{n}  {name}"), SIZE, "bold") for name in names)
    for form, sizes, pad in (
        ("whole", (SIZE,), 8.0),
        ("split", (SIZE,), 8.0),
        ("estimate", (SIZE, SMALLEST_SIZE), 4.0),
    ):
        lines = [_shown(cell, form) for cell in cells.values()]
        tall = max(len(own) for own in lines)
        # Digits are equally wide: a few patterns stand for hundreds of numbers.
        patterns = sorted({re.sub(r"\d", "0", t) for own in lines for t in own})
        for width, size in product(widths, sizes):
            if form != "estimate" and width > _PAGE_MM:
                continue
            least = pad + max(text_width(t, size, "bold") for t in patterns)
            usable = width * MM - 2 * MARGIN
            cell = min(usable / n, 108.0)
            if cell >= least and _on_diagonal(names, cell, max(tall, 4)):
                rows = max(len(wrap(printable(name), SIZE, "bold", cell - 6.0)) for name in names)
                height = max(tall, rows) * LINE + 8.0
                return _Layout(width, 0.0, cell, height, False, size, form)
            # Names at the left, shortened where that leaves the cells their room.
            for share in (0.3, 0.2):
                label = min(longest + 10.0, share * usable)
                cell = min((usable - label) / n, 108.0)
                if cell >= least:
                    return _Layout(width, label, cell, tall * LINE + 8.0, True, size, form)
    raise ValueError(
        f"width_mm={widths[-1]:g} is too narrow for {n} treatments; "
        "allowed: up to 600, or fewer treatments"
    )


def _on_diagonal(names: Sequence[str], width: float, most: int) -> bool:
    """Whether every name fits a cell without breaking a word."""
    words = (word for name in names for word in printable(name).split())
    if any(text_width(word, SIZE, "bold") > width - 6.0 for word in words):
        return False
    return all(len(wrap(printable(n), SIZE, "bold", width - 6.0)) <= most for n in names)


def _lines(
    board: Board,
    lines: Sequence[tuple[str, Face]],
    box: tuple[float, float, float, float],
    size: float,
) -> None:
    middle, x = (box[1] + box[3]) / 2, (box[0] + box[2]) / 2
    first = middle - LINE * (len(lines) - 1) / 2 + 0.36 * size
    for i, (text, face) in enumerate(lines):
        board.text(text, x, first + LINE * i, size=size, face=face, align="center")


def _diagonal(
    board: Board, name: str, box: tuple[float, float, float, float], layout: _Layout
) -> None:
    board.add("treatment", corners(box), "cell-name", form="polygon", label=name)
    if layout.numbered:
        return
    shown = balanced(printable(name), SIZE, layout.cell_width - 6.0)
    _lines(board, [(text, "bold") for text in shown], box, SIZE)


def _cell(
    board: Board,
    cell: LeagueCell,
    box: tuple[float, float, float, float],
    layout: _Layout,
) -> None:
    board.add(cell.kind, corners(box), cell.style, form="polygon",
              label=f"{cell.row} | {cell.column}", values=cell.values)  # fmt: skip
    face: Face = "bold" if cell.bold else "regular"
    lines: list[tuple[str, Face]] = [
        (text, face if i == 0 else "regular") for i, text in enumerate(_shown(cell, layout.form))
    ]
    _lines(board, lines, box, layout.size)
    if cell.kind == _NETWORK and cell.evidence != BOTH:
        direct = cell.evidence == DIRECT
        kind = "all-direct" if direct else "all-indirect"
        r, gap = (1.3, 0.9) if layout.form == "estimate" else (1.7, 2.0)
        style = "mark-direct" if direct else "mark-indirect"
        board.add(kind, ((box[2] - r - gap, box[1] + r + gap),), style, form="disc",
                  label=f"{cell.row} | {cell.column}", radius=r)  # fmt: skip


def _key(board: Board, cells: dict[tuple[int, int], LeagueCell]) -> None:
    evidence = {cell.evidence for cell in cells.values() if cell.kind == _NETWORK}
    entries = []
    if DIRECT in evidence:
        entries.append(("disc", "mark-direct", "direct evidence alone"))
    if INDIRECT in evidence:
        entries.append(("disc", "mark-indirect", "indirect evidence alone"))
    if entries:
        board.key(entries)


def _notes(league: LeagueTable, layout: _Layout, measure: Measure) -> tuple[str, ...]:
    name = measure.name[0].upper() + measure.name[1:]
    unit = "percentage points" if measure.code == "RD" else measure.unit
    unit = f", {unit}" if unit else ""
    what = "" if layout.form == "estimate" else f" with {fmt.level(league.level)} interval"
    trials = "" if layout.form == "estimate" else ", of k trials"
    hidden = " Intervals are in the CSV beside the figure." if layout.form == "estimate" else ""
    return (
        f"{name}{unit}{what}, row against column, {league.order}. Below the diagonal: "
        f"network estimates, {league.model}. Above it: direct estimates alone{trials}. "
        f"Bold: the interval excludes no difference.{hidden}",
    )


def _alt(board: Board, league: LeagueTable, measure: Measure) -> str:
    first, last = league.names[0], league.names[-1]
    pair = next(p for p in league.pairs if {p.upper, p.lower} == {first, last})
    estimate, low, high = pair.network
    if pair.lower == last:
        estimate, low, high = -estimate, -high, -low
    text = fmt.effect_with_interval(estimate, low, high, measure)
    direct = sum(pair.k > 0 for pair in league.pairs)
    return (
        f"{board.caption.title} of {len(league.names)} treatments in {count(league.k)}, "
        f"{league.order.removeprefix('treatments ')} from {first} to {last}: {first} against "
        f"{last} {measure.name} {text}. {count(direct, 'pair')} of {len(league.pairs)} compared "
        "directly."
    )
