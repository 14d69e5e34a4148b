"""Weighted sums of many regressions on one model matrix, linear in the number of trials.

All sets share the design and differ in their effects and variances: permuting
the rows of a model matrix is permuting effects and variances against it. As in
`trialpool.pooling.numeric.batch_sums`, arrays have one column per set, sums run from the first
row to the last and no step mixes columns, so a set's result does not depend on
its batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from trialpool.pooling.numeric.batch_sums import column_sum
from trialpool.pooling.options import Floats, Ints


@dataclass(frozen=True)
class RegressionSets:
    """Effects and variances of n sets on one design.

    Attributes
    ----------
    y, v : ndarray of shape (k, n)
        On a scale where the smallest variances are near 1.
    basis : ndarray of shape (k, p)
        Orthonormal columns.
    """

    y: Floats
    v: Floats
    basis: Floats

    def take(self, index: Ints) -> RegressionSets:
        """Select sets, possibly repeatedly."""
        return RegressionSets(self.y[:, index], self.v[:, index], self.basis)

    @property
    def k(self) -> int:
        """Number of trials."""
        return int(self.basis.shape[0])

    @property
    def df(self) -> int:
        """Residual degrees of freedom, k - p."""
        return int(self.basis.shape[0] - self.basis.shape[1])

    @cached_property
    def products(self) -> Floats:
        """Products of two columns of the design, shape (k, p, p)."""
        return np.asarray(self.basis[:, :, None] * self.basis[:, None, :], dtype=np.float64)

    @cached_property
    def residual_squares(self) -> Floats:
        """Σ of squared unweighted residuals, shape (n,)."""
        fitted = column_sum(self.basis[:, :, None] * self.y[:, None, :])
        rest = self.y - column_sum(self.basis.T[:, :, None] * fitted[:, None, :])
        return column_sum(rest * rest)


def inverse(gram: Floats) -> tuple[Floats, Floats]:
    """Invert symmetric positive definite matrices of shape (p, p, n) by elimination.

    Returns
    -------
    inverse : ndarray of shape (p, p, n)
    log_determinant : ndarray of shape (n,)
    """
    a = gram.copy()
    determinant = np.ones(gram.shape[2])
    for j in range(gram.shape[0]):
        pivot = a[j, j].copy()
        determinant *= pivot
        row, column = a[j] / pivot, a[:, j].copy()
        a -= column[:, None] * row[None]
        a[j], a[:, j] = row, -column / pivot
        a[j, j] = 1.0 / pivot
    # xlogy runs scalar loops; np.log may round differently by position in the array.
    return a, np.asarray(special.xlogy(1.0, determinant), dtype=np.float64)


class RegressionMoments:
    """Weighted sums at given values of tau² of shape (n,), computed when first asked for.

    Write w = 1/(v + tau²), A = (X'WX)⁻¹, r = y - Xb and P = W - WXAX'W.
    """

    def __init__(self, sets: RegressionSets, tau2: Floats) -> None:
        self._x = sets.basis[:, :, None]
        self._products = sets.products[:, :, :, None]
        self.w: Floats = 1.0 / (sets.v + tau2)
        self.gram = column_sum(self._products * self.w[:, None, None, :])
        self.covariance, self.log_determinant = inverse(self.gram)
        cross = column_sum(self._x * (self.w * sets.y)[:, None, :])
        self.coefficients = column_sum(self.covariance * cross[:, None, :])
        fitted = column_sum(sets.basis.T[:, :, None] * self.coefficients[:, None, :])
        self._r: Floats = sets.y - fitted
        self._wr: Floats = self.w * self._r

    def _trace(self, left: Floats, right: Floats) -> Floats:
        """tr(LR) of symmetric matrices of shape (p, p, n)."""
        terms = left * right
        return column_sum(terms.reshape(-1, terms.shape[2]))

    @cached_property
    def s1(self) -> Floats:
        """Σ w."""
        return column_sum(self.w)

    @cached_property
    def s2(self) -> Floats:
        """Σ w²."""
        return column_sum(self.w * self.w)

    @cached_property
    def _squared(self) -> Floats:
        """X'W²X."""
        return column_sum(self._products * (self.w * self.w)[:, None, None, :])

    @cached_property
    def trace_p(self) -> Floats:
        """tr(P) = Σ w (1 - hat)."""
        return column_sum(self.w * (1.0 - self.hat))

    @cached_property
    def hat(self) -> Floats:
        """Hat values w x'Ax, shape (k, n)."""
        p = self.covariance.shape[0]
        total = np.zeros_like(self.w)
        for i in range(p):
            for j in range(p):
                total += self._products[:, i, j] * self.covariance[i, j]
        return np.asarray(self.w * total, dtype=np.float64)

    @cached_property
    def trace_pp(self) -> Floats:
        """tr(P²) = Σw² - 2 tr(A X'W³X) + tr(A X'W²X A X'W²X)."""
        w2 = self.w * self.w
        turned = _matmul(self.covariance, self._squared)
        twice = column_sum(w2 * self.hat)
        square = self._trace(turned, turned.transpose(1, 0, 2))
        return np.asarray(self.s2 - 2.0 * twice + square, dtype=np.float64)

    @cached_property
    def a1(self) -> Floats:
        """Σ w r², the residual heterogeneity where tau² is 0."""
        return column_sum(self._wr * self._r)

    @cached_property
    def a2(self) -> Floats:
        """Σ w² r², minus the derivative of `a1` by tau²."""
        return column_sum(self._wr * self._wr)

    @cached_property
    def a3(self) -> Floats:
        """Σ w³ r²."""
        return column_sum(self.w * self._wr * self._wr)

    @cached_property
    def drift(self) -> Floats:
        """(X'W²r)' A (X'W²r): the share of moving coefficients in the second derivative."""
        moved = column_sum(self._x * (self.w * self._wr)[:, None, :])
        return column_sum(moved * column_sum(self.covariance * moved[:, None, :]))


def _matmul(left: Floats, right: Floats) -> Floats:
    """Product of matrices of shape (p, p, n)."""
    return column_sum(left.transpose(1, 0, 2)[:, :, None, :] * right[:, None, :, :])
