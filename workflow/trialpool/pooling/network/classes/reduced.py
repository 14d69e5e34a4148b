"""The likelihood of a network with class effects, reduced to the size of its treatments.

Effects of treatments are d = Gm + Uu: m means of classes (and effects of treatments in none)
as fixed effects, u ~ N(0, w I) departures of the treatments of a class from its mean (Dias et
al. 2018, Network Meta-Analysis for Decision Making; Warren, Abrams and Sutton 2014,
Statistics in Medicine 33:2449). Contrasts are y = X d + e with covariance S + tau²(I + 11')/2
within trials. Given tau², with W the inverse covariance of trials, write

    A = (XG)'W(XG),  H = A⁻¹(XG)'W(XU),  r = y - XG A⁻¹(XG)'Wy,
    (XU)'W(XU) - H'AH = E diag(lambda) E',  z = E'(XU)'Wr.

Then the restricted log likelihood is

    -½[log|W⁻¹| + log|A| + r'Wr + Σ log(1 + w lambda) - Σ w z²/(1 + w lambda)],

and given both variances E'u is N(w z/(1 + w lambda), w/(1 + w lambda)), and m given u is
N(A⁻¹(XG)'Wy - Hu, A⁻¹) (Henderson's mixed model equations). At w = 0 the treatments of a class
are equal. What costs grows with the treatments' cube and linearly with the trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from trialpool.pooling.dependent import likelihood
from trialpool.pooling.network.classes.declared import Declared
from trialpool.pooling.network.model import Model, basic_matrix, build
from trialpool.pooling.options import Floats

_HALF: Final = ((0.5, 0.5),)
# Share of the largest eigenvalue below which a direction of u is not informed.
_ROUNDING: Final = 1e-10


@dataclass(frozen=True, eq=False)
class ClassModel:
    """Trials with the columns of class means and of departures from them.

    Attributes
    ----------
    trials : Model
        Columns: g of means, then u of departures.
    means : int
        g.
    """

    trials: Model
    means: int


@dataclass(frozen=True, eq=False)
class Reduced:
    """What is left of the trials at one tau².

    Attributes
    ----------
    tau2 : float
    constant : float
        Log likelihood without its terms in w.
    values, scores : ndarray of shape (u,)
        lambda and z.
    directions : ndarray of shape (u, u)
        E.
    means : ndarray of shape (g,)
        A⁻¹(XG)'Wy.
    covariance : ndarray of shape (g, g)
        A⁻¹.
    pull : ndarray of shape (g, u)
        H.
    """

    tau2: float
    constant: float
    values: Floats
    scores: Floats
    directions: Floats
    means: Floats
    covariance: Floats
    pull: Floats

    def log_likelihood(self, w: Floats) -> Floats:
        """Restricted log likelihood at variances `w` within classes (shape (n,))."""
        grown = 1.0 + w[:, None] * self.values
        of_w = np.log(grown) - w[:, None] * self.scores**2 / grown
        return np.asarray(self.constant - 0.5 * of_w.sum(axis=1))

    def shares(self, w: Floats) -> Floats:
        """Variances w/(1 + w lambda) of E'u given both variances, shape (n, u)."""
        return np.asarray(w[:, None] / (1.0 + w[:, None] * self.values))

    def targets(self, of_means: Floats, of_departures: Floats) -> tuple[Floats, Floats]:
        """Linear functions of m and u: their part without u, (r,), and their rows in E'u, (r, u).

        Parameters
        ----------
        of_means : ndarray of shape (r, g)
        of_departures : ndarray of shape (r, u)
        """
        rows = (of_departures - of_means @ self.pull) @ self.directions
        return of_means @ self.means, rows


