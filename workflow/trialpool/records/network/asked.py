"""What a network is asked with, and its selection."""

from __future__ import annotations

from typing import Literal

from trialpool.records.base import Record
from trialpool.records.comparison import AbsoluteSettings
from trialpool.records.pools import ControlRisk
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.settings import ComparativeAsked, VariantAsked
from trialpool.records.trials import SelectedTrial


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


class ClassesSetting(Record, frozen=True, kw_only=True):
    """Classes of nodes whose effects are alike.

    Attributes
    ----------
    of : tuple of NodeMerge
        Name, nodes and reason of each class; its nodes stay apart.
    effects : {"exchangeable", "equal"}
    spread_prior : str or None
        Of the standard deviation within classes; None for that of tau.
    """

    of: tuple[NodeMerge, ...]
    effects: Literal["exchangeable", "equal"] = "exchangeable"
    spread_prior: str | None = None


class ComponentsSetting(Record, frozen=True, kw_only=True):
    """Additive effects of the drugs of a node.

    Attributes
    ----------
    reason : str
    inactive : str or None
        A drug, or class of drugs, without an effect.
    interactions : tuple of str
        "A:B": an effect of both beyond the sum.
    """

    reason: str
    inactive: str | None = None
    interactions: tuple[str, ...] = ()


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


class NetworkPolicy(Record, frozen=True, kw_only=True):
    """The network under another policy: its comparisons; `changes` names the settings."""

    id: str
    label: str
    changes: tuple[str, ...]
    trials: tuple[SelectedTrial, ...]


class NetworkAsked(ComparativeAsked, frozen=True, kw_only=True, tag="network"):
    """A network as it is asked.

    Attributes
    ----------
    reference : str
        The node against which all others are told.
    nodes : NodesSetting
    classes : ClassesSetting or None
    components : ComponentsSetting or None
    transitivity : tuple of str
        Columns of trials.csv that are shown per trial.
    absolute : AbsoluteSettings or None
        When the risk of control arms is stated; None for counts, which have no time.
    """

    reference: str
    nodes: NodesSetting = NodesSetting()
    classes: ClassesSetting | None = None
    components: ComponentsSetting | None = None
    transitivity: tuple[str, ...] = ()
    absolute: AbsoluteSettings | None = None
    variants: tuple[VariantAsked[NetworkAsked], ...] = ()


class NetworkQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="network"):
    """A network with its selection.

    Attributes
    ----------
    reference, nodes, classes, components, transitivity
        As asked.
    pairs : tuple of NodePair
        One per group, and per direct comparison of trials that are bounded or of another policy.
    policies : tuple of NetworkPolicy
        Those that change a trial or its report.
    unchanged : tuple of str
        Labels of those that change none.
    circumstances : tuple of Circumstance
        One per trial and comparison.
    """

    reference: str
    nodes: NodesSetting
    classes: ClassesSetting | None
    components: ComponentsSetting | None
    transitivity: tuple[str, ...]
    pairs: tuple[NodePair, ...]
    policies: tuple[NetworkPolicy, ...]
    unchanged: tuple[str, ...]
    circumstances: tuple[Circumstance, ...]
