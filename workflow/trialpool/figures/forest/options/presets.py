"""Presets: how a journal or program prints a forest plot, as plain data.

Sources: the layouts that the R package meta documents for JAMA, BMJ and RevMan 5, and
the Lancet's guide for authors (midline decimal point). Colours of the diamonds stay
distinct where two models stand side by side: filled, outlined, tinted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from trialpool.formatting import Style

PiStyle = Literal["bar", "line", "polygon", "shade", "density"]
Squares = Literal["weight", "exact", "equal", "events"]
LabelStyle = Literal["comma", "source", "parentheses"]

INK: Final = "#1a1a1a"
SOFT_INK: Final = "#4d4d4d"
WHITE: Final = "#ffffff"
BLUE: Final = "#1f3f77"
OCHRE: Final = "#d98c1f"
DARK_OCHRE: Final = "#8a5208"
PLUM: Final = "#7b2d6b"
TINT: Final = "#f2d7ad"


@dataclass(frozen=True)
class Palette:
    """Colours of the marks, and the factor by which all lines are thicker.

    Attributes
    ----------
    square, square_edge, interval : str
        A trial's estimate and interval; `square_edge` may be "none".
    diamond, diamond_edge : mapping of str to str, str
        Fill by standing, and outline.
    prediction, pooled_line, margin, null : str
        Lines.
    scale : float
        1 at final size; smaller where a plot is fitted into a user's axes.
    """

    square: str = BLUE
    square_edge: str = "none"
    interval: str = BLUE
    diamond: Mapping[str, str] = field(
        default_factory=lambda: {
            "primary": OCHRE,
            "common-effect": WHITE,
            "random-effects": TINT,
        }
    )
    diamond_edge: str = DARK_OCHRE
    prediction: str = DARK_OCHRE
    pooled_line: str = DARK_OCHRE
    margin: str = PLUM
    null: str = SOFT_INK
    scale: float = 1.0


@dataclass(frozen=True)
class Preset:
    """What a preset decides; what the caller of a plot says wins over it.

    Attributes
    ----------
    name : str
    style : Style
        How numbers are printed.
    palette : Palette
    label_head : str
        Head of the column of trials.
    favours : {"below", "above"}
        Whether the sides of the null are named under the axis or over the rows.
    bold_favours : bool
    numbers_left : bool
        Whether weight and effect stand left of the plot, which then ends the row.
    symmetric : bool
        Whether the axis reaches as far on both sides of the null.
    pi_style : {"bar", "line", "polygon", "shade", "density"}
        How prediction intervals are drawn.
    squares : {"weight", "exact", "equal", "events"}
        What the area of a square says; "weight" enlarges the smallest, "exact" none.
    stripes : bool
        Whether every other trial has a grey ground.
    cid : float, (float, float) or None
        Limits of clinical importance: differences between them are small to matter.
        On the printed scale; one limit is mirrored at the null.
    limits : (float, float) or None
        Ends of the axis, on the printed scale; None for those that the rows ask for.
    label_style : {"comma", "source", "parentheses"}
        "Name, 2020", "Name,¹² 2020" with a list of sources, or "Name (2020)".
    method_line : bool
        Whether method and model stand over the plot: "IV, Random, 95% CI".
    test_line : bool
        Whether the test of each pool against the null stands under it.
    full_statistics : bool
        Whether heterogeneity comes with τ and the interval of I².
    totals_row : bool
        Whether the sums of the arms have a row of their own instead of the group's heading.
    shrunken : bool
        Whether the true effect of each trial by the Bayesian model stands beside its own.
    stamp : bool or str
        Whether the version of the data stands at the end of the notes; a text replaces it.
    squares_by_measure : mapping of str to str
        Colours of squares for "counts" and "differences", where they are not the palette's.
    """

    name: str
    style: Style = field(default_factory=Style)
    palette: Palette = field(default_factory=Palette)
    label_head: str = "Trial"
    favours: Literal["below", "above"] = "below"
    bold_favours: bool = False
    numbers_left: bool = False
    symmetric: bool = False
    pi_style: PiStyle = "bar"
    squares: Squares = "weight"
    stripes: bool = False
    cid: float | tuple[float, float] | None = None
    limits: tuple[float, float] | None = None
    label_style: LabelStyle = "comma"
    method_line: bool = False
    test_line: bool = False
    full_statistics: bool = True
    totals_row: bool = False
    shrunken: bool = False
    stamp: bool | str = False
    squares_by_measure: Mapping[str, str] = field(default_factory=dict)


def _diamonds(primary: str, tint: str) -> Mapping[str, str]:
    return {"primary": primary, "common-effect": WHITE, "random-effects": tint}


PRESETS: Final[Mapping[str, Preset]] = {
    preset.name: preset
    for preset in (
        Preset("default"),
        Preset(
            "jama",
            style=Style(
                "(", "–", ")", leading_zero=False, p_letter="P", short_p=True, tau2_decimals=None
            ),
            palette=Palette(
                square="#00008b",
                interval="#00008b",
                diamond=_diamonds("#87bcd9", "#d3e7f1"),
                diamond_edge="#00008b",
                prediction="#00008b",
                pooled_line="#00008b",
            ),
            label_head="Source",
            favours="above",
            bold_favours=True,
            full_statistics=False,
        ),
        Preset(
            "bmj",
            style=Style("(", " to ", ")", p_letter="P", short_p=True, tau2_decimals=2),
            palette=Palette(
                square="#6b58a6",
                square_edge=WHITE,
                interval="#6b58a6",
                diamond=_diamonds("#6b58a6", "#cfc8e3"),
                diamond_edge="#453770",
                prediction="#453770",
                pooled_line="#808285",
                null="#a7a9ac",
            ),
            label_head="Study",
            bold_favours=True,
            full_statistics=False,
        ),
        Preset(
            "revman5",
            style=Style("[", ", ", "]", p_letter="P", short_p=True, tau2_decimals=3),
            palette=Palette(
                square="#a3123a",
                interval=INK,
                diamond=_diamonds("#000000", "#a6a6a6"),
                diamond_edge="#000000",
                prediction=INK,
                pooled_line=SOFT_INK,
            ),
            label_head="Study or subgroup",
            numbers_left=True,
            symmetric=True,
            method_line=True,
            test_line=True,
            full_statistics=False,
            totals_row=True,
            squares_by_measure={"counts": "#00589c", "differences": "#0a6b3d"},
        ),
        Preset(
            "lancet",
            style=Style("(", "–", ")", point="·", tau2_decimals=3),
            palette=Palette(
                square=INK,
                interval=INK,
                diamond=_diamonds("#8c8c8c", "#d9d9d9"),
                diamond_edge=INK,
                prediction=INK,
                pooled_line=SOFT_INK,
            ),
            label_style="parentheses",
        ),
    )
}

# Final widths in mm: one column and two of the Lancet, one and two of most others.
WIDTHS: Final[Mapping[str, float]] = {
    "lancet-column": 75.0,
    "column": 89.0,
    "lancet-page": 154.0,
    "page": 183.0,
}


def get_preset(name: str) -> Preset:
    """Return a preset by its name.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in PRESETS:
        raise ValueError(f"preset={name!r} is not known; allowed: {', '.join(PRESETS)}")
    return PRESETS[name]


def width_in_mm(width: float | str | None) -> float | None:
    """Turn a named width into millimetres.

    Raises
    ------
    ValueError
        If the name is not known or the width is not above 0.
    """
    if isinstance(width, str):
        if width not in WIDTHS:
            allowed = ", ".join(f"{name} ({mm:.0f} mm)" for name, mm in WIDTHS.items())
            raise ValueError(f"width_mm={width!r} is not known; allowed: a number, {allowed}")
        return WIDTHS[width]
    if width is not None and not 0.0 < width < 10_000.0:
        raise ValueError(f"width_mm={width!r}; allowed: above 0")
    return width
