"""Final over early effects of all trials, with the line and what it foretells of a new trial."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.canvas.geometry import Point
from trialpool.figures.plots.drawing.axes import axis_title, effect_axis
from trialpool.figures.plots.drawing.board import Board, unnamed
from trialpool.figures.plots.drawing.labels import Target
from trialpool.figures.plots.drawing.scene import Frame, PlotFigure, clip
from trialpool.measures import Measure, get_measure
from trialpool.records.surrogacy.questions import SurrogacyResult

COLUMNS: Final = (
    *("label", "comparison", "early_estimate", "early_se", "final_estimate", "final_se"),
    *("weight", "early", "final"),
)
_LARGEST: Final = 11.0


def bubble_plot(
    record: SurrogacyResult, *, width_mm: float = 170.0, identifier: str | None = None
) -> PlotFigure:
    """Draw the final effect of each trial over its early one.

    The area of a bubble is proportional to 1/(v + τ²), v the variance of the final effect and τ²
    that of true final effects around the line. Everything is read from the record.

    Parameters
    ----------
    record : SurrogacyResult
    width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "trial" (values: early and final effect), "fit", "band" (a new trial), "mean" (its
        limits) and "threshold". Rows: as `COLUMNS`, on the analysis scale and as printed.
    """
    name = identifier if identifier is not None else f"{record.id}-bubble"
    board = Board(name, record.title, width_mm, "surrogacy")
    if not record.trials:
        alt = "No trial has both endpoints."
        return board.finish(alt, COLUMNS, (), (alt,))
    early, final = get_measure(record.early.measure), get_measure(record.measure)
    x = [trial.early.estimate for trial in record.trials]
    y = [trial.estimate for trial in record.trials]
    main = record.main
    spread = (main.residual_variance or 0.0) if main is not None else 0.0
    weights = [1.0 / (trial.se**2 + spread) for trial in record.trials]
    radii = [_LARGEST * math.sqrt(weight / max(weights)) for weight in weights]
    height = 0.62 * board.width
    reach = [point.early for point in record.line]
    x_axis = effect_axis(early, [*x, *(reach[:1] + reach[-1:])], board.width - 70)
    inner = [p for p in record.line if min(x) <= p.early <= max(x)]
    limits = [limit for p in inner for limit in (p.pi_lower, p.pi_upper)]
    y_axis = effect_axis(final, [*y, *limits], height, upright=True)
    frame = board.frame(
        x_axis, y_axis, height, y_title=_title(final, record.endpoint_names.values())
    )
    fit = _draw_line(board, frame, record)
    for i in sorted(range(len(x)), key=lambda i: -weights[i]):
        board.add(
            "trial",
            (frame.at(x[i], y[i]),),
            "trial-pale",
            form="disc",
            label=record.trials[i].label,
            values=(x[i], y[i]),
            radius=radii[i],
        )
    farthest = sorted(range(len(x)), key=lambda i: -abs(y[i] - _on_line(record, x[i])))
    targets = [Target(*frame.at(x[i], y[i]), radii[i], record.trials[i].label) for i in farthest]
    lines = [(a - 2, b - 1.5, a + 2, b + 1.5) for a, b in fit]
    lines.append((frame.left, frame.y(0.0) - 1, frame.right, frame.y(0.0) + 1))
    upright = [0.0, *([main.threshold] if _has_threshold(record) and main is not None else [])]
    lines += [
        (frame.x(at) - 1, frame.top, frame.x(at) + 1, frame.bottom)
        for at in upright
        if at is not None
    ]
    left_out = board.name_points(targets, frame, lines)
    board.close(frame, _title(early, record.early.endpoint_names.values()))
    level = fmt.level(record.settings.level)
    board.key(
        [
            ("disc", "trial-pale", "a trial; area as its weight"),
            *([("line", "fit", "regression")] if main is not None and main.slope else []),
            *(
                [
                    ("box", "band", f"{level} prediction for a new trial"),
                    ("line", "prediction-line", f"{level} interval of the mean"),
                ]
                if record.line
                else []
            ),
            *([("line", "limit", "surrogate threshold effect")] if _has_threshold(record) else []),
            ("line", "null", "no difference"),
        ]
    )
    total = sum(weights)
    rows = [
        (one.label, one.comparison, one.early.estimate, one.early.se, one.estimate, one.se,
         weight / total, fmt.effect(one.early.estimate, early), fmt.effect(one.estimate, final))
        for one, weight in zip(record.trials, weights, strict=True)
    ]  # fmt: skip
    alt = f"Bubble plot of effects on two endpoints. {record.sentence}"
    return board.finish(alt, COLUMNS, rows, (record.sentence, unnamed(left_out)))


def _draw_line(board: Board, frame: Frame, record: SurrogacyResult) -> list[Point]:
    """Draw band, limits, line and no difference; return the points of the line."""
    x_axis, y_axis, line = frame.x_axis, frame.y_axis, record.line
    if line:
        band = [frame.at(p.early, p.pi_upper) for p in line]
        band += [frame.at(p.early, p.pi_lower) for p in reversed(line)]
        board.add("band", clip(tuple(band), frame.box), "band", form="polygon")
    board.add("null", (frame.at(x_axis.lower, 0), frame.at(x_axis.upper, 0)), "null", values=(0.0,))
    board.add("null", (frame.at(0, y_axis.lower), frame.at(0, y_axis.upper)), "null", values=(0.0,))
    for side in ("ci_lower", "ci_upper"):
        points = [(p.early, getattr(p, side)) for p in line]
        shown = [frame.at(a, b) for a, b in points if x_axis.holds(a) and y_axis.holds(b)]
        if len(shown) > 1:
            board.add("mean", shown, "prediction-line", label=side)
    main = record.main
    if main is None or main.slope is None or main.intercept is None:
        return []
    steps = 40
    width = x_axis.upper - x_axis.lower
    ends = [x_axis.lower + width * i / steps for i in range(steps + 1)]
    points = [(p.early, p.estimate) for p in line] or [
        (a, main.intercept + main.slope * a) for a in ends
    ]
    fit = [frame.at(a, b) for a, b in points if x_axis.holds(a) and y_axis.holds(b)]
    board.add("fit", fit, "fit", values=(main.intercept, main.slope))
    if main.threshold is not None and x_axis.holds(main.threshold):
        ends_of = (frame.at(main.threshold, y_axis.lower), frame.at(main.threshold, y_axis.upper))
        board.add("threshold", ends_of, "limit", values=(main.threshold,))
    return fit


def _has_threshold(record: SurrogacyResult) -> bool:
    return record.main is not None and record.main.threshold is not None


def _on_line(record: SurrogacyResult, early: float) -> float:
    main = record.main
    if main is None or main.slope is None or main.intercept is None:
        return 0.0
    return main.intercept + main.slope * early


def _title(measure: Measure, names: Iterable[str]) -> str:
    """Name measure, scale and endpoint: "Hazard ratio (log scale), overall survival"."""
    endpoint = " or ".join(names)
    return f"{axis_title(measure)}, {endpoint}"
