"""Least squares with a model matrix whose columns may depend on each other.

Only what the rows of the matrix span can be estimated: l'b exists if l is a combination of
rows. With the singular value decomposition X = USV' the model is fitted in the coordinates
V'b of its rank, and l'b = (l'V)(V'b) (Searle 1971, Linear Models, chapter 5; of networks
Rücker et al. 2020, Biometrical Journal 62:808).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.network.model import Fit, Model, build
from trialpool.pooling.options import Bools, Floats

# Model matrices hold counts and covariates of size 1: what is smaller is rounding.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, eq=False)
class FullRank:
    """A model in coordinates of full rank.

    Attributes
    ----------
    model : Model
        With `basis`-coordinates as its columns.
    basis : ndarray of shape (p, rank)
        V: orthonormal columns, from coordinates to coefficients.
    """

    model: Model
    basis: Floats

    @property
    def rank(self) -> int:
        """Of the model matrix."""
        return int(self.basis.shape[1])

    def estimable(self, rows: Floats) -> Bools:
        """Whether each row l of an array of shape (m, p) has an l'b that can be estimated."""
        rest = rows - rows @ self.basis @ self.basis.T
        size = np.abs(rows).max(axis=1, initial=1.0)
        return np.asarray(np.abs(rest).max(axis=1, initial=0.0) <= _ROUNDING * size)

    def estimates(self, found: Fit, rows: Floats) -> tuple[Floats, Floats]:
        """Values l'b of rows that can be estimated, (m,), and their covariance, (m, m)."""
        turned = rows @ self.basis
        return turned @ found.coefficients, turned @ found.covariance @ turned.T


def build_full_rank(blocks: Sequence[tuple[Floats, Floats, Floats]]) -> FullRank | None:
    """Make a model of studies, each (y, S, X), in coordinates of full rank.

    Returns
    -------
    FullRank, or None where the matrix is 0.
    """
    x = np.concatenate([block[2] for block in blocks])
    # X'X has the columns' size, however many trials there are.
    squares, vectors = np.linalg.eigh(x.T @ x)
    largest = float(squares[-1]) if squares.size else 0.0
    basis = vectors[:, squares > _ROUNDING * largest]
    if basis.shape[1] == 0 or largest == 0.0:
        return None
    return FullRank(build([(y, s, own @ basis) for y, s, own in blocks]), basis)
