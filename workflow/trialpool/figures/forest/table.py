"""The rows and texts of a forest plot, before they have places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trialpool.figures.forest.options.presets import PRESETS, Preset
from trialpool.figures.forest.pools import Standing
from trialpool.figures.forest.risk_of_bias import SYMBOLS, Domains
from trialpool.measures import Measure

Kind = Literal["heading", "trial", "total", "pool", "prediction", "statistics"]


@dataclass(frozen=True)
class Row:
    """One row of the plot.

    Attributes
    ----------
    kind : {"heading", "trial", "total", "pool", "prediction", "statistics"}
        What the row is.
    group : str
        Label of the group it belongs to, empty for the pool of all groups.
    label, comparison, experimental, control : str
        Printed texts; empty where the row has no such cell.
    behind : str
        Of a heading: what stands in grey behind its label.
    estimate, lower, upper : float or None
        On the analysis scale. A prediction row has no estimate.
    effect : str
        Printed estimate and interval.
    effect_parts : tuple of str
        The same text in the pieces that are aligned one under another: estimate,
        "[" and lower limit, "to", upper limit and "]". A missing piece is empty.
    weight : float or None
        Share of the group under random effects.
    area : float or None
        Area of the square, relative to the other trials of the figure; None where squares
        say events and the trial reports none.
    standing : str
        How a pool is drawn.
    margin : tuple of (float or None, float or None)
        Lower and upper margin of non-inferiority or equivalence on the analysis scale.
    flags : tuple of str
        Symbols of the notes that apply to the row.
    trial_id, url : str
        The trial, and where its report is found.
    extra : tuple of (str, str)
        Name and text of each further column that was asked for.
    centre : float or None
        Of a prediction interval: the pooled estimate.
    density : tuple of (float, float)
        Of a prediction interval: value and height of its distribution, the highest 1.
    rob : tuple of str
        Judgement of each domain and overall, empty where a trial has none.
    shrunken : (float, float, float) or None
        Its true effect by the Bayesian model, with limits, where it is drawn beside.
    """

    kind: Kind
    group: str
    label: str
    comparison: str = ""
    experimental: str = ""
    control: str = ""
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    effect: str = ""
    effect_parts: tuple[str, ...] = ()
    weight: float | None = None
    weight_text: str = ""
    area: float | None = None
    standing: Standing = ""
    margin: tuple[float | None, float | None] = (None, None)
    margin_text: str = ""
    flags: tuple[str, ...] = ()
    trial_id: str = ""
    url: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    centre: float | None = None
    density: tuple[tuple[float, float], ...] = ()
    rob: tuple[str, ...] = ()
    behind: str = ""
    shrunken: tuple[float, float, float] | None = None

    def cell(self, column: str) -> str:
        """Text of the row in a column, empty where it has none."""
        if column in ("comparison", "experimental", "control", "effect"):
            return str(getattr(self, column))
        if column in ("margin", "weight"):
            return str(getattr(self, f"{column}_text"))
        if column == "rob":
            return " ".join(SYMBOLS[judgement] for judgement in self.rob)
        return dict(self.extra).get(column, "")


@dataclass(frozen=True)
class Heads:
    """Column headings, each a tuple of lines; None where the column does not appear.

    `spans` are first and last column, and a name that stands over both and those between.
    """

    label: tuple[str, ...]
    comparison: tuple[str, ...] | None
    experimental: tuple[str, ...] | None
    control: tuple[str, ...] | None
    panel: tuple[str, ...]
    effect: tuple[str, ...]
    weight: tuple[str, ...] | None
    margin: tuple[str, ...] | None = None
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rob: tuple[str, ...] | None = None
    spans: tuple[tuple[str, str, str], ...] = ()

    def lines(self, column: str) -> tuple[str, ...]:
        """Lines of the head of a column: the first is its name, the second explains it."""
        further = dict(self.extra)
        return further[column] if column in further else getattr(self, column) or ()


@dataclass(frozen=True)
class Table:
    """Everything a forest plot says, before it has a place.

    Attributes
    ----------
    id, title : str
        Identifier and title of the question.
    measure : Measure
        What is estimated.
    null : float
        Null value on the analysis scale.
    heads : Heads
        Column headings.
    rows : tuple of Row
        Rows from top to bottom.
    favours : tuple of (str, str)
        What the left and the right side of the null mean.
    flags : tuple of (str, str)
        Symbol and text of each note on a row.
    overall : float or None
        Estimate of the pool of all groups, for its dashed line.
    left, right : tuple of str
        Names of the columns between the trials and the plot, and after the plot.
    texts : frozenset of str
        Columns that hold words: they begin at their left edge and may wrap.
    preset : Preset
        How numbers are printed and marks are coloured.
    band : (float, float) or None
        Differences too small to matter, on the analysis scale.
    rob : Domains or None
        What was judged, where the plot has a column for it.
    version : str
        Hash of the record that was drawn.
    """

    id: str
    title: str
    measure: Measure
    null: float
    heads: Heads
    rows: tuple[Row, ...]
    favours: tuple[str, str]
    flags: tuple[tuple[str, str], ...]
    overall: float | None
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ("effect",)
    texts: frozenset[str] = frozenset()
    preset: Preset = PRESETS["default"]
    band: tuple[float, float] | None = None
    rob: Domains | None = None
    version: str = ""
