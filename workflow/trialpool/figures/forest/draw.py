"""Draw a forest plot from one result record, as its kind of question wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trialpool.figures.forest.figure import ForestFigure
from trialpool.figures.forest.options.display_options import Choice
from trialpool.figures.forest.options.forest_options import ForestOptions
from trialpool.figures.forest.options.presets import Preset, get_preset
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.files import as_result
from trialpool.records.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ForestFigure", "draw_forest"]


def draw_forest(
    result: Result | Mapping[str, Any],
    *,
    width_mm: float | str | None = None,
    title: bool | str = True,
    preset: Preset | str = "default",
    choice: Choice | None = None,
    rows_per_page: int | None = None,
    heaviest: int | None = None,
    ax: Axes | None = None,
    levels: bool = True,
) -> ForestFigure:
    """Draw the forest plot of a result record.

    The size follows from the content: texts are measured first, columns are as wide
    as their texts (long ones wrap), and the height is that of the rows.

    Parameters
    ----------
    result : Result or mapping
        A result record, or what was loaded from a ``result.json``.
    width_mm : float or str, optional
        Final width, or the name of one (`forest.options.presets.WIDTHS`). By default what
        the content needs, at most 260 mm where wrapping allows it.
    title : bool or str
        Whether the title stands over the plot, or another title.
    preset : Preset or str
        "default", "jama", "bmj", "revman5" or "lancet".
    choice : Choice, optional
        Columns, names of the arms and order of the trials.
    rows_per_page : int, optional
        Split the plot where it has more rows; by default it is one page.
    heaviest : int, optional
        Draw so many trials at most, those of the most weight in their groups, and say so; the
        pools stay those of all.
    ax : matplotlib.axes.Axes, optional
        Draw into these axes, shrunk as far as they ask for, never enlarged.
    levels : bool
        Where a kind of question has parts of trials to show (the levels beside their ratio)
        they are drawn; False draws the trials alone.

    Raises
    ------
    TypeError
        If a mapping is no result record.
    ValueError
        If `width_mm` is too narrow for the columns, a measure, preset or column is
        unknown, or a plot of several pages is to be drawn into axes.
    """
    options = ForestOptions(
        preset=preset if isinstance(preset, Preset) else get_preset(preset),
        choice=choice or Choice(),
        width_mm=width_mm,
        title=title,
        rows_per_page=rows_per_page,
        heaviest=heaviest,
        ax=ax,
        levels=levels,
    )
    return forest_of(as_result(result), options)


def forest_of(result: Result, options: ForestOptions) -> ForestFigure:
    """Draw a record as the room of its kind does: `questions/<kind>/figures.py`."""
    drawn: ForestFigure = stage(kind_of(result), "figures").forest(result, options)
    return drawn
