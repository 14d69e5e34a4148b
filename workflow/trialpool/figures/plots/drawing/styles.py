"""Colours and lines of the plots, and the painting of a scene.

Blue and ochre stay apart for colour-blind readers and in grey; what they tell is told by
a fill, a dash or words as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from matplotlib.figure import Figure
from matplotlib.path import Path

from trialpool.figures.canvas.artists import Area, Disc, Line, Outline, in_order, put
from trialpool.figures.canvas.style import plot_style
from trialpool.figures.forest.marks.visuals import ROB_COLOURS, paint_text
from trialpool.figures.forest.options.presets import (
    BLUE,
    DARK_OCHRE,
    INK,
    OCHRE,
    SOFT_INK,
    WHITE,
)
from trialpool.figures.plots.drawing.scene import PlotGeometry, Shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALE_BLUE: Final = "#a9bbdc"


@dataclass(frozen=True)
class Style:
    """Fill, edge, width of the line in points, its dashes, and how much it covers."""

    fill: str = "none"
    edge: str = "none"
    width: float = 0.0
    dash: tuple[float, ...] = ()
    alpha: float = 1.0


STYLES: Final[dict[str, Style]] = {
    "axis": Style(edge=INK, width=0.7),
    "rule": Style(edge="#bfbfbf", width=0.5),
    "null": Style(edge=SOFT_INK, width=0.7),
    "pool-line": Style(edge=DARK_OCHRE, width=0.9, dash=(4, 3)),
    "limit": Style(edge=SOFT_INK, width=0.7, dash=(1.5, 2)),
    "trial": Style(fill=BLUE, edge=WHITE, width=0.4),
    "trial-open": Style(fill=WHITE, edge=BLUE, width=0.9),
    "trial-pale": Style(fill=PALE_BLUE, edge=BLUE, width=0.4),
    "marked": Style(fill=OCHRE, edge=DARK_OCHRE, width=0.8),
    "stem": Style(edge=PALE_BLUE, width=0.8),
    "interval": Style(edge=BLUE, width=0.9),
    "curve": Style(edge=BLUE, width=1.3),
    "curve-limit": Style(edge=PALE_BLUE, width=0.6, dash=(2.5, 2)),
    "control-limit": Style(edge="#dfb26a", width=0.6, dash=(2.5, 2)),
    "interval-pale": Style(edge="#8c8c8c", width=0.7),
    "observed": Style(fill=WHITE, edge="#6b6b6b", width=0.8),
    "pool": Style(fill=OCHRE, edge=DARK_OCHRE, width=0.8),
    "pool-open": Style(fill=WHITE, edge=DARK_OCHRE, width=0.8),
    "pool-interval": Style(edge=DARK_OCHRE, width=1.8),
    "prediction": Style(edge=DARK_OCHRE, width=0.9),
    "prediction-line": Style(edge=DARK_OCHRE, width=0.8, dash=(4, 2.5)),
    "band": Style(fill="#f6e6cb"),
    "band-blue": Style(fill="#e4eaf5"),
    "band-grey": Style(fill="#ebedf1"),
    "fit": Style(edge=DARK_OCHRE, width=1.3),
    "contour-in": Style(fill=WHITE, edge="#9aa1ad", width=0.4),
    "contour-10": Style(fill="#b9c0cc", edge="#9aa1ad", width=0.4),
    "contour-05": Style(fill="#d8dce3", edge="#9aa1ad", width=0.4),
    "contour-01": Style(fill="#f0f1f4"),
    "dots-with": Style(fill=OCHRE),
    "dots-without": Style(fill=BLUE),
    "bar-with": Style(fill=OCHRE, edge=DARK_OCHRE, width=0.4),
    "bar-without": Style(fill=BLUE),
    "holds": Style(fill=BLUE),
    "holds-line": Style(edge=PALE_BLUE, width=0.6),
    "fails": Style(fill=OCHRE),
    "fails-line": Style(edge="#edcb94", width=0.6),
    "unknown": Style(fill="#8c8c8c"),
    "unknown-line": Style(edge="#cfcfcf", width=0.6),
    "shade": Style(fill="#f4f5f7"),
    "ink": Style(fill=INK),
    "node-away": Style(fill=WHITE, edge="#6b6b6b", width=0.9),
    "edge": Style(fill="#9aa1ad"),
    "edge-away": Style(edge="#8c8c8c", width=0.8, dash=(2.5, 2)),
    "several-arms": Style(fill=OCHRE, edge=DARK_OCHRE, width=0.5, alpha=0.22),
    "number": Style(fill=WHITE),
    "cell-even": Style(fill="#f2f3f5", edge="#ffffff", width=0.5),
    **{
        f"{side}-{i}": Style(fill=fill, edge="#ffffff", width=0.5)
        for side, fills in (
            ("better", ("#e3eaf6", "#c0cfe9", "#9cb3dc", "#7591cb")),
            ("worse", ("#fcefd6", "#f6d9a5", "#ecbb6b", "#d98c1f")),
        )
        for i, fill in enumerate(fills, start=1)
    },
    "cell-name": Style(fill="#d5d9e0", edge="#ffffff", width=0.5),
    "interval-bold": Style(edge=BLUE, width=1.5),
    "bar-back": Style(fill="#ebedf1"),
    "bar-score": Style(fill=BLUE),
    **{
        f"rank-{i}": Style(fill=fill, edge="#ffffff", width=0.4)
        for i, fill in enumerate(("#f7f8fa", "#e3eaf6", "#c9d5ec", "#aebfe0", "#93a9d4", "#7591cb"))
    },
    **{
        f"rob-{word.replace(' ', '-')}": Style(fill=colour, edge=WHITE, width=0.6)
        for word, colour in ROB_COLOURS.items()
    },
    "rob-not-judged": Style(fill=WHITE, edge="#8c8c8c", width=0.6),
    "mark-direct": Style(fill=INK, edge=INK, width=0.6),
    "mark-indirect": Style(fill=WHITE, edge=INK, width=0.6),
    "leader": Style(edge="#8c8c8c", width=0.5),
}


def make_figure(geometry: PlotGeometry, identifier: str, family: str) -> Figure:
    """Paint a scene on a figure of its size."""
    with plot_style(identifier):
        figure = Figure(figsize=(geometry.width / 72, geometry.height / 72), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(0.0, geometry.width)
        axes.set_ylim(geometry.height, 0.0)
        for shape in geometry.shapes:
            _paint(axes, shape)
        for text in geometry.texts:
            paint_text(axes, text, family)
        in_order(axes)
    return figure


def _paint(axes: Axes, shape: Shape) -> None:
    style = STYLES[shape.style]
    if shape.form == "line":
        extra: dict[str, Any] = {"solid_capstyle": "butt", "dash_capstyle": "butt"}
        if style.dash:
            extra["linestyle"] = (0, style.dash)
        xs, ys = zip(*shape.points, strict=True)
        put(axes, Line(xs, ys, color=style.edge, linewidth=style.width, **extra))
        return
    look: dict[str, Any] = {
        "facecolor": style.fill,
        "edgecolor": style.edge,
        "linewidth": style.width,
    }
    if style.alpha < 1.0:
        look["alpha"] = style.alpha
    if shape.form == "polygon":
        put(axes, Area(shape.points, closed=True, joinstyle="miter", **look))
    elif shape.form == "disc":
        for point in shape.points:
            put(axes, Disc(point, shape.radius, **look))
    else:
        put(axes, Outline(_squares(shape), **look))


def _squares(shape: Shape) -> Path:
    """Draw all dots as one path: thousands of elements would make a file of megabytes."""
    r = shape.radius
    vertices, codes = [], []
    for x, y in shape.points:
        vertices += [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r), (x, y)]
        codes += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(vertices, codes)
