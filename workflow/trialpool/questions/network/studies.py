"""Trials of a network as the numerical core takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trialpool.pooling.network.studies import StudyEffects, natural
from trialpool.questions.network.merging import Pair, merged
from trialpool.questions.shared.synthesis.multiarm import covariance_pairs
from trialpool.records.network import NodeMerge
from trialpool.records.trials import SelectedTrial


def studies_of(
    trials: Sequence[SelectedTrial],
    pairs: Mapping[str, Pair],
    measure: str,
    merges: Sequence[NodeMerge] = (),
) -> tuple[StudyEffects, ...]:
    """Turn comparisons into studies, those of one trial with their covariance.

    Parameters
    ----------
    trials : sequence of SelectedTrial
        The comparisons of one trial have an arm in common.
    pairs : mapping of str to (str, str)
        Group of a comparison to its nodes, the one that is tested first.
    measure : str
    merges : sequence of NodeMerge
        Nodes that are taken as one: comparisons within one are none, and of two with the same
        nodes in one trial the first stays.
    """
    of_trial: dict[str, list[tuple[SelectedTrial, Pair]]] = {}
    for trial in trials:
        ours, theirs = (merged(node, merges) for node in pairs[trial.group])
        known = of_trial.setdefault(trial.trial_id, [])
        if ours != theirs and {ours, theirs} not in [set(pair) for _, pair in known]:
            known.append((trial, (ours, theirs)))
    return tuple(_study(name, own, measure) for name, own in of_trial.items() if own)


def _study(name: str, own: Sequence[tuple[SelectedTrial, Pair]], measure: str) -> StudyEffects:
    """Bring comparisons that span the arms of a trial to one effect per arm, their mean 0."""
    members = [trial for trial, _ in own]
    treatments = tuple(sorted({node for _, pair in own for node in pair}, key=natural))
    covariance = np.diag([trial.se**2 for trial in members])
    for i, j, value in covariance_pairs(members, measure):
        covariance[i, j] = covariance[j, i] = value
    # Differences of arms; the pseudoinverse gives the arms whose mean is 0.
    differences = np.zeros((len(own), len(treatments)))
    for row, (_, (ours, theirs)) in enumerate(own):
        differences[row, treatments.index(ours)] = 1.0
        differences[row, treatments.index(theirs)] = -1.0
    back = np.linalg.pinv(differences)
    effects = back @ np.array([trial.estimate for trial in members])
    return StudyEffects(
        label=name,
        treatments=treatments,
        effects=effects,
        covariance=back @ covariance @ back.T,
        patients=_patients(own, treatments),
        rows=(),
    )


def _patients(
    own: Sequence[tuple[SelectedTrial, Pair]], treatments: Sequence[str]
) -> tuple[int, ...] | None:
    sizes: dict[str, int] = {}
    for trial, nodes in own:
        for node, arm in zip(nodes, (trial.experimental, trial.control), strict=True):
            if arm.n is not None:
                sizes[node] = arm.n
    if len(sizes) < len(treatments):
        return None
    return tuple(sizes[node] for node in treatments)
