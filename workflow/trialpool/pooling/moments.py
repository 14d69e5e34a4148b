"""Estimators of tau² from one or two quadratic forms, and the equation Q = df.

Q_a = Σ a (y - mean_a)² with fixed weights a = 1/(v + t) has, for true tau²,

    E(Q_a) = df + (tau² - t) tr(P_a),
    Var(Q_a) = 2 df + 4 (tau² - t) tr(P_a) + 2 (tau² - t)² tr(P_a²),

because Var(y) = A⁻¹ + (tau² - t) I and P_a A⁻¹ P_a = P_a (DerSimonian and
Kacker 2007, Contemporary Clinical Trials 28:105, equations for general
weights). Standard errors below take the weights as fixed.
"""

from __future__ import annotations

import numpy as np

from trialpool.pooling.blocks import Blocks, Tau2Fit, bounded, smallest_variance, take, total
from trialpool.pooling.options import Bools, Floats, Ints
from trialpool.pooling.roots import solve
from trialpool.pooling.sets import Moments, column_sum


def _each(blocks: Blocks, tau2: Floats) -> list[Moments]:
    return [Moments(block, tau2) for block in blocks]


def _squares(each: list[Moments]) -> Floats:
    return total([m.a1 for m in each])


def _trace(each: list[Moments]) -> Floats:
    return total([m.trace_p for m in each])


def _q_sd(each: list[Moments], excess: Floats, df: Floats) -> Floats:
    """Give the standard deviation of Q_a; the true tau² is `excess` above that of the weights."""
    squared = total([m.trace_pp for m in each])
    variance = 2.0 * df + 4.0 * excess * _trace(each) + 2.0 * excess * excess * squared
    return np.sqrt(np.maximum(variance, 0.0))


def _step(blocks: Blocks, first: Floats, df: Floats) -> Floats:
    """Moment estimate with weights 1/(v + first), not yet bounded."""
    each = _each(blocks, first)
    return first + (_squares(each) - df) / _trace(each)


def dersimonian_laird(blocks: Blocks, df: Floats) -> Tau2Fit:
    """(Q - df)/tr(P): DerSimonian and Laird 1986, Controlled Clinical Trials 7:177."""
    return bounded(_step(blocks, np.zeros_like(df), df))


def dersimonian_laird_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """√Var(Q)/tr(P), exact for the estimate before it is bounded."""
    each = _each(blocks, np.zeros_like(df))
    return _q_sd(each, tau2, df) / _trace(each)


def two_step(blocks: Blocks, df: Floats) -> Tau2Fit:
    """DerSimonian-Laird again with the weights that its own estimate gives.

    DerSimonian and Kacker 2007, Contemporary Clinical Trials 28:105 (DL2). Both
    steps are bounded at 0.
    """
    return bounded(_step(blocks, dersimonian_laird(blocks, df).tau2, df))


def two_step_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """√Var(Q_a)/tr(P_a) with the weights of the second step taken as fixed."""
    first = dersimonian_laird(blocks, df).tau2
    each = _each(blocks, first)
    return _q_sd(each, tau2 - first, df) / _trace(each)


def hunter_schmidt(blocks: Blocks, df: Floats) -> Tau2Fit:
    """(Q - k)/Σw: Hunter and Schmidt 2004; Viechtbauer 2005, equation for HS."""
    each = _each(blocks, np.zeros_like(df))
    k = df + len(blocks)
    return bounded((_squares(each) - k) / total([m.s1 for m in each]))


def hunter_schmidt_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """√Var(Q)/Σw."""
    each = _each(blocks, np.zeros_like(df))
    return _q_sd(each, tau2, df) / total([m.s1 for m in each])


def hunter_schmidt_corrected(blocks: Blocks, df: Floats) -> Tau2Fit:
    """(k/(k - 1) Q - k)/Σw: Brannick, Potter, Benitez and Morris 2019.

    Organizational Research Methods 22:490: the mean squared deviation is taken
    as a sample variance, by k - 1 in place of k.
    """
    each = _each(blocks, np.zeros_like(df))
    k = df + len(blocks)
    return bounded((k / df * _squares(each) - k) / total([m.s1 for m in each]))


def hunter_schmidt_corrected_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """k/(k - 1) √Var(Q)/Σw."""
    k = df + len(blocks)
    return k / df * hunter_schmidt_se(blocks, tau2, df)


