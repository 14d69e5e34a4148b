"""All sets that lack one trial of many, in time linear in the number of trials.

Every sum without trial i is the one of all trials less a term. tau² of the sets differs, but
little: sums of all trials are worked out at a few Chebyshev points of log(tau² + smallest
variance) and interpolated to rounding between them (`trialpool.pooling.numeric.interpolation`).
Where one trial makes up nearly all of a sum, taking it away leaves rounding: such sets are
marked as `lost`, and are for the caller to fit on their own. Only one trial can be that much
of one sum.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.numeric.batch_sums import Moments, Sets
from trialpool.pooling.numeric.interpolation import chebyshev_points, interpolation_weights
from trialpool.pooling.options import Bools, Floats, Ints

# Sums of all trials, and by which power of tau² + smallest variance they are multiplied
# before they are interpolated: that makes them of one size at every tau².
_POWERS: Final = {
    "s1": 1, "mean": 0, "s2": 2, "s3": 3, "trace_p": 1, "a1": 1, "a2": 2, "a3": 3,
    "b2": 2, "b3": 3, "w_spread": 3,
}  # fmt: skip
_ROUNDING: Final = 1e-19
# Numbers in one temporary array.
_NUMBERS: Final = 2**18
# What must be left of a sum: two digits lost of sixteen. tr(P²) loses with the square.
_LEFT: Final = 1e-2
_LEFT_OF_TRACE: Final = 1e-4


@dataclass(frozen=True)
class LessOne(Sets):
    """Sets of all trials but one.

    Attributes
    ----------
    y, v, lead : ndarray of shape (k,)
        Of all trials.
    gone : ndarray of shape (n,)
        The trial that each set lacks.
    lost : ndarray of bool of shape (k,)
        Trials without which sums lost their digits; set while sums are taken.
    """

    gone: Ints
    lost: Bools

    def take(self, index: Ints) -> LessOne:
        """Select sets, possibly repeatedly."""
        return replace(self, gone=self.gone[index])

    def moments(self, tau2: Floats) -> LessOneMoments:
        """Return the weighted sums at one tau² per set."""
        return LessOneMoments(self, tau2)

    @cached_property
    def null(self) -> LessOneMoments:
        """The weighted sums at tau² = 0."""
        return self.moments(np.zeros(self.gone.size))

    @property
    def unit(self) -> Floats:
        """Smallest variance of all trials."""
        return np.full(self.gone.size, self.v.min())

    @property
    def squares(self) -> Floats:
        """Σ y² of all trials, a bound for each set."""
        return np.full(self.gone.size, np.square(self.y).sum())

    def scan_sums(self, tau2: Floats) -> tuple[Floats, Floats, Floats]:
        """Σw, tr(P) and Σw²r² at many values of tau², shape (n, m)."""
        each = [self.moments(column) for column in tau2.T]
        s1, trace, squares = ([getattr(m, x) for m in each] for x in ("s1", "trace_p", "a2"))
        return np.stack(s1, axis=1), np.stack(trace, axis=1), np.stack(squares, axis=1)

    def log_excess(self, tau2: Floats) -> Floats:
        """Σ log(1 + tau²/v) at one tau² per set."""
        whole = special.log1p(tau2 / self.v[:, None]).sum(axis=0)
        return np.asarray(whole - special.log1p(tau2 / self.v[self.gone]))

    def unweighted(self) -> tuple[Floats, Floats, Floats, Floats]:
        """As of the base. Without trial i, Σ(y - ȳ)² has (y_i - ȳ)² k/(k - 1) less."""
        k, y, v = float(self.y.size), self.y[self.gone], self.v[self.gone]
        residual = self.y - self.y.mean()
        whole = float(np.square(residual).sum())
        squares = self.left(whole - np.square(y - self.y.mean()) * (k / (k - 1.0)), whole)
        sum_v = self.left(self.v.sum() - v, self.v.sum())
        squares_v = self.left(np.square(self.v).sum() - v * v, np.square(self.v).sum())
        k -= 1.0
        second = squares_v * (1.0 - 2.0 / k) + sum_v * sum_v / (k * k)
        return squares, sum_v * (1.0 - 1.0 / k), second, np.full(self.gone.size, k)

    def left(self, rest: Floats, whole: Floats | float, least: float = _LEFT) -> Floats:
        """Mark sets of whose sum too little is left; sums of squares stay above 0."""
        self.lost[self.gone[rest < least * whole]] = True
        return np.maximum(rest, 0.0)

    def whole(self, tau2: Floats) -> dict[str, Floats]:
        """Give sums of all trials at each tau², by the names of `Moments`."""
        unit = float(self.v.min())
        least, most = float(tau2.min()), float(tau2.max())
        end = float(np.log1p((most - least) / (least + unit)))
        if end == 0.0:
            return {x: sums[:1] for x, sums in self._at(tau2[:1]).items()}
        u = chebyshev_points(end, _ROUNDING)
        if u.size >= tau2.size:
            return self._at(tau2)
        points = least + (least + unit) * np.expm1(u)
        weights = interpolation_weights(u, np.log1p((tau2 - least) / (least + unit)))
        level, levels = tau2 + unit, points + unit
        return {
            name: weights @ (sums * levels ** _POWERS[name]) / level ** _POWERS[name]
            for name, sums in self._at(points).items()
        }

    def _at(self, tau2: Floats) -> dict[str, Floats]:
        """Work them out."""
        one = Sets(self.y[:, None], self.v[:, None], self.lead[:, None])
        size = max(1, _NUMBERS // self.y.size)
        each = [Moments(one, tau2[i : i + size]) for i in range(0, tau2.size, size)]
        return {x: np.concatenate([getattr(m, x) for m in each]) for x in _POWERS}


class LessOneMoments(Moments):
    """Weighted sums of sets that lack one trial.

    Notes
    -----
    With the sums of all trials, their mean, h = w_i/Σw and r_i = y_i - mean: the mean moves by
    -h r_i/(1 - h), Σwr² has w_i r_i²/(1 - h) less (Cook and Weisberg 1982, Residuals and
    Influence in Regression, chapter 2), tr(P) Σw has 2 w_i (Σw - w_i) less. Sums of higher
    powers of w are turned to the new mean and then have one term less.
    """

    def __init__(self, sets: LessOne, tau2: Floats) -> None:
        m = sets.whole(tau2)
        w = 1.0 / (sets.v[sets.gone] + tau2)
        r = sets.y[sets.gone] - m["mean"]
        rest = m["s1"] - w
        shift = -w * r / rest
        new = r - shift
        w2 = w * w
        self._sets = sets
        self.s1 = sets.left(rest, m["s1"])
        self.mean = m["mean"] + shift
        self.s2 = sets.left(m["s2"] - w2, m["s2"])
        self.s3 = sets.left(m["s3"] - w2 * w, m["s3"])
        self.trace_p = sets.left((m["trace_p"] * m["s1"] - 2.0 * w * rest) / rest, m["trace_p"])
        self.a1 = sets.left(m["a1"] - w * r * r * m["s1"] / rest, m["a1"])
        self.a2 = sets.left(
            m["a2"] - shift * (2.0 * m["b2"] - shift * m["s2"]) - w2 * new * new, m["a2"]
        )
        self.a3 = np.maximum(
            m["a3"] - shift * (2.0 * m["b3"] - shift * m["s3"]) - w2 * w * new * new, 0.0
        )
        self.b2 = m["b2"] - shift * m["s2"] - w2 * new
        apart = w - m["s2"] / m["s1"]
        self.w_spread = np.maximum(m["w_spread"] - w * apart * apart * m["s1"] / rest, 0.0)

    @cached_property
    def trace_pp(self) -> Floats:
        """tr(P²) = Σw² - 2Σw³/Σw + (Σw²/Σw)²."""
        part = self.s2 / self.s1
        trace = self.s2 - 2.0 * self.s3 / self.s1 + part * part
        return self._sets.left(trace, self.s2, _LEFT_OF_TRACE)
