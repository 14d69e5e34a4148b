"""Blocks of trials that share one tau², and what an estimator hands back.

One block is an ordinary random effects model. Several blocks are groups with
their own means and one common tau²: the design is block diagonal, so the
(restricted) likelihood, Q and the traces are sums over blocks and stay linear
in the number of trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trialpool.pooling.numeric.batch_sums import Sets
from trialpool.pooling.numeric.scalars import functions_of, yes_and_no
from trialpool.pooling.numeric.single_sums import OneSet
from trialpool.pooling.options import Floats, Ints, Value

Blocks = tuple[Sets, ...]
# Formulas that serve a single set in plain floats too.
AnySet = Sets | OneSet
AnyBlocks = tuple[AnySet, ...]


@dataclass(frozen=True)
class Tau2Fit:
    """Estimated tau² of n sets with what is known about the search.

    Attributes
    ----------
    tau2 : ndarray of shape (n,), or float
    converged, at_boundary, multimodal : ndarray of bool of shape (n,), or bool
        `at_boundary`: the estimate is 0 because of the bound at 0.
        `multimodal`: the (restricted) likelihood has more than one local maximum.
    """

    tau2: Value
    converged: Value
    at_boundary: Value
    multimodal: Value


def total(parts: list[Value]) -> Value:
    """Add the parts of the blocks, first to last."""
    added = parts[0]
    for part in parts[1:]:
        added = added + part
    return added


def only_arrays(blocks: AnyBlocks) -> Blocks:
    """Return the blocks as what they are: sets in floats come alone."""
    return tuple(block for block in blocks if isinstance(block, Sets))


def take(blocks: Blocks, index: Ints) -> Blocks:
    """Select sets of every block, possibly repeatedly."""
    return tuple(block.take(index) for block in blocks)


def smallest_variance(blocks: Blocks) -> Floats:
    """Smallest variance of each set over all blocks, shape (n,)."""
    least = blocks[0].unit
    for block in blocks[1:]:
        least = np.minimum(least, block.unit)
    return np.asarray(least, dtype=np.float64)


def bounded(raw: Value, converged: Value = None) -> Tau2Fit:
    """Bound an estimate at 0; without `converged` there was no iteration."""
    tau2 = functions_of(raw).where(raw > 0.0, raw, 0.0)
    yes, no = yes_and_no(raw)
    return Tau2Fit(tau2, yes if converged is None else converged, tau2 == 0.0, no)
