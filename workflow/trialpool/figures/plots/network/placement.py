"""Where the nodes and names of a network stand: plain geometry, nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.figures.canvas.geometry import Align, Point, TextMark
from trialpool.figures.plots.drawing.scene import Box, overlap
from trialpool.figures.text.widths import ASCENT, DESCENT, ELLIPSIS, text_width, wider_start, wrap

NAME_SIZE: Final = 7.5
SMALL_SIZE: Final = 6.5
LINE: Final = 9.4
_GAP: Final = 4.0
_MOST_LINES: Final = 3
_PASSES: Final = 12
_TAIL: Final = 12


def circle_order(n: int, edges: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """Order nodes on a circle so that few edges cross.

    Exchanges two nodes while that makes fewer crossings, or as many and shorter edges; the
    same for the same input.

    Parameters
    ----------
    n : int
    edges : iterable of (int, int)

    Returns
    -------
    tuple of int
        Nodes in their order on the circle, node 0 first.
    """
    pairs = np.array(sorted({(min(a, b), max(a, b)) for a, b in edges}), dtype=np.int64)
    if n < 4 or not len(pairs):
        return tuple(range(n))
    order = list(range(n))

    def cost(nodes: Sequence[int]) -> tuple[int, int]:
        place = np.empty(n, dtype=np.int64)
        place[list(nodes)] = np.arange(n)
        ends = np.sort(place[pairs], axis=1)
        a, b = ends[:, 0], ends[:, 1]
        inside = (a[:, None] < a[None, :]) & (a[None, :] < b[:, None]) & (b[:, None] < b[None, :])
        steps = b - a
        return int(inside.sum()), int(np.minimum(steps, n - steps).sum())

    best = cost(order)
    for _ in range(_PASSES):
        before = best
        for i in range(1, n):
            for j in range(i + 1, n):
                order[i], order[j] = order[j], order[i]
                found = cost(order)
                if found < best:
                    best = found
                else:
                    order[i], order[j] = order[j], order[i]
        if best == before:
            break
    return tuple(order)


def circle_angles(n: int) -> tuple[float, ...]:
    """Angles of nodes, counter-clockwise from the right; the first at the top or left of it."""
    if n == 1:
        return (0.5 * math.pi,)
    if n == 2:
        return (math.pi, 0.0)
    start = 0.5 * math.pi + (math.pi / n if n % 2 == 0 else 0.0)
    return tuple(start - 2.0 * math.pi * i / n for i in range(n))


@dataclass(frozen=True)
class Node:
    """A node: place, radius, angle, the lines of its name and the small line below them."""

    x: float
    y: float
    radius: float
    angle: float
    name: str
    small: str


@dataclass(frozen=True)
class NodeName:
    """Lines of a name, and the leader from its node where it stands away from it."""

    texts: tuple[TextMark, ...]
    leader: tuple[Point, ...]

    @property
    def box(self) -> Box:
        """Left, top, right and bottom of all lines."""
        boxes = [text.box for text in self.texts]
        return (min(b[0] for b in boxes), min(b[1] for b in boxes),
                max(b[2] for b in boxes), max(b[3] for b in boxes))  # fmt: skip


def wrap_keeping_end(text: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """Break a bold text into at most so many lines, its middle left out where it is longer.

    Names often differ at the end: a dose, a schedule.
    """
    start = wider_start(text, size, (most + 1) * width, "bold")
    lines = balanced(start, size, width)
    if start == text and len(lines) <= most:
        return lines
    tail = text[-_TAIL:].lstrip()
    head = start.removesuffix(text[-_TAIL:])
    while len(lines) > most and head:
        head = head[:-1].rstrip()
        lines = wrap(f"{head}{ELLIPSIS} {tail}", size, "bold", width)
    return lines[:most]


def balanced(text: str, size: float, width: float) -> tuple[str, ...]:
    """Break a bold text into as few lines as fit, of like length."""
    lines = wrap(text, size, "bold", width)
    while len(lines) > 1:
        width = max(text_width(line, size, "bold") for line in lines) - 0.5
        if any(text_width(word, size, "bold") > width for word in text.split()):
            break
        narrower = wrap(text, size, "bold", width)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def _lines(node: Node, width: float) -> list[tuple[str, float]]:
    names = [(t, NAME_SIZE) for t in wrap_keeping_end(node.name, NAME_SIZE, width, _MOST_LINES)]
    small = [(t, SMALL_SIZE) for t in wrap(node.small, SMALL_SIZE, "regular", width, 2)]
    return names + (small if node.small else [])


def _stack(lines: list[tuple[str, float]], x: float, middle: float, align: Align) -> NodeName:
    top = middle - 0.5 * LINE * len(lines)
    texts = tuple(
        TextMark(text, x, top + LINE * i + 0.5 * LINE + 0.5 * (ASCENT - DESCENT) * size, size,
                 "bold" if size == NAME_SIZE else "regular", align,
                 "cell" if size == NAME_SIZE else "note")
        for i, (text, size) in enumerate(lines)
    )  # fmt: skip
    return NodeName(texts, ())


def beside(node: Node, left: float, right: float) -> NodeName:
    """Set the name just outside its node, away from the middle of the circle."""
    for gap in (_GAP, _GAP + 2.0, _GAP + 4.0, _GAP + 6.0):
        name = _outside(node, gap, left, right)
        if not covers(name.box, (node.x, node.y), node.radius + 1.5):
            break
    return name


def _outside(node: Node, gap: float, left: float, right: float) -> NodeName:
    cos, sin = math.cos(node.angle), math.sin(node.angle)
    reach = node.radius + gap
    x, y = node.x + reach * cos, node.y - reach * sin
    if abs(cos) < 0.3:
        width = 2.0 * min(node.x - left, right - node.x)
        lines = _lines(node, min(width, 130.0))
        half = 0.5 * LINE * len(lines)
        return _stack(lines, node.x, y - half if sin > 0 else y + half, "center")
    width = (right - x) if cos > 0 else (x - left)
    lines = _lines(node, max(width, 20.0))
    half = 0.5 * LINE * len(lines)
    return _stack(lines, x, y - 0.6 * sin * half, "left" if cos > 0 else "right")


def names_beside(nodes: Sequence[Node], left: float, right: float) -> tuple[NodeName, ...] | None:
    """Set all names beside their nodes; None where two would touch, or one a node."""
    names = tuple(beside(node, left, right) for node in nodes)
    for i, name in enumerate(names):
        box = name.box
        if box[0] < left - 0.01 or box[2] > right + 0.01:
            return None
        others = [other.box for j, other in enumerate(names) if j != i]
        if any(overlap(box, other) for other in others):
            return None
        if any(covers(box, (node.x, node.y), node.radius + 1.0) for node in nodes):
            return None
    return names


def covers(box: Box, centre: Point, radius: float) -> bool:
    """Whether a box and a disc share more than an edge."""
    dx = centre[0] - min(max(centre[0], box[0]), box[2])
    dy = centre[1] - min(max(centre[1], box[1]), box[3])
    return math.hypot(dx, dy) < radius


def names_in_columns(
    nodes: Sequence[Node], left: float, right: float, middle: float, radius: float
) -> tuple[NodeName, ...]:
    """Set names in a column at each side of the circle, with a leader to each node.

    Parameters
    ----------
    nodes : sequence of Node
    left, right : float
        Edges of the canvas.
    middle, radius : float
        Of the circle with its nodes.
    """
    found: dict[int, NodeName] = {}
    for sign in (-1.0, 1.0):
        own = [i for i, n in enumerate(nodes) if (math.cos(n.angle) > 1e-9) == (sign > 0)]
        own.sort(key=lambda i: (nodes[i].y, nodes[i].x * sign))
        column = middle + sign * (radius + 16.0)
        width = (right - column) if sign > 0 else (column - left)
        lines = [_lines(nodes[i], width) for i in own]
        heights = [LINE * len(entry) + 3.0 for entry in lines]
        # As near to the node's height as the others allow, all of them pushed alike.
        centres = spread([nodes[i].y for i in own], heights)
        for i, entry, y in zip(own, lines, centres, strict=True):
            node = nodes[i]
            name = _stack(entry, column, y, "left" if sign > 0 else "right")
            reach = node.radius + 1.0
            out = (node.x + reach * math.cos(node.angle), node.y - reach * math.sin(node.angle))
            knee = (middle + sign * (radius + 6.0), y)
            end = (column - sign * 2.0, y)
            found[i] = NodeName(name.texts, (out, knee, end))
    return tuple(found[i] for i in range(len(nodes)))


def spread(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Centres as near to the wanted ones as can be without overlap, by least squares.

    With the heights before them taken off, they must not fall: isotonic regression, the
    largest over its starts of the smallest mean up to its ends (Barlow et al. 1972).
    """
    offset = np.cumsum(heights) - 0.5 * np.asarray(heights)
    below = np.concatenate([[0.0], np.cumsum(wanted - offset)])
    places = np.arange(len(wanted))
    with np.errstate(divide="ignore", invalid="ignore"):  # runs that end before they start
        means = (below[1:] - below[:-1, None]) / (places + 1 - places[:, None])
    fitted = [means[: i + 1, i:].min(axis=1).max() for i in places]
    return list(map(float, fitted + offset))


