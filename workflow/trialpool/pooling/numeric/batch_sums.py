"""Sets of trials laid out so that a set's result never depends on its batch.

Layout
------
Arrays have shape (k, n): one column per set, one row per trial, the set's own
entries on top in their given order. An absent entry has variance infinity and
effect 0, so it adds exact zeros at the end of every sum. Sums run row by row;
numpy's own `sum` pairs terms by the length of the array, and a set padded to a
longer batch would come out with another last digit.

Numbers
-------
Each set is centred on its most precise trial and scaled by a power of two, so
that its smallest variance is near 1. Both are exact to undo. Centring keeps
the digits of effects that sit far from zero, scaling keeps cubed weights away
from overflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import special

from trialpool.pooling.options import Bools, Floats, Ints, Value

# From this many columns on, `reduce` is faster than `accumulate`. It must be at
# least 2: over a single column numpy pairs the terms.
_MANY_COLUMNS = 12
# From this many columns on, working row by row keeps a scan within the cache.
_LONG_ROWS = 300


def column_sum(terms: Floats) -> Floats:
    """Sum over the first axis, strictly from the first row to the last.

    Both branches do the same additions in the same order: over the outer axis
    of a contiguous array numpy adds row after row. A test holds it to that.
    """
    if terms[0].size < _MANY_COLUMNS:
        total = np.add.accumulate(terms, axis=0)[-1]
    else:
        total = np.add.reduce(np.ascontiguousarray(terms), axis=0)
    # A single -0.0 would become 0.0 in a padded batch: make it 0.0 everywhere.
    total += 0.0
    return np.asarray(total, dtype=np.float64)


def set_sum(terms: Floats) -> Value:
    """Sum over the trials: of many sets as `column_sum`, of a single one to a float."""
    if terms.ndim == 1:
        return float(np.add.accumulate(terms)[-1]) + 0.0
    return column_sum(terms)


@dataclass(frozen=True)
class Sets:
    """Centred and scaled sets of trials.

    Attributes
    ----------
    y, v : ndarray of shape (k, n) or (k, n, 1)
        Effects and variances, absent entries 0 and infinity.
    lead : ndarray of bool of the same shape
        Marks each set's most precise trial, on which it is centred.
    """

    y: Floats
    v: Floats
    lead: Bools

    def take(self, index: Ints) -> Sets:
        """Select sets, possibly repeatedly."""
        # Unlike y[:, index] this stays contiguous by rows.
        return Sets(self.y.take(index, 1), self.v.take(index, 1), self.lead.take(index, 1))

    def moments(self, tau2: Value) -> Moments:
        """Return the weighted sums at values of tau²."""
        return Moments(self, tau2)

    @cached_property
    def null(self) -> Moments:
        """The weighted sums at tau² = 0."""
        return Moments(self, np.zeros(self.v.shape[1:]))

    def unweighted(self) -> tuple[Value, ...]:
        """Sum with equal weights: Σ(y - ȳ)², tr(PV), tr(PVPV), k, where P = I - 11'/k."""
        here = np.isfinite(self.v)
        k = here.sum(axis=0).astype(np.float64)
        v = np.where(here, self.v, 0.0)
        residual = np.where(here, self.y - set_sum(self.y) / k, 0.0)
        sum_v = set_sum(v)
        return (
            set_sum(residual * residual),
            sum_v * (1.0 - 1.0 / k),
            set_sum(v * v) * (1.0 - 2.0 / k) + sum_v * sum_v / (k * k),
            k,
        )

    @property
    def unit(self) -> Value:
        """Smallest variance of each set."""
        return self.v.min(axis=0)

    @property
    def squares(self) -> Value:
        """Σ y²."""
        return column_sum(self.y * self.y)

    def scan_sums(self, tau2: Floats) -> tuple[Floats, Floats, Floats]:
        """Σw, tr(P) and Σw²r² at many values of tau² for each set, shape (n, m)."""
        return scan_sums(self.spread(), tau2)

    def log_excess(self, tau2: Floats) -> Floats:
        """Σ log(1 + tau²/v).

        special.log1p runs a scalar loop; np.log may round differently by position in the
        array, which could decide a near tie by the batch.
        """
        return column_sum(special.log1p(tau2 / self.v))

    def spread(self) -> Sets:
        """View with a trailing axis, for several values of tau² per set."""
        return Sets(self.y[..., None], self.v[..., None], self.lead[..., None])


@dataclass(frozen=True)
class Layout:
    """How sets of trials were centred, scaled and moved.

    Attributes
    ----------
    sets : Sets
    order : ndarray of shape (n, k)
        Position of each row of `sets` in the caller's array.
    count : ndarray of shape (n,)
        Number of trials in each set.
    centre : ndarray of shape (n,)
        Effect that was subtracted.
    exponent : ndarray of shape (n,)
        Effects were divided by 2**exponent, variances by 4**exponent.
    """

    sets: Sets
    order: Ints
    count: Ints
    centre: Floats
    exponent: Ints


