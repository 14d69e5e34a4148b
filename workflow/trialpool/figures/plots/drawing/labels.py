"""Direct labels beside points, where they hide nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.figures.canvas.geometry import TextMark
from trialpool.figures.plots.drawing.scene import Box, overlap
from trialpool.figures.text.widths import ASCENT, DESCENT, ELLIPSIS, text_width, wider_start

SIZE: Final = 7.0
_LONGEST: Final = 130.0
_TAIL: Final = 10
# More names than this are no longer read, and stand too far from their points.
_MOST: Final = 40
_APART: Final = 2.5


@dataclass(frozen=True)
class Target:
    """A point that wants a label: its place, its radius and the text."""

    x: float
    y: float
    radius: float
    text: str


def shorten_to(text: str, size: float, width: float) -> str:
    """Take out the middle of a text that is wider than `width`: names often differ at the end."""
    head, tail = wider_start(text, size, width), text[-_TAIL:].lstrip()
    if head == text and text_width(text, size) <= width:
        return text
    while head and text_width(head + ELLIPSIS + tail, size) > width:
        head = head[:-1].rstrip()
    return head + ELLIPSIS + tail


def place_labels(
    targets: Sequence[Target], obstacles: Iterable[Box], area: Box
) -> tuple[tuple[TextMark, ...], int]:
    """Place labels, the first targets first; what finds no room is left out.

    Parameters
    ----------
    targets : sequence of Target
    obstacles : iterable of box
        Points and lines that no label may cover.
    area : box
        Where labels may stand.

    Returns
    -------
    labels : tuple of TextMark
    left_out : int
        Number of targets without a label.
    """
    taken = list(obstacles)
    # A name beside another point would be read as its name.
    around = [
        (t.x, t.y, (t.x - t.radius - _APART, t.y - t.radius - _APART,
                    t.x + t.radius + _APART, t.y + t.radius + _APART))
        for t in targets
    ]  # fmt: skip
    labels: list[TextMark] = []
    for target in targets[:_MOST]:
        text = shorten_to(target.text, SIZE, _LONGEST)
        for mark in _candidates(target, text):
            left, top, right, bottom = mark.box
            inside = left >= area[0] and right <= area[2] and top >= area[1] and bottom <= area[3]
            if not inside or any(overlap(mark.box, box) for box in taken):
                continue
            others = (box for x, y, box in around if (x, y) != (target.x, target.y))
            if not any(overlap(mark.box, box) for box in others):
                labels.append(mark)
                taken.append((left - _APART, top, right + _APART, bottom))
                break
    return tuple(labels), len(targets) - len(labels)


def _candidates(target: Target, text: str) -> Iterable[TextMark]:
    """Right, left, above, below and the corners, close first."""
    middle = target.y + (ASCENT - DESCENT) * SIZE / 2
    for gap in (1.5, 4.0):
        r = target.radius + gap
        up, down = target.y - r - DESCENT * SIZE, target.y + r + ASCENT * SIZE
        slant = 0.75 * r
        for align, x, y in (
            ("left", target.x + r, middle),
            ("right", target.x - r, middle),
            ("center", target.x, up),
            ("center", target.x, down),
            ("left", target.x + slant, up + 0.3 * r),
            ("left", target.x + slant, down - 0.3 * r),
            ("right", target.x - slant, up + 0.3 * r),
            ("right", target.x - slant, down - 0.3 * r),
        ):
            yield TextMark(text, x, y, SIZE, "regular", align, "cell")  # type: ignore[arg-type]
