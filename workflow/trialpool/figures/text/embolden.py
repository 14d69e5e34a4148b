"""Bold Chinese, Japanese and Korean: their font has one weight, so outlines are thickened.

The text itself stays live; in PNG and PDF a stroke along its outlines is drawn over it, in
SVG the text is given the stroke.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from trialpool.figures.text.bidi import direction, runs_both_ways
from trialpool.figures.text.faces import font_files, is_latin, split_by_font
from trialpool.figures.text.widths import text_width

if TYPE_CHECKING:
    from matplotlib.backend_bases import GraphicsContextBase, RendererBase
    from matplotlib.path import Path

# Of an em, half on either side of the outline: about what a bold face adds to its stems.
STROKE: Final = 0.036


def thin_runs(text: str) -> list[tuple[int, int]]:
    """Return start and end of each part of a text whose font has no bold face.

    A blank between two such parts belongs to them. What stands behind a letter that runs
    from right to left is left out: its place is known to the layout engine alone.
    """
    if is_latin(text) or direction(text) == "rtl":
        return []
    regular, bold = font_files("regular"), font_files("bold")
    single = {path for family, path in bold.items() if regular[family] == path}
    split = split_by_font(text, "bold")
    thin = set().union(*(characters for path, characters in split.items() if path in single))
    runs: list[tuple[int, int]] = []
    for place, character in enumerate(text):
        if runs_both_ways(character):
            break
        if character not in thin:
            continue
        if runs and not text[runs[-1][1] : place].strip():
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def thicken(
    renderer: RendererBase, gc: GraphicsContextBase, x: float, y: float, text: str, size: float
) -> None:
    """Stroke the outlines of the letters without a bold face.

    Parameters
    ----------
    renderer, gc : of matplotlib
    x, y : float
        Start of the text's baseline in the renderer's units, from the bottom left corner.
    text : str
        A line in the bold face.
    size : float
        Font size in points.
    """
    from matplotlib.transforms import Affine2D

    runs = thin_runs(text)
    if not runs:
        return
    em = float(renderer.points_to_pixels(size))  # type: ignore[arg-type]
    gc.set_linewidth(STROKE * size)  # in points, as matplotlib wants it
    gc.set_joinstyle("round")
    for start, end in runs:
        left = x + text_width(text[:start], em, "bold")
        place = Affine2D().scale(em).translate(left, y)
        renderer.draw_path(gc, _outlines(text[start:end]), place, None)


@cache
def _outlines(text: str) -> Path:
    """Return the outlines of a text in ems."""
    import numpy as np
    from matplotlib.path import Path
    from matplotlib.textpath import TextToPath

    from trialpool.figures.text.typefaces import font_properties

    maker: Any = TextToPath()
    properties = font_properties("bold", 1.0, "outlines", latin=False)
    vertices, codes = maker.get_text_path(properties, text)
    return Path(np.asarray(vertices) / maker.FONT_SCALE, codes)


def thickened_svg(tag: str, text: str) -> str:
    """Return the text of an SVG element, if it is bold with a stroke around what has no bold face.

    Parameters
    ----------
    tag : str
        The element's opening tag, with its style.
    text : str
        Its text, with entities.
    """
    if text.isascii() or "font-weight: 700" not in tag:
        return text
    colour = re.search(r"fill: ([^;\"]+)", tag)
    parts, last = [], 0
    for start, end in thin_runs(text):
        style = f"stroke: {colour[1] if colour else '#000000'}; stroke-width: {STROKE}em"
        parts += [text[last:start], f'<tspan style="{style}">{text[start:end]}</tspan>']
        last = end
    return "".join([*parts, text[last:]])
