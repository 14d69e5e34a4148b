"""How much each trial and each direct comparison contributes to a network estimate.

A network estimate is a flow of one unit from one treatment to the other through the direct
comparisons (König, Krahn and Binder 2013, Statistics in Medicine 32:5414). The flow is taken
apart into paths, the shortest first; what a path carries is shared equally by its comparisons
(Papakonstantinou et al. 2018, F1000Research 7:610), so that contributions add up to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from trialpool.pooling.network.graph import Pair, compared_pairs
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.options import Floats

# Less flow than this is rounding.
_NO_FLOW: Final = 1e-12
NOT_JUDGED: Final = "not judged"


@dataclass(frozen=True, eq=False)
class Contributions:
    """Shares of the evidence in network estimates; every row adds up to 1.

    Attributes
    ----------
    pairs : tuple of (str, str), length r
        Network estimates, in the order of the rows.
    comparisons : tuple of (str, str), length c
        Pairs of treatments that trials compare.
    studies : tuple of str, length s
    by_comparison : ndarray of shape (r, c)
    by_study : ndarray of shape (r, s)
        The contribution of a comparison shared by its trials in proportion to the weights that
        they have in it.
    tau2 : float
        At which the weights were taken.
    """

    pairs: tuple[Pair, ...]
    comparisons: tuple[Pair, ...]
    studies: tuple[str, ...]
    by_comparison: Floats
    by_study: Floats
    tau2: float

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return plain values: by pair of treatments, the shares above 0."""
        plain: dict[str, dict[str, Any]] = {}
        for row, (a, b) in enumerate(self.pairs):
            shares = zip(self.comparisons, self.by_comparison[row].tolist(), strict=True)
            trials = zip(self.studies, self.by_study[row].tolist(), strict=True)
            plain.setdefault(a, {})[b] = {
                "comparisons": [
                    {"treat1": c, "treat2": d, "share": x} for (c, d), x in shares if x > 0.0
                ],
                "studies": {label: x for label, x in trials if x > 0.0},
            }
        return plain

    def judged(self, judgements: Mapping[str, str]) -> dict[Pair, dict[str, float]]:
        """Share of each judgement of the trials, for example of their risk of bias, per estimate.

        Parameters
        ----------
        judgements : mapping of str to str
            Judgement per trial; trials without one count as "not judged".

        Raises
        ------
        ValueError
            If a trial is not in the network.
        """
        unknown = sorted(set(judgements) - set(self.studies))
        if unknown:
            raise ValueError(
                f"judgements: {', '.join(unknown)}: no such trial in the network; "
                f"allowed: {', '.join(self.studies)}"
            )
        said = [judgements.get(label) or NOT_JUDGED for label in self.studies]
        shares = {}
        for pair, row in zip(self.pairs, self.by_study.tolist(), strict=True):
            own = dict.fromkeys(said, 0.0)
            for word, share in zip(said, row, strict=True):
                own[word] += share
            shares[pair] = own
        return shares


def precisions(study: StudyEffects, tau2: float) -> Floats:
    """Weights of the pairs of arms of a study as a Laplacian of shape (m, m).

    The pseudo-inverse of the covariance of its arms, with tau² added to the variance of every
    contrast (Rücker 2012); less an entry off the diagonal is the weight of that pair, which in a
    trial of several arms can be negative.
    """
    m = len(study.treatments)
    even = np.full((m, m), 1.0 / m)
    covariance = study.covariance + 0.5 * tau2 * (np.eye(m) - even)
    # Scaled so that the constant added has the size of the rest.
    size = float(np.trace(covariance)) / (m - 1)
    return np.asarray(np.linalg.inv(covariance / size + even) - even) / size


