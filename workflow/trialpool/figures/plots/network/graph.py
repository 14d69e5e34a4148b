"""Network graph: which treatments were compared, in how many trials and patients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Final

from trialpool import formatting as fmt
from trialpool.figures.canvas.geometry import Point
from trialpool.figures.plots.drawing.board import MARGIN, Board
from trialpool.figures.plots.drawing.scene import Cell, PlotFigure
from trialpool.figures.plots.drawing.source import count
from trialpool.figures.plots.network.placement import (
    SMALL_SIZE,
    Node,
    circle_angles,
    circle_order,
    names_beside,
    names_in_columns,
    place_numbers,
)
from trialpool.figures.text.widths import printable

if TYPE_CHECKING:
    from trialpool.pooling.network import NetworkResult

WIDEST: Final = 9.0
THINNEST: Final = 0.7
LARGEST: Final = 16.0
SMALLEST: Final = 2.6
# Of more lines only those of several trials carry their number.
_FEW_EDGES: Final = 24
EDGES: Final = ("trials", "precision")
NODES: Final = ("patients", "trials")


def network_plot(
    result: NetworkResult,
    *,
    nodes: str | None = None,
    edges: str = "trials",
    title: str = "Network of treatments",
    width_mm: float = 150.0,
    identifier: str = "network",
) -> PlotFigure:
    """Draw treatments as discs and comparisons as lines.

    Treatments stand on a circle in an order with few crossings, so that the same network
    gives the same picture. Trials of three arms or more are shaded areas between their
    treatments. Parts of the network that are not connected with the reference stand on the
    same circle as open discs with dashed lines.

    Parameters
    ----------
    result : NetworkResult
    nodes : {"patients", "trials"}, optional
        What the area of a disc is proportional to; by default patients where known.
    edges : {"trials", "precision"}
        What the width of a line is proportional to: the number of trials, or the summed
        1/(v + tau²) of their contrasts.
    title, width_mm, identifier
        As in `funnel_plot`.

    Returns
    -------
    PlotFigure
        Shapes "node" (values: trials, patients or NaN), "edge" (a quadrangle as wide as the
        line; values: trials, precision) and "multi-arm" (values: trials), labels joined by
        " – ". Rows: kind, treatment, against, trials, patients, precision, whether analysed.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    return draw_graph(graph_of(result), nodes=nodes, edges=edges, title=title,
                      width_mm=width_mm, identifier=identifier)  # fmt: skip


def draw_graph(
    graph: TreatmentGraph,
    *,
    nodes: str | None = None,
    edges: str = "trials",
    title: str = "Network of treatments",
    width_mm: float = 150.0,
    identifier: str = "network",
) -> PlotFigure:
    """Draw counts of a network; see `network_plot`."""
    if edges not in EDGES:
        raise ValueError(f"edges={edges!r} is not known; allowed: {', '.join(EDGES)}")
    if nodes is not None and nodes not in NODES:
        raise ValueError(f"nodes={nodes!r} is not known; allowed: {', '.join(NODES)}")
    if nodes == "patients" and graph.patients is None:
        raise ValueError("nodes='patients' needs a table of arms; of contrasts: 'trials'")
    by_patients = graph.patients is not None and nodes != "trials"
    sizes = graph.patients if by_patients and graph.patients is not None else graph.trials
    board = Board(identifier, title, width_mm)
    drawn = _place(board, graph, sizes)
    names = names_beside(drawn, MARGIN, board.right)
    middle, radius = board.width / 2, _radius(len(drawn), board)
    if names is None:
        outer = radius + max(node.radius for node in drawn)
        names = names_in_columns(drawn, MARGIN, board.right, middle, outer)
    # Names over the circle move everything down.
    top = min([name.box[1] for name in names] + [node.y - node.radius for node in drawn])
    shift = board.top + 4.0 - top
    at = {
        name: (node.x, node.y + shift, node.radius)
        for name, node in zip(graph.circle, drawn, strict=True)
    }
    _areas(board, graph, at)
    numbers_left = _lines(board, graph, at, edges)
    for name in graph.circle:
        x, y, r = at[name]
        style = "node-away" if name in graph.away else "trial"
        style = "pool" if name == graph.reference else style
        patients = math.nan if graph.patients is None else float(graph.patients[name])
        board.add("node", ((x, y),), style, form="disc", label=name, radius=r,
                  values=(graph.trials[name], patients))  # fmt: skip
    for treatment, written in zip(graph.circle, names, strict=True):
        if written.leader:
            board.add(
                "leader", [(x, y + shift) for x, y in written.leader], "leader", label=treatment
            )
        for text in written.texts:
            board.text(text.text, text.x, text.y + shift, size=text.size, face=text.face,
                       align=text.align, role=text.role)  # fmt: skip
    bottoms = [name.box[3] + shift for name in names] + [y + r for _, y, r in at.values()]
    board.top = max(bottoms) + 10.0
    _keys(board, graph, by_patients=by_patients, edges=edges)
    notes = _notes(board, graph, sizes, numbers_left)
    columns = ("kind", "treatment", "against", "trials", "patients", "precision", "analysed")
    return board.finish(_alt(board, graph), columns, _rows(graph), notes)


