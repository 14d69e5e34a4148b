"""The contrasts of a network in coordinates that do not depend on each other, whatever tau² is.

The covariance of a study's contrasts is S + tau²G with G = (I + 11')/2 = LL'. With the
eigenvectors U of L⁻¹SL⁻ᵀ the coordinates U'L⁻¹y are independent, with variances v + tau².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trialpool.pooling.network.model import basic_matrix
from trialpool.pooling.network.studies import StudyEffects
from trialpool.pooling.options import Floats


@dataclass(frozen=True, eq=False)
class Independent:
    """Coordinates of all studies, one after the other.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
        Analysis scale; the variance of `y` is `v` + tau².
    x : ndarray of shape (k, p)
        Model matrix of the effects against the reference.
    turns : tuple of ndarray of shape (m - 1, m - 1)
        Of each study, from contrasts against its first arm to coordinates.
    """

    y: Floats
    v: Floats
    x: Floats
    turns: tuple[Floats, ...]


def independent(studies: Sequence[StudyEffects], columns: Mapping[str, int]) -> Independent:
    """Turn the contrasts of studies.

    Parameters
    ----------
    studies : sequence of StudyEffects
    columns : mapping of str to int
        Columns of the model matrix, without the reference.
    """
    y, v, x, turns = [], [], [], []
    for study in studies:
        m = len(study.treatments) - 1
        root = np.linalg.inv(np.linalg.cholesky(0.5 * (np.eye(m) + 1.0)))
        own = root @ study.contrast_covariance @ root.T
        eigen, vectors = np.linalg.eigh(0.5 * (own + own.T))
        turn = np.asarray(vectors.T @ root)
        y.append(turn @ study.contrasts)
        x.append(turn @ basic_matrix(study.treatments, columns, len(columns)))
        v.append(eigen)
        turns.append(turn)
    return Independent(np.concatenate(y), np.concatenate(v), np.concatenate(x), tuple(turns))
