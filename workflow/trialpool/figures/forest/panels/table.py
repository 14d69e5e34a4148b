"""Rows that several panels share, before they have places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from trialpool.figures.forest.options.display_options import Choice
from trialpool.figures.forest.options.presets import Preset
from trialpool.figures.forest.pools import Standing
from trialpool.figures.forest.table import Row, Table

PanelKind = Literal["heading", "trial", "level", "total", "pool", "prediction", "statistics"]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Absent:
    """Words in the place of an effect: why a row has none in this panel.

    Attributes
    ----------
    text : str
    flags : tuple of str
        Symbols of the notes that say more.
    """

    text: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SharedColumn:
    """A column between the names and the first panel."""

    name: str
    head: str
    words: bool = True


@dataclass(frozen=True)
class PanelRow:
    """One row through all panels.

    Attributes
    ----------
    kind : str
        "heading", "trial", "level" (of the trial or pool above it), "total", "pool",
        "prediction" or "statistics".
    group, label : str
        Group it belongs to, and what stands at its left.
    parts : tuple of Row, Absent or None
        What it has in each panel.
    cells : tuple of (str, str)
        Texts of the shared columns.
    standing : str
        Of a pool: how it is drawn.
    flags : tuple of str
        Symbols of the notes behind its label; those of one panel stand behind the effect.
    trial_id, url : str
    behind : str
        Of a heading: what stands in grey behind its label.
    """

    kind: PanelKind
    group: str
    label: str
    parts: tuple[Row | Absent | None, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    standing: Standing = ""
    flags: tuple[str, ...] = ()
    trial_id: str = ""
    url: str = ""
    behind: str = ""

    def cell(self, column: str) -> str:
        """Text of the row in a shared column, empty where it has none."""
        return dict(self.cells).get(column, "")


@dataclass(frozen=True)
class PanelTable:
    """Everything that a plot of several panels says.

    Attributes
    ----------
    id, title : str
    preset : Preset
    label_head : str
        Head of the column of names.
    shared : tuple of SharedColumn
    rows : tuple of PanelRow
    panels : tuple of Table
        Measure, heads, columns and sides of each panel; their rows are the parts of `rows`.
    names, codes : tuple of str
        What stands over each panel, empty for nothing, and its short name.
    widths : tuple of float
        Widths in points that the panels would like.
    flags : tuple of (str, str)
        Symbol and text of each note on a row.
    dated : bool
        Whether the years of the reports stand behind the names.
    """

    id: str
    title: str
    preset: Preset
    label_head: str
    shared: tuple[SharedColumn, ...]
    rows: tuple[PanelRow, ...]
    panels: tuple[Table, ...]
    names: tuple[str, ...]
    codes: tuple[str, ...]
    widths: tuple[float, ...]
    flags: tuple[tuple[str, str], ...]
    dated: bool = True


def without_rob(half: Table) -> Table:
    """Leave out the column of risk of bias: it is of a trial, not of one of its panels."""
    left, right = (tuple(n for n in side if n != "rob") for side in (half.left, half.right))
    return replace(half, left=left, right=right, rob=None, heads=replace(half.heads, rob=None))


def refuse_rob(choice: Choice) -> None:
    """Raise a ValueError where a column was asked for that plots of several panels lack."""
    if "rob" in (*(choice.columns or ()), *(choice.columns_right or ())):
        raise ValueError("columns: rob is not drawn in a plot of several panels")


def merged(first: Sequence[Item], second: Sequence[Item]) -> list[Item]:
    """Put two orders together: the first as it is, what only the second has after its forerunner.

    Items of the second that come before any common one stand first.
    """
    order = list(first)
    place = 0
    for item in second:
        if item in order:
            place = order.index(item) + 1
        else:
            order.insert(place, item)
            place += 1
    return order
