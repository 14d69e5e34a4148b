"""What is drawn of a network: its graph, designs that disagree, adjusted effects."""

from __future__ import annotations

from trialpool.records.base import Record


class GraphNode(Record, frozen=True, kw_only=True):
    """A node of any part: its trials, and its patients; None where an arm's are not known."""

    name: str
    trials: int
    n: int | None


class GraphEdge(Record, frozen=True, kw_only=True):
    """Two nodes that trials compare, with the summed precision 1/(v + tau²) of these."""

    treatment: str
    against: str
    trials: tuple[str, ...]
    precision: float


class Design(Record, frozen=True, kw_only=True):
    """Nodes of trials of three arms or more."""

    nodes: tuple[str, ...]
    trials: tuple[str, ...]


class Graph(Record, frozen=True, kw_only=True):
    """Counts of all parts."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    several: tuple[Design, ...]


class HeatMap(Record, frozen=True, kw_only=True):
    """Which designs of a network with loops disagree (Krahn, Binder and König 2013).

    Attributes
    ----------
    designs : tuple of tuple of str
        Sets of nodes that trials compare, on which other designs bear.
    shares : tuple of tuple of float
        How much the design of the column bears on the estimates of the row's.
    q : tuple of float
        What each design adds to the inconsistency.
    change : tuple of tuple of float
        By how much it falls for the row's design when the column's is detached.
    total : float
    tau2 : float
    df : int
        Between designs.
    """

    designs: tuple[tuple[str, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    q: tuple[float, ...]
    change: tuple[tuple[float, ...], ...]
    total: float
    tau2: float
    df: int


class AdjustedEffect(Record, frozen=True, kw_only=True):
    """An effect less the direct estimate of its comparison, analysis scale."""

    trial: str
    later: str
    earlier: str
    effect: float
    se: float


class Funnel(Record, frozen=True, kw_only=True):
    """Comparison-adjusted effects against the reference (Chaimani and Salanti 2012).

    Attributes
    ----------
    effects : tuple of AdjustedEffect
    left_out : int
        Contrasts without the reference.
    bias, bias_se, p_value : float or None
        Egger's regression of all of them.
    """

    effects: tuple[AdjustedEffect, ...]
    left_out: int
    bias: float | None
    bias_se: float | None
    p_value: float | None


class Evidence(Record, frozen=True, kw_only=True):
    """What is drawn of a network.

    Attributes
    ----------
    graph : Graph
    heat : HeatMap or None
        None without a loop.
    funnel : Funnel or None
        None with fewer than ten contrasts with the reference.
    """

    graph: Graph
    heat: HeatMap | None
    funnel: Funnel | None
