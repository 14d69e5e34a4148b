"""How each mark and text is painted: one visual, one small function.

Colours come from one palette that stays distinct for colour-blind readers and
in grey: deep blue squares, ochre diamonds. Margins are told by their dots as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgba
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from trialpool.figures.canvas.artists import Area, Disc, Line, Uncut, in_order, put
from trialpool.figures.canvas.geometry import Geometry, Mark, TextMark
from trialpool.figures.forest.marks.prediction import SHADES
from trialpool.figures.forest.options.presets import INK, SOFT_INK, WHITE, Palette
from trialpool.figures.text.bidi import for_layout
from trialpool.figures.text.embolden import thicken
from trialpool.figures.text.faces import is_latin
from trialpool.figures.text.shaping import Shaped, outline_of, shaped
from trialpool.figures.text.typefaces import font_properties

GROUNDS: Final = {"stripe": "#f3f3f3", "band": "#e4e4e4"}
# Low, some concerns and high stay apart for protanopes, deuteranopes and tritanopes
# (tests/figures/test_forest_marks.py); in grey, and of the others, the symbols tell them.
ROB_COLOURS: Final = {
    "low": "#8fcdb4",
    "some concerns": "#f3d35b",
    "high": "#e0794a",
    "critical": "#b86bb0",
    "unclear": "#d9d9d9",
}
TEXT_COLOURS: Final = {
    "statistics": SOFT_INK,
    "behind": SOFT_INK,
    "missing": SOFT_INK,
    "note": SOFT_INK,
    "symbol": SOFT_INK,
}


def paint(axes: Axes, geometry: Geometry, family: str, palette: Palette | None = None) -> None:
    """Paint a layout on axes whose unit is one point, origin at the top left.

    With a `palette` of another scale the unit is that many points.
    """
    palette = palette or Palette()
    for mark in geometry.marks:
        PAINTERS[mark.kind](axes, mark, palette)
    for text in geometry.texts:
        paint_text(axes, text, family, palette.scale)
    in_order(axes)


class PlacedText(Uncut, Text):
    """A line of text whose place is known.

    matplotlib lays every text out anew for each file format, which takes longer than
    drawing it; here the layout has measured it already.
    """

    def __init__(self, mark: TextMark, family: str, scale: float) -> None:
        super().__init__(
            mark.x,
            mark.y,
            for_layout(mark.text),
            fontproperties=font_properties(
                mark.face, mark.size * scale, family, latin=is_latin(mark.text)
            ),
            color=TEXT_COLOURS.get(mark.role, INK),
            horizontalalignment=mark.align,
            parse_math=False,
            url=mark.url or None,
        )
        self.left = mark.box[0]
        self.face = mark.face

    @property
    def shaped(self) -> Shaped:
        """The glyphs of the text."""
        return shaped(self.get_text(), self.face)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the text from its left edge on."""
        x, y = self.get_transform().transform((self.left, self.get_position()[1]))
        _, height = renderer.get_canvas_width_height()
        gc = renderer.new_gc()
        gc.set_foreground(to_rgba(self.get_color()), isRGBA=True)
        gc.set_url(self.get_url())
        properties = self.get_fontproperties()
        baseline = height - y if renderer.flipy() else y
        renderer.open_group("text", self.get_gid())
        size = properties.get_size_in_points()
        if hasattr(renderer, "buffer_rgba"):  # one shape, not letter by letter
            gc.set_linewidth(0.0)
            place = Affine2D().scale(float(renderer.points_to_pixels(size))).translate(x, y)  # type: ignore[arg-type]
            renderer.draw_path(gc, outline_of(self.shaped), place, gc.get_rgb())
        else:
            renderer.draw_text(gc, x, baseline, self.get_text(), properties, 0.0, mtext=self)
        # In an SVG the text itself is stroked.
        if self.face == "bold" and not hasattr(renderer, "writer"):
            thicken(renderer, gc, x, y, self.get_text(), size)
        renderer.close_group("text")
        gc.restore()
        self.stale = False


def paint_text(axes: Axes, text: TextMark, family: str, scale: float = 1.0) -> None:
    """Write a text in its face of the shipped font."""
    put(axes, PlacedText(text, family, scale))


def _line(axes: Axes, mark: Mark, colour: str, width: float, **kwargs: Any) -> None:
    xs, ys = zip(*mark.points, strict=True)
    kwargs.setdefault("solid_capstyle", "butt")
    put(axes, Line(xs, ys, color=colour, linewidth=width, **kwargs))


