"""Everything that the caller of a forest plot may ask for, in one piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trialpool.figures.forest.options.display_options import Choice
from trialpool.figures.forest.options.presets import PRESETS, Preset

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class ForestOptions:
    """How a forest plot is drawn.

    Attributes
    ----------
    preset : Preset
    choice : Choice
        Columns, names of the arms and order of the trials.
    width_mm : float or str or None
        Final width, or the name of one (`forest.options.presets.WIDTHS`); None for what the
        content needs.
    title : bool or str
        Whether the title stands over the plot, or another title.
    rows_per_page : int or None
        Split the plot where it has more rows; None draws one page.
    heaviest : int or None
        How many trials are drawn at most, those of the most weight; None draws all.
    ax : matplotlib.axes.Axes or None
        Draw into these axes, shrunk as far as they ask for, never enlarged.
    levels : bool
        Whether parts of a trial are drawn beside it, where a kind of question has any.
    """

    preset: Preset = PRESETS["default"]
    choice: Choice = field(default_factory=Choice)
    width_mm: float | str | None = None
    title: bool | str = True
    rows_per_page: int | None = None
    heaviest: int | None = None
    ax: Axes | None = None
    levels: bool = True
