"""Lines of text in a row, and the height that they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool.figures.canvas.geometry import TextRole
from trialpool.figures.forest.builder import LINE, PAD, SMALL_LINE, Sheet
from trialpool.figures.forest.columns import BODY, SMALL
from trialpool.figures.text.widths import ASCENT, DESCENT, Face, text_width, wrap

# Between the label of a group and what stands behind it.
_BEHIND: Final = 6.0


def place_lines(
    build: Sheet,
    lines: Sequence[str],
    x: float,
    role: TextRole,
    index: int,
    *,
    size: float = BODY,
    face: Face = "regular",
    column: str = "",
    url: str = "",
) -> float:
    """Place the lines of a cell; return the height of the row they need."""
    pitch = LINE if size == BODY else SMALL_LINE
    for number, line in enumerate(lines):
        y = build.y + PAD + ASCENT * size + number * pitch
        build.text(line, x, y, role, size=size, face=face, row=index, column=column, url=url)
    return 2 * PAD + (ASCENT + DESCENT) * size + (len(lines) - 1) * pitch


def place_heading(build: Sheet, texts: tuple[str, str], x: float, room: float, index: int) -> float:
    """Place the label of a group and what stands behind it, below it where there is no room."""
    label, behind = texts
    lines = wrap(label, BODY, "bold", room)
    height = place_lines(build, lines, x, "heading", index, face="bold")
    if not behind:
        return height
    start = text_width(lines[-1], BODY, "bold") + _BEHIND
    y = build.y + PAD + ASCENT * BODY + (len(lines) - 1) * LINE
    if start + text_width(behind, SMALL) <= room:
        build.text(behind, x + start, y, "behind", size=SMALL, row=index)
        return height
    below = wrap(behind, SMALL, "regular", room)
    for number, line in enumerate(below, 1):
        build.text(line, x, y + number * SMALL_LINE, "behind", size=SMALL, row=index)
    return height + len(below) * SMALL_LINE


def row_middle(build: Sheet, size: float = BODY) -> float:
    """Height at which the marks of a row stand: the middle of its first line of digits."""
    return build.y + PAD + (ASCENT - 0.357) * size
