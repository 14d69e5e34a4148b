"""Which designs disagree: the numbers of a net heat plot (Krahn, Binder and König 2013).

Every design, a set of treatments that trials compared, gives its own direct effects θ̂ with
covariance V; under consistency θ̂ = Xθ. Q of a design is r'V⁻¹r of its residuals; what all designs
add up to is the inconsistency of the network. A design is detached when it keeps effects of its
own: how the Q of another design then falls says how far the two disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import linalg

from trialpool.pooling.network.graph import designs
from trialpool.pooling.network.inconsistency import NO_LOOP
from trialpool.pooling.network.model import basic_matrix, build, fit
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.options import Floats

# A design with less than this left of its own degrees of freedom is determined by itself.
_ALONE: Final = 1e-9


@dataclass(frozen=True, eq=False)
class NetHeat:
    """Designs that bear on each other.

    Attributes
    ----------
    designs : tuple of tuple of str, length d
        Those in which other designs have a say.
    shares : ndarray of shape (d, d)
        How much the design of the column (its absolute entries of the hat matrix) bears on the
        network estimates of the contrasts of the row's design, their mean.
    q : ndarray of shape (d,)
        What each design adds to the inconsistency.
    change : ndarray of shape (d, d)
        By how much the Q of the row's design falls when the column's design is detached: above 0
        the two disagree, below 0 the column's design covers a disagreement up.
    detached : ndarray of shape (d,)
        Inconsistency that is left when the design is detached.
    total : float
        Inconsistency of the network, `q` added up.
    tau2 : float
        At which it was computed.
    """

    designs: tuple[tuple[str, ...], ...]
    shares: Floats
    q: Floats
    change: Floats
    detached: Floats
    total: float
    tau2: float


def net_heat(studies: Sequence[StudyEffects], treatments: Sequence[str], tau2: float) -> NetHeat:
    """Compute which designs bear on each other, and which disagree.

    Parameters
    ----------
    studies : sequence of StudyEffects
        Connected.
    treatments : sequence of str
    tau2 : float
        Between-trial variance; 0 for the common effect, as in the paper.

    Raises
    ------
    ValueError
        If no two designs give evidence on the same comparison.
    """
    columns = {name: i for i, name in enumerate(treatments[1:])}
    by_label = {study.label: study for study in studies}
    found = designs(studies)
    x_parts, y_parts, v_parts = [], [], []
    for design in found:
        m = len(design.treatments) - 1
        own = [by_label[label] for label in design.studies]
        direct = fit(build([(s.contrasts, s.contrast_covariance, np.eye(m)) for s in own]), tau2)
        x_parts.append(basic_matrix(design.treatments, columns, len(columns)))
        y_parts.append(direct.coefficients)
        v_parts.append(direct.covariance)
    sizes = [part.size for part in y_parts]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    blocks = [slice(int(a), int(b)) for a, b in pairwise(ends)]
    x, y = np.concatenate(x_parts), np.concatenate(y_parts)
    # With V = LL' everything is least squares of L⁻¹X.
    roots = [np.linalg.inv(np.linalg.cholesky(part)) for part in v_parts]
    root = linalg.block_diag(*roots)
    turned = root @ x
    hat = x @ np.linalg.pinv(turned) @ root

    def per_design(model: Floats) -> Floats:
        rest = root @ y - model @ (np.linalg.pinv(model) @ (root @ y))
        return np.array([float(rest[block] @ rest[block]) for block in blocks])

    q = per_design(turned)
    kept = [
        i for i, block in enumerate(blocks)
        if sizes[i] - float(np.trace(hat[block, block])) > _ALONE
    ]  # fmt: skip
    if not kept:
        raise ValueError(NO_LOOP)
    change, detached = np.zeros((len(found), len(kept))), np.zeros(len(kept))
    for place, i in enumerate(kept):
        apart = np.zeros((y.size, sizes[i]))
        apart[blocks[i]] = roots[i]
        left = per_design(np.concatenate([turned, apart], axis=1))
        change[:, place] = q - left
        detached[place] = left.sum()
    shares = np.array(
        [[float(np.abs(hat[blocks[i], blocks[j]]).sum(axis=1).mean()) for j in kept] for i in kept]
    )
    return NetHeat(
        tuple(found[i].treatments for i in kept), shares, q[kept], change[kept], detached,
        float(q.sum()), tau2,
    )  # fmt: skip