def _polygon(axes: Axes, mark: Mark, fill: str, edge: str, width: float) -> None:
    put(
        axes,
        Area(
            mark.points,
            closed=True,
            facecolor=fill,
            edgecolor=edge,
            linewidth=width,
            joinstyle="miter",
        ),
    )


def paint_rule(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Thin line over the whole width."""
    _line(axes, mark, INK, 0.6 * palette.scale)


def paint_null(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Solid line at no difference."""
    _line(axes, mark, palette.null, 0.7 * palette.scale)


def paint_pooled_line(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Dashed line at the pool of all groups."""
    _line(
        axes,
        mark,
        palette.pooled_line,
        0.7 * palette.scale,
        linestyle=(0, (4, 3)),
        dash_capstyle="butt",
    )


def paint_axis(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Axis, its ticks, and the shafts of the arrows under it."""
    _line(axes, mark, INK, 0.7 * palette.scale)


def paint_interval(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Confidence interval of a trial; white where its square would hide it."""
    colour = WHITE if mark.style == "inside" else palette.interval
    _line(axes, mark, colour, (0.5 if mark.style == "shrunken" else 0.9) * palette.scale)


def paint_square(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Estimate of a trial."""
    if mark.style.startswith("open"):
        _polygon(axes, mark, WHITE, palette.square, 0.8 * palette.scale)
        return
    edge = palette.square_edge
    width = 0.0 if edge == "none" else 0.4 * palette.scale
    _polygon(axes, mark, palette.square, edge, width)


def paint_diamond(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Pooled estimate: filled where primary, two equal outlines where none is."""
    fill = palette.diamond[mark.style]
    _polygon(axes, mark, fill, palette.diamond_edge, 0.8 * palette.scale)


def paint_prediction(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Prediction interval: a line, a box or an area, by its style."""
    colour, scale = palette.prediction, palette.scale
    kind, _, step = mark.style.partition("-")
    if kind == "polygon":
        _polygon(axes, mark, WHITE, colour, 0.8 * scale)
    elif kind == "shade":
        number, _, ground = step.partition("-")
        shade = _tint(colour, 0.62 * int(number) / SHADES)
        _polygon(axes, mark, _upon(shade, GROUNDS[ground]) if ground else shade, "none", 0.0)
    elif kind in ("tail", "density"):
        _polygon(axes, mark, _tint(colour, 0.14 if kind == "tail" else 0.38), "none", 0.0)
    elif kind == "line":
        _line(axes, mark, colour, 0.9 * scale, linestyle=(0, (3, 2)), dash_capstyle="butt")
    else:
        width = {"bar": 1.5, "curve": 0.6, "span": 0.7}.get(kind, 0.9)
        _line(axes, mark, colour, width * scale)


def _tint(colour: str, share: float) -> str:
    """Mix a colour with white; opaque, because transparency is lost in some printing."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - share * (255 - part)):02x}" for part in parts)


def _upon(colour: str, ground: str) -> str:
    """Colour of an ink on a ground that is not white: each dims the other."""
    pairs = ((int(one[i : i + 2], 16) for one in (colour, ground)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * b / 255):02x}" for a, b in pairs)


def paint_ground(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Grey ground of a row, or of differences too small to matter."""
    _polygon(axes, mark, GROUNDS[mark.kind], "none", 0.0)


def paint_rob(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Disc of a judgement; its symbol is written over it."""
    left, top, right, bottom = mark.box
    put(
        axes,
        Disc(
            ((left + right) / 2, (top + bottom) / 2),
            (right - left) / 2,
            facecolor=ROB_COLOURS[mark.style],
            edgecolor=INK,
            linewidth=0.3 * palette.scale,
        ),
    )


def paint_margin(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Dotted mark at a margin of non-inferiority or equivalence."""
    width = 1.2 * palette.scale
    _line(axes, mark, palette.margin, width, linestyle=(0, (1, 1)), dash_capstyle="butt")


def paint_arrow(axes: Axes, mark: Mark, palette: Palette) -> None:
    """Head of an interval that goes on beyond the axis, in the colour of its owner."""
    owner = mark.style.split()[-1]
    colour = {"trial": palette.interval, "favours": INK}.get(owner, palette.diamond_edge)
    _polygon(axes, mark, colour, "none", 0.0)


PAINTERS: Final[dict[str, Callable[[Axes, Mark, Palette], None]]] = {
    "rule": paint_rule,
    "stripe": paint_ground,
    "band": paint_ground,
    "rob": paint_rob,
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
