"""Blocks of trials that share one tau², and what an estimator hands back.

One block is an ordinary random effects model. Several blocks are groups with
their own means and one common tau²: the design is block diagonal, so the
(restricted) likelihood, Q and the traces are sums over blocks and stay linear
in the number of trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialpool.pooling.options import Bools, Floats, Ints
from trialpool.pooling.sets import Sets

Blocks = tuple[Sets, ...]


@dataclass(frozen=True)
class Tau2Fit:
    """Estimated tau² of n sets with what is known about the search.

    Attributes
    ----------
    tau2 : ndarray of shape (n,)
    converged, at_boundary, multimodal : ndarray of bool of shape (n,)
        `at_boundary`: the estimate is 0 because of the bound at 0.
        `multimodal`: the (restricted) likelihood has more than one local maximum.
    """

    tau2: Floats
    converged: Bools
    at_boundary: Bools
    multimodal: Bools


def total(parts: list[Floats]) -> Floats:
    """Add the parts of the blocks, first to last."""
    added = parts[0]
    for part in parts[1:]:
        added = added + part
    return added


def take(blocks: Blocks, index: Ints) -> Blocks:
    """Select sets of every block, possibly repeatedly."""
    return tuple(block.take(index) for block in blocks)


def smallest_variance(blocks: Blocks) -> Floats:
    """Smallest variance of each set over all blocks, shape (n,)."""
    least = blocks[0].v.min(axis=0)
    for block in blocks[1:]:
        least = np.minimum(least, block.v.min(axis=0))
    return np.asarray(least, dtype=np.float64)


def bounded(raw: Floats, converged: Bools | None = None) -> Tau2Fit:
    """Bound an estimate at 0; without `converged` there was no iteration."""
    no = np.zeros(raw.shape, dtype=np.bool_)
    tau2 = np.where(raw > 0.0, raw, 0.0)
    return Tau2Fit(tau2, ~no if converged is None else converged, tau2 == 0.0, no)