def _unweighted(blocks: Blocks) -> tuple[Floats, Floats, Floats, Floats]:
    """Sum with equal weights: Σ(y - ȳ)², tr(PV), tr(PVPV), k, where P = I - 11'/k per block."""
    squares, first, second, number = [], [], [], []
    for block in blocks:
        here = np.isfinite(block.v)
        k = here.sum(axis=0).astype(np.float64)
        v = np.where(here, block.v, 0.0)
        residual = np.where(here, block.y - column_sum(block.y) / k, 0.0)
        sum_v = column_sum(v)
        squares.append(column_sum(residual * residual))
        first.append(sum_v * (1.0 - 1.0 / k))
        second.append(column_sum(v * v) * (1.0 - 2.0 / k) + sum_v * sum_v / (k * k))
        number.append(k)
    return total(squares), total(first), total(second), total(number)


def hedges(blocks: Blocks, df: Floats) -> Tau2Fit:
    """Variance of the effects less the mean variance: Hedges 1983; Hedges and Olkin 1985.

    Cochran's analysis of variance estimator (Cochran 1954, Biometrics 10:101).
    """
    squares, expected, _, _ = _unweighted(blocks)
    return bounded((squares - expected) / df)


def hedges_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """√(2 tr(PVPV) + 4 tau² tr(PV) + 2 tau⁴ df)/df with P = I - 11'/k."""
    _, first, second, _ = _unweighted(blocks)
    variance = 2.0 * second + 4.0 * tau2 * first + 2.0 * tau2 * tau2 * df
    return np.sqrt(variance) / df


def _initial(blocks: Blocks) -> Floats:
    squares, _, _, k = _unweighted(blocks)
    return np.asarray(squares / k, dtype=np.float64)


def sidik_jonkman(blocks: Blocks, df: Floats) -> Tau2Fit:
    """Crude variance t = Σ(y - ȳ)²/k times Σ (y - mean)²/(v/t + 1)/df.

    Sidik and Jonkman 2005, Journal of the Royal Statistical Society C 54:367.
    Positive unless all effects are equal, so it never meets the bound. Several
    blocks take the crude variance within blocks.
    """
    crude = _initial(blocks)
    return bounded(crude * _squares(_each(blocks, crude)) / df)


def sidik_jonkman_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """√Var(Q_a)/df times the crude variance; it and its weights are taken as fixed."""
    crude = _initial(blocks)
    return crude * _q_sd(_each(blocks, crude), tau2 - crude, df) / df


def solve_q(blocks: Blocks, owner: Ints, target: Floats) -> tuple[Floats, Floats, Bools]:
    """Solve Q(tau²) = target, for the sets `owner`; 0 where Q(0) is not above the target.

    Parameters
    ----------
    owner, target : ndarray of shape (p,)

    Returns
    -------
    tau2, q_at_zero : ndarray of shape (p,)
    converged : ndarray of bool of shape (p,)

    Notes
    -----
    Q falls in tau² and 1/Q is nearly straight, so Newton runs on target/Q. The
    root is at most Σ(y - c)²/target for any c, because the mean minimises the
    weighted squares and no weight exceeds 1/tau².
    """

    def q_of(chosen: Ints, t: Floats) -> tuple[Floats, Floats]:
        parts = _each(take(blocks, chosen), t)
        return _squares(parts), total([m.a2 for m in parts])

    q_zero, _ = q_of(owner, np.zeros_like(target))
    above = np.flatnonzero(q_zero > target)
    mine, goal = owner[above], target[above]

    def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
        q, slope = q_of(mine[index], t)
        wanted = goal[index]
        return 1.0 - wanted / q, -wanted * slope / (q * q)

    squares = total([column_sum(block.y * block.y) for block in blocks])
    upper = squares[mine] / goal
    unit = smallest_variance(blocks)[mine]
    root, fine = solve(evaluate, np.zeros_like(goal), upper, np.zeros_like(goal), unit)
    tau2 = np.zeros_like(target)
    converged = np.ones(target.shape, dtype=np.bool_)
    tau2[above], converged[above] = root, fine
    return tau2, q_zero, converged


def paule_mandel(blocks: Blocks, df: Floats) -> Tau2Fit:
    """Solve Q(tau²) = df: Paule and Mandel 1982, Journal of Research of the NBS 87:377.

    The empirical Bayes estimator solves the same equation (Morris 1983, Journal
    of the American Statistical Association 78:47; DerSimonian and Kacker 2007).
    """
    tau2, _, converged = solve_q(blocks, np.arange(df.size), df)
    return bounded(tau2, converged)


def paule_mandel_se(blocks: Blocks, tau2: Floats, df: Floats) -> Floats:
    """Delta method with every weight replaced by their mean.

    Q(tau²) is chi-square at the true tau² and falls with slope tr(P), so the
    standard error is √(2 df)/tr(P). With equal weights tr(P) = Σw df/k, the
    form that metafor reports; it is kept so that the two agree.
    """
    weight = total([m.s1 for m in _each(blocks, tau2)])
    k = df + len(blocks)
    return np.sqrt(2.0 / df) * k / weight
