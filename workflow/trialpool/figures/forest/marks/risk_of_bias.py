"""Risk of bias in the plot: a disc with a symbol for each domain, their heads, the legend."""

from __future__ import annotations

from typing import Final

from trialpool.evidence.risk_of_bias import NAMES, OVERALL
from trialpool.figures.canvas.geometry import Mark
from trialpool.figures.forest.builder import SMALL_LINE, Builder
from trialpool.figures.forest.columns import BODY, MARGIN, SMALL, Column
from trialpool.figures.forest.risk_of_bias import APART, PITCH, SYMBOLS, Domains
from trialpool.figures.forest.table import Row
from trialpool.figures.text.widths import ASCENT, text_width, wrap

HEAD: Final = "Risk of bias"
RADIUS: Final = 4.3
SYMBOL_SIZE: Final = 7.0
_LEGEND_GAP: Final = 9.0


def centres(domains: Domains, column: Column) -> tuple[float, ...]:
    """Horizontal middle of each disc."""
    start = column.right - domains.width
    places = []
    for number, key in enumerate(domains.keys):
        apart = APART if key == OVERALL and number else 0.0
        places.append(start + apart + (number + 0.5) * PITCH)
    return tuple(places)


def place_rob_head(build: Builder, column: Column, y: float, line: float) -> None:
    """Place the head: what the column holds, and under it a letter over each disc."""
    domains = build.table.rob
    if domains is None:
        return
    places = centres(domains, column)
    middle = (places[0] + places[-1]) / 2
    half = text_width(HEAD, BODY, "bold") / 2
    middle = min(max(middle, column.left + half), column.right - half)
    build.text(HEAD, middle, y, "header", face="bold", align="center", column="rob")
    for x, letter in zip(places, domains.letters, strict=True):
        build.text(letter, x, y + line, "header", align="center", column="rob")


def place_rob(build: Builder, index: int, row: Row, middle: float) -> None:
    """Place the judgements of a trial."""
    column, domains = build.columns.get("rob"), build.table.rob
    if column is None or domains is None:
        return
    for x, judgement in zip(centres(domains, column), row.rob, strict=False):
        _disc(build, x, middle, judgement, index)


def _disc(build: Builder, x: float, y: float, judgement: str, index: int | None = None) -> None:
    corners = ((x - RADIUS, y - RADIUS), (x + RADIUS, y + RADIUS))
    build.marks.append(Mark("rob", corners, index, judgement))
    baseline = y + 0.357 * SYMBOL_SIZE
    build.text(
        SYMBOLS[judgement], x, baseline, "rob", size=SYMBOL_SIZE, face="bold", align="center",
        row=index, column="rob",
    )  # fmt: skip


def place_rob_legend(build: Builder, used: frozenset[str]) -> None:
    """Place what symbols and letters mean."""
    domains = build.table.rob
    if domains is None:
        return
    build.y += 2.0
    title = f"Risk of bias ({domains.tool})" if domains.tool else "Risk of bias"
    x = MARGIN
    middle = build.y + RADIUS
    baseline = middle + 0.357 * SMALL
    build.text(f"{title}:", x, baseline, "note", size=SMALL)
    x += text_width(f"{title}:", SMALL) + 5.0
    end = build.columns.width - MARGIN
    for judgement in (name for name in SYMBOLS if name in used):
        width = 2 * RADIUS + 3.0 + text_width(NAMES[judgement], SMALL)
        if x + width > end:
            x, build.y = MARGIN, build.y + 2 * RADIUS + 1.6
            middle = build.y + RADIUS
            baseline = middle + 0.357 * SMALL
        _disc(build, x + RADIUS, middle, judgement)
        build.text(NAMES[judgement], x + 2 * RADIUS + 3.0, baseline, "note", size=SMALL)
        x += width + _LEGEND_GAP
    build.y += 2 * RADIUS + 2.0
    parts = [
        f"{letter}: {name}"
        for letter, key, name in zip(domains.letters, domains.keys, domains.names, strict=True)
        if key != OVERALL
    ]
    parts += ["All: overall"] * (OVERALL in domains.keys)
    for line in wrap(f"{'; '.join(parts)}.", SMALL, "regular", end - MARGIN):
        build.text(line, MARGIN, build.y + ASCENT * SMALL, "note", size=SMALL)
        build.y += SMALL_LINE
    build.y += 1.0