@dataclass(frozen=True)
class TreatmentGraph:
    """Counts of a network with all its parts.

    Attributes
    ----------
    reference : str
    k : int
        Trials of all parts.
    parts : tuple of tuple of str
        Treatments that trials connect, those of the reference first.
    trials : dict of str to int
        Of each treatment.
    patients : dict of str to int, or None
        None where they are not known of every arm.
    edges : dict of (str, str) to (int, float)
        Trials that compare two, and their summed precision.
    several : dict of tuple of str to int
        Treatments of trials of three arms or more, with their number.
    """

    reference: str
    k: int
    parts: tuple[tuple[str, ...], ...]
    trials: Mapping[str, int]
    patients: Mapping[str, int] | None
    edges: Mapping[tuple[str, str], tuple[int, float]]
    several: Mapping[tuple[str, ...], int]

    @property
    def away(self) -> frozenset[str]:
        """Treatments that nothing connects with the reference."""
        return frozenset(name for part in self.parts[1:] for name in part)

    @cached_property
    def circle(self) -> tuple[str, ...]:
        """Treatments in their order on the circle."""
        found: tuple[str, ...] = ()
        for part in self.parts:
            first = self.reference if self.reference in part else part[0]
            own = [first, *(name for name in part if name != first)]
            inside = [(own.index(a), own.index(b)) for a, b in self.edges if a in own and b in own]
            found += tuple(own[i] for i in circle_order(len(own), inside))
        return found


def graph_of(result: NetworkResult) -> TreatmentGraph:
    """Count trials, patients and comparisons of a network."""
    studies = (*result.studies, *result.apart)
    names = [name for part in result.components for name in part.treatments]
    patients: dict[str, int] | None = dict.fromkeys(names, 0)
    edges: dict[tuple[str, str], tuple[int, float]] = {}
    several: dict[tuple[str, ...], int] = {}
    for study in studies:
        if study.patients is None or patients is None:
            patients = None
        else:
            for name, size in zip(study.treatments, study.patients, strict=True):
                patients[name] += size
        for a, b in combinations(study.treatments, 2):
            k, precision = edges.get((a, b), (0, 0.0))
            variance = study.contrast(a, b)[1] + result.tau2.value
            edges[a, b] = (k + 1, precision + 1.0 / variance)
        if len(study.treatments) > 2:
            several[study.treatments] = several.get(study.treatments, 0) + 1
    return TreatmentGraph(
        reference=result.reference,
        k=len(studies),
        parts=tuple(part.treatments for part in result.components),
        trials={name: sum(name in s.treatments for s in studies) for name in names},
        patients=patients,
        edges=edges,
        several=several,
    )


def _radius(n: int, board: Board) -> float:
    """Radius of the circle: room for names at both sides."""
    most = 0.5 * board.width - MARGIN - 92.0
    return max(40.0, min(most, 46.0 + 7.5 * n))


def _largest(n: int, board: Board) -> float:
    """Radius of the largest node: neighbours keep a gap of at least a third of their distance."""
    return min(LARGEST, 2.0 * _radius(n, board) * math.sin(math.pi / n) / 3.0)


def _place(board: Board, graph: TreatmentGraph, sizes: Mapping[str, int]) -> tuple[Node, ...]:
    n = len(graph.circle)
    radius, middle = _radius(n, board), board.width / 2
    largest = _largest(n, board)
    most = max(sizes.values())
    nodes = []
    for name, angle in zip(graph.circle, circle_angles(n), strict=True):
        r = max(SMALLEST, largest * math.sqrt(sizes[name] / most))
        small = count(graph.trials[name])
        if graph.patients is not None:
            small += f", n = {fmt.whole(graph.patients[name])}"
        nodes.append(Node(middle + radius * math.cos(angle), radius * (1 - math.sin(angle)), r,
                          angle, printable(name), small))  # fmt: skip
    return tuple(nodes)


def _areas(
    board: Board, graph: TreatmentGraph, at: Mapping[str, tuple[float, float, float]]
) -> None:
    place = {name: i for i, name in enumerate(graph.circle)}
    for design, k in graph.several.items():
        own = sorted(design, key=lambda name: place[name])
        board.add("multi-arm", [at[name][:2] for name in own], "several-arms", form="polygon",
                  label=" – ".join(design), values=(k,))  # fmt: skip


def _width(k: int, precision: float, graph: TreatmentGraph, edges: str) -> float:
    values = [entry[0] if edges == "trials" else entry[1] for entry in graph.edges.values()]
    own = float(k) if edges == "trials" else precision
    most = max(values)
    # One trial is a thin line even where no comparison has many.
    widest = min(WIDEST, 1.6 * most) if edges == "trials" else WIDEST
    return max(THINNEST, widest * own / most)


