"""Generalised least squares over studies with several arms, and tau² of a network.

Contrasts of a study against its first arm have sampling covariance S and, with random
effects, S + tau²(I + 11')/2: every contrast varies by tau², two that share an arm correlate
by one half (Higgins and Whitehead 1996, Statistics in Medicine 15:2733; Lu and Ades 2004,
Statistics in Medicine 23:3105). That is Rücker's (2012) graph-theoretical model, where tau²
is added to the variance of every pairwise contrast of a study.

Write W for the inverse covariance, P = W - WX(X'WX)⁻¹X'W, G for the blocks (I + 11')/2.
Then Q = y'Py, dQ/dtau² = -y'PGPy, and E[Q] = df + tau² tr(PG) at tau² = 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.dependent import likelihood
from trialpool.pooling.numeric.roots import solve_one
from trialpool.pooling.numeric.tails import chi2_quantile
from trialpool.pooling.options import Floats

NETWORK_TAU2: Final = ("REML", "ML", "DL")
_HALF: Final = ((0.5, 0.5),)
_MOST_RATIO: Final = 1e12


@dataclass(frozen=True, eq=False)
class Model:
    """Contrasts of all studies with a model matrix.

    Attributes
    ----------
    restricted, full : Structure
        The same contrasts for REML and for ML.
    k : int
        Contrasts.
    p : int
        Columns of the model matrix.
    unit : float
        Smallest sampling variance.
    spread : float
        A variance that tau² is not likely to exceed.
    """

    restricted: likelihood.Structure
    full: likelihood.Structure
    k: int
    p: int
    unit: float
    spread: float

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return self.k - self.p


@dataclass(frozen=True, eq=False)
class Fit:
    """A fit at a given tau².

    Attributes
    ----------
    coefficients : ndarray of shape (p,)
    covariance : ndarray of shape (p, p)
    q : float
        r'Wr.
    slope : float
        Derivative of q by tau².
    trace : float
        tr(PG).
    """

    coefficients: Floats
    covariance: Floats
    q: float
    slope: float
    trace: float


@dataclass(frozen=True)
class Tau2:
    """An estimate of tau², and how the iteration went."""

    value: float
    converged: bool = True
    multimodal: bool = False


def build(blocks: Sequence[tuple[Floats, Floats, Floats]]) -> Model:
    """Make a model of studies, each (y, S, X) of shapes (m,), (m, m) and (m, p)."""
    y = np.concatenate([block[0] for block in blocks])
    x = np.concatenate([block[2] for block in blocks])
    variances = np.concatenate([np.diag(block[1]) for block in blocks])
    ratio = float(variances.max() / variances.min())
    if ratio > _MOST_RATIO:
        raise ValueError(
            f"vi: the largest variance is {ratio:.3g} times the smallest; allowed: at most 1e12"
        )
    clusters, pairs, at = [], [], 0
    for values, covariance, _ in blocks:
        m = values.size
        clusters.append(np.arange(at, at + m, dtype=np.int64))
        pairs += [
            (at + i, at + j, float(covariance[i, j])) for i in range(m) for j in range(i + 1, m)
        ]
        at += m
    restricted = likelihood.build(y, variances, pairs, x, clusters, _HALF, restricted=True)
    full = likelihood.Structure(restricted.batches, _HALF, y.size, x.shape[1], False)
    df = max(1, y.size - x.shape[1])
    coefficients, *_ = np.linalg.lstsq(x, y, rcond=None)
    rest = y - x @ coefficients
    spread = 4.0 * float(rest @ rest) / df
    return Model(restricted, full, y.size, x.shape[1], float(variances.min()), spread)


def fit(model: Model, tau2: float) -> Fit:
    """Fit by generalised least squares at a given tau²."""
    structure = model.restricted
    s = np.array([tau2])
    solution = likelihood.solve(structure, s)
    slope, trace = 0.0, 0.0
    products = np.zeros((structure.p, structure.p))
    for batch in structure.batches:
        w = np.linalg.inv(likelihood.covariance_of(batch, _HALF, s))
        residual = batch.y - batch.x @ solution.coefficients
        u = np.einsum("gmn,gn->gm", w, residual)
        wx = w @ batch.x
        slope -= float(0.5 * (u.sum(axis=1) ** 2).sum() + 0.5 * (u * u).sum())
        diagonal = np.trace(w, axis1=1, axis2=2)
        trace += float(0.5 * (w.sum(axis=(1, 2)) + diagonal).sum())
        total = wx.sum(axis=1)
        products += 0.5 * (total.T @ total + likelihood.crossed(wx, wx))
    trace -= float((solution.covariance * products).sum())
    return Fit(solution.coefficients, solution.covariance, solution.squares, slope, trace)


def estimate_tau2(model: Model, method: str | float) -> Tau2:
    """Estimate tau² by REML, ML or DL, or take the number that is given.

    DL is the moment estimator max(0, (Q - df)/tr(PG)) of DerSimonian and Laird for
    contrasts that depend on each other (Rücker 2012; Jackson, White and Riley 2012,
    Statistics in Medicine 31:3805). REML and ML take the highest maximum of the
    likelihood. 0 where there is no degree of freedom.
    """
    if not isinstance(method, str):
        return Tau2(float(method))
    if model.df < 1:
        return Tau2(0.0)
    if method == "DL":
        common = fit(model, 0.0)
        return Tau2(max(0.0, (common.q - model.df) / common.trace))
    structure = model.restricted if method == "REML" else model.full
    found = likelihood.maximise(structure, model.unit, model.spread)
    return Tau2(float(found.components[0]), found.converged, found.multimodal)


def tau2_limits(model: Model, level: float) -> tuple[float | None, float | None]:
    """Interval of tau² where Q(tau²) equals quantiles of chi-square with df (Viechtbauer 2007).

    Under normal effects y'P(tau²)y is chi-square with df at the true tau², whatever the
    covariance within studies. None without a degree of freedom; 0 where even tau² = 0 gives
    a smaller Q than the quantile.
    """
    if model.df < 1:
        return None, None
    df = float(model.df)
    limits = []
    for tail in ((1.0 - level) / 2.0, (1.0 + level) / 2.0):
        goal = float(chi2_quantile(df, tail))
        limits.append(_where_q_is(model, goal))
    return limits[0], limits[1]


def _where_q_is(model: Model, goal: float) -> float:
    if fit(model, 0.0).q <= goal:
        return 0.0
    high = max(model.spread, model.unit)
    for _ in range(200):
        if fit(model, high).q <= goal:
            break
        high *= 4.0

    def evaluate(t: float) -> tuple[float, float]:
        here = fit(model, t)
        # 1/Q is nearly a straight line in tau².
        return 1.0 / goal - 1.0 / here.q, here.slope / here.q**2

    return solve_one(evaluate, 0.0, high, 0.5 * high, model.unit)[0]


def basic_matrix(treatments: Sequence[str], columns: Mapping[str, int], n_columns: int) -> Floats:
    """Model matrix of a study: its contrasts in effects against the reference.

    Parameters
    ----------
    treatments : sequence of str, length m
        Of the study, its first arm the one that the others are compared with.
    columns : mapping of str to int
        Column of each treatment but the reference.
    n_columns : int

    Returns
    -------
    ndarray of shape (m - 1, n_columns)
    """
    x = np.zeros((len(treatments) - 1, n_columns))
    for row, name in enumerate(treatments[1:]):
        if name in columns:
            x[row, columns[name]] += 1.0
        if treatments[0] in columns:
            x[row, columns[treatments[0]]] -= 1.0
    return x
