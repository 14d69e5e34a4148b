"""Estimators of the residual between-trial variance tau² in meta-regression.

The same definitions as for one mean (`trialpool.pooling.univariate.moments`, `likelihood`)
with k - p residual degrees of freedom in the place of k - 1. Every function
works on n sets with one design and gives tau² and standard errors of shape (n,).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from trialpool.pooling.numeric.batch_sums import column_sum
from trialpool.pooling.numeric.roots import solve
from trialpool.pooling.numeric.tails import chi2_quantile
from trialpool.pooling.numeric.tau2_blocks import Tau2Fit, bounded
from trialpool.pooling.options import Bools, Floats, Ints
from trialpool.pooling.regression.batch_sums import RegressionMoments, RegressionSets

# Of the scan for local maxima, in log(tau² + smallest variance); see `likelihood`.
_GRID_STEP = 0.3
_GRID_MAX = 400

Moments = RegressionMoments
Sets = RegressionSets


def _df(sets: Sets) -> Floats:
    return np.full(sets.y.shape[1], float(sets.df))


def _zero(sets: Sets) -> Floats:
    return np.zeros(sets.y.shape[1])


def _q_sd(m: Moments, excess: Floats, df: Floats) -> Floats:
    """Give the standard deviation of Q_a; the true tau² is `excess` above that of the weights."""
    variance = 2.0 * df + 4.0 * excess * m.trace_p + 2.0 * excess * excess * m.trace_pp
    return np.sqrt(np.maximum(variance, 0.0))


def _step(sets: Sets, first: Floats) -> Floats:
    m = Moments(sets, first)
    return first + (m.a1 - _df(sets)) / m.trace_p


def dersimonian_laird(sets: Sets) -> Tau2Fit:
    """(QE - df)/tr(P): DerSimonian and Laird 1986; Raudenbush 2009."""
    return bounded(_step(sets, _zero(sets)))


def _dersimonian_laird_se(sets: Sets, tau2: Floats) -> Floats:
    m = Moments(sets, _zero(sets))
    return _q_sd(m, tau2, _df(sets)) / m.trace_p


def two_step(sets: Sets) -> Tau2Fit:
    """DerSimonian-Laird with the weights of its own estimate: DerSimonian and Kacker 2007."""
    return bounded(_step(sets, dersimonian_laird(sets).tau2))


def _two_step_se(sets: Sets, tau2: Floats) -> Floats:
    first = dersimonian_laird(sets).tau2
    m = Moments(sets, first)
    return _q_sd(m, tau2 - first, _df(sets)) / m.trace_p


def hunter_schmidt(sets: Sets) -> Tau2Fit:
    """(QE - k)/Σw: Hunter and Schmidt 2004; Viechtbauer et al. 2015."""
    m = Moments(sets, _zero(sets))
    return bounded((m.a1 - sets.k) / m.s1)


def _hunter_schmidt_se(sets: Sets, tau2: Floats) -> Floats:
    m = Moments(sets, _zero(sets))
    return _q_sd(m, tau2, _df(sets)) / m.s1


def hunter_schmidt_corrected(sets: Sets) -> Tau2Fit:
    """(k/df QE - k)/Σw: Brannick, Potter, Benitez and Morris 2019."""
    m = Moments(sets, _zero(sets))
    return bounded((sets.k / sets.df * m.a1 - sets.k) / m.s1)


def _hunter_schmidt_corrected_se(sets: Sets, tau2: Floats) -> Floats:
    return sets.k / sets.df * _hunter_schmidt_se(sets, tau2)


def hedges(sets: Sets) -> Tau2Fit:
    """(Σ of squared unweighted residuals - tr(P V))/df with P = I - H: Hedges and Olkin 1985."""
    first, _ = _unweighted_traces(sets)
    return bounded((sets.residual_squares - first) / sets.df)


def _unweighted_traces(sets: Sets) -> tuple[Floats, Floats]:
    """tr(PV) and tr(PVPV) with P = I - H of the unweighted fit."""
    hat = column_sum((sets.basis * sets.basis).T)[:, None]
    mixed = column_sum(sets.products[:, :, :, None] * sets.v[:, None, None, :])
    square = column_sum((mixed * mixed).reshape(-1, mixed.shape[2]))
    first = column_sum(sets.v * (1.0 - hat))
    second = column_sum(sets.v * sets.v * (1.0 - 2.0 * hat)) + square
    return first, second


def _hedges_se(sets: Sets, tau2: Floats) -> Floats:
    first, second = _unweighted_traces(sets)
    variance = 2.0 * second + 4.0 * tau2 * first + 2.0 * tau2 * tau2 * sets.df
    return np.sqrt(variance) / sets.df


def sidik_jonkman(sets: Sets) -> Tau2Fit:
    """Crude variance t of the unweighted residuals, times Σ r²/(v/t + 1)/df.

    Sidik and Jonkman 2005, Journal of the Royal Statistical Society C 54:367.
    The crude variance is that of the residuals, so that it does not grow with
    the effects of the moderators.
    """
    crude = sets.residual_squares / sets.k
    fine = crude > 0.0
    m = Moments(sets, np.where(fine, crude, 1.0))
    return bounded(np.where(fine, crude * m.a1 / sets.df, 0.0))


def _sidik_jonkman_se(sets: Sets, tau2: Floats) -> Floats:
    crude = sets.residual_squares / sets.k
    m = Moments(sets, crude)
    return crude * _q_sd(m, tau2 - crude, _df(sets)) / sets.df


def solve_q(sets: Sets, owner: Ints, target: Floats) -> tuple[Floats, Bools]:
    """Solve Q(tau²) = target for the sets `owner`; 0 where Q(0) is not above it."""
    chosen = sets.take(owner)
    above = np.flatnonzero(Moments(chosen, np.zeros_like(target)).a1 > target)
    goal = target[above]

    def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
        m, wanted = Moments(chosen.take(above[index]), t), goal[index]
        return 1.0 - wanted / m.a1, -wanted * m.a2 / (m.a1 * m.a1)

    upper = chosen.residual_squares[above] / goal
    unit = chosen.v.min(axis=0)[above]
    root, fine = solve(evaluate, np.zeros_like(goal), upper, np.zeros_like(goal), unit)
    tau2, converged = np.zeros_like(target), np.ones(target.shape, dtype=np.bool_)
    tau2[above], converged[above] = root, fine
    return tau2, converged


def paule_mandel(sets: Sets) -> Tau2Fit:
    """Q(tau²) = df: Paule and Mandel 1982; empirical Bayes, Morris 1983."""
    tau2, converged = solve_q(sets, np.arange(sets.y.shape[1]), _df(sets))
    return bounded(tau2, converged)


def _paule_mandel_se(sets: Sets, tau2: Floats) -> Floats:
    return np.asarray(np.sqrt(2.0 / sets.df) * sets.k / Moments(sets, tau2).s1)


def q_profile(sets: Sets, level: float) -> tuple[Floats, Floats]:
    """Interval of tau² from Q(tau²) = chi-square quantiles with k - p: Viechtbauer 2007."""
    n, df, alpha = sets.y.shape[1], _df(sets), 1.0 - level
    targets = [chi2_quantile(df, 0.5 * alpha), chi2_quantile(df, 1.0 - 0.5 * alpha)]
    owner = np.concatenate([np.arange(n), np.arange(n)])
    limits, _ = solve_q(sets, owner, np.concatenate(targets))
    return limits[:n], limits[n:]


def _slopes(m: Moments, *, restricted: bool) -> tuple[Floats, Floats]:
    """First and second derivative of the (restricted) log-likelihood by tau²."""
    trace, squares = (m.trace_p, m.trace_pp) if restricted else (m.s1, m.s2)
    return 0.5 * (m.a2 - trace), 0.5 * squares - m.a3 + m.drift


def _log_likelihood(sets: Sets, tau2: Floats, *, restricted: bool) -> Floats:
    m = Moments(sets, tau2)
    twice = -column_sum(special.log1p(tau2 / sets.v)) - m.a1
    return np.asarray(0.5 * (twice - m.log_determinant if restricted else twice))


def maximum_likelihood(sets: Sets, *, restricted: bool) -> Tau2Fit:
    """Highest maximum of the (restricted) likelihood over tau² >= 0.

    Harville 1977; Raudenbush 2009 for meta-regression. The score is scanned on a
    grid and every falling zero refined, as for one mean.

    Notes
    -----
    With weights between 1/(u + d) and 1/u, y'PPy <= R/u² and tr(P) >= df/(u + d),
    where R are the squared unweighted residuals, so that no maximum of the
    restricted likelihood has u = tau² + smallest variance above the root of
    df u² = R (u + d); with Σw in place of tr(P) the score is smaller still.
    """
    n = sets.y.shape[1]
    unit = sets.v.min(axis=0)
    share = sets.residual_squares / (2.0 * sets.df)
    width = sets.v.max(axis=0) - unit
    top = np.maximum(share + np.sqrt(share * share + 2.0 * share * width), unit) - unit
    length = special.log1p(top / unit)
    points = np.clip(np.ceil(length / _GRID_STEP), 1.0, _GRID_MAX)
    j = np.arange(int(points.max()) + 1, dtype=np.float64)[:, None]
    grid = unit * special.expm1(np.minimum(j / points, 1.0) * length)
    values = np.empty_like(grid)
    for i, tau2 in enumerate(grid):
        m = Moments(sets, tau2)
        values[i] = 0.5 * (m.a2 - (m.trace_p if restricted else m.s1))
    falling = (values[:-1] > 0.0) & (values[1:] <= 0.0)
    falling[-1] |= values[-1] > 0.0
    at_zero = values[0] <= 0.0
    owner, cell = np.nonzero(falling.T)
    lower, upper = grid[cell, owner], grid[cell + 1, owner]
    left, right = values[cell, owner], values[cell + 1, owner]
    share = left / np.where(left > right, left - right, 1.0)
    start = np.clip(lower + (upper - lower) * share, lower, upper)
    chosen = sets.take(owner)

    def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
        return _slopes(Moments(chosen.take(index), t), restricted=restricted)

    root, fine = solve(evaluate, lower, upper, start, unit[owner])
    maxima = falling.sum(axis=0) + at_zero
    tau2, converged = np.zeros(n), np.ones(n, dtype=np.bool_)
    single = maxima[owner] == 1
    tau2[owner[single]], converged[owner[single]] = root[single], fine[single]
    for i in np.flatnonzero(maxima > 1).tolist():
        mine = np.flatnonzero(owner == i)
        candidates = np.concatenate([np.zeros(int(at_zero[i])), root[mine]])
        copies = sets.take(np.full(candidates.size, i))
        best = int(np.argmax(_log_likelihood(copies, candidates, restricted=restricted)))
        tau2[i], converged[i] = candidates[best], fine[mine].all()
    return Tau2Fit(tau2, converged, tau2 == 0.0, maxima > 1)


def _reml(sets: Sets) -> Tau2Fit:
    return maximum_likelihood(sets, restricted=True)


def _ml(sets: Sets) -> Tau2Fit:
    return maximum_likelihood(sets, restricted=False)


def _reml_se(sets: Sets, tau2: Floats) -> Floats:
    return np.sqrt(2.0 / Moments(sets, tau2).trace_pp)


def _ml_se(sets: Sets, tau2: Floats) -> Floats:
    return np.sqrt(2.0 / Moments(sets, tau2).s2)


def _common_effect(sets: Sets) -> Tau2Fit:
    no = np.zeros(sets.y.shape[1], dtype=np.bool_)
    return Tau2Fit(_zero(sets), ~no, no, no)


@dataclass(frozen=True)
class RegressionTau2Method:
    """An estimator with its standard error, None where tau² is not estimated."""

    fit: Callable[[Sets], Tau2Fit]
    standard_error: Callable[[Sets, Floats], Floats] | None


REGRESSION_TAU2_METHODS: Final[dict[str, RegressionTau2Method]] = {
    "REML": RegressionTau2Method(_reml, _reml_se),
    "DL": RegressionTau2Method(dersimonian_laird, _dersimonian_laird_se),
    "DL2": RegressionTau2Method(two_step, _two_step_se),
    "PM": RegressionTau2Method(paule_mandel, _paule_mandel_se),
    "ML": RegressionTau2Method(_ml, _ml_se),
    "EB": RegressionTau2Method(paule_mandel, _paule_mandel_se),
    "HE": RegressionTau2Method(hedges, _hedges_se),
    "HS": RegressionTau2Method(hunter_schmidt, _hunter_schmidt_se),
    "HSk": RegressionTau2Method(hunter_schmidt_corrected, _hunter_schmidt_corrected_se),
    "SJ": RegressionTau2Method(sidik_jonkman, _sidik_jonkman_se),
    "CE": RegressionTau2Method(_common_effect, None),
}
