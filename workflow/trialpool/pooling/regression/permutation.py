"""Arrangements of trials against the rows of a model matrix: all of them, or random ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from trialpool.pooling.options import Floats, Ints

MOST_PERMUTATIONS: Final = 10_000_000


@dataclass(frozen=True)
class Permutations:
    """Arrangements to be fitted.

    Attributes
    ----------
    classes : ndarray of shape (k,)
        Rows of the design that are equal have one number.
    exact : bool
        Whether all distinct arrangements are meant, or random ones.
    number : int
    seed : int or None
    """

    classes: Ints
    exact: bool
    number: int
    seed: int | None

    def batches(self, size: int) -> Iterator[Ints]:
        """Yield arrays of shape (n, k): the trial that takes each row of the design."""
        k = self.classes.size
        rows = np.argsort(self.classes, kind="stable")
        if self.exact:
            labels = _distinct(sorted(self.classes.tolist()))
            while block := list(islice(labels, size)):
                # Trials in the order of the row classes that they are given.
                order = np.argsort(np.array(block), axis=1, kind="stable")
                placed = np.empty_like(order)
                placed[:, rows] = order
                yield placed
            return
        generator = np.random.default_rng(self.seed)
        for start in range(0, self.number, size):
            n = min(size, self.number - start)
            yield generator.permuted(np.tile(np.arange(k), (n, 1)), axis=1)


def arrangements(x: Floats, number: int, seed: int) -> Permutations:
    """Choose all distinct permutations of the rows of `x` if there are at most `number`.

    Parameters
    ----------
    x : ndarray of shape (k, p)
    number, seed : int

    Raises
    ------
    ValueError
        If `number` or `seed` is not a whole number in range.
    """
    for name, value, least, most in (
        ("permutations", number, 1, MOST_PERMUTATIONS),
        ("seed", seed, 0, 2**63 - 1),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{name}={value!r}; allowed: whole numbers from {least} to {most}")
    _, classes, sizes = np.unique(x, axis=0, return_inverse=True, return_counts=True)
    distinct = math.factorial(x.shape[0])
    for size in sizes.tolist():
        distinct //= math.factorial(size)
    exact = distinct <= number
    return Permutations(
        np.asarray(classes).ravel().astype(np.int64),
        exact,
        distinct if exact else number,
        None if exact else seed,
    )


def _distinct(labels: list[int]) -> Iterator[list[int]]:
    """Yield the distinct permutations of sorted labels in lexicographic order."""
    labels = list(labels)
    while True:
        yield list(labels)
        i = len(labels) - 2
        while i >= 0 and labels[i] >= labels[i + 1]:
            i -= 1
        if i < 0:
            return
        j = len(labels) - 1
        while labels[j] <= labels[i]:
            j -= 1
        labels[i], labels[j] = labels[j], labels[i]
        labels[i + 1 :] = labels[:i:-1]
