"""Nodes of a network: what an arm is given, by the names under which drugs are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from trialpool.evidence.contrasts import Taxonomy
from trialpool.questions.network.merging import Pair, merged
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.library import Library
from trialpool.records.groups import ExcludedRow
from trialpool.records.network import NodeMerge, NodePair

_TURNED = "turned round: other trials compare the two the other way"


def node_of(taxonomy: Taxonomy, agents: Sequence[str], merges: Iterable[NodeMerge] = ()) -> str:
    """Name the node of an arm: its drugs, targeted ones first, partners by the name of their class.

    A biosimilar counts as its reference, and what the taxonomy compares under one name is one.

    Parameters
    ----------
    taxonomy : Taxonomy
    agents : sequence of str
        Of arms.csv.
    merges : iterable of NodeMerge
        Nodes that a question takes as one.
    """
    names = {
        taxonomy.alias(taxonomy.reference(agent)) for agent in taxonomy.agents_of(";".join(agents))
    }
    ordered = sorted(names, key=lambda name: (not taxonomy.is_targeted(name), taxonomy.place(name)))
    return merged(" + ".join(map(taxonomy.short, ordered)) or "no treatment", merges)


def between_nodes(
    library: Library, candidates: Iterable[Candidate], merges: Sequence[NodeMerge]
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Leave out comparisons whose two arms are one node."""
    kept: list[Candidate] = []
    excluded: list[ExcludedRow] = []
    for one in candidates:
        ours, theirs = _nodes(library, one, merges)
        if ours == theirs:
            excluded += one.out(
                "another question", f"both arms are one node of the network: {ours}"
            )
        else:
            kept.append(one)
    return kept, excluded


def by_pair(
    library: Library, candidates: Iterable[Candidate], merges: Sequence[NodeMerge]
) -> tuple[list[Candidate], dict[str, Pair]]:
    """Part candidates by the nodes that they compare: `group` becomes "first v second".

    The side that more trials call experimental comes first; candidates that have it the other
    way round are turned.

    Returns
    -------
    list of Candidate
    dict of str to (str, str)
        Group to its two nodes.
    """
    placed = [(one, _nodes(library, one, merges)) for one in candidates]
    trials = Counter(pair for pair, _ in {(pair, one.trial_id) for one, pair in placed})
    groups: dict[str, Pair] = {}
    found = []
    for one, (ours, theirs) in placed:
        there, back = trials[ours, theirs], trials[theirs, ours]
        turn = back > there or (back == there and theirs < ours)
        pair = (theirs, ours) if turn else (ours, theirs)
        label = " v ".join(pair)
        groups[label] = pair
        found.append(replace(_turned(library, one) if turn else one, group=label))
    return found, groups


def _nodes(library: Library, one: Candidate, merges: Sequence[NodeMerge]) -> Pair:
    taxonomy = library.taxonomy
    return (
        node_of(taxonomy, one.experimental.agents, merges),
        node_of(taxonomy, one.control.agents, merges),
    )


def _turned(library: Library, candidate: Candidate) -> Candidate:
    """Swap the arms of a candidate, and the sign of its effect with them."""
    experimental, control = candidate.arms
    return replace(
        candidate,
        experimental=candidate.control,
        control=candidate.experimental,
        compared=library.compared(candidate.trial_id, control, experimental),
        effect=None if candidate.effect is None else candidate.effect.turned("arms"),
        printed=(candidate.printed[1], candidate.printed[0]),
        flags=(*candidate.flags, _TURNED),
    )


def one_arm_per_node(
    candidates: Sequence[Candidate], groups: dict[str, Pair]
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Keep one arm of a trial for each node: that of most comparisons, at a tie the first by name.

    Two arms with the same drugs differ in schedule or dose, which is another question.
    """
    uses: dict[tuple[str, str], Counter[str]] = {}
    for one in candidates:
        for node, arm in zip(groups[one.group], one.arms, strict=True):
            uses.setdefault((one.trial_id, node), Counter())[arm] += 1
    best = {key: min(own, key=lambda arm: (-own[arm], arm)) for key, own in uses.items()}
    kept, excluded = [], []
    for one in candidates:
        nodes = groups[one.group]
        others = [
            node
            for node, arm in zip(nodes, one.arms, strict=True)
            if best[one.trial_id, node] != arm
        ]
        if others:
            reason = f"another arm of the trial stands for the node {others[0]}"
            excluded += one.out("several arms", reason)
        else:
            kept.append(one)
    return kept, excluded


def pairs_of(groups: dict[str, Pair], labels: Iterable[str]) -> tuple[NodePair, ...]:
    """Return the nodes of groups, in the order of the labels."""
    return tuple(
        NodePair(group=label, treatment=groups[label][0], against=groups[label][1])
        for label in labels
    )
