"""Cluster-robust standard errors with Satterthwaite degrees of freedom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from trialpool.pooling.dependent.likelihood import Batch, Solution, Structure, covariance_of
from trialpool.pooling.options import Floats

# Eigenvalues below this share of the largest are those of directions that the
# coefficients use up.
_NULL: Final = 1e-10


def robust_covariance(
    structure: Structure, components: Floats, solution: Solution, kind: str, back: Floats
) -> tuple[Floats, Floats]:
    """Robust covariance of the coefficients and Satterthwaite degrees of freedom.

    Parameters
    ----------
    structure : Structure
        Its clusters are those of the correction.
    components : ndarray of shape (q,)
        Variance components of the working model.
    solution : Solution
    kind : {"CR1", "CR2"}
        "CR1": G/(G - 1) times the sandwich of G clusters. "CR2": residuals of
        each cluster adjusted so that the sandwich is unbiased under the working
        model (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018, Journal of
        Business and Economic Statistics 36:672).
    back : ndarray of shape (p, p)
        Turns coefficients of the basis into those that are reported.

    Returns
    -------
    covariance : ndarray of shape (p, p)
    df : ndarray of shape (p,)
        For each coefficient (tr M)²/tr(M²), where its variance is a quadratic
        form in normal variables with eigenvalues those of M (Tipton 2015,
        Psychological Methods 20:375; Tipton and Pustejovsky 2015).

    Notes
    -----
    Write Φ_i for the working covariance of a cluster, D_i for its Cholesky factor
    (Φ_i = D_i'D_i), and B_i = D_i(Φ_i - X_iAX_i')D_i'. The adjustment is
    D_i' B_i^(-½) D_i with the pseudo-inverse. With g_i the column of
    (adjusted Φ_i⁻¹ X_i A) for a coefficient and b_i = X_i'g_i,
    M = diag(g_i'Φ_ig_i) - b_i'A b_j, so its traces cost no more than the clusters.
    """
    adjust = ADJUSTMENTS[kind]
    a = solution.covariance
    p = structure.p
    clusters = sum(batch.y.shape[0] for batch in structure.batches)
    factor = clusters / (clusters - 1.0) if kind == "CR1" else 1.0
    meat = np.zeros((p, p))
    diagonals, offsets = [], []
    for batch in structure.batches:
        phi = covariance_of(batch, structure.components, components)
        weighted = np.linalg.solve(phi, batch.x @ a)
        g = adjust(batch, phi, a).transpose(0, 2, 1) @ weighted @ back.T
        r = batch.y - batch.x @ solution.coefficients
        scores = np.einsum("gmi,gm->gi", g, r)
        meat += scores.T @ scores
        diagonals.append(np.einsum("gmi,gmn,gni->gi", g, phi, g))
        offsets.append(np.einsum("gmj,gmi->gij", batch.x, g))
    diagonal, offset = np.concatenate(diagonals), np.concatenate(offsets)
    df = np.array([_satterthwaite(diagonal[:, i], offset[:, i], a) for i in range(p)])
    return factor * meat, df


def _satterthwaite(diagonal: Floats, offset: Floats, a: Floats) -> float:
    """(tr M)²/tr(M²) with M = diag(d) - B A B' for B of shape (G, p)."""
    inner = offset.T @ offset @ a
    own = np.einsum("gi,ij,gj->g", offset, a, offset)
    trace = float(diagonal.sum() - own.sum())
    square = float((diagonal * diagonal).sum() - 2.0 * (diagonal * own).sum())
    square += float(np.trace(inner @ inner))
    return trace * trace / square if square > 0.0 else float("nan")


def _none(batch: Batch, phi: Floats, a: Floats) -> Floats:
    return np.broadcast_to(np.eye(phi.shape[1]), phi.shape)


def _bell_mccaffrey(batch: Batch, phi: Floats, a: Floats) -> Floats:
    root = np.linalg.cholesky(phi)
    upper = root.transpose(0, 2, 1)
    inside = upper @ (phi - batch.x @ a @ batch.x.transpose(0, 2, 1)) @ root
    values, vectors = np.linalg.eigh(0.5 * (inside + inside.transpose(0, 2, 1)))
    size = np.linalg.norm(upper @ phi @ root, axis=(1, 2))[:, None]
    kept = values > _NULL * size
    halves = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    middle = (vectors * halves[:, None, :]) @ vectors.transpose(0, 2, 1)
    return np.asarray(root @ middle @ upper, dtype=np.float64)


ADJUSTMENTS: Final[dict[str, Callable[[Batch, Floats, Floats], Floats]]] = {
    "CR1": _none,
    "CR2": _bell_mccaffrey,
}
