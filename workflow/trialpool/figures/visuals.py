"""How each mark and text is painted: one visual, one small function.

Colours come from one palette that stays distinct for colour-blind readers and
in grey: deep blue squares, ochre diamonds. Margins are told by their dots as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.text import Text

from trialpool.figures.fonts import FAMILY, STYLES, Face, font_path
from trialpool.figures.geometry import Geometry, Mark, TextMark

INK: Final = "#1a1a1a"
SOFT_INK: Final = "#4d4d4d"
BLUE: Final = "#1f3f77"
OCHRE: Final = "#d98c1f"
DARK_OCHRE: Final = "#8a5208"
PLUM: Final = "#7b2d6b"
TINT: Final = "#f2d7ad"
WHITE: Final = "#ffffff"

TEXT_COLOURS: Final = {"statistics": SOFT_INK, "note": SOFT_INK, "symbol": SOFT_INK}
DIAMOND_FILL: Final = {"primary": OCHRE, "common-effect": WHITE, "random-effects": TINT}


def paint(axes: Axes, geometry: Geometry, family: str) -> None:
    """Paint a layout on axes whose unit is one point, origin at the top left."""
    for mark in geometry.marks:
        PAINTERS[mark.kind](axes, mark)
    for text in geometry.texts:
        paint_text(axes, text, family)
    # The order of the layout decides what covers what, not the kind of artist.
    for order, artist in enumerate(axes.get_children()):
        artist.set_zorder(order)


@cache
def _font(face: Face, size: float, family: str) -> FontProperties:
    weight, style = STYLES[face]
    # The file decides what is drawn; the family names are what an SVG reader is told.
    return FontProperties(
        family=[family, FAMILY],
        weight=weight,
        style=style,  # type: ignore[arg-type]
        size=size,
        fname=str(font_path(face)),
    )


class PlacedText(Text):
    """A line of text whose place is known.

    matplotlib lays every text out anew for each file format, which takes longer than
    drawing it; here the layout has measured it already.
    """

    def __init__(self, mark: TextMark, family: str) -> None:
        super().__init__(
            mark.x,
            mark.y,
            mark.text,
            fontproperties=_font(mark.face, mark.size, family),
            color=TEXT_COLOURS.get(mark.role, INK),
            horizontalalignment=mark.align,
            parse_math=False,
            url=mark.url or None,
        )
        self.left = mark.box[0]

    def draw(self, renderer: RendererBase) -> None:
        """Draw the text from its left edge on."""
        x, y = self.get_transform().transform((self.left, self.get_position()[1]))
        _, height = renderer.get_canvas_width_height()
        gc = renderer.new_gc()
        gc.set_foreground(to_rgba(self.get_color()), isRGBA=True)
        gc.set_url(self.get_url())
        properties = self.get_fontproperties()
        y = height - y if renderer.flipy() else y
        renderer.open_group("text", self.get_gid())
        renderer.draw_text(gc, x, y, self.get_text(), properties, 0.0, mtext=self)
        renderer.close_group("text")
        gc.restore()
        self.stale = False


def paint_text(axes: Axes, text: TextMark, family: str) -> None:
    """Write a text in its face of the shipped font."""
    axes.add_artist(PlacedText(text, family))


def _line(axes: Axes, mark: Mark, colour: str, width: float, **kwargs: Any) -> None:
    xs, ys = zip(*mark.points, strict=True)
    kwargs.setdefault("solid_capstyle", "butt")
    axes.add_line(Line2D(xs, ys, color=colour, linewidth=width, clip_on=False, **kwargs))


def _polygon(axes: Axes, mark: Mark, fill: str, edge: str, width: float) -> None:
    axes.add_patch(
        Polygon(
            mark.points,
            closed=True,
            facecolor=fill,
            edgecolor=edge,
            linewidth=width,
            joinstyle="miter",
            clip_on=False,
        )
    )


def paint_rule(axes: Axes, mark: Mark) -> None:
    """Thin line over the whole width."""
    _line(axes, mark, INK, 0.6)


def paint_null(axes: Axes, mark: Mark) -> None:
    """Solid line at no difference."""
    _line(axes, mark, SOFT_INK, 0.7)


def paint_pooled_line(axes: Axes, mark: Mark) -> None:
    """Dashed line at the pool of all groups."""
    _line(axes, mark, DARK_OCHRE, 0.7, linestyle=(0, (4, 3)), dash_capstyle="butt")


def paint_axis(axes: Axes, mark: Mark) -> None:
    """Axis, its ticks, and the shafts of the arrows under it."""
    _line(axes, mark, INK, 0.7)


def paint_interval(axes: Axes, mark: Mark) -> None:
    """Confidence interval of a trial; white where its square would hide it."""
    _line(axes, mark, WHITE if mark.style == "inside" else BLUE, 0.9)


def paint_square(axes: Axes, mark: Mark) -> None:
    """Estimate of a trial."""
    _polygon(axes, mark, BLUE, "none", 0.0)


def paint_diamond(axes: Axes, mark: Mark) -> None:
    """Pooled estimate: filled where primary, two equal outlines where none is."""
    _polygon(axes, mark, DIAMOND_FILL[mark.style], DARK_OCHRE, 0.8)


def paint_prediction(axes: Axes, mark: Mark) -> None:
    """Prediction interval: a bar between two end strokes."""
    _line(axes, mark, DARK_OCHRE, 1.5 if mark.style == "bar" else 0.9)


def paint_margin(axes: Axes, mark: Mark) -> None:
    """Dotted mark at a margin of non-inferiority or equivalence."""
    _line(axes, mark, PLUM, 1.2, linestyle=(0, (1, 1)), dash_capstyle="butt")


def paint_arrow(axes: Axes, mark: Mark) -> None:
    """Head of an interval that goes on beyond the axis, in the colour of its owner."""
    owner = mark.style.split()[-1]
    colour = {"trial": BLUE, "favours": INK}.get(owner, DARK_OCHRE)
    _polygon(axes, mark, colour, "none", 0.0)


PAINTERS: Final[dict[str, Callable[[Axes, Mark], None]]] = {
    "rule": paint_rule,
    "null": paint_null,
    "pooled-line": paint_pooled_line,
    "axis": paint_axis,
    "tick": paint_axis,
    "interval": paint_interval,
    "square": paint_square,
    "diamond": paint_diamond,
    "prediction": paint_prediction,
    "arrow": paint_arrow,
    "margin": paint_margin,
}
