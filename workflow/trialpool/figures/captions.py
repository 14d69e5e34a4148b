"""The texts around the rows: what each side of the null means, and the notes at the end."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool.figures.builder import SMALL_LINE, Builder
from trialpool.figures.columns import MARGIN, SMALL, SYMBOL
from trialpool.figures.fonts import ASCENT, DESCENT, Face, text_width, wrap
from trialpool.figures.geometry import Align, Mark
from trialpool.figures.marks import arrow_head


def place_favours(build: Builder, null: float) -> None:
    """Place what each side of the null means, an arrow and the text, away from the null."""
    if not any(build.table.favours):
        return
    face: Face = "bold" if build.table.preset.bold_favours else "regular"
    top = build.y
    bottom = top
    for text, way in zip(build.table.favours, (-1.0, 1.0), strict=True):
        limit = MARGIN if way < 0 else build.columns.width - MARGIN
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


def place_notes(build: Builder, notes: Sequence[str]) -> None:
    """Place the paragraphs under the plot, and the notes on rows."""
    """Place the paragraphs under the plot, and the notes on rows."""
    build.y += 3.0
    build.rule()
    build.y += 3.0
    width = build.columns.width - 2 * MARGIN
    for note in notes:
        for line in wrap(note, SMALL, "regular", width):
            build.text(line, MARGIN, build.y + ASCENT * SMALL, "note", size=SMALL)
            build.y += SMALL_LINE
        build.y += 1.0
    _place_flags(build, width)


def _place_flags(build: Builder, width: float) -> None:
    """Place the notes on rows, each behind its raised letter."""
    flags = build.table.flags
    indent = max((text_width(symbol, SYMBOL) for symbol, _ in flags), default=0.0) + 2.5
    for symbol, text in flags:
        y = build.y + ASCENT * SMALL
        build.text(symbol, MARGIN, y - 0.36 * SMALL, "symbol", size=SYMBOL)
        for line in wrap(text, SMALL, "regular", width - indent):
            build.text(line, MARGIN + indent, build.y + ASCENT * SMALL, "note", size=SMALL)
            build.y += SMALL_LINE


def place_page_end(build: Builder) -> None:
    """Say that the plot goes on, under a page that is not the last."""
    build.y += 3.0
    build.text("Continued on the next page.", MARGIN, build.y + ASCENT * SMALL, "note", size=SMALL)
    build.y += SMALL_LINE
