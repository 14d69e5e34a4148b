"""Distribution of Cochran's Q under random effects.

Q = Σ w (y - mean)² with w = 1/v is, for true tau², a quadratic form in normal
variables. With x = 1 + tau² w its moment generating function is

    E exp(-zQ) = Π (1 + 2 z x)^(-1/2) · (Σ w/(1 + 2 z x) / Σ w)^(-1/2),

the determinant of a diagonal matrix plus a rank-one one, so no k × k matrix
and no eigenvalue is needed (the form of Biggerstaff and Jackson 2008,
Statistics in Medicine 27:6093, written for one set of weights).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trialpool.pooling.options import Floats

# Step and end of the path in units of the width of the saddle. The integrand
# is analytic, so the trapezoidal rule errs by exp(-2π/step); the path bends
# away so that what lies beyond its end is below 1e-14.
_STEP = 0.2
_NODES = 81
_DECAY = 40.0
_BISECTIONS = 12
_CHUNK_NUMBERS = 2**17


def q_cdf(v: Floats, q: float, tau2: Floats) -> Floats:
    """P(Q <= q) for each true tau².

    Parameters
    ----------
    v : ndarray of shape (k,)
        Sampling variances of at least two trials, the smallest near 1.
    q : float
        Above 0.
    tau2 : ndarray of shape (m,)

    Returns
    -------
    ndarray of shape (m,)
        With an absolute error near 1e-12.

    Notes
    -----
    The Bromwich integral of exp(zq) E exp(-zQ)/z along a parabola through a
    saddle point, opening to the left (Rice 1980, SIAM Journal on Scientific and
    Statistical Computing 1:438; Helstrom 1983): all singularities but 0 lie on
    the negative axis, inside the parabola. A path to the right of 0 gives the
    probability below q, one to the left of 0 minus the probability above it;
    the smaller of the two is computed.
    """
    size = max(1, _CHUNK_NUMBERS // (v.size * _NODES))
    # From the largest weight to the smallest, whatever order the trials have.
    v = np.sort(v)
    parts = [_cdf(v, q, tau2[i : i + size]) for i in range(0, tau2.size, size)]
    return np.clip(np.concatenate(parts), 0.0, 1.0)


def _cdf(v: Floats, q: float, tau2: Floats) -> Floats:
    w = (1.0 / v)[:, None]
    share = w / w.sum()
    x = 1.0 + tau2 * w
    largest = _largest_eigenvalue(share, x)
    # E(Q) = Σ x - Σ share x, the trace of the quadratic form.
    below = q < (x * (1.0 - share)).sum(axis=0)
    saddle = np.where(below, _saddle_below(share, x, q), _saddle_above(share, x, q, largest))
    # Second and third derivative of the exponent only shape the path: each
    # eigenvalue but the largest is replaced by the x just below it.
    near = np.concatenate([largest[None, :], x[2:]])
    t = near / (1.0 + 2.0 * saddle * near)
    second = 2.0 * (t * t).sum(axis=0) + 1.0 / (saddle * saddle)
    third = 8.0 * (t * t * t).sum(axis=0) + np.where(below, 2.0 / saddle**3, 0.0)
    width = 1.0 / np.sqrt(second)
    # With few trials the path must bend enough for exp(zq) to end it.
    enough = _DECAY / (q * np.square(_STEP * _NODES * width))
    bend = np.maximum(third / (6.0 * second), np.minimum(enough, 0.3 / width))

    # Midpoints keep off the real axis. Above it every logarithm is continuous.
    y = (_STEP * (np.arange(_NODES) + 0.5))[:, None] * width
    z = saddle - bend * y * y + 1j * y
    along = 1j - 2.0 * bend * y
    factors: npt.NDArray[np.complex128] = 1.0 + 2.0 * z * x[:, None, :]
    logarithm = np.log(factors).sum(axis=0)
    mixed = (share[:, None, :] / factors).sum(axis=0)
    exponent = z * q - 0.5 * (logarithm + np.log(mixed)) - np.log(z)
    terms = (np.exp(exponent) * along).imag
    found = np.asarray(terms.sum(axis=0) * _STEP * width / np.pi, dtype=np.float64)
    return np.where(below, found, 1.0 + found)


def _largest_eigenvalue(share: Floats, x: Floats) -> Floats:
    """Where Σ share/(1 - x/λ) vanishes between the two largest x, from above."""
    low, high = x[1].copy(), x[0].copy()
    for _ in range(_BISECTIONS):
        middle = np.sqrt(low * high)
        with np.errstate(divide="ignore"):
            # Positive beyond the root, where the largest x dominates from above.
            value = (share * middle / (middle - x)).sum(axis=0)
        beyond = value < 0.0
        high, low = np.where(beyond, middle, high), np.where(beyond, low, middle)
    return np.asarray(high, dtype=np.float64)


def _slope(share: Floats, x: Floats, q: float, z: Floats) -> Floats:
    """Differentiate zq + log E exp(-zQ) - log|z|, which rises on either side of 0."""
    one = 1.0 / (1.0 + 2.0 * z * x)
    mixed = (share * x * one * one).sum(axis=0) / (share * one).sum(axis=0)
    return np.asarray(q - (x * one).sum(axis=0) + mixed - 1.0 / z, dtype=np.float64)


def _saddle_below(share: Floats, x: Floats, q: float) -> Floats:
    """Saddle point at z > 0, to a few digits.

    q = Σ λ/(1 + 2zλ) + 1/z over the k - 1 eigenvalues λ, so that z lies between
    1/q and (k + 1)/(2q).
    """
    low = np.full(x.shape[1], 1.0 / q)
    high = low * 0.5 * (x.shape[0] + 1.0)
    for _ in range(_BISECTIONS):
        z = np.sqrt(low * high)
        rising = _slope(share, x, q, z) > 0.0
        high, low = np.where(rising, z, high), np.where(rising, low, z)
    return np.asarray(np.sqrt(low * high), dtype=np.float64)


def _saddle_above(share: Floats, x: Floats, q: float, largest: Floats) -> Floats:
    """Saddle point at z < 0 right of all singularities, to a few digits."""
    most = 0.5 / largest
    low, high = 0.3 * most / np.sqrt(x.shape[0]), 0.95 * most
    for _ in range(_BISECTIONS):
        z = np.sqrt(low * high)
        rising = _slope(share, x, q, -z) > 0.0
        high, low = np.where(rising, high, z), np.where(rising, z, low)
    return np.asarray(-np.sqrt(low * high), dtype=np.float64)