def contributions(
    studies: Sequence[StudyEffects],
    treatments: Sequence[str],
    tau2: float,
    pairs: Iterable[Pair] | None = None,
) -> Contributions:
    """Contributions of comparisons and trials to network estimates.

    Parameters
    ----------
    studies : sequence of StudyEffects
        Connected.
    treatments : sequence of str, length n
    tau2 : float
        Between-trial variance, analysis scale squared; 0 for the common effect.
    pairs : iterable of (str, str), optional
        Network estimates that are asked for; by default all.
    """
    place = {name: i for i, name in enumerate(treatments)}
    n = len(treatments)
    laplacian = np.zeros((n, n))
    shares: dict[Pair, dict[int, float]] = {pair: {} for pair in compared_pairs(studies)}
    for number, study in enumerate(studies):
        own = precisions(study, tau2)
        at = [place[name] for name in study.treatments]
        laplacian[np.ix_(at, at)] += own
        for i, a in enumerate(study.treatments):
            for j in range(i + 1, len(at)):
                shares[(a, study.treatments[j])][number] = abs(float(own[i, j]))
    weights = -laplacian
    np.fill_diagonal(weights, 0.0)
    inverse = np.linalg.pinv(laplacian, hermitian=True)
    asked = tuple(
        (a, b) for i, a in enumerate(treatments) for b in treatments[i + 1 :]
    ) if pairs is None else tuple(pairs)  # fmt: skip
    column = {(place[a], place[b]): c for c, (a, b) in enumerate(shares)}
    ends = tuple(column)
    column |= {(j, i): c for (i, j), c in column.items()}
    by_comparison = np.zeros((len(asked), len(shares)))
    for row, (a, b) in zip(by_comparison, asked, strict=True):
        potential = inverse[:, place[a]] - inverse[:, place[b]]
        flow = weights * (potential[:, None] - potential[None, :])
        carries = [0.0] * len(shares)
        for path, carried in _paths(flow, place[a], place[b], ends):
            share = carried / (len(path) - 1)
            for step in pairwise(path):
                carries[column[step]] += share
        row[:] = carries
    by_comparison /= by_comparison.sum(axis=1, keepdims=True)
    of_studies = np.zeros((len(shares), len(studies)))
    for row, own_shares in zip(of_studies, shares.values(), strict=True):
        for number, weight in own_shares.items():
            row[number] = weight
    of_studies /= of_studies.sum(axis=1, keepdims=True)
    by_study = by_comparison @ of_studies
    return Contributions(
        asked, tuple(shares), tuple(s.label for s in studies), by_comparison, by_study, tau2
    )


def _paths(
    flow: Floats, source: int, sink: int, ends: Sequence[tuple[int, int]]
) -> Iterator[tuple[list[int], float]]:
    """Take a flow apart into paths from `source` to `sink`, the shortest first.

    Of several shortest paths that is taken which a search by breadth first finds first, with
    treatments in the order in which the comparisons name them, each from where its flow comes.
    """
    # Bit by treatment, in this order.
    order: dict[int, int] = {}
    for i, j in ends:
        if abs(flow[i, j]) > _NO_FLOW:
            for node in (i, j) if flow[i, j] > 0.0 else (j, i):
                order.setdefault(node, len(order))
    nodes = list(order)
    left = flow[np.ix_(nodes, nodes)].tolist()
    # Bit j of next_[i]: something flows from i to j.
    next_ = [sum(1 << j for j, x in enumerate(row) if x > _NO_FLOW) for row in left]
    start, end = order[source], order[sink]
    # Paths never get shorter when flow is taken away, so a layout serves all of one length.
    while layers := _layers(next_, start, end):
        while path := _path(next_, layers):
            steps = list(pairwise(path))
            carried = min(left[i][j] for i, j in steps)
            for i, j in steps:
                left[i][j] -= carried
                if left[i][j] <= _NO_FLOW:
                    next_[i] &= ~(1 << j)
            yield [nodes[i] for i in path], carried


def _layers(next_: Sequence[int], source: int, sink: int) -> list[int]:
    """Bits of the nodes at each step of the shortest paths, source and sink too; empty if none."""
    layers, seen = [1 << sink], 1 << sink
    while layers[-1] and not layers[-1] >> source & 1:
        into = sum(1 << i for i, own in enumerate(next_) if own & layers[-1]) & ~seen
        layers.append(into)
        seen |= into
    return [1 << source, *layers[-2::-1]] if layers[-1] else []


def _path(next_: Sequence[int], layers: list[int]) -> list[int]:
    """First path by breadth first through the layers; empty where none is left.

    A search by breadth first that takes nodes in their order ends with the path that comes first
    in the order of words. One by depth finds the same, and takes nodes that lead nowhere out of
    `layers` for good (Dinic 1970, Soviet Mathematics Doklady 11:1277).
    """
    path = [layers[0].bit_length() - 1]
    while path:
        depth = len(path)
        if depth == len(layers):
            return path
        if steps := next_[path[-1]] & layers[depth]:
            path.append((steps & -steps).bit_length() - 1)
        else:
            layers[depth - 1] ^= 1 << path.pop()
    return []
