"""Rank plot: P-scores, rank probabilities and effects against the reference, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis
from trialpool.figures.plots.drawing.axes import axis_title
from trialpool.figures.plots.drawing.board import MARGIN, TEXT_SIZE, Board
from trialpool.figures.plots.drawing.rows import Interval, PlotRow, draw_interval, rows_axis
from trialpool.figures.plots.drawing.scene import Cell, Frame, PlotFigure
from trialpool.figures.plots.drawing.source import count
from trialpool.figures.plots.network.placement import balanced, wrap_keeping_end
from trialpool.figures.text.widths import ASCENT, printable, text_width
from trialpool.measures import Measure, get_measure
from trialpool.pooling.network import NetworkResult, TreatmentRank

ROW: Final = 15.0
LINE: Final = 9.2
_GAP: Final = 9.0
_WIDE_GAP: Final = 15.0
_BAR: Final = 40.0
_PERCENT_SIZE: Final = 6.0
_LEAST_FOREST: Final = 90.0
# In a column of a journal, where ranks or bars have no room.
_NARROW_FOREST: Final = 64.0
_LEVELS: Final = (0.01, 0.1, 0.2, 0.4, 0.6)


@dataclass(frozen=True)
class _Columns:
    """Left edges and widths of the parts; without room there are no ranks, then no bars."""

    name: float
    score: float
    ranks: float
    cell: float
    forest: tuple[float, float]
    text: float
    # Whether the cells have room for percentages.
    numbers: bool
    bar: float


def rank_plot(
    result: NetworkResult,
    *,
    samples: int = 100_000,
    seed: int = 1,
    title: str = "Ranking of treatments",
    width_mm: float = 180.0,
    identifier: str = "rank",
) -> PlotFigure:
    """Draw the ranking of a network with what it rests on.

    One row per treatment, the best first: the P-score as a bar, the probability of each
    rank as shaded cells, and the effect against the reference with its interval: a ranking
    says nothing of the size of differences, so it never stands alone. Where the width has
    no room for them, median ranks with their limits stand in place of the cells, and numbers
    in place of the bars.

    Parameters
    ----------
    result : NetworkResult
    samples, seed : int
        Of the rank probabilities, which have no closed form.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "score" (values: P-score), "rank" (label "treatment | rank"; values:
        probability), "effect" and "interval" (values: estimate, limits), "prediction".
        Rows: treatment, P-score, estimate and limits against the reference on the analysis
        scale, prediction limits, as printed, median rank and its limits, then the probability of
        each rank.

    Raises
    ------
    ValueError
        If the width is too small, or the network gives no ranks.
    """
    measure = get_measure(result.measure)
    names = result.ranked()
    found = result.ranking(samples=samples, seed=seed)
    if found.reason:
        raise ValueError(f"result has no ranks: {found.reason}; allowed: networks that have")
    places = {rank.treatment: rank for rank in found.ranks}
    scores = {name: rank.p_score for name, rank in places.items()}
    rows = [_row(result, name, measure) for name in names]
    head = f"Against {printable(result.reference)}"
    board = Board(identifier, title, width_mm)
    written = max(text_width(_place(rank), TEXT_SIZE) for rank in found.ranks)
    columns, heads = _columns(board, rows, (head, fmt.level(result.level)), len(names), written)
    _heads(board, columns, heads, len(names))
    top = board.top
    axis = rows_axis(measure, rows, columns.forest[1] - columns.forest[0])
    texts = [
        wrap_keeping_end(row.name, TEXT_SIZE, columns.score - _GAP - columns.name, 2)
        for row in rows
    ]
    heights = [max(ROW, LINE * len(lines) + 4.0) for lines in texts]
    bottom = top + sum(heights) + 2.0
    frame = Frame(*columns.forest, top, bottom, axis, Axis(0.0, 1.0, 0.0, ()), down=True)
    board.frames.append(frame)
    x = frame.x(axis.null)
    board.add("null", ((x, top), (x, bottom)), "null", values=(axis.null,))
    y = top
    for number, (name, row, lines, height) in enumerate(
        zip(names, rows, texts, heights, strict=True)
    ):
        middle = y + height / 2
        for i, text in enumerate(lines):
            baseline = middle + LINE * (i - (len(lines) - 1) / 2) + 0.36 * TEXT_SIZE
            board.text(text, columns.name, baseline, face="bold", row=number)
        _score(board, name, scores[name], columns, middle, number)
        if columns.cell:
            _ranks(board, name, places[name].probabilities, columns, (y, y + height), number)
        else:
            board.text(_place(places[name]), columns.ranks, middle + 0.36 * TEXT_SIZE, row=number)
        for interval in row.intervals:
            draw_interval(board, frame, interval, middle)
        board.text(row.cells[0], board.right, middle + 0.36 * TEXT_SIZE, align="right", row=number)
        y += height
    _feet(board, frame, columns, measure, result, len(names))
    _key(board, result, columns)
    table = _table(result, places, rows)
    columns_csv = ("treatment", "p_score", "estimate", "ci_lower", "ci_upper", "pi_lower",
                   "pi_upper", "effect", "rank", "rank_lower", "rank_upper",
                   *(f"rank_{i + 1}" for i in range(len(names))))  # fmt: skip
    notes = _notes(result, samples, columns)
    return board.finish(_alt(board, result, names, scores, rows), columns_csv, table, notes)


def _row(result: NetworkResult, name: str, measure: Measure) -> PlotRow:
    if name == result.reference:
        return PlotRow(printable(name), ("reference",))
    found = result.compare(name, result.reference)
    text = fmt.effect_with_interval(found.estimate, found.ci_lower, found.ci_upper, measure)
    own = Interval("effect", found.estimate, found.ci_lower, found.ci_upper, "disc", "trial",
                   "interval-bold", name)  # fmt: skip
    if found.pi_lower is None:
        return PlotRow(printable(name), (text,), (own,))
    wide = Interval("prediction", found.estimate, found.pi_lower, found.pi_upper, "none", "trial",
                    "interval-pale", name)  # fmt: skip
    return PlotRow(printable(name), (text,), (wide, own))


def _columns(
    board: Board, rows: Sequence[PlotRow], words_over: tuple[str, str], n: int, written: float
) -> tuple[_Columns, tuple[str, ...]]:
    """Share the width: texts as wide as they are, the rest to ranks and intervals."""
    head, level = words_over
    texts = max(text_width(row.cells[0], TEXT_SIZE) for row in rows)
    natural = max(text_width(row.name, TEXT_SIZE, "bold") for row in rows)
    words = max(text_width(w, TEXT_SIZE, "bold") for row in rows for w in row.name.split())
    usable = board.right - MARGIN
    heads = balanced(f"{head} [{level} CI]", TEXT_SIZE, max(texts, 92.0))
    if len(heads) > 3:
        heads = (*wrap_keeping_end(head, TEXT_SIZE, max(texts, 92.0), 2), f"[{level} CI]")
    texts = max(texts, *(text_width(text, TEXT_SIZE, "bold") for text in heads))
    name = min(natural, max(min(words, 110.0), 0.22 * usable))
    name = max(name, text_width("Treatment", TEXT_SIZE, "bold") + 3.0)
    at_score = MARGIN + name + _GAP
    for bar, ranked, least in (
        (_BAR, True, _LEAST_FOREST),
        (_BAR, False, _NARROW_FOREST),
        (0.0, False, _NARROW_FOREST),
    ):
        digits = text_width("0.00", TEXT_SIZE) + (5.0 if bar else 0.0)
        at_ranks = at_score + max(bar + digits, text_width("P-score", TEXT_SIZE, "bold")) + _GAP
        place = 0.0 if ranked else max(written, text_width("Rank", TEXT_SIZE, "bold")) + _GAP
        rest = board.right - texts - _GAP - at_ranks - place - least
        cell = min(17.5, (rest - _WIDE_GAP) / n) if ranked else 0.0
        if cell >= 3.0 or (not ranked and rest >= 0.0):
            start = at_ranks + (cell * n + _WIDE_GAP if ranked else place)
            numbers = cell >= text_width("100", _PERCENT_SIZE) + 0.8
            return _Columns(MARGIN, at_score, at_ranks, cell, (start, board.right - texts - _GAP),
                            board.right, numbers, bar), heads  # fmt: skip
    raise ValueError(
        f"width_mm={board.width * 25.4 / 72:.0f} is too narrow for these names and effects; "
        "allowed: up to 600"
    )


def _heads(board: Board, columns: _Columns, heads: tuple[str, ...], n: int) -> None:
    ranks: tuple[str, ...] = ("Probability", "of rank")
    if columns.cell * n > 76.0:
        ranks = ("Probability of rank",)
    elif not columns.cell:
        ranks = ("Rank",)
    lines = max(len(heads), len(ranks))
    last = board.top + LINE * (lines - 1) + ASCENT * TEXT_SIZE
    board.text("Treatment", columns.name, last, face="bold", role="header")
    board.text("P-score", columns.score, last, face="bold", role="header")
    for i, text in enumerate(reversed(ranks)):
        board.text(text, columns.ranks, last - LINE * i, face="bold", role="header")
    for i, text in enumerate(reversed(heads)):
        board.text(text, columns.text, last - LINE * i, face="bold", align="right", role="header")
    board.top = last + 5.0
    board.add("rule", ((MARGIN, board.top), (board.right, board.top)), "axis")
    board.top += 2.0


def _score(
    board: Board, name: str, score: float, columns: _Columns, middle: float, row: int
) -> None:
    left, bar = columns.score, columns.bar
    x = left + bar + (5.0 if bar else 0.0) + text_width("0.00", TEXT_SIZE)
    board.text(fmt.number(score, 2), x, middle + 0.36 * TEXT_SIZE, align="right", row=row)
    if not bar:
        return
    for kind, share, style in (("score-range", 1.0, "bar-back"), ("score", score, "bar-score")):
        right = left + bar * share
        corners = ((left, middle - 3.0), (right, middle - 3.0), (right, middle + 3.0),
                   (left, middle + 3.0))  # fmt: skip
        board.add(kind, corners, style, form="polygon", label=name, values=(score,))


def _place(rank: TreatmentRank) -> str:
    """Write the median rank and its limits."""
    return f"{rank.median} [{rank.lower} to {rank.upper}]"


def rank_style(probability: float) -> str:
    """Name the shade of a probability."""
    return f"rank-{sum(probability >= limit for limit in _LEVELS)}"


def _ranks(
    board: Board,
    name: str,
    chances: Sequence[float],
    columns: _Columns,
    sides: tuple[float, float],
    row: int,
) -> None:
    top, bottom = sides[0] + 0.5, sides[1] - 0.5
    for i, chance in enumerate(chances):
        left = columns.ranks + i * columns.cell
        right = left + columns.cell
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        board.add("rank", corners, rank_style(chance), form="polygon",
                  label=f"{name} | {i + 1}", values=(chance,))  # fmt: skip
        text = fmt.number(100 * chance, 0)
        if chance >= 0.01 and columns.numbers:
            board.text(text, (left + right) / 2, (top + bottom) / 2 + 0.36 * _PERCENT_SIZE,
                       size=_PERCENT_SIZE, align="center", row=row)  # fmt: skip


def _feet(
    board: Board,
    frame: Frame,
    columns: _Columns,
    measure: Measure,
    result: NetworkResult,
    n: int,
) -> None:
    """Write the axis of the effects and the numbers of the ranks below the rows."""
    board.top = frame.bottom
    board.add("axis", ((frame.left, board.top), (frame.right, board.top)), "axis")
    baseline = frame.bottom + 4.5 + ASCENT * 6.5
    widest = text_width(str(n), 6.5) + 2.0
    step = 1 if columns.cell >= widest else 4 if 4 * columns.cell >= widest else 10
    for i in range(n if columns.cell else 0):
        if i % step and i != n - 1:
            continue
        if step > 1 and i != n - 1 and (n - 1 - i) * columns.cell < widest:
            continue
        x = columns.ranks + (i + 0.5) * columns.cell
        board.text(str(i + 1), x, baseline, size=6.5, align="center", role="tick")
    board.ticks_below(frame)
    sides = ("better", "worse") if result.small_values == "good" else ("worse", "better")
    x, y = frame.x(frame.x_axis.null), board.top + ASCENT * TEXT_SIZE
    board.text(sides[0], x - 4.0, y, align="right", role="favours")
    board.text(sides[1], x + 4.0, y, role="favours")
    board.top += LINE
    title = axis_title(measure)
    middle = (frame.left + frame.right) / 2
    half = text_width(title, TEXT_SIZE) / 2
    middle = min(max(middle, MARGIN + half), board.right - half)
    board.text(title, middle, board.top + ASCENT * TEXT_SIZE + 1.0, align="center", role="header")
    board.top += LINE + 6.0


def _key(board: Board, result: NetworkResult, columns: _Columns) -> None:
    entries = [("line", "interval-bold", f"{fmt.level(result.level)} interval")]
    if result.prediction_quantile is not None:
        entries.append(("line", "interval-pale", "prediction interval"))
    if not columns.cell:
        board.key(entries)
        return
    between = (f"{fmt.percent(a, 0)} to {fmt.percent(b, 0)}" for a, b in pairwise(_LEVELS))
    words = ("<1%", *between, f"{fmt.percent(_LEVELS[-1], 0)} or more")
    entries += [("box", f"rank-{i}", text) for i, text in enumerate(words)]
    board.key(entries)


def _notes(result: NetworkResult, samples: int, columns: _Columns) -> tuple[str, ...]:
    tau2 = result.tau2
    place = "in percent" if columns.cell else "in the CSV beside the figure"
    medians = "" if columns.cell else f"Rank: median and {fmt.level(result.level)} limits. "
    return (
        f"Random effects, τ² {fmt.tau_squared(tau2.value)} ({tau2.method}); {count(result.k)}; "
        f"small values are {result.small_values}. P-score: mean probability to be better than "
        f"another treatment. {medians}Probabilities of ranks {place}, from "
        f"{fmt.whole(samples)} draws; ranks do not say how large a difference is.",
    )


def _table(
    result: NetworkResult,
    places: dict[str, TreatmentRank],
    rows: Sequence[PlotRow],
) -> list[tuple[Cell, ...]]:
    table: list[tuple[Cell, ...]] = []
    for (name, rank), row in zip(places.items(), rows, strict=True):
        found = result.compare(name, result.reference)
        away = name != result.reference
        limits = (found.ci_lower, found.ci_upper) if away else (None, None)
        table.append((name, rank.p_score, found.estimate, *limits, found.pi_lower, found.pi_upper,
                      row.cells[0], rank.median, rank.lower, rank.upper,
                      *rank.probabilities))  # fmt: skip
    return table


def _alt(
    board: Board,
    result: NetworkResult,
    names: Sequence[str],
    scores: dict[str, float],
    rows: Sequence[PlotRow],
) -> str:
    told = "; ".join(
        f"{name} {fmt.number(scores[name], 2)} ({row.cells[0]})"
        for name, row in zip(names, rows, strict=True)
    )
    return (
        f"{board.caption.title}: {len(names)} treatments in {count(result.k)} by P-score, with "
        f"their effect against {result.reference}: {told}."
    )
