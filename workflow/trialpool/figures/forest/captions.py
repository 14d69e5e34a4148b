"""The texts around the rows: what each side of the null means, and the notes at the end."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool import formatting as fmt
from trialpool.figures.canvas.geometry import Align, Mark
from trialpool.figures.forest.builder import SMALL_LINE, Sheet
from trialpool.figures.forest.columns import MARGIN, SMALL, SYMBOL
from trialpool.figures.forest.marks.row_marks import arrow_head
from trialpool.figures.text.widths import ASCENT, DESCENT, Face, text_width, wrap


def place_favours(
    build: Sheet,
    favours: tuple[str, str],
    null: float,
    ends: tuple[float, float] | None = None,
) -> None:
    """Place what each side of the null means, an arrow and the text, away from the null.

    Parameters
    ----------
    build : Sheet
    favours : (str, str)
        Texts of the left and of the right side.
    null : float
        Place of the null.
    ends : (float, float), optional
        How far to the left and to the right the texts may reach; by default the canvas.
    """
    if not any(favours):
        return
    face: Face = "bold" if build.preset.bold_favours else "regular"
    ends = ends or (MARGIN, build.width - MARGIN)
    top = build.y
    bottom = top
    for text, way, limit in zip(favours, (-1.0, 1.0), ends, strict=True):
        start = null + way * 5.0
        room = abs(limit - start) - 12.0
        align: Align = "right" if way < 0 else "left"
        lines = wrap(text, SMALL, face, min(room, 110.0))
        for number, line in enumerate(lines):
            y = top + ASCENT * SMALL + number * SMALL_LINE
            build.text(line, start, y, "favours", size=SMALL, face=face, align=align)
            bottom = max(bottom, y + DESCENT * SMALL)
        end = start + way * (3.0 + text_width(lines[0], SMALL, face))
        middle = top + (ASCENT - 0.27) * SMALL
        build.marks.append(
            Mark("axis", ((end, middle), (end + way * 5.0, middle)), None, "favours")
        )
        head = arrow_head(end + way * 5.0, middle, way, 3.4, 1.6)
        build.marks.append(Mark("arrow", head, None, "favours"))
    build.y = bottom + 2.0


def place_notes(build: Sheet, notes: Sequence[str]) -> None:
    """Place the paragraphs under the plot, and the notes on rows."""
    build.y += 3.0
    build.rule()
    build.y += 3.0
    width = build.width - 2 * MARGIN
    for note in notes:
        # Sources hold identifiers, not numbers.
        plain = note.startswith(("Sources:", "Data version:"))
        text = note if plain else fmt.restyled(note, build.preset.style)
        for line in wrap(text, SMALL, "regular", width):
            build.text(line, MARGIN, build.y + ASCENT * SMALL, "note", size=SMALL)
            build.y += SMALL_LINE
        build.y += 1.0
    _place_flags(build, width)


def _place_flags(build: Sheet, width: float) -> None:
    """Place the notes on rows, each behind its raised letter."""
    flags = build.flags
    indent = max((text_width(symbol, SYMBOL) for symbol, _ in flags), default=0.0) + 2.5
    for symbol, text in flags:
        y = build.y + ASCENT * SMALL
        build.text(symbol, MARGIN, y - 0.36 * SMALL, "symbol", size=SYMBOL)
        printed = fmt.restyled(text, build.preset.style)
        for line in wrap(printed, SMALL, "regular", width - indent):
            build.text(line, MARGIN + indent, build.y + ASCENT * SMALL, "note", size=SMALL)
            build.y += SMALL_LINE


def place_page_end(build: Sheet) -> None:
    """Say that the plot goes on, under a page that is not the last."""
    build.y += 3.0
    build.text("Continued on the next page.", MARGIN, build.y + ASCENT * SMALL, "note", size=SMALL)
    build.y += SMALL_LINE
