"""Shades of a league heat map: steps of the effect that read well, and their key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.plots.drawing.board import MARGIN, NOTE_SIZE, Board
from trialpool.figures.plots.drawing.scene import Box
from trialpool.figures.text.widths import ASCENT, text_width
from trialpool.measures import Measure

STEPS: Final = 4
_RATIOS: Final[tuple[tuple[float, ...], ...]] = (
    (1.05, 1.1, 1.15, 1.2),
    (1.1, 1.2, 1.3, 1.5),
    (1.1, 1.25, 1.5, 2.0),
    (1.25, 1.5, 2.0, 3.0),
    (1.5, 2.0, 3.0, 5.0),
    (2.0, 4.0, 8.0, 16.0),
    (10.0, 100.0, 1e3, 1e4),
)


def thresholds(values: Sequence[float], measure: Measure) -> tuple[float, ...]:
    """Give four limits between shades on the analysis scale, that read well.

    Parameters
    ----------
    values : sequence of float
        Effects on the analysis scale; all but the largest should stay apart.
    measure : Measure

    Returns
    -------
    tuple of float
        Rising and above 0; the same on both sides of no difference.
    """
    most = 0.6 * max((abs(v) for v in values), default=1.0)
    if measure.is_ratio:
        logs = [tuple(math.log(r) for r in ratios) for ratios in _RATIOS]
        return next((found for found in logs if found[-1] >= most), logs[-1])
    step = max(most / STEPS, 1e-12)
    power = 10.0 ** math.floor(math.log10(step))
    nice = next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= step * (1 - 1e-9))
    return tuple(nice * i for i in range(1, STEPS + 1))


def shade(value: float, limits: Sequence[float], *, better: bool) -> str:
    """Name the style of a cell."""
    step = sum(abs(value) >= limit for limit in limits)
    return "cell-even" if step == 0 else f"{'better' if better else 'worse'}-{step}"


def corners(box: Box) -> tuple[tuple[float, float], ...]:
    """Corners of a box in drawing order."""
    left, top, right, bottom = box
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def draw_scale(
    board: Board, measure: Measure, limits: tuple[float, ...], *, small_good: bool
) -> None:
    """Draw the shades in a line with the effects between them."""
    low, high = ("better", "worse") if small_good else ("worse", "better")
    styles = [f"{low}-{i}" for i in range(STEPS, 0, -1)] + ["cell-even"]
    styles += [f"{high}-{i}" for i in range(1, STEPS + 1)]
    words = {"better": "row better than column", "worse": "row worse than column"}
    size = NOTE_SIZE
    left_words, right_words = words[low], words[high]
    start = MARGIN + text_width(left_words, size) + 8.0
    end = board.right - text_width(right_words, size) - 8.0
    wide = min(30.0, (end - start) / len(styles))
    y = board.top
    board.text(left_words, MARGIN, y + 0.78 * size + 1.0, size=size, role="note")
    ticks = [-v for v in reversed(limits)] + list(limits)
    for i, style in enumerate(styles):
        x = start + i * wide
        board.add("scale", corners((x, y, x + wide, y + 9.0)), style, form="polygon")
    for i, value in enumerate(ticks, start=1):
        text = _tick(value, measure)
        board.text(text, start + i * wide, y + 10.5 + ASCENT * 6.0, size=6.0, align="center",
                   role="tick")  # fmt: skip
    x = start + len(styles) * wide + 8.0
    board.text(right_words, x, y + 0.78 * size + 1.0, size=size, role="note")
    board.top = y + 22.0


def _tick(value: float, measure: Measure) -> str:
    shown = 100 * value if measure.code == "RD" else measure.to_display(value)
    return fmt.plain(round(shown, 2) if abs(shown) >= 0.095 else float(f"{shown:.1g}"))
