"""All questions on one page: a row per group, from the result records alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.axes import axis_title
from trialpool.figures.plots.drawing.board import Board
from trialpool.figures.plots.drawing.rows import Interval, PlotRow, draw_rows, rows_axis
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.measures import get_measure
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.files import as_result
from trialpool.records.results import ComparativeResult, Result

COLUMNS: Final = ("question", "group", "measure", "k", "model", "estimate", "ci_lower", "ci_upper",
                  "effect")  # fmt: skip
_HEADERS: Final = ("Question and group", "k")
# What the column "Primary" says; a name that is not here is printed as it is.
_PRIMARY: Final = {
    "bayes": "Bayesian",
    "hk-adhoc": "HK with floor",
    "hk": "HK",
    "common-effect": "common effect",
    "single-trial": "the trial",
}


def overview_plot(
    results: Iterable[Result | Mapping[str, Any]],
    *,
    title: str = "All questions",
    width_mm: float = 230.0,
    identifier: str = "overview",
) -> PlotFigure:
    """Draw one row per question and group: number of trials, effect and interval.

    Questions stand under a common axis where measure and side of benefit are the
    same: an odds ratio of response above 1 and a hazard ratio of death below 1
    both favour the experimental arm, and must not be read off one axis. Each group is
    drawn by its primary model alone. Questions that compare nothing are left out.

    Parameters
    ----------
    results : iterable of Result or mapping
        Result records (docs/reference/result-record.md), or what was loaded from files that hold
        them, in the order of the page.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (one trial), "pool" and "interval"; their label is
        "question: group: model". Rows: as `COLUMNS`, estimates on the analysis scale.

    Raises
    ------
    ValueError
        Without records.
    """
    sections: dict[tuple[str, str, str, str], list[ComparativeResult]] = {}
    left_out: Counter[str] = Counter()
    for record in map(as_result, results):
        if not isinstance(record, ComparativeResult):
            left_out[stage(kind_of(record), "figures").COMPARES_NOTHING] += 1
            continue
        key = (record.measure, record.benefit, record.favours.lower, record.favours.higher)
        sections.setdefault(key, []).append(record)
    if not sections and not left_out:
        raise ValueError("there is no result record to draw")
    board = Board(identifier, title, width_mm, "overview")
    table: list[tuple[Cell, ...]] = []
    for (code, _, lower, higher), records in sections.items():
        measure = get_measure(code)
        rows = _rows(records, table)
        draw_rows(
            board,
            rows,
            (*_HEADERS, f"{_short(code)}", "Primary model"),
            lambda length, m=measure, r=rows: rows_axis(m, r, length),  # type: ignore[misc]
            x_title=axis_title(measure),
            sides=(lower, higher),
        )  # fmt: skip
        board.top += 8.0
    used = {shape.style for shape in board.shapes}
    entries = (
        ("disc", "trial", "one trial"),
        ("box", "pool", "pool"),
    )
    board.key([entry for entry in entries if entry[1] in used])
    groups = len({(row[0], row[1]) for row in table})
    questions = len({row[0] for row in table})
    told = "; ".join(f"{q}, {g}: {e} ({m})" for q, g, _, _, m, *_, e in table)
    alt = f"Overview of {questions} questions and {groups} groups. {told}."
    if not sections:
        alt = "Overview without a row: no question compares two arms."
        return board.finish(alt, COLUMNS, table, (alt,))
    levels = {fmt.level(r.settings.level) for rs in sections.values() for r in rs}
    notes = [
        f"Brackets and lines: {' or '.join(sorted(levels))} intervals, credible "
        "intervals where the primary model is Bayesian. HK: Hartung-Knapp.",
        "Rows of different questions share trials and are no replications of each other.",
    ]
    for what, number in left_out.items():
        told = f"{what[:1].upper()}{what[1:]} compare nothing"
        notes.append(f"{told}: {_questions(number)} not shown.")
    return board.finish(alt, COLUMNS, table, notes)


def _questions(n: int) -> str:
    return f"{n} question is" if n == 1 else f"{n} questions are"


def _short(code: str) -> str:
    return "Effect" if code == "generic" else code


def _rows(records: Sequence[ComparativeResult], table: list[tuple[Cell, ...]]) -> list[PlotRow]:
    rows = []
    for record in records:
        measure = get_measure(record.measure)
        rows.append(PlotRow(record.title, heading=True))
        if not record.groups:
            rows.append(PlotRow("No trial", ("0", "", "")))
        for group in record.groups:
            alone = group.primary_model == "single-trial" or group.k == 1
            model = "single-trial" if alone else str(group.primary_model)
            values = (group.estimate, group.ci_lower, group.ci_upper)
            text = fmt.effect_with_interval(*values, measure)
            mark = f"{record.id}: {group.label}: {model}"
            drawn = (
                Interval("trial", *values, "disc", "trial", "interval", mark)
                if alone
                else Interval("pool", *values, "diamond", "pool", "pool-interval", mark)
            )
            table.append((record.id, group.label, measure.code, group.k, model, *values, text))
            cells = (fmt.whole(group.k), text, _PRIMARY.get(model, model))
            rows.append(PlotRow(group.label, cells, (drawn,)))
    return rows