def class_model(declared: Declared, *, equal: bool) -> ClassModel:
    """Arrange the trials; where treatments of a class are equal, without departures."""
    place = {name: i for i, name in enumerate(declared.treatments)}
    own = declared.groups if equal else np.hstack([declared.groups, declared.within])
    blocks = [
        (s.contrasts, s.contrast_covariance, basic_matrix(s.treatments, place, len(place)) @ own)
        for s in declared.studies
    ]
    return ClassModel(build(blocks), declared.groups.shape[1])


def reduce(model: ClassModel, tau2: float) -> Reduced:
    """Reduce the trials at a given tau²."""
    g, structure = model.means, model.trials.restricted
    p = structure.p
    gram, cross, log_det = np.zeros((p, p)), np.zeros(p), 0.0
    weighted = []
    for batch in structure.batches:
        whole = likelihood.covariance_of(batch, _HALF, np.array([tau2]))
        root = np.linalg.cholesky(whole)
        log_det += 2.0 * float(np.log(np.diagonal(root, axis1=1, axis2=2)).sum())
        w = np.linalg.inv(whole)
        wx = w @ batch.x
        # As one product of matrices, which is many times faster than einsum here.
        gram += batch.x.reshape(-1, p).T @ wx.reshape(-1, p)
        cross += np.einsum("gmi,gm->i", wx, batch.y)
        weighted.append((batch, w, wx))
    covariance = np.linalg.inv(gram[:g, :g])
    covariance = 0.5 * (covariance + covariance.T)
    means = covariance @ cross[:g]
    square, scores = 0.0, np.zeros(p - g)
    for batch, w, wx in weighted:
        rest = batch.y - batch.x[:, :, :g] @ means
        square += float(np.einsum("gm,gmn,gn->", rest, w, rest))
        scores += np.einsum("gmi,gm->i", wx[:, :, g:], rest)
    pull = covariance @ gram[:g, g:]
    inner = gram[g:, g:] - gram[g:, :g] @ pull
    values, directions = np.linalg.eigh(0.5 * (inner + inner.T))
    largest = float(np.diag(gram)[g:].max(initial=0.0))
    informed = values > _ROUNDING * largest
    values = np.where(informed, values, 0.0)
    scores = np.where(informed, directions.T @ scores, 0.0)
    constant = -0.5 * (log_det + float(np.linalg.slogdet(gram[:g, :g])[1]) + square)
    return Reduced(tau2, constant, values, scores, directions, means, covariance, pull)


def slope(model: ClassModel, here: Reduced, w: float) -> float:
    """Differentiate the restricted log likelihood by tau² at variance `w` within classes.

    -½[tr(PG) - y'PGPy] with P the projection that takes out m and, weighted, u.
    """
    g, structure = model.means, model.trials.restricted
    shares = here.shares(np.array([w]))[0]
    departures = here.directions @ (shares * here.scores)
    of_departures = (here.directions * shares) @ here.directions.T
    coefficients = np.concatenate([here.means - here.pull @ departures, departures])
    between = -here.pull @ of_departures
    covariance = np.block(
        [
            [here.covariance - between @ here.pull.T, between],
            [between.T, of_departures],
        ]
    )
    trace, square = 0.0, 0.0
    crossed = np.zeros((structure.p, structure.p))
    assert structure.p == g + departures.size
    for batch in structure.batches:
        weight = np.linalg.inv(likelihood.covariance_of(batch, _HALF, np.array([here.tau2])))
        rest = np.einsum("gmn,gn->gm", weight, batch.y - batch.x @ coefficients)
        square += 0.5 * float((rest.sum(axis=1) ** 2).sum() + (rest * rest).sum())
        diagonal = np.trace(weight, axis1=1, axis2=2)
        trace += 0.5 * float((weight.sum(axis=(1, 2)) + diagonal).sum())
        wx = weight @ batch.x
        total = wx.sum(axis=1)
        rows = wx.reshape(-1, structure.p)
        crossed += 0.5 * (total.T @ total + rows.T @ rows)
    return -0.5 * (trace - float((covariance * crossed).sum()) - square)