def crosses(a: Point, b: Point, box: Box) -> bool:
    """Whether a line from a to b touches a box (Liang and Barsky 1984)."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    low, high = 0.0, 1.0
    for p, q in ((-dx, a[0] - box[0]), (dx, box[2] - a[0]), (-dy, a[1] - box[1]),
                 (dy, box[3] - a[1])):  # fmt: skip
        if p == 0.0:
            if q < 0.0:
                return False
            continue
        t = q / p
        if p < 0.0:
            low = max(low, t)
        else:
            high = min(high, t)
        if low > high:
            return False
    return True


def place_numbers(
    edges: Sequence[tuple[Point, Point, str]],
    nodes: Sequence[tuple[float, float, float]],
    size: float,
    first: int = 1,
) -> tuple[tuple[TextMark, Point, float] | None, ...]:
    """Set a number on each edge where it covers no node, no other number and no other edge.

    Parameters
    ----------
    edges : sequence of (point, point, text)
    nodes : sequence of (x, y, radius)
    size : float
        Font size.
    first : int
        The smallest number that is set.

    Returns
    -------
    tuple of (TextMark, centre, radius) or None
        The number and the disc that holds it; None where there is no room.
    """
    taken = list(nodes)
    found: list[tuple[TextMark, Point, float] | None] = []
    for i, (a, b, text) in enumerate(edges):
        placed = None
        if int(text) < first:
            found.append(None)
            continue
        radius = max(0.62 * size, 0.5 * text_width(text, size) + 1.4)
        for t in (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8):
            x, y = a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])
            if any(math.hypot(x - u, y - v) < radius + r + 0.5 for u, v, r in taken):
                continue
            box = (x - radius, y - radius, x + radius, y + radius)
            if any(crosses(c, d, box) for j, (c, d, _) in enumerate(edges) if j != i):
                continue
            baseline = y + 0.5 * 0.72 * size
            mark = TextMark(text, x, baseline, size, "regular", "center", "cell")
            placed = (mark, (x, y), radius)
            taken.append((x, y, radius))
            break
        found.append(placed)
    return tuple(found)
