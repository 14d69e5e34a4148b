"""Which effects share a cluster, and what is known of their covariances."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from trialpool.pooling.options import Floats, Ints


def cluster_rows(cluster: Iterable[Hashable], k: int) -> list[Ints]:
    """Rows of each cluster, clusters in order of first appearance."""
    if isinstance(cluster, str):
        raise ValueError(f"cluster={cluster!r} is one text; allowed: one cluster per effect")
    labels = cluster.tolist() if isinstance(cluster, np.ndarray) else list(cluster)
    if len(labels) != k:
        raise ValueError(f"cluster has length {len(labels)} and yi {k}; they must be equal")
    rows: dict[Hashable, list[int]] = {}
    for i, label in enumerate(labels):
        if label is None or label == "" or (isinstance(label, float) and math.isnan(label)):
            raise ValueError(f"cluster[{i}]={label!r}; allowed: a number or label, not missing")
        rows.setdefault(label, []).append(i)
    return [np.array(own, dtype=np.int64) for own in rows.values()]


def check_identified(components: Sequence[str], clusters: Sequence[Ints]) -> None:
    """Refuse components that the data cannot tell apart."""
    if "cluster" in components and len(components) > 1:
        if len(clusters) < 2:
            raise ValueError("one cluster only: its variance cannot be estimated")
        if all(rows.size == 1 for rows in clusters):
            raise ValueError(
                "every cluster has one effect: the variances between and within clusters cannot "
                "be told apart; leave the cluster out"
            )


def check_pairs(
    pairs: Iterable[tuple[int, int, float]], v: Floats, clusters: Sequence[Ints]
) -> list[tuple[int, int, float]]:
    """Check known covariances: of one cluster, once per pair, positive definite together.

    Raises
    ------
    ValueError
        Naming the pair, its numbers and what is allowed.
    """
    owner = np.empty(v.size, dtype=np.int64)
    for number, rows in enumerate(clusters):
        owner[rows] = number
    known, seen = [], set()
    for i, j, covariance in pairs:
        if not (0 <= i < v.size and 0 <= j < v.size) or i == j:
            raise ValueError(f"pairs: ({i}, {j}); allowed: two different effects, from 0")
        if owner[i] != owner[j]:
            raise ValueError(f"pairs: effects {i} and {j} are in different clusters")
        if frozenset((i, j)) in seen:
            raise ValueError(f"pairs: ({i}, {j}) is given twice")
        if not math.isfinite(covariance) or covariance * covariance >= v[i] * v[j]:
            raise ValueError(
                f"pairs: covariance {covariance!s} of effects {i} and {j} with variances "
                f"{v[i]!s} and {v[j]!s}; allowed: a correlation between -1 and 1"
            )
        seen.add(frozenset((i, j)))
        known.append((int(i), int(j), float(covariance)))
    local = {
        int(row): (number, at)
        for number, rows in enumerate(clusters)
        for at, row in enumerate(rows)
    }
    touched = sorted({local[i][0] for i, _, _ in known})
    for number in touched:
        block = np.diag(v[clusters[number]])
        for i, j, covariance in known:
            if local[i][0] == number:
                a, b = local[i][1], local[j][1]
                block[a, b] = block[b, a] = covariance
        if np.linalg.eigvalsh(block)[0] <= 0.0:
            raise ValueError(
                f"pairs: the covariance matrix of effects {clusters[number].tolist()} is not "
                "positive definite; check the covariances"
            )
    return known
