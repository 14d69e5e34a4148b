"""Model matrices: checked, named and made orthonormal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trialpool.pooling.options import Floats, as_floats

INTERCEPT = "intercept"
# What is left of a column after projection on the others, relative to itself.
_LEAST_SHARE = 1e-9


@dataclass(frozen=True)
class Design:
    """A model matrix of full rank.

    Attributes
    ----------
    x : ndarray of shape (k, p)
        As given, with the intercept in the first column where there is one.
    names : tuple of str
        One per column.
    intercept : bool
    basis : ndarray of shape (k, p)
        Orthonormal columns that span the same space: sums over them keep their
        digits however the moderators are shifted and scaled.
    back : ndarray of shape (p, p)
        Coefficients of `x` are `back` times those of `basis`.
    """

    x: Floats
    names: tuple[str, ...]
    intercept: bool
    basis: Floats
    back: Floats


def check_design(
    moderators: npt.ArrayLike | None,
    k: int,
    *,
    names: Sequence[str] | None = None,
    intercept: bool = True,
) -> Design:
    """Check moderators and build their model matrix.

    Parameters
    ----------
    moderators : array-like of shape (k,) or (k, m), or None
        None for a mean alone.
    k : int
        Number of effects.
    names : sequence of str, optional
        One per moderator; by default "x1", "x2", and so on.
    intercept : bool
        Whether a column of ones comes first.

    Raises
    ------
    ValueError
        Naming a moderator that is constant, or a combination of others, with
        them; or entries that are not finite; or more columns than effects.
    """
    if moderators is None:
        raw = np.zeros((k, 0))
    else:
        given = np.asarray(moderators)
        raw = as_floats("moderators", given, 1 if given.ndim == 1 else 2)
        raw = raw[:, None] if raw.ndim == 1 else raw
    if raw.shape[0] != k:
        raise ValueError(f"moderators has {raw.shape[0]} rows and yi {k}; they must be equal")
    labels = (
        [f"x{j + 1}" for j in range(raw.shape[1])] if names is None else [str(n) for n in names]
    )
    if len(labels) != raw.shape[1]:
        raise ValueError(
            f"names has length {len(labels)} and moderators {raw.shape[1]} columns; "
            "they must be equal"
        )
    if len(set(labels)) != len(labels) or (intercept and INTERCEPT in labels):
        raise ValueError(f"names={labels!r}: every coefficient needs a name of its own")
    bad = np.argwhere(~np.isfinite(raw) | (np.abs(raw) > 1e100))
    if bad.size:
        i, j = (int(x) for x in bad[0])
        raise ValueError(
            f"moderators[{i}, {j}] ({labels[j]})={raw[i, j]!s}; "
            "allowed: finite numbers within 1e100"
        )
    if not intercept and not labels:
        raise ValueError("moderators is None without an intercept; there is nothing to estimate")
    x = np.column_stack([np.ones(k), raw]) if intercept else raw
    full = (INTERCEPT, *labels) if intercept else tuple(labels)
    if x.shape[1] > k:
        raise ValueError(
            f"{x.shape[1]} coefficients ({', '.join(full)}) from {k} effects; "
            "there must be at least as many effects as coefficients"
        )
    basis, back = _orthonormal(x, full, intercept)
    return Design(x, full, intercept, basis, back)


def _orthonormal(x: Floats, names: tuple[str, ...], intercept: bool) -> tuple[Floats, Floats]:
    """Gram-Schmidt, twice per column: the second pass brings orthogonality to rounding."""
    k, p = x.shape
    basis, triangle = np.zeros((k, p)), np.zeros((p, p))
    for j in range(p):
        own = x[:, j].astype(np.float64)
        scale = float(np.abs(own).max())
        if scale == 0.0:
            raise ValueError(f"the moderator {names[j]!r} is 0 in every trial; leave it out")
        rest = own / scale
        start = float(np.sqrt(np.sum(rest * rest)))
        if intercept and j > 0:
            spread = rest - rest.mean()
            if float(np.abs(spread).max()) <= 1e-14:
                raise ValueError(
                    f"the moderator {names[j]!r} is the same in every trial; leave it out"
                )
        coefficients = np.zeros(p)
        for _ in range(2):
            step = basis.T @ rest
            rest = rest - basis @ step
            coefficients += step
            if intercept and _ == 0 and j > 0:
                # Judge by the spread around the mean: years differ by little of their size.
                spread = own / scale - basis[:, 0] * step[0]
                start = float(np.sqrt(np.sum(spread * spread)))
        length = float(np.sqrt(np.sum(rest * rest)))
        if length <= _LEAST_SHARE * start:
            raise ValueError(_collinear(x, names, j))
        basis[:, j] = rest / length
        triangle[:, j] = coefficients * scale
        triangle[j, j] = length * scale
    back = np.linalg.solve(triangle, np.eye(p))
    return basis, np.asarray(back, dtype=np.float64)


def _collinear(x: Floats, names: tuple[str, ...], j: int) -> str:
    """Name the columns whose combination a column is."""
    sizes = np.abs(x[:, :j]).max(axis=0)
    weights = np.linalg.lstsq(x[:, :j] / sizes, x[:, j], rcond=None)[0]
    shares = np.abs(weights) * (1.0 / np.abs(x[:, j]).max())
    others = [repr(names[i]) for i in range(j) if shares[i] > 1e-6]
    return (
        f"the moderator {names[j]!r} is determined by {' and '.join(others)}; leave one of them out"
    )


@dataclass(frozen=True)
class Coding:
    """Dummy variables of a categorical moderator.

    Attributes
    ----------
    columns : ndarray of shape (k, levels - 1)
    names : tuple of str
        "column: level" of each dummy variable.
    levels : tuple of str
        The reference level first.
    """

    columns: Floats
    names: tuple[str, ...]
    levels: tuple[str, ...]

    @property
    def reference(self) -> str:
        """Level that the coefficients compare the others with."""
        return self.levels[0]


def dummies(name: str, values: Sequence[str], reference: str | None = None) -> Coding:
    """Code levels as dummy variables against a reference level.

    Parameters
    ----------
    name : str
        Of the moderator.
    values : sequence of str, length k
    reference : str, optional
        By default the level that comes first in alphabetical order.

    Raises
    ------
    ValueError
        If there is one level only, or the reference is none of them.
    """
    found = sorted(set(values))
    if len(found) < 2:
        raise ValueError(
            f"the moderator {name!r} is {found[0]!r} in every trial; leave it out"
            if found
            else f"the moderator {name!r} has no values"
        )
    if reference is not None and reference not in found:
        raise ValueError(
            f"the reference {reference!r} is no level of {name!r}; allowed: {', '.join(found)}"
        )
    first = found[0] if reference is None else reference
    levels = (first, *(level for level in found if level != first))
    columns = np.array(
        [[1.0 if value == level else 0.0 for level in levels[1:]] for value in values]
    )
    return Coding(columns, tuple(f"{name}: {level}" for level in levels[1:]), levels)