def _lines(
    board: Board, graph: TreatmentGraph, at: Mapping[str, tuple[float, float, float]], edges: str
) -> int:
    """Draw the edges with the numbers of their trials; return how many numbers found no room."""
    ends: list[tuple[Point, Point, str]] = []
    for (a, b), (k, precision) in graph.edges.items():
        start, end = at[a][:2], at[b][:2]
        label, values = f"{a} – {b}", (float(k), precision)
        if a in graph.away:
            board.add("edge", (start, end), "edge-away", label=label, values=values)
        else:
            half = 0.5 * _width(k, precision, graph, edges)
            length = math.hypot(end[0] - start[0], end[1] - start[1])
            dx = half * (end[1] - start[1]) / length
            dy = half * (end[0] - start[0]) / length
            corners = ((start[0] - dx, start[1] + dy), (end[0] - dx, end[1] + dy),
                       (end[0] + dx, end[1] - dy), (start[0] + dx, start[1] - dy))  # fmt: skip
            board.add("edge", corners, "edge", form="polygon", label=label, values=values)
        ends.append((start, end, str(k)))
    few = len(ends) <= _FEW_EDGES
    numbers = place_numbers(ends, list(at.values()), SMALL_SIZE, first=1 if few else 2)
    for number in numbers:
        if number is not None:
            text, centre, radius = number
            board.add("number", (centre,), "number", form="disc", radius=radius)
            board.text(text.text, text.x, text.y, size=SMALL_SIZE, align="center")
    wanted = [few or int(text) > 1 for _, _, text in ends]
    return sum(want and number is None for want, number in zip(wanted, numbers, strict=True))


def _keys(board: Board, graph: TreatmentGraph, *, by_patients: bool, edges: str) -> None:
    area = "patients" if by_patients else "trials"
    width = "trials, their number on it" if edges == "trials" else "precision, on it the trials"
    entries = [
        ("disc", "trial", f"treatment; area as its {area}"),
        ("disc", "pool", f"reference ({graph.reference})"),
        ("box", "edge", f"comparison; width as its {width}"),
    ]
    if graph.several:
        entries.append(("box", "several-arms", "trials of three arms or more, between their arms"))
    if graph.away:
        entries.append(("disc", "node-away", "not connected with the reference: not analysed"))
    board.key(entries)


def _notes(
    board: Board, graph: TreatmentGraph, sizes: Mapping[str, int], numbers_left: int
) -> tuple[str, ...]:
    k = graph.k
    told = f"{count(k)}, {len(graph.circle)} treatments"
    if graph.patients is not None:
        told += f", {fmt.whole(sum(graph.patients.values()))} patients"
    several = sum(graph.several.values())
    if several:
        told += f"; {count(several)} with three arms or more"
    notes = [told + "."]
    largest, most = _largest(len(graph.circle), board), max(sizes.values())
    small = [n for n in graph.circle if largest * math.sqrt(sizes[n] / most) < SMALLEST]
    if small:
        notes.append(f"Drawn larger than to scale, to be seen at all: {', '.join(small)}.")
    if len(graph.edges) > _FEW_EDGES:
        notes.append(
            "Lines without a number: one trial" + ("." if not numbers_left else ", or no room.")
        )
    if numbers_left:
        notes.append(
            f"{count(numbers_left, 'number')} of trials not shown for lack of room; the CSV beside "
            "the figure has every one."
        )
    return tuple(notes)


def _alt(board: Board, graph: TreatmentGraph) -> str:
    (a, b), (k, _) = max(graph.edges.items(), key=lambda entry: entry[1][0])
    most = max(graph.circle, key=lambda name: graph.trials[name])
    text = (
        f"{board.caption.title}: {len(graph.circle)} treatments in {count(graph.k)}, "
        f"{count(len(graph.edges), 'comparison')}. Most often compared: {a} and {b} "
        f"({count(k)}); in most trials: {most} ({fmt.whole(graph.trials[most])}). "
        f"Reference: {graph.reference}."
    )
    if graph.several:
        text += f" {count(sum(graph.several.values()))} with three arms or more."
    if graph.away:
        text += f" Not connected with the reference: {', '.join(sorted(graph.away))}."
    return text


def _rows(graph: TreatmentGraph) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = [
        ("treatment", name, None, graph.trials[name],
         None if graph.patients is None else graph.patients[name], None, name not in graph.away)
        for name in graph.circle
    ]  # fmt: skip
    rows += [
        ("comparison", a, b, k, None, precision, a not in graph.away)
        for (a, b), (k, precision) in graph.edges.items()
    ]
    rows += [
        ("trials of three arms or more", " – ".join(design), None, k, None, None,
         design[0] not in graph.away)
        for design, k in graph.several.items()
    ]  # fmt: skip
    return rows