def arrange(yi: Floats, vi: Floats, present: Bools, exponent: Ints | None = None) -> Layout:
    """Bring checked arrays into the layout of this module.

    Parameters
    ----------
    yi, vi, present : ndarray of shape (n, k)
        Effects, variances, and which entries exist.
    exponent : ndarray of shape (n,), optional
        Scale to use instead of the sets' own: groups that share one tau² must
        share one scale.
    """
    count = present.sum(axis=1)
    order = np.argsort(~present, axis=1, kind="stable")[:, : int(count.max())]
    own = np.take_along_axis(present, order, axis=1)
    v = np.where(own, np.take_along_axis(vi, order, axis=1), np.inf)
    if exponent is None:
        exponent = np.asarray(np.frexp(v.min(axis=1))[1] // 2, dtype=np.int64)
    y = np.take_along_axis(yi, order, axis=1)
    lead = v.argmin(axis=1)[:, None]
    centre = np.take_along_axis(y, lead, axis=1)
    y = np.where(own, np.ldexp(y - centre, -exponent[:, None]), 0.0)
    v = np.ldexp(v, -2 * exponent[:, None])
    leads = np.arange(order.shape[1])[:, None] == lead[:, 0]
    sets = Sets(np.ascontiguousarray(y.T), np.ascontiguousarray(v.T), leads)
    return Layout(sets, order, count, centre[:, 0], exponent)


def scan_sums(sets: Sets, tau2: Floats) -> tuple[Floats, Floats, Floats]:
    """Σw, tr(P) and Σw²r² for many values of tau² at once, in few passes.

    tr(P) is 2 Σ_{i<j} w_i w_j / Σw, a sum of positive terms by running totals;
    it may differ from `Moments.trace_p` in the last digit. Both branches do the
    same operations in the same order, so a set does not see its batch.

    Parameters
    ----------
    sets : Sets
        Arrays of shape (k, n, 1).
    tau2 : ndarray of shape (n, m)
    """
    if tau2.size < _LONG_ROWS:
        w = sets.v + tau2
        np.divide(1.0, w, out=w)
        room = w * sets.y
        mean = column_sum(room)
        running = np.add.accumulate(w, axis=0)
        s1 = running[-1]
        mean /= s1
        np.multiply(w[1:], running[:-1], out=room[1:])
        room[0] = 0.0
        pairs = column_sum(room)
        np.subtract(sets.y, mean, out=room)
        room *= w
        room *= room
        return s1, 2.0 * pairs / s1, column_sum(room)
    rows = []
    s1, mean, pairs, squares = (np.zeros(tau2.shape) for _ in range(4))
    room = np.empty(tau2.shape)
    for v, y in zip(sets.v, sets.y, strict=True):
        w = v + tau2
        np.divide(1.0, w, out=w)
        rows.append(w)
        np.multiply(w, s1, out=room)
        pairs += room
        s1 += w
        np.multiply(w, y, out=room)
        mean += room
    mean /= s1
    for w, y in zip(rows, sets.y, strict=True):
        np.subtract(y, mean, out=room)
        room *= w
        room *= room
        squares += room
    return s1, 2.0 * pairs / s1, squares


class Moments:
    """Weighted sums of sets at given values of tau², computed when first asked for.

    Write w = 1/(v + tau²), r = y - mean and P = W - W1(1'W1)⁻¹1'W. Arrays have
    the shape of tau².

    One trial can carry almost all weight. Then Σw - Σw²/Σw and its like lose
    all digits, so the traces are sums of products w_i (Σw - w_i), where the
    remainder of the most precise trial is summed without it.
    """

    def __init__(self, sets: Sets, tau2: Value) -> None:
        self._lead = sets.lead
        self.w: Floats = sets.v + tau2
        np.divide(1.0, self.w, out=self.w)
        self.s1 = set_sum(self.w)
        self.mean = set_sum(self.w * sets.y) / self.s1
        self._r: Floats = sets.y - self.mean
        self._wr: Floats = self.w * self._r

    def shares(self) -> Any:
        """Weights as fractions, in lists."""
        return (self.w / self.s1).tolist()

    def _times_others(self, terms: Floats, total: Value) -> Floats:
        """Multiply every term by the sum of all other terms of its set."""
        beside_lead = terms.copy()
        np.copyto(beside_lead, 0.0, where=self._lead)
        others: Floats = total - terms
        np.copyto(others, set_sum(beside_lead), where=self._lead)
        others *= terms
        return others

    @cached_property
    def _squared(self) -> Floats:
        return self.w * self.w

    @cached_property
    def s2(self) -> Value:
        """Σ w²."""
        return set_sum(self._squared)

    @cached_property
    def _diagonal(self) -> Floats:
        products = self._times_others(self.w, self.s1)
        products /= self.s1
        return products

    @cached_property
    def trace_p(self) -> Value:
        """tr(P) = Σw - Σw²/Σw."""
        return set_sum(self._diagonal)

    @cached_property
    def trace_pp(self) -> Value:
        """tr(P²) = Σw² - 2Σw³/Σw + (Σw²/Σw)²."""
        beside = set_sum(self._times_others(self._squared, self.s2)) / (self.s1 * self.s1)
        return set_sum(self._diagonal * self._diagonal) + beside

    @cached_property
    def a1(self) -> Value:
        """Σ w r²: Cochran's Q where tau² is 0."""
        return set_sum(self._wr * self._r)

    @cached_property
    def a2(self) -> Value:
        """Σ w² r², which is minus the derivative of `a1` by tau².

        The mean is where `a1` is smallest, so its movement drops out.
        """
        return set_sum(self._wr * self._wr)

    @cached_property
    def a3(self) -> Value:
        """Σ w³ r²."""
        terms = self.w * self._wr
        terms *= self._wr
        return set_sum(terms)

    @cached_property
    def b2(self) -> Value:
        """Σ w² r."""
        return set_sum(self.w * self._wr)

    @cached_property
    def s3(self) -> Value:
        """Σ w³."""
        return set_sum(self._squared * self.w)

    @cached_property
    def b3(self) -> Value:
        """Σ w³ r."""
        return set_sum(self._squared * self._wr)

    @cached_property
    def w_spread(self) -> Value:
        """Σ w (w - Σw²/Σw)² = Σw³ - (Σw²)²/Σw."""
        apart = self.w - self.s2 / self.s1
        return set_sum(self.w * apart * apart)
