"""What a network is asked with, and its selection."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.comparison import AbsoluteSettings
from trialpool.records.pools import ControlRisk
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.settings import ComparativeAsked


class NodeMerge(Record, frozen=True, kw_only=True):
    """Nodes that are taken as one.

    Attributes
    ----------
    name : str
        Of the node that stands for all of them.
    nodes : tuple of str
    reason : str
    """

    name: str
    nodes: tuple[str, ...]
    reason: str


class NodesSetting(Record, frozen=True, kw_only=True):
    """What is one node beside arms with the same drugs.

    Attributes
    ----------
    merge : tuple of NodeMerge
        In the main analysis.
    again : tuple of NodeMerge
        Each in a network of its own beside the main one.
    """

    merge: tuple[NodeMerge, ...] = ()
    again: tuple[NodeMerge, ...] = ()


class NodePair(Record, frozen=True, kw_only=True):
    """Two nodes that trials compare: `group` is the label of the direct comparison."""

    group: str
    treatment: str
    against: str


class Circumstance(Record, frozen=True, kw_only=True):
    """What a reader needs to judge whether the trials of a network could stand for each other.

    Attributes
    ----------
    row_ids : tuple of str
        Those of the comparison in the selection.
    columns : dict of str to str
        Columns of trials.csv, empty where the cell is.
    control_risk : ControlRisk or None
        Of the outcome in the control arm.
    """

    row_ids: tuple[str, ...]
    columns: dict[str, str]
    control_risk: ControlRisk | None


class NetworkAsked(ComparativeAsked, frozen=True, kw_only=True, tag="network"):
    """A network as it is asked.

    Attributes
    ----------
    reference : str
        The node against which all others are told.
    nodes : NodesSetting
    transitivity : tuple of str
        Columns of trials.csv that are shown per trial.
    absolute : AbsoluteSettings or None
        When the risk of control arms is stated; None for counts, which have no time.
    """

    reference: str
    nodes: NodesSetting = NodesSetting()
    transitivity: tuple[str, ...] = ()
    absolute: AbsoluteSettings | None = None


class NetworkQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="network"):
    """A network with its selection.

    Attributes
    ----------
    reference, nodes, transitivity
        As asked.
    pairs : tuple of NodePair
        One per group, and per direct comparison of trials that are bounded.
    circumstances : tuple of Circumstance
        One per trial and comparison.
    """

    reference: str
    nodes: NodesSetting
    transitivity: tuple[str, ...]
    pairs: tuple[NodePair, ...]
    circumstances: tuple[Circumstance, ...]
