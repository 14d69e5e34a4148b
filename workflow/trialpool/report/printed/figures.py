"""Figures of a question on the pages of print: 17.8 cm wide, split where they are taller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from trialpool.cache import Cache
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.groups import unprinted
from trialpool.records.results import MOST_TRIALS, Result

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.plots.drawing.scene import PlotFigure

# Name of the figure that every question has.
FOREST: Final = "forest"
# The type area is 178 by 240 mm; heading and caption stand over and under a figure.
WIDTH_MM: Final = 178.0
HEIGHT_MM: Final = 205.0
_POINT_MM: Final = 25.4 / 72
# Rows that a page of a forest plot holds at least.
_FEWEST: Final = 10
# Columns left of the plot, the first that a question allows; None: its own.
_COLUMNS: Final[tuple[tuple[str, ...] | None, ...]] = (("counts",), (), None)
# Smallest text of the figures, and how small it may be printed, in points.
_SMALLEST, _READABLE = 7.0, 6.9


@dataclass(frozen=True)
class Drawn:
    """A figure for print.

    Attributes
    ----------
    name : str
        `FOREST`, or what the question's kind calls it.
    pages : tuple of str
        SVG; its texts name their font, which typst brings.
    width : float
        In mm.
    alt : str
        The figure in words.
    """

    name: str
    pages: tuple[str, ...]
    width: float
    alt: str


def figure_of(result: Result, cache: Cache) -> Drawn:
    """Draw the figure that a question has in print: of its own, or its forest plot."""
    shown = msgspec.structs.replace(result, excluded=unprinted(result.excluded))

    def make() -> dict[str, bytes]:
        return {"drawn": msgspec.json.encode(further(shown) or forest(shown))}

    found = cache.made(["in print", msgspec.json.encode(shown)], make)
    return msgspec.json.decode(found["drawn"], type=Drawn)


def forest(result: Result) -> Drawn:
    """Draw the forest plot of a question.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Drawn
        Of the trials alone: what they compare stands over them, and their parts, such as levels
        of a marker, in a table. Each page has the head and the axis.
    """
    from trialpool.figures.forest.figure import svg_pages

    found = _fitting(result)
    width = found.geometry.width * _POINT_MM
    return Drawn(FOREST, tuple(svg_pages(found, fonts=False)), min(width, WIDTH_MM), found.alt)


def _fitting(result: Result) -> ForestFigure:
    """Draw with as many columns as there is room for and the question has."""
    for columns in _COLUMNS:
        try:
            return _split(result, WIDTH_MM, columns)
        except ValueError:
            continue
    return _split(result, None, None)


def _split(result: Result, width: float | None, columns: tuple[str, ...] | None) -> ForestFigure:
    """Draw, on as few pages as it takes that each fits on one of print."""
    from trialpool.figures.forest.draw import draw_forest
    from trialpool.figures.forest.options.display_options import Choice

    rows: int | None = None
    while True:
        found = draw_forest(
            result,
            width_mm=width,
            title=False,
            levels=False,
            choice=Choice(columns=columns),
            rows_per_page=rows,
            heaviest=MOST_TRIALS,
        )
        tallest = max(page.geometry.height for page in found.pages) * _POINT_MM
        scale = min(1.0, WIDTH_MM / (found.geometry.width * _POINT_MM))
        if tallest * scale <= HEIGHT_MM or rows == _FEWEST:
            return found
        most = rows or len(found.table.rows)
        rows = max(_FEWEST, min(most - 1, int(most * HEIGHT_MM / (tallest * scale))))


def further(result: Result) -> Drawn | None:
    """Draw the first of a question's own figures that can be read on one page."""
    from trialpool.figures.canvas.rendering import svg_text

    plots: dict[str, PlotFigure] = stage(kind_of(result), "figures").plots(result)
    for name, plot in plots.items():
        width, height = (side * _POINT_MM for side in (plot.geometry.width, plot.geometry.height))
        scale = min(1.0, WIDTH_MM / width)
        if height * scale <= HEIGHT_MM and _SMALLEST * scale >= _READABLE:
            return Drawn(name, (svg_text(plot, fonts=False),), width * scale, plot.alt)
    return None
